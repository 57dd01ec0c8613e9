//! What an account is between two steps.

use crate::consent::Consents;
use crate::registration::Applicant;
use crate::{AccountId, DeliveryId, Digest, EmailAddress, Expiring, Language, PasswordHash, Personal, PortalSlug, RecordNumber, policy};
use chrono::{DateTime, Utc};

/// A person's account at one portal.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Account {
    pub(super) id: AccountId,
    pub(super) portal: PortalSlug,
    pub(super) email: Personal<EmailAddress>,
    pub(super) person: Personal<Applicant>,
    pub(super) language: Language,
    /// The record whose number signs in, or whose one account this is.
    pub(super) record: Option<Personal<RecordNumber>>,
    pub(super) standing: Standing,
    pub(super) credential: Credential,
    pub(super) generation: u64,
    pub(super) privileged: bool,
    pub(super) consents: Consents,
    pub(super) reset: Option<Expiring>,
    pub(super) used_reset: Option<Digest>,
    pub(super) new_email: Option<NewEmail>,
    pub(super) used_new_email: Option<Digest>,
    /// The last reset link that time dropped: it is told to be expired, not replaced.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(super) lapsed_reset: Option<Digest>,
    /// The same of the last link to a new address.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(super) lapsed_new_email: Option<Digest>,
    pub(super) pin_tries: Vec<PinTries>,
    pub(super) letters: Vec<DateTime<Utc>>,
    pub(super) opened_at: DateTime<Utc>,
    pub(super) last_sign_in: Option<DateTime<Utc>>,
}

/// Whether it may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Standing {
    /// Yes.
    Active,
    /// Not until a clerk lifts it.
    Suspended {
        /// Since when.
        at: DateTime<Utc>,
    },
    /// Never again.
    Closed {
        /// Since when.
        at: DateTime<Utc>,
    },
}

/// What signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Credential {
    /// A password the person chose.
    Own {
        /// Its hash.
        hash: PasswordHash,
        /// The minimum length it met.
        met: u32,
    },
    /// Mailed after the proof; may be changed.
    Generated {
        /// Its hash.
        hash: PasswordHash,
        /// The mail that carries it.
        delivery: DeliveryId,
        /// Dead then, unless used before; starts with the mail server's acceptance.
        expires_at: Option<DateTime<Utc>>,
        /// Whether it was used: then it no longer dies.
        used: bool,
    },
    /// Mailed when the company provisioned; must be changed.
    Initial {
        /// Its hash.
        hash: PasswordHash,
        /// The mail that carries it.
        delivery: DeliveryId,
        /// Dead then; starts with the mail server's acceptance.
        expires_at: Option<DateTime<Utc>>,
    },
}

impl Credential {
    /// The stored hash.
    pub fn hash(&self) -> &PasswordHash {
        match self {
            Self::Own { hash, .. } | Self::Generated { hash, .. } | Self::Initial { hash, .. } => hash,
        }
    }

    /// Whether blanks at the ends and lower case are forgiven.
    pub fn is_mailed(&self) -> bool {
        match self {
            Self::Own { .. } => false,
            Self::Generated { .. } | Self::Initial { .. } => true,
        }
    }

    /// Whether nothing but changing it is allowed.
    pub fn is_initial(&self) -> bool {
        matches!(self, Self::Initial { .. })
    }

    /// A stable word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Own { .. } => "own",
            Self::Generated { .. } => "generated",
            Self::Initial { .. } => "initial",
        }
    }
}

/// An address that waits for its proof.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NewEmail {
    /// The address.
    pub email: Personal<EmailAddress>,
    /// The link that proves it.
    pub link: Expiring,
}

/// Wrong PINs for one typed number.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PinTries {
    /// Keyed digest of the number: the row does not tell which.
    pub number: Digest,
    /// When each wrong PIN was typed, oldest first.
    pub at: Vec<DateTime<Utc>>,
}

impl Account {
    /// Its id.
    pub fn id(&self) -> AccountId {
        self.id
    }

    /// Whose portal.
    pub fn portal(&self) -> &PortalSlug {
        &self.portal
    }

    /// The proved address.
    pub fn email(&self) -> &EmailAddress {
        &self.email
    }

    /// The person.
    pub fn person(&self) -> &Applicant {
        &self.person
    }

    /// First and last name, where known.
    pub fn display_name(&self) -> Option<String> {
        let names: Vec<&str> =
            [&self.person.first_name, &self.person.last_name].into_iter().flatten().map(crate::PersonName::as_str).collect();
        (!names.is_empty()).then(|| names.join(" "))
    }

    /// The person's language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The record whose number signs in, or whose one account this is.
    pub fn record(&self) -> Option<&RecordNumber> {
        self.record.as_ref().map(|number| &number.0)
    }

    /// Whether it may be used.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// The state's stable word: `active`, `suspended`, `closed`.
    pub fn word(&self) -> &'static str {
        match self.standing {
            Standing::Active => "active",
            Standing::Suspended { .. } => "suspended",
            Standing::Closed { .. } => "closed",
        }
    }

    /// What signs in.
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// A session is valid only in the generation it was opened in.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the account decides on others, and so needs a longer password.
    pub fn is_privileged(&self) -> bool {
        self.privileged
    }

    /// The latest decision on each document.
    pub fn consents(&self) -> &Consents {
        &self.consents
    }

    /// An address that waits for its proof.
    pub fn new_email(&self) -> Option<&NewEmail> {
        self.new_email.as_ref()
    }

    /// When it opened.
    pub fn opened_at(&self) -> DateTime<Utc> {
        self.opened_at
    }

    /// When somebody last signed in.
    pub fn last_sign_in(&self) -> Option<DateTime<Utc>> {
        self.last_sign_in
    }
}

/// When time itself does something: a pending address or reset is dropped.
pub fn deadline(state: &Account) -> Option<DateTime<Utc>> {
    [reset_drops_at(state), new_email_drops_at(state)].into_iter().flatten().min()
}

/// A dead reset link is kept as long again as it lived.
pub(super) fn reset_drops_at(state: &Account) -> Option<DateTime<Utc>> {
    state.reset.map(|link| link.expires_at + policy::RESET_LIFE)
}

/// An address that nobody proved is kept as long again as its link lived.
pub(super) fn new_email_drops_at(state: &Account) -> Option<DateTime<Utc>> {
    state.new_email.as_ref().map(|pending| pending.link.expires_at + policy::NEW_EMAIL_LIFE)
}
