//! What a registration is between two steps.

use super::apply::Applicant;
use super::approve::Decider;
use super::complete::NewPassword;
use super::confirm::LostClaim;
use crate::{
    AccountId, DeliveryId, Digest, EmailAddress, Expiring, Language, Personal, PortalSlug, RecordId, RecordNumber, RegistrationId,
    consent::Consents, journey::EmailProof, policy, roster::Role,
};
use chrono::{DateTime, Utc};

/// A registration: what is known of the person, and how far it has come.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Registration {
    pub(super) dossier: Dossier,
    pub(super) stage: Stage,
}

/// Who began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Origin {
    /// The person, with the register form.
    Applied,
    /// Somebody entitled, for this role.
    Invited {
        /// The inviting account; `None` for a clerk or the operator.
        by: Option<AccountId>,
        /// The role to come.
        role: Role,
    },
}

/// What stays the same, or grows, over all stages.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Dossier {
    /// Its id.
    pub id: RegistrationId,
    /// Whose portal.
    pub portal: PortalSlug,
    /// Who began.
    pub origin: Origin,
    /// The person's language.
    pub language: Language,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// The current address.
    pub email: Personal<EmailAddress>,
    /// The person.
    pub applicant: Personal<Applicant>,
    /// The claimed record.
    pub record: Option<(RecordId, Personal<RecordNumber>)>,
    /// The decisions made so far.
    pub consents: Consents,
    /// The password chosen so far.
    pub password: Option<NewPassword>,
    /// The latest mail.
    pub mail: Option<Mailed>,
    /// How the address was proved.
    pub proved: Option<ProvedEmail>,
    /// The code and link of the last mail before the first stage ended, so that a second click is answered kindly.
    pub spent: Option<Secrets>,
    /// The digest of the latest completion link, dead or alive.
    pub completion: Option<Digest>,
    /// Counts what a decider sees changing.
    pub revision: u32,
}

/// A proof of address that happened.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ProvedEmail {
    /// By which door.
    pub by: EmailProof,
    /// When.
    pub at: DateTime<Utc>,
}

/// The latest mail. What became of it is the outbox's to tell: there it is written down once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Mailed {
    /// Which mail.
    pub delivery: DeliveryId,
}

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum MailFate {
    /// Waits to be handed over.
    Queued,
    /// Accepted by the mail server.
    Sent,
    /// Refused for good, or given up.
    Failed,
}

impl MailFate {
    /// A stable word: `queued`, `sent`, `failed`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }
}

/// How far it has come.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Stage {
    /// Waits for the proof of address.
    AwaitingEmail(AwaitingEmail),
    /// Waits for a yes.
    AwaitingApproval(AwaitingApproval),
    /// Waits for what is missing.
    AwaitingCompletion(AwaitingCompletion),
    /// Became an account, or a membership of one.
    Active {
        /// Which account.
        account: AccountId,
        /// When.
        at: DateTime<Utc>,
    },
    /// Somebody said no.
    Rejected {
        /// Why, if told.
        reason: Option<Personal<String>>,
        /// Who.
        by: DeciderWord,
        /// When.
        at: DateTime<Utc>,
    },
    /// Time ran out.
    Expired {
        /// At which stage.
        stage: ExpiredAt,
        /// When.
        at: DateTime<Utc>,
    },
    /// Ended otherwise.
    Closed {
        /// Why.
        why: Closure,
        /// When.
        at: DateTime<Utc>,
    },
}

/// Who decided, without saying which person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum DeciderWord {
    /// A super admin of the record.
    SuperAdmin,
    /// A clerk.
    Clerk,
}

impl DeciderWord {
    /// A stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::SuperAdmin => "super_admin",
            Self::Clerk => "clerk",
        }
    }
}

impl From<&Decider> for DeciderWord {
    fn from(decider: &Decider) -> Self {
        match decider {
            Decider::SuperAdmin { .. } => Self::SuperAdmin,
            Decider::Clerk(_) => Self::Clerk,
        }
    }
}

/// Where time ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ExpiredAt {
    /// The address was never proved.
    Proof,
    /// Nobody decided.
    Approval,
    /// It was never completed.
    Completion,
}

/// Why it ended otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Closure {
    /// "That wasn't me."
    Denied,
    /// The invitation was taken back.
    Revoked,
    /// Another account got there first.
    Lost(LostClaim),
}

impl Closure {
    /// A stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Revoked => "revoked",
            Self::Lost(LostClaim::Email) => "email_taken",
            Self::Lost(LostClaim::Record) => "record_taken",
        }
    }
}

/// Whether the current address has an account already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Standing {
    /// It has none.
    Genuine,
    /// It has one: answers like any other, and can't be confirmed.
    Shadow,
}

/// The secrets of the current mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Secrets {
    /// Digest of the code.
    pub code: Digest,
    /// Digest of the link's token.
    pub link: Digest,
    /// Both die then.
    pub expires_at: DateTime<Utc>,
}

/// Waits for the proof of address.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AwaitingEmail {
    /// Whether it can ever be confirmed.
    pub standing: Standing,
    /// The current code and link.
    pub secrets: Secrets,
    /// When the last mail was ordered.
    pub mailed_at: DateTime<Utc>,
    /// Wrong codes so far, over all codes and addresses.
    pub wrong_codes: u32,
}

impl AwaitingEmail {
    /// Tries left at the code's door.
    pub fn attempts_left(&self) -> u32 {
        policy::CODE_TRIES.saturating_sub(self.wrong_codes)
    }

    /// When another mail may be asked for.
    pub fn resend_at(&self) -> DateTime<Utc> {
        self.mailed_at + policy::RESEND_AFTER
    }
}

/// Waits for a yes.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AwaitingApproval {
    /// Since when.
    pub since: DateTime<Utc>,
    /// Whether the super admins were reminded.
    pub reminded: bool,
    /// Whether the clerks decide.
    pub with_clerks: bool,
}

/// Waits for what is missing.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AwaitingCompletion {
    /// The current link.
    pub link: Expiring,
    /// Approval or invitation.
    pub since: DateTime<Utc>,
    /// Who said yes, unless invited.
    pub decided_by: Option<DeciderWord>,
}

impl Registration {
    pub(super) fn new(dossier: Dossier, stage: Stage) -> Self {
        Self { dossier, stage }
    }

    /// Its id.
    pub fn id(&self) -> RegistrationId {
        self.dossier.id
    }

    /// Whose portal.
    pub fn portal(&self) -> &PortalSlug {
        &self.dossier.portal
    }

    /// The current address.
    pub fn email(&self) -> &EmailAddress {
        &self.dossier.email
    }

    /// The claimed record's number.
    pub fn record(&self) -> Option<&RecordNumber> {
        self.dossier.record.as_ref().map(|(_, number)| &number.0)
    }

    /// What stays the same over all stages.
    pub fn dossier(&self) -> &Dossier {
        &self.dossier
    }

    /// How far it has come.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// The state's word in the HTTP contract.
    pub fn word(&self) -> &'static str {
        match &self.stage {
            Stage::AwaitingEmail(_) => "awaiting_email",
            Stage::AwaitingApproval(_) => "awaiting_approval",
            Stage::AwaitingCompletion(_) => "awaiting_completion",
            Stage::Active { .. } => "active",
            Stage::Rejected { .. } => "rejected",
            Stage::Expired { .. } => "expired",
            Stage::Closed { .. } => "closed",
        }
    }

    /// Whether nothing will ever happen to it again.
    pub fn is_ended(&self) -> bool {
        matches!(self.stage, Stage::Active { .. } | Stage::Rejected { .. } | Stage::Expired { .. } | Stage::Closed { .. })
    }

    /// When the current code or link dies: while one is awaited.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        match &self.stage {
            Stage::AwaitingEmail(stage) => Some(stage.secrets.expires_at),
            Stage::AwaitingApproval(stage) => Some(stage.since + policy::APPROVAL_EXPIRY),
            Stage::AwaitingCompletion(stage) => Some(stage.link.expires_at),
            Stage::Active { .. } | Stage::Rejected { .. } | Stage::Expired { .. } | Stage::Closed { .. } => None,
        }
    }

    /// Whether its end has come, whether or not the sweeper was there yet.
    pub fn overdue(&self, now: DateTime<Utc>) -> bool {
        super::expire::overdue(self, now).is_some()
    }

    /// When another mail may be asked for: while a proof is awaited.
    pub fn resend_at(&self) -> Option<DateTime<Utc>> {
        match &self.stage {
            Stage::AwaitingEmail(stage) => Some(stage.resend_at()),
            _ => None,
        }
    }

    /// Tries left at the code's door: while a proof is awaited.
    pub fn attempts_left(&self) -> Option<u32> {
        match &self.stage {
            Stage::AwaitingEmail(stage) => Some(stage.attempts_left()),
            _ => None,
        }
    }
}
