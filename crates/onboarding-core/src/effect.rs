//! What a decision orders done outside: mails, letters, words to the clerks. Orders, not deeds: they travel in the
//! commit and are carried out by the outbox worker afterwards.

use crate::{DeliveryId, EmailAddress, Language, Personal, RecordNumber, Role};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use std::fmt;

/// An order that leaves with the commit.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Send this mail.
    SendMail(Mail),
    /// Print this PIN letter.
    PrintPinLetter(PinLetterOrder),
    /// Tell every clerk of the portal.
    TellClerks(MailTemplate, Vec<Param>),
}

/// A mail to one person.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Its id; the Message-ID is derived from it, so every attempt carries the same.
    pub id: DeliveryId,
    /// Which text.
    pub template: MailTemplate,
    /// Where to. Always a stored or just typed address of the aggregate itself.
    pub to: EmailAddress,
    /// In which language.
    pub language: Language,
    /// What the text is filled with.
    pub params: Vec<Param>,
    /// Not sent any more from this moment on: the secret inside is dead.
    pub not_after: Option<DateTime<Utc>>,
    /// Leaves only after this one was accepted by the mail server.
    pub after: Option<DeliveryId>,
}

/// A PIN letter to the address in the master data.
#[derive(Clone, Debug)]
pub struct PinLetterOrder {
    /// Its id, for printing at most once.
    pub id: DeliveryId,
    /// Whose address.
    pub record: RecordNumber,
    /// In which language.
    pub language: Language,
    /// The PIN in three groups of four.
    pub pin: SecretString,
    /// Who asked for it, as the letter names the person to the business. 1 to 161 characters.
    pub requester: Personal<String>,
    /// When it was asked for, as the letter says.
    pub requested_at: DateTime<Utc>,
    /// Whether a clerk issued it anew, instead of the person who asked.
    pub reissued: bool,
    /// The last day the PIN is good, printed on the letter.
    pub valid_until: DateTime<Utc>,
    /// Held until a clerk releases it.
    pub held: bool,
}

/// What fills a template. Everything here is sealed in the outbox until it is handed over; `Debug` names the kind alone.
#[derive(Clone)]
pub enum Param {
    /// Greets by name: for proven addresses only.
    Name(String),
    /// A code, already grouped; alone on its line.
    Code(SecretString),
    /// A mailed password; alone on its line.
    Password(SecretString),
    /// A link to a page of the portal, ending in `?t=<token>`.
    Link(Page, SecretString),
    /// A link to a page of the portal, without a token.
    PageLink(Page),
    /// When the code, link or password dies.
    ValidUntil(DateTime<Utc>),
    /// When something happened.
    At(DateTime<Utc>),
    /// A number of days.
    Days(u32),
    /// The company's name from the master data.
    Company(String),
    /// The business's name from the master data.
    Business(String),
    /// The record's number as the master data write it; alone on its line.
    RecordNumber(String),
    /// An address, for proven addresses only.
    Email(String),
    /// A rejection's reason, for proven addresses only.
    Reason(String),
    /// A role, worded by the template's language.
    Role(Role),
    /// How many.
    Count(u32),
}

impl fmt::Debug for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name(_) => "Name",
            Self::Code(_) => "Code",
            Self::Password(_) => "Password",
            Self::Link(..) => "Link",
            Self::PageLink(_) => "PageLink",
            Self::ValidUntil(_) => "ValidUntil",
            Self::At(_) => "At",
            Self::Days(_) => "Days",
            Self::Company(_) => "Company",
            Self::Business(_) => "Business",
            Self::RecordNumber(_) => "RecordNumber",
            Self::Email(_) => "Email",
            Self::Reason(_) => "Reason",
            Self::Role(_) => "Role",
            Self::Count(_) => "Count",
        })
    }
}

/// A page that a mail links to. The path is the server's affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Page {
    /// `/{p}/confirm`.
    Confirm,
    /// `/{p}/setup`.
    Setup,
    /// `/{p}/invite`.
    Invite,
    /// `/{p}/password/reset`.
    PasswordReset,
    /// `/{p}/account/email/confirm`.
    ConfirmNewEmail,
    /// `/{p}/login`.
    Login,
    /// `/{p}/password/forgot`.
    PasswordForgot,
    /// `/{p}/team`.
    Team,
    /// `/{p}/staff`.
    Staff,
}

impl Page {
    /// The path below the portal.
    pub fn path(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Setup => "setup",
            Self::Invite => "invite",
            Self::PasswordReset => "password/reset",
            Self::ConfirmNewEmail => "account/email/confirm",
            Self::Login => "login",
            Self::PasswordForgot => "password/forgot",
            Self::Team => "team",
            Self::Staff => "staff",
        }
    }
}

macro_rules! templates {
    ($($(#[$doc:meta])* $name:ident = $word:literal),* $(,)?) => {
        /// Every mail the system writes, by its occasion.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum MailTemplate { $($(#[$doc])* $name),* }

        impl MailTemplate {
            /// Every template.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// A stable word for stores, metrics and file names: lower case with hyphens.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// The inverse of [`MailTemplate::word`].
            pub fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|template| template.word() == word)
            }
        }
    };
}

templates! {
    /// Proof of address by code, with the link too where the journey offers both. `Code`, `Link?`, `ValidUntil`.
    ActivationCode = "activation-code",
    /// Proof of address by link alone. `Link`, `ValidUntil`.
    ConfirmLink = "confirm-link",
    /// To the owner of an account whose address somebody registered. `PageLink` login and forgotten password.
    AccountExists = "account-exists",
    /// To the owner of an account whose record somebody else tried to register. No parameters but `Name`.
    RecordTaken = "record-taken",
    /// To a super admin: a request waits. `Name`, `Company`, `PageLink(Team)`.
    ApprovalWanted = "approval-wanted",
    /// To a super admin after 3 days. As above.
    ApprovalReminder = "approval-reminder",
    /// To clerks: a request waits for them. `PageLink(Staff)`.
    ClerkApproval = "clerk-approval",
    /// To clerks after 7 days. `PageLink(Staff)`.
    ClerkReminder = "clerk-reminder",
    /// To the applicant: approved. `Name`, `Link(Setup)`, `ValidUntil`.
    Approved = "approved",
    /// To the applicant: approved, and nothing is left to set up. `Name`, `PageLink(Login)`.
    ApprovedActive = "approved-active",
    /// To the applicant: set-up unfinished. `Link(Setup)`, `ValidUntil`.
    CompletionReminder = "completion-reminder",
    /// To the applicant: rejected. `Reason?`.
    Rejected = "rejected",
    /// To the applicant: not approved in time. `Days`.
    ExpiredApproval = "expired-approval",
    /// To the applicant: not completed in time. `Days`.
    ExpiredCompletion = "expired-completion",
    /// Mail 1 of a provisioned account. `RecordNumber`, `PageLink(Login)`.
    CustomerNumber = "customer-number",
    /// Mail 2 of a provisioned account; never with the number. `Password`, `ValidUntil`, `PageLink(Login)`.
    InitialPassword = "initial-password",
    /// The generated password after the proof. `Password`, `ValidUntil`, `PageLink(Login)`.
    GeneratedPassword = "generated-password",
    /// An account was linked to a business. `Business`, `PageLink(Login)`.
    Linked = "linked",
    /// An account is no longer linked. `Business`.
    Unlinked = "unlinked",
    /// Forgotten password. `Link(PasswordReset)`, `ValidUntil`.
    PasswordReset = "password-reset",
    /// The password was changed. `At`.
    PasswordChanged = "password-changed",
    /// An invitation. `Company`, `Link(Invite)`, `ValidUntil`.
    Invitation = "invitation",
    /// An invitation of somebody who has an account. `Company`, `Link(Invite)`, `ValidUntil`.
    InvitationExisting = "invitation-existing",
    /// To the inviter. `Name`, `Email`, `Company`.
    InvitationAccepted = "invitation-accepted",
    /// Access to the staff's area was prepared. `PageLink(Staff)`.
    StaffInvitation = "staff-invitation",
    /// A role was changed. `Company`, `Role`.
    RoleChanged = "role-changed",
    /// A membership was suspended. `Company`.
    MemberSuspended = "member-suspended",
    /// A membership was removed. `Company`.
    MemberRemoved = "member-removed",
    /// The account was suspended. `At`.
    AccountSuspended = "account-suspended",
    /// The suspension was lifted. `At`.
    AccountUnsuspended = "account-unsuspended",
    /// The account was closed. `At`.
    AccountClosed = "account-closed",
    /// Confirm an optional consent. `Link(Confirm)`.
    MarketingConfirm = "marketing-confirm",
    /// To the old address, when the change took effect. `Email`.
    EmailChanged = "email-changed",
    /// To the new address: confirm it. `Link(ConfirmNewEmail)`, `ValidUntil`.
    NewEmailConfirm = "new-email-confirm",
    /// To the old address, at the request. `At`.
    EmailChangeRequested = "email-change-requested",
    /// To clerks: many guesses at one number, or PINs. `Count`.
    GuessingAlarm = "guessing-alarm",
    /// To clerks: a mail could not be delivered and needs a person. No parameters.
    MailParked = "mail-parked",
    /// To clerks: somebody met a barrier on a page. `Reason` (what they wrote), `Email?`.
    BarrierReported = "barrier-reported",
}
