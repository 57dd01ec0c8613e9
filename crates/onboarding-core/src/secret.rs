//! Secrets as the core sees them: keyed digests to compare with, and plain texts that only pass through.
//!
//! The core computes no digest and draws no randomness: the driver mints a secret, digests it with the
//! [vault](../../onboarding/ports/trait.Vault.html) and passes both in. A digest's comparison takes the same time
//! whatever differs.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use subtle::ConstantTimeEq;

/// A keyed digest: HMAC-SHA-256, 32 bytes, with the id of its key.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Digest {
    /// Which key made it. Raised by one at each rotation.
    pub key: u32,
    /// The 32 bytes.
    #[cfg_attr(feature = "serde", serde(with = "crate::bytes"))]
    pub bytes: [u8; 32],
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && bool::from(self.bytes.ct_eq(&other.bytes))
    }
}

impl Eq for Digest {}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest(key {})", self.key)
    }
}

/// A secret as somebody presented it, digested under every key that is still alive (newest first).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented(pub Vec<Digest>);

impl Presented {
    /// Whether one of the digests is the stored one.
    #[expect(clippy::needless_bitwise_bool, reason = "a lazy `||` would stop at the key that fits")]
    pub fn matches(&self, stored: &Digest) -> bool {
        // Every candidate is compared: which key fitted must not show in the time taken.
        self.0.iter().fold(false, |found, digest| found | (digest == stored))
    }
}

impl From<Digest> for Presented {
    fn from(digest: Digest) -> Self {
        Self(vec![digest])
    }
}

/// A freshly minted secret: the text that is mailed, printed or answered once, and the digest that is kept.
#[derive(Clone)]
pub struct Minted {
    /// What the person will read. Never stored in plain, never shown by `Debug`.
    pub plain: SecretString,
    /// What is stored.
    pub digest: Digest,
}

impl fmt::Debug for Minted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Minted")
    }
}

impl PartialEq for Minted {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest && self.plain.expose_secret() == other.plain.expose_secret()
    }
}

/// A stored secret with its end of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Expiring {
    /// The digest to compare with.
    pub digest: Digest,
    /// From this moment on the secret is dead.
    pub expires_at: DateTime<Utc>,
}

/// A password as stored: a PHC string (`$argon2id$v=19$m=…`), at most 512 bytes.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a PHC string that a hasher made.
    pub fn new(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string, for the hasher.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

/// Personal data inside an event or a state: `Debug` keeps silent about it, and no audit entry carries it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Personal<T>(pub T);

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl<T> std::ops::Deref for Personal<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
