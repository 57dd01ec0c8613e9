//! The password hash: slow on purpose, so admission comes first.

use async_trait::async_trait;
use onboarding_core::PasswordHash;
use secrecy::SecretString;
use std::time::Duration;

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Whether the password is the stored one. Always `false` without a stored hash.
    pub matches: bool,
    /// Whether the stored hash was made with cheaper parameters than today's, and should be made anew.
    pub outdated: bool,
}

/// Why nothing was hashed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HasherError {
    /// The queue is full; nothing was computed. A later try helps.
    #[error("too many passwords wait to be hashed")]
    Overloaded {
        /// When a try has a chance.
        retry_after: Duration,
    },
    /// The stored hash cannot be read, or memory is exhausted. A retry does not help.
    #[error("could not hash the password: {0}")]
    Failed(String),
}

/// Hashes and compares passwords on threads of its own, bounded in number and queue.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a new password.
    async fn hash(&self, password: SecretString) -> Result<PasswordHash, HasherError>;

    /// Compares. Without a stored hash it does the same work against a dummy: an unknown account takes as long.
    async fn verify(&self, password: SecretString, stored: Option<PasswordHash>) -> Result<Verification, HasherError>;
}
