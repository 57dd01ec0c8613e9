//! The registration state machine and its policies.
//!
//! Pure: no I/O, no clock, no randomness, no runtime. Whatever is needed from outside arrives inside a command; whatever
//! is to happen outside leaves inside a decision. It builds for `wasm32-unknown-unknown`.
//!
//! # A tour
//! - [`journey`]: what a portal asks, proves and grants, as validated data.
//! - [`registration`]: from an application or invitation to an account that may open.
//! - [`account`]: credential, sign-in, resets, e-mail change, consents, the generation that ends sessions.
//! - [`membership`]: an account's standing at a record, and the PIN letters that lead to it.
//! - [`roster`]: who decides at a record, and what concerns all its accounts.
//! - [`clerk`]: the company's own people, who are never accounts.
//! - [`record`], [`name`], [`email`], [`code`], [`password`], [`consent`]: values, parsed once, compared one way.
//! - [`retry`]: whether a parked mail or letter still has anything to say.
//! - [`policy`]: every number of the rules, with its unit and source.
//! - [`effect`]: what a decision orders done outside. [`claim`]: what must be unique.
//!
//! Each aggregate answers one question three ways: `decide` (may this happen, and what follows), `evolve` (what the
//! state is after an event: total, no rules), `deadline` (when time itself does something).

pub mod account;
pub mod audit;
#[cfg(feature = "serde")]
mod bytes;
pub mod claim;
pub mod clerk;
pub mod code;
mod colour;
pub mod consent;
pub mod effect;
pub mod email;
mod id;
pub mod journey;
mod language;
pub mod membership;
pub mod name;
pub mod password;
pub mod policy;
pub mod record;
pub mod registration;
pub mod retry;
pub mod roster;
mod secret;

pub use claim::{Claim, ClaimChange};
pub use colour::Colour;
pub use effect::{Effect, Mail, MailTemplate, Page, Param, PinLetterOrder};
pub use email::{EmailAddress, EmailKey};
pub use id::{AccountId, ClerkId, DeliveryId, MembershipId, RecordId, Ref, RegistrationId, RosterId, SessionId, Uuid};
pub use journey::Journey;
pub use language::{Language, PortalSlug};
pub use name::PersonName;
pub use record::{PostalCode, Record, RecordNumber};
pub use roster::Role;
pub use secret::{Digest, Expiring, Minted, PasswordHash, Personal, Presented};

/// What every `decide` answers: the events that happened, and what follows outside.
#[derive(Clone, Debug)]
pub struct Decision<Event, Reply> {
    /// What happened, in order. Folding them with `evolve` gives the next state.
    pub events: Vec<Event>,
    /// What is to be done outside, within the same commit's outbox.
    pub effects: Vec<Effect>,
    /// Uniqueness taken or released with the commit.
    pub claims: Vec<ClaimChange>,
    /// What the caller is told.
    pub reply: Reply,
}

impl<Event, Reply> Decision<Event, Reply> {
    /// Nothing happened; this is the answer.
    pub fn answer(reply: Reply) -> Self {
        Self { events: Vec::new(), effects: Vec::new(), claims: Vec::new(), reply }
    }

    /// These events happened, without an effect.
    pub fn events(events: Vec<Event>, reply: Reply) -> Self {
        Self { events, effects: Vec::new(), claims: Vec::new(), reply }
    }

    /// Adds an effect.
    #[must_use]
    pub fn with(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    /// Adds a mail.
    #[must_use]
    pub fn mail(self, mail: Mail) -> Self {
        self.with(Effect::SendMail(mail))
    }

    /// Takes or releases a claim.
    #[must_use]
    pub fn claim(mut self, change: ClaimChange) -> Self {
        self.claims.push(change);
        self
    }
}
