//! A person's account: credential, sign-in, resets, change of address, consents, and the generation that ends sessions.
//!
//! Passwords reach the core as verdicts (`verified`) and hashes; what a verdict is worth is decided here.

mod close;
mod consent;
mod email;
mod event;
mod password;
mod pin;
mod provision;
mod reset;
mod sign_in;
mod state;

pub use event::{Event, evolve};
pub use pin::{PinBudget, TypedNumber};
pub use provision::{NewAccount, NewCredential, ProvisionInput};
pub use sign_in::Access;
pub use state::{Account, Credential, NewEmail, PinTries, Standing, deadline};

use crate::consent::DocumentVersion;
use crate::registration::NewPassword;
use crate::{Decision, DeliveryId, Digest, EmailAddress, Journey, Language, Minted, PasswordHash, PersonName, Presented};
use chrono::{DateTime, Utc};

/// Everything an account can be asked.
#[derive(Clone, Debug)]
pub enum Command {
    /// Opens for a registration that passed every gate.
    Open {
        /// Who, with which credential.
        account: Box<NewAccount>,
    },
    /// The company opens it for a record.
    Provision {
        /// For whom.
        input: Box<ProvisionInput>,
    },
    /// Somebody signs in; the password was compared.
    SignIn {
        /// Whether it was right.
        verified: bool,
        /// A hash with today's cost, where the stored one is outdated.
        rehashed: Option<PasswordHash>,
        /// The documents as they stand now.
        documents: Vec<DocumentVersion>,
    },
    /// The person changes the password.
    ChangePassword {
        /// Whether the current one was right.
        verified: bool,
        /// The new one.
        new: NewPassword,
        /// Whether it is the same as the current one.
        same: bool,
        /// Id of the mail that tells.
        delivery: DeliveryId,
    },
    /// Somebody forgot it.
    RequestReset {
        /// Fresh link.
        link: Minted,
        /// Id of the mail.
        delivery: DeliveryId,
    },
    /// The reset link is used.
    ConfirmReset {
        /// Its token.
        token: Presented,
        /// The new password.
        new: NewPassword,
        /// Id of the mail that tells.
        delivery: DeliveryId,
    },
    /// The company issues another initial password.
    IssueInitialPassword {
        /// The password and its hash.
        password: Minted,
        /// Its hash.
        hash: PasswordHash,
        /// Id of the mail.
        delivery: DeliveryId,
        /// The mail with the number, where it is still under way: the password leaves after it.
        after: Option<DeliveryId>,
    },
    /// The person wants another address.
    RequestEmail {
        /// Which.
        email: EmailAddress,
        /// Whether the password was right.
        verified: bool,
        /// Whose address it is already.
        owner: Option<crate::registration::AddressOwner>,
        /// Fresh link.
        link: Minted,
        /// Ids of two mails: to the new address, to the old one.
        deliveries: [DeliveryId; 2],
    },
    /// The new address is proved.
    ConfirmEmail {
        /// The link's token.
        token: Presented,
        /// Id of the mail to the old address.
        delivery: DeliveryId,
        /// Whether the last try found the address taken.
        lost: bool,
    },
    /// The person changes name or language.
    Amend {
        /// New first name.
        first_name: Option<PersonName>,
        /// New last name.
        last_name: Option<PersonName>,
        /// New language.
        language: Option<Language>,
    },
    /// A decision on a document.
    DecideConsent {
        /// Which document.
        document: String,
        /// Which version was shown.
        version: String,
        /// Yes or no.
        granted: bool,
        /// The documents as they stand now.
        documents: Vec<DocumentVersion>,
    },
    /// A registration's consents join an account that exists already.
    AdoptConsents {
        /// The decisions.
        given: Vec<crate::consent::ConsentGiven>,
    },
    /// A role needs longer passwords; every session ends.
    GainPrivilege,
    /// The last such role is gone; every session ends.
    LosePrivilege,
    /// One session ends, or all.
    EndSessions,
    /// A wrong PIN was typed.
    RejectPin {
        /// The typed number.
        number: Digest,
    },
    /// A PIN letter is asked for.
    RequestLetter,
    /// A clerk suspends the account.
    Suspend {
        /// Id of the mail that tells.
        delivery: DeliveryId,
    },
    /// A clerk lifts the suspension.
    Unsuspend {
        /// Id of the mail that tells.
        delivery: DeliveryId,
    },
    /// The person closes the account.
    Close {
        /// Whether the password was right.
        verified: bool,
        /// Id of the mail that tells.
        delivery: DeliveryId,
    },
    /// What became of a mail.
    Settle {
        /// Which mail.
        delivery: DeliveryId,
        /// Its fate.
        fate: crate::registration::MailFate,
    },
    /// Time has passed.
    Tick,
}

impl Command {
    /// A stable word for each command, for tables and tests.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Provision { .. } => "provision",
            Self::SignIn { .. } => "sign_in",
            Self::ChangePassword { .. } => "change_password",
            Self::RequestReset { .. } => "request_reset",
            Self::ConfirmReset { .. } => "confirm_reset",
            Self::IssueInitialPassword { .. } => "issue_initial_password",
            Self::RequestEmail { .. } => "request_email",
            Self::ConfirmEmail { .. } => "confirm_email",
            Self::Amend { .. } => "amend",
            Self::DecideConsent { .. } => "decide_consent",
            Self::AdoptConsents { .. } => "adopt_consents",
            Self::GainPrivilege => "gain_privilege",
            Self::LosePrivilege => "lose_privilege",
            Self::EndSessions => "end_sessions",
            Self::RejectPin { .. } => "reject_pin",
            Self::RequestLetter => "request_letter",
            Self::Suspend { .. } => "suspend",
            Self::Unsuspend { .. } => "unsuspend",
            Self::Close { .. } => "close",
            Self::Settle { .. } => "settle",
            Self::Tick => "tick",
        }
    }
}

/// What the caller is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It happened.
    Done,
    /// Nothing to do.
    Repeated,
    /// The password was right: a session may open, with these duties.
    SignedIn(Access),
    /// The password was wrong.
    Failed,
    /// The password was right, and the account is suspended.
    Suspended,
    /// The password was right, and too old: it was mailed more than 14 days ago.
    InitialPasswordExpired,
    /// Somebody else has the address by now.
    EmailTaken,
}

/// Nothing happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such account.
    #[error("there is no such account")]
    NotFound,
    /// There is one already under this id.
    #[error("the account exists already")]
    Exists,
    /// The state forbids it.
    #[error("an account that is {0} does not do that")]
    NotInThisState(&'static str),
    /// The current password is wrong.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The new password is the current one.
    #[error("the new password is the current one")]
    SamePassword,
    /// Never issued, or for something else.
    #[error("the token is unknown")]
    TokenUnknown,
    /// Dead by time.
    #[error("the link has expired")]
    TokenExpired,
    /// Replaced by a newer one, or dead with a change of password or address.
    #[error("the link was replaced by a newer one")]
    TokenSuperseded,
    /// Used.
    #[error("the link was used")]
    TokenUsed,
    /// The new address is the current one.
    #[error("the new address is the current one")]
    SameEmail,
    /// A document this portal does not have.
    #[error("there is no such document")]
    UnknownDocument,
    /// The document has another version by now.
    #[error("the document has another version by now")]
    VersionOutdated,
    /// The document is required: agreeing can be refused only by closing the account.
    #[error("the document is required")]
    DocumentRequired,
    /// Not before this time.
    #[error("not before {0}")]
    TooSoon(DateTime<Utc>),
    /// All tries for this number are used.
    #[error("the PIN is blocked after too many tries")]
    PinUsedUp,
    /// The journey has no such step.
    #[error("this journey has no such step")]
    NotInThisJourney,
}

/// One decision: what follows from this command in this state.
pub fn decide(state: Option<&Account>, command: Command, journey: &Journey, now: DateTime<Utc>) -> Result<Decision<Event, Reply>, Refusal> {
    let Some(account) = state else {
        return match command {
            Command::Open { account } => Ok(provision::open(*account, journey, now)),
            Command::Provision { input } => provision::provision(*input, journey, now),
            Command::SignIn { .. }
            | Command::ChangePassword { .. }
            | Command::RequestReset { .. }
            | Command::ConfirmReset { .. }
            | Command::IssueInitialPassword { .. }
            | Command::RequestEmail { .. }
            | Command::ConfirmEmail { .. }
            | Command::Amend { .. }
            | Command::DecideConsent { .. }
            | Command::AdoptConsents { .. }
            | Command::GainPrivilege
            | Command::LosePrivilege
            | Command::EndSessions
            | Command::RejectPin { .. }
            | Command::RequestLetter
            | Command::Suspend { .. }
            | Command::Unsuspend { .. }
            | Command::Close { .. }
            | Command::Settle { .. }
            | Command::Tick => Err(Refusal::NotFound),
        };
    };
    match account.standing {
        Standing::Active => active(account, command, journey, now),
        Standing::Suspended { .. } => suspended(account, command, now),
        Standing::Closed { .. } => closed(account, command),
    }
}

fn active(account: &Account, command: Command, journey: &Journey, now: DateTime<Utc>) -> Result<Decision<Event, Reply>, Refusal> {
    match command {
        Command::Open { .. } | Command::Provision { .. } => Err(Refusal::Exists),
        Command::SignIn { verified, rehashed, documents } => Ok(sign_in::sign_in(account, verified, rehashed, &documents, journey, now)),
        Command::ChangePassword { verified, new, same, delivery } => password::change(account, verified, new, same, delivery, now),
        Command::RequestReset { link, delivery } => Ok(reset::request(account, link, delivery, now)),
        Command::ConfirmReset { token, new, delivery } => reset::confirm(account, &token, new, delivery, now),
        Command::IssueInitialPassword { password, hash, delivery, after } => {
            password::issue_initial(account, password, hash, delivery, after, journey)
        }
        Command::RequestEmail { email, verified, owner, link, deliveries } => {
            email::request(account, email, verified, owner.as_ref(), link, deliveries, now)
        }
        Command::ConfirmEmail { token, delivery, lost } => email::confirm(account, &token, delivery, lost, journey, now),
        Command::Amend { first_name, last_name, language } => Ok(email::amend(account, first_name, last_name, language, journey)),
        Command::DecideConsent { document, version, granted, documents } => {
            consent::decide(account, &document, &version, granted, &documents, journey, now)
        }
        Command::AdoptConsents { given } => Ok(consent::adopt(account, given)),
        Command::GainPrivilege if account.privileged => Ok(Decision::answer(Reply::Repeated)),
        Command::GainPrivilege => Ok(Decision::events(vec![Event::PrivilegeGained], Reply::Done)),
        Command::LosePrivilege => Ok(lose_privilege(account)),
        Command::EndSessions => Ok(Decision::events(vec![Event::SessionsEnded], Reply::Done)),
        Command::RejectPin { number } => pin::reject(account, number, now),
        Command::RequestLetter => pin::request_letter(account, now),
        Command::Suspend { delivery } => Ok(close::suspend(account, delivery, now)),
        Command::Unsuspend { .. } => Ok(Decision::answer(Reply::Repeated)),
        Command::Close { verified, delivery } => close::close(account, verified, delivery, journey, now),
        Command::Settle { delivery, fate } => Ok(provision::settle(account, delivery, fate, now)),
        Command::Tick => Ok(reset::tick(account, now)),
    }
}

fn lose_privilege(account: &Account) -> Decision<Event, Reply> {
    if account.privileged { Decision::events(vec![Event::PrivilegeLost], Reply::Done) } else { Decision::answer(Reply::Repeated) }
}

fn suspended(account: &Account, command: Command, now: DateTime<Utc>) -> Result<Decision<Event, Reply>, Refusal> {
    match command {
        Command::Open { .. } | Command::Provision { .. } => Err(Refusal::Exists),
        // Told only to whoever knows the password.
        Command::SignIn { verified, .. } => Ok(Decision::answer(if verified { Reply::Suspended } else { Reply::Failed })),
        // Answered alike; no mail goes out.
        Command::RequestReset { .. } => Ok(Decision::answer(Reply::Repeated)),
        Command::ConfirmReset { .. } | Command::ConfirmEmail { .. } => Err(Refusal::TokenSuperseded),
        Command::Unsuspend { delivery } => Ok(close::unsuspend(account, delivery, now)),
        Command::Suspend { .. } => Ok(Decision::answer(Reply::Repeated)),
        Command::Settle { delivery, fate } => Ok(provision::settle(account, delivery, fate, now)),
        Command::Tick => Ok(reset::tick(account, now)),
        Command::EndSessions => Ok(Decision::events(vec![Event::SessionsEnded], Reply::Done)),
        Command::LosePrivilege => Ok(lose_privilege(account)),
        Command::ChangePassword { .. }
        | Command::IssueInitialPassword { .. }
        | Command::RequestEmail { .. }
        | Command::Amend { .. }
        | Command::DecideConsent { .. }
        | Command::AdoptConsents { .. }
        | Command::GainPrivilege
        | Command::RejectPin { .. }
        | Command::RequestLetter
        | Command::Close { .. } => Err(Refusal::NotInThisState("suspended")),
    }
}

fn closed(account: &Account, command: Command) -> Result<Decision<Event, Reply>, Refusal> {
    match command {
        Command::Open { .. } | Command::Provision { .. } => Err(Refusal::Exists),
        Command::SignIn { .. } => Ok(Decision::answer(Reply::Failed)),
        Command::RequestReset { .. } | Command::Settle { .. } | Command::Tick => Ok(Decision::answer(Reply::Repeated)),
        Command::ConfirmReset { .. } | Command::ConfirmEmail { .. } => Err(Refusal::TokenSuperseded),
        Command::ChangePassword { .. }
        | Command::IssueInitialPassword { .. }
        | Command::RequestEmail { .. }
        | Command::Amend { .. }
        | Command::DecideConsent { .. }
        | Command::AdoptConsents { .. }
        | Command::GainPrivilege
        | Command::LosePrivilege
        | Command::EndSessions
        | Command::RejectPin { .. }
        | Command::RequestLetter
        | Command::Suspend { .. }
        | Command::Unsuspend { .. }
        | Command::Close { .. } => Err(Refusal::NotInThisState(account.word())),
    }
}
