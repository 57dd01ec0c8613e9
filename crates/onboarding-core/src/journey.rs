//! A journey: what a portal asks, proves and grants, as data.
//!
//! A [`Journey`] exists only if it can work: it is compiled by [`Declaration::compile`](declaration), which refuses a
//! combination that leads nowhere, with the place and the reason. The core reads journeys and never knows whose they are.

mod compile;
#[cfg(feature = "declaration")]
pub mod declaration;

pub use compile::{Draft, JourneyFault, Part};

use crate::{Language, PortalSlug, password::PasswordPolicy};
use chrono::TimeDelta;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub enum $name { $($(#[$vdoc])* #[cfg_attr(feature = "serde", serde(rename = $word))] $variant),* }

        impl $name {
            /// Every value, in the order of the declaration.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word used in declarations, in JSON and in stores.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The inverse of `word`.
            pub fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }
    )*};
}

words! {
    /// Who may begin.
    Start {
        /// The person, with the register form.
        Person = "person",
        /// The company, which provisions accounts for records with an address.
        Company = "company",
    }
    /// What a person signs in with.
    LoginWith {
        /// The e-mail address.
        Email = "email",
        /// The record's number.
        RecordNumber = "record_number",
    }
    /// What the company calls the number of a record; chooses the wording.
    NumberName {
        /// A number from a letter.
        RegistrationNumber = "registration_number",
        /// A number from offers and invoices.
        CustomerNumber = "customer_number",
        /// A number of a business.
        BusinessNumber = "business_number",
    }
    /// What must fit beside the number.
    MustMatch {
        /// The record's last name.
        LastName = "last_name",
        /// The record's postal code.
        PostalCode = "postal_code",
    }
    /// A way to prove the address.
    EmailProof {
        /// A code typed into the app or page.
        Code = "code",
        /// A link with a button behind it.
        Link = "link",
    }
    /// Who says yes.
    Approval {
        /// Nobody: the proof is enough.
        Nobody = "nobody",
        /// The record's super admins; the clerks where there is none.
        SuperAdmin = "super_admin",
        /// The portal's clerks.
        Clerk = "clerk",
    }
    /// When the password comes to be.
    PasswordOrigin {
        /// Chosen in the register form.
        AtRegistration = "at_registration",
        /// Chosen when the set-up is completed.
        AtCompletion = "at_completion",
        /// Generated and mailed after the proof; may be changed.
        Mailed = "mailed",
        /// Generated and mailed when the company provisions; must be changed.
        Initial = "initial",
    }
    /// What makes an account a member.
    MembershipBy {
        /// The matched claim.
        Claim = "claim",
        /// The approval.
        Approval = "approval",
        /// The provisioned record.
        Record = "record",
        /// Later, by a PIN from a letter.
        PostedPin = "posted_pin",
    }
    /// How many accounts a record may have.
    AccountsPerRecord {
        /// One.
        One = "one",
        /// Any number.
        Many = "many",
    }
    /// A field of a person.
    FieldName {
        /// First name.
        FirstName = "first_name",
        /// Last name.
        LastName = "last_name",
        /// Birth date.
        BirthDate = "birth_date",
    }
    /// When a consent is asked for.
    ConsentStage {
        /// In the register form.
        Registration = "registration",
        /// When the set-up is completed.
        Completion = "completion",
    }
    /// What a decision on a document means. Only a `Consent` can be withdrawn.
    ConsentKind {
        /// A contract's terms: agreed to.
        Agreement = "agreement",
        /// A notice: read.
        Notice = "notice",
        /// A consent: given freely, withdrawn at any time.
        Consent = "consent",
    }
    /// What follows the first change of an initial password.
    AfterFirstPassword {
        /// All sessions end; one signs in with the new password.
        SignInAgain = "sign_in_again",
        /// The session goes on.
        Continue = "continue",
    }
    /// What follows a reset.
    AfterReset {
        /// One is signed in at once.
        SignedIn = "signed_in",
        /// One signs in with the new password.
        SignIn = "sign_in",
    }
}

/// The claim that opens a registration: a number and what must fit beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRule {
    /// What the number is called.
    pub number: NumberName,
    /// At least one value that must fit.
    pub must_match: Vec<MustMatch>,
}

/// A field of the register form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldRule {
    /// Which.
    pub name: FieldName,
    /// Whether it must be filled in.
    pub required: bool,
}

/// A document that a person decides on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentRule {
    /// The document's name, 1 to 32 of `a`–`z` and `_`.
    pub document: String,
    /// What a decision means.
    pub kind: ConsentKind,
    /// When it is asked for.
    pub stage: ConsentStage,
    /// Whether the way goes on without.
    pub required: bool,
}

/// How long sessions live at this portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRule {
    /// A bearer session dies after this long without use.
    pub bearer_idle: TimeDelta,
    /// A page session dies after this long without use.
    pub page_idle: TimeDelta,
    /// A page session dies after this long in any case.
    pub page_at_most: TimeDelta,
}

/// A journey that can work.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Journey {
    /// Whose it is; an opaque word to the core.
    pub portal: PortalSlug,
    /// The languages spoken, the first is the portal's own.
    pub languages: Vec<Language>,
    /// Who may begin.
    pub start: Start,
    /// Whether the register form is open at present.
    pub registration_open: bool,
    /// The claim, where one is asked for.
    pub claim: Option<ClaimRule>,
    /// What a record's number is called, with or without a claim.
    pub number: NumberName,
    /// The person's fields.
    pub fields: Vec<FieldRule>,
    /// The documents.
    pub consents: Vec<ConsentRule>,
    /// The ways to prove the address; empty only where the company starts.
    pub email_proof: Vec<EmailProof>,
    /// Who says yes.
    pub approval: Approval,
    /// When the password comes to be.
    pub password: PasswordOrigin,
    /// What one signs in with.
    pub login_with: LoginWith,
    /// What makes a member.
    pub membership: MembershipBy,
    /// How many accounts a record may have.
    pub accounts_per_record: AccountsPerRecord,
    /// What passwords must be.
    pub password_policy: PasswordPolicy,
    /// What follows the first change of an initial password.
    pub after_first_password: AfterFirstPassword,
    /// What follows a reset.
    pub after_reset: AfterReset,
    /// How long sessions live.
    pub sessions: SessionRule,
}

impl Journey {
    /// The language spoken when nothing else is known.
    pub fn default_language(&self) -> Language {
        self.languages[0]
    }

    /// Whether this proof is offered.
    pub fn proves_by(&self, proof: EmailProof) -> bool {
        self.email_proof.contains(&proof)
    }

    /// The rule of a field, where the journey asks for it.
    pub fn field(&self, name: FieldName) -> Option<FieldRule> {
        self.fields.iter().copied().find(|field| field.name == name)
    }

    /// The rule of a document, where the journey has it.
    pub fn consent(&self, document: &str) -> Option<&ConsentRule> {
        self.consents.iter().find(|rule| rule.document == document)
    }

    /// Whether people can be invited: where super admins decide who belongs.
    pub fn invites(&self) -> bool {
        self.approval == Approval::SuperAdmin
    }

    /// Whether a person may end a membership of their own: not where the account is the record's.
    pub fn may_leave(&self) -> bool {
        match self.membership {
            MembershipBy::Approval | MembershipBy::PostedPin => true,
            MembershipBy::Claim | MembershipBy::Record => false,
        }
    }
}
