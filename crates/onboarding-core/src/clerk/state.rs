//! What a clerk is between two steps.

use crate::{ClerkId, Digest, EmailAddress, Expiring, PasswordHash, Personal, PortalSlug};
use chrono::{DateTime, Utc};

/// A clerk of one portal.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Clerk {
    pub(super) id: ClerkId,
    pub(super) portal: PortalSlug,
    pub(super) email: Personal<EmailAddress>,
    /// `None` until the one-use token was used.
    pub(super) credential: Option<Credential>,
    pub(super) setup: Option<Expiring>,
    /// The last token that was used: it is told to be used, not unknown.
    pub(super) used_setup: Option<Digest>,
    /// The last token that time dropped.
    pub(super) lapsed_setup: Option<Digest>,
    pub(super) generation: u64,
    pub(super) created_at: DateTime<Utc>,
    pub(super) last_sign_in: Option<DateTime<Utc>>,
}

/// A password a clerk chose.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Credential {
    /// Its hash.
    pub hash: PasswordHash,
    /// The minimum length it met, in characters.
    pub met: u32,
}

impl Clerk {
    /// Its id.
    pub fn id(&self) -> ClerkId {
        self.id
    }

    /// Whose portal.
    pub fn portal(&self) -> &PortalSlug {
        &self.portal
    }

    /// The address that signs in.
    pub fn email(&self) -> &EmailAddress {
        &self.email
    }

    /// What signs in; `None` until it was set up.
    pub fn credential(&self) -> Option<&Credential> {
        self.credential.as_ref()
    }

    /// The state's stable word: `prepared`, `active`.
    pub fn word(&self) -> &'static str {
        if self.credential.is_some() { "active" } else { "prepared" }
    }

    /// A session is valid only in the generation it was opened in.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// When an operator first named it.
    pub fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    /// When it last signed in.
    pub fn last_sign_in(&self) -> Option<DateTime<Utc>> {
        self.last_sign_in
    }
}

/// When time itself does something: an unused token is dropped.
pub fn deadline(state: &Clerk) -> Option<DateTime<Utc>> {
    state.setup.map(|setup| setup.expires_at)
}
