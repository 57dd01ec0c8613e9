//! From an application or an invitation to an account that may open.
//!
//! ```text
//!  Apply ──▶ awaiting_email ──proof──▶ awaiting_approval ──yes──▶ awaiting_completion ──nothing missing──▶ active
//!                 │    └─────(nobody approves)──────────────────────────────────────────────────────────────▲
//!                 │                            └──no──▶ rejected             ▲
//!                 └─ time ▶ expired · denied, lost claim ▶ closed            └── Invite
//! ```
//!
//! A registration is not an account: it takes nothing, blocks nobody and ends by itself. This file holds the state, the
//! commands and the events; each story has its own file.

mod apply;
mod approve;
mod complete;
mod confirm;
mod event;
mod expire;
mod invite;
mod state;

pub use apply::{Applicant, ApplyFacts, ApplyInput};
pub(crate) use approve::ask;
pub use approve::{Approver, Decider, Entitlement};
pub use complete::{CompleteFacts, CompletionInput, ExistingAccount, Missing, NewPassword, missing};
pub use confirm::{ConfirmFacts, LostClaim, Proof};
pub use event::{Event, evolve};
pub use expire::deadline;
pub use invite::InviteInput;
pub use state::{Closure, Dossier, ExpiredAt, MailFate, Mailed, Origin, ProvedEmail, Registration, Secrets, Stage, Standing};

use crate::{Decision, DeliveryId, EmailAddress, Journey, Language, Minted, Presented};
use chrono::{DateTime, Utc};
use std::fmt;

/// Everything a registration can be asked. `Debug` gives the word alone: texts that somebody typed travel inside.
#[derive(Clone)]
pub enum Command {
    /// Somebody fills in the register form.
    Apply {
        /// What was typed.
        input: Box<ApplyInput>,
        /// What is known about it.
        facts: ApplyFacts,
        /// Fresh secrets.
        fresh: Fresh,
    },
    /// A super admin, a clerk or the operator invites.
    Invite {
        /// Whom, where and as what.
        input: Box<InviteInput>,
        /// Fresh link.
        fresh: FreshLink,
    },
    /// The address is proved.
    Confirm {
        /// By code or link.
        proof: Proof,
        /// What is known.
        facts: ConfirmFacts,
    },
    /// "That wasn't me."
    Deny {
        /// The link's token.
        token: Presented,
    },
    /// Another code, please.
    Resend {
        /// Whose address it is by now.
        owner: Option<AddressOwner>,
        /// Fresh secrets.
        fresh: Fresh,
    },
    /// The address was mistyped.
    CorrectAddress {
        /// The right one.
        email: EmailAddress,
        /// Whose address it is.
        owner: Option<AddressOwner>,
        /// Fresh secrets.
        fresh: Fresh,
    },
    /// The link has expired: a new one to the stored address.
    RenewLink {
        /// The expired token.
        token: Presented,
        /// Whose address it is by now.
        owner: Option<AddressOwner>,
        /// Fresh secrets; which are used depends on the stage.
        fresh: Fresh,
        /// A fresh completion link.
        link: FreshLink,
    },
    /// Yes.
    Approve {
        /// Who says so.
        by: Decider,
        /// The revision that was shown.
        shown: u32,
        /// Fresh link, where something is missing yet.
        fresh: FreshLink,
        /// What is known, as at completion.
        facts: CompleteFacts,
    },
    /// No.
    Reject {
        /// Who says so.
        by: Decider,
        /// The revision that was shown.
        shown: u32,
        /// Why, for the applicant; optional.
        reason: Option<String>,
        /// Id of the mail to the applicant.
        delivery: DeliveryId,
    },
    /// The set-up, in parts or as a whole.
    Complete {
        /// The link's token.
        token: Presented,
        /// What was given this time.
        input: Box<CompletionInput>,
        /// What is known.
        facts: CompleteFacts,
    },
    /// An invitation is taken back.
    Revoke,
    /// An invitation is sent again.
    ResendInvitation {
        /// Fresh link.
        fresh: FreshLink,
    },
    /// Time has passed.
    Tick {
        /// Who can decide now, for reminders.
        approvers: Vec<Approver>,
        /// Ids for the mails a tick may send; as many as approvers, at least one.
        deliveries: Vec<DeliveryId>,
        /// The company's name, for reminders.
        company: String,
    },
}

impl Command {
    /// A stable word for each command, for tables and tests.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Apply { .. } => "apply",
            Self::Invite { .. } => "invite",
            Self::Confirm { .. } => "confirm",
            Self::Deny { .. } => "deny",
            Self::Resend { .. } => "resend",
            Self::CorrectAddress { .. } => "correct_address",
            Self::RenewLink { .. } => "renew_link",
            Self::Approve { .. } => "approve",
            Self::Reject { .. } => "reject",
            Self::Complete { .. } => "complete",
            Self::Revoke => "revoke",
            Self::ResendInvitation { .. } => "resend_invitation",
            Self::Tick { .. } => "tick",
        }
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Secrets for a proof of address, minted by the driver.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// The code.
    pub code: Minted,
    /// The link's token.
    pub link: Minted,
    /// Id of the mail.
    pub delivery: DeliveryId,
}

/// A completion or invitation link, minted by the driver.
#[derive(Clone, Debug)]
pub struct FreshLink {
    /// The link's token.
    pub link: Minted,
    /// Id of the mail.
    pub delivery: DeliveryId,
}

/// The account that holds an address already.
#[derive(Clone, Debug)]
pub struct AddressOwner {
    /// Its stored address: mail never goes to a twin that was typed.
    pub email: EmailAddress,
    /// Its language.
    pub language: Language,
}

/// What the caller is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It happened; the state tells the rest.
    Done,
    /// It had happened before; nothing more did now.
    Repeated,
    /// The code was wrong; so many tries are left.
    CodeWrong(u32),
    /// Somebody else took what this registration needed; it is closed.
    Lost(LostClaim),
    /// Taken note of; this is still missing.
    Missing(Vec<Missing>),
    /// An account may open now.
    Activated,
}

/// Nothing happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such registration.
    #[error("there is no such registration")]
    NotFound,
    /// There is one already under this id.
    #[error("the registration exists already")]
    Exists,
    /// The state forbids it.
    #[error("a registration that is {0} does not do that")]
    NotInThisState(&'static str),
    /// Never issued, or for something else.
    #[error("the token is unknown")]
    TokenUnknown,
    /// Dead by time.
    #[error("the link has expired")]
    TokenExpired,
    /// Replaced by a newer one.
    #[error("the link was replaced by a newer one")]
    TokenSuperseded,
    /// Used.
    #[error("the link was used")]
    TokenUsed,
    /// Dead by time.
    #[error("the code has expired")]
    CodeExpired,
    /// All tries are used.
    #[error("the code is blocked after too many tries")]
    CodeUsedUp,
    /// Not before this time.
    #[error("not before {0}")]
    TooSoon(DateTime<Utc>),
    /// The form is closed.
    #[error("registration is closed")]
    RegistrationClosed,
    /// Fields that must be mended.
    #[error("the input is not accepted")]
    Input(Vec<InputFault>),
    /// This journey has no such step.
    #[error("this journey has no such step")]
    NotInThisJourney,
    /// Not entitled to decide.
    #[error("not entitled to decide here")]
    NotEntitled,
    /// Somebody else decides on it.
    #[error("nobody decides on the own request")]
    OwnRequest,
    /// Another account is signed in.
    #[error("another account is signed in")]
    WrongAccount,
    /// Changed or decided since it was shown.
    #[error("it was changed meanwhile")]
    Outdated,
}

/// A field that must be mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputFault {
    /// A field this journey needs is missing.
    Required(&'static str),
    /// A field this journey does not ask for.
    Unexpected(&'static str),
    /// A birth date that is not in the past, or before 1900.
    BirthDate,
    /// A consent.
    Consent(crate::consent::ConsentFault),
}

/// One decision: what follows from this command in this state.
pub fn decide(
    state: Option<&Registration>,
    command: Command,
    journey: &Journey,
    now: DateTime<Utc>,
) -> Result<Decision<Event, Reply>, Refusal> {
    let Some(state) = state else {
        return match command {
            Command::Apply { input, facts, fresh } => apply::apply(*input, &facts, fresh, journey, now),
            Command::Invite { input, fresh } => invite::invite(*input, fresh, journey, now),
            Command::Confirm { .. }
            | Command::Deny { .. }
            | Command::Resend { .. }
            | Command::CorrectAddress { .. }
            | Command::RenewLink { .. }
            | Command::Approve { .. }
            | Command::Reject { .. }
            | Command::Complete { .. }
            | Command::Revoke
            | Command::ResendInvitation { .. }
            | Command::Tick { .. } => Err(Refusal::NotFound),
        };
    };
    // Time comes first: what is due has happened, whether or not the sweeper was there yet. Only the sweeper writes it.
    if !matches!(command, Command::Tick { .. })
        && let Some(over) = expire::overdue(state, now)
    {
        return at_stage(&over, command, journey, now);
    }
    at_stage(state, command, journey, now)
}

fn at_stage(state: &Registration, command: Command, journey: &Journey, now: DateTime<Utc>) -> Result<Decision<Event, Reply>, Refusal> {
    let dossier = &state.dossier;
    match &state.stage {
        Stage::AwaitingEmail(stage) => match command {
            Command::Apply { .. } | Command::Invite { .. } => Err(Refusal::Exists),
            Command::Confirm { proof, facts } => confirm::confirm(stage, proof, &facts, journey, now),
            Command::Deny { token } => confirm::deny(stage, &token, now),
            Command::Resend { owner, fresh } => apply::resend(dossier, stage, owner.as_ref(), fresh, journey, now),
            Command::CorrectAddress { email, owner, fresh } => {
                apply::correct_address(dossier, stage, email, owner.as_ref(), fresh, journey, now)
            }
            Command::RenewLink { token, owner, fresh, link: _ } => {
                Ok(apply::renew(dossier, stage, &token, owner.as_ref(), fresh, journey, now))
            }
            Command::Tick { .. } => Ok(expire::tick_awaiting_email(state, now)),
            Command::Complete { .. } => Err(Refusal::TokenUnknown),
            Command::Approve { .. } | Command::Reject { .. } | Command::Revoke | Command::ResendInvitation { .. } => Err(refuse(state)),
        },
        Stage::AwaitingApproval(stage) => match command {
            Command::Apply { .. } | Command::Invite { .. } => Err(Refusal::Exists),
            Command::Confirm { proof, facts: _ } => confirm::again(state, &proof),
            Command::Deny { token } => Err(confirm::dead(state, &token)),
            Command::RenewLink { .. } => Ok(Decision::answer(Reply::Repeated)),
            Command::Approve { by, shown, fresh, facts } => approve::approve(dossier, stage, &by, shown, fresh, &facts, journey, now),
            Command::Reject { by, shown, reason, delivery } => approve::reject(dossier, stage, &by, shown, reason, delivery, now),
            Command::Tick { approvers, deliveries, company } => Ok(approve::tick(dossier, stage, &approvers, &deliveries, &company, now)),
            Command::Complete { .. } => Err(Refusal::TokenUnknown),
            Command::Resend { .. } | Command::CorrectAddress { .. } | Command::Revoke | Command::ResendInvitation { .. } => {
                Err(refuse(state))
            }
        },
        Stage::AwaitingCompletion(stage) => match command {
            Command::Apply { .. } | Command::Invite { .. } => Err(Refusal::Exists),
            Command::Confirm { proof, facts: _ } => confirm::again(state, &proof),
            Command::Deny { token } => Err(confirm::dead(state, &token)),
            Command::RenewLink { token, owner: _, fresh: _, link } => Ok(complete::renew(dossier, stage, &token, link, now)),
            Command::Complete { token, input, facts } => complete::complete(dossier, stage, &token, *input, &facts, journey, now),
            Command::Revoke => invite::revoke(dossier, now),
            Command::ResendInvitation { fresh } => Ok(invite::resend(dossier, stage, fresh, now)),
            Command::Tick { deliveries, .. } => Ok(complete::tick(dossier, stage, &deliveries, now)),
            Command::Approve { .. } | Command::Reject { .. } => Err(Refusal::Outdated),
            Command::Resend { .. } | Command::CorrectAddress { .. } => Err(refuse(state)),
        },
        Stage::Active { .. } | Stage::Rejected { .. } | Stage::Expired { .. } | Stage::Closed { .. } => match command {
            Command::Apply { .. } | Command::Invite { .. } => Err(Refusal::Exists),
            Command::Confirm { proof, facts: _ } => confirm::again(state, &proof),
            Command::Deny { token } => Err(confirm::dead(state, &token)),
            Command::Complete { token, .. } => Err(complete::dead(state, &token)),
            // Answered alike in every state: nothing is told about a registration to whom an old link is all there is.
            Command::RenewLink { .. } => Ok(Decision::answer(Reply::Repeated)),
            Command::Approve { .. } | Command::Reject { .. } => Err(Refusal::Outdated),
            Command::Tick { .. } => Ok(Decision::answer(Reply::Repeated)),
            Command::Resend { .. } | Command::CorrectAddress { .. } | Command::Revoke | Command::ResendInvitation { .. } => {
                Err(refuse(state))
            }
        },
    }
}

fn refuse(state: &Registration) -> Refusal {
    Refusal::NotInThisState(state.word())
}
