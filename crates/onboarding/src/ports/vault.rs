//! Keyed digests and sealed boxes; the keys stay inside.

use onboarding_core::{Digest, Presented};
use zeroize::Zeroizing;

/// What a digest is for. Part of its input, so that a secret of one purpose is unknown to every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DigestPurpose {
    /// The handle of a registration.
    Handle,
    /// The token of a confirmation link.
    Confirmation,
    /// The token of a completion or invitation link.
    Completion,
    /// The token of a reset link.
    PasswordReset,
    /// The token that confirms a new address.
    NewEmail,
    /// The token that confirms an optional consent.
    Marketing,
    /// A session token.
    Session,
    /// A code of one registration.
    Code,
    /// A PIN.
    Pin,
    /// A repeatable command's key.
    Command,
    /// A repeatable command's body.
    CommandBody,
    /// A counter's key.
    Throttle,
    /// A number typed with a PIN.
    TypedNumber,
    /// A form's token on pages.
    Form,
    /// A clerk's one-use token.
    StaffSetup,
    /// A clerk's session token: opens no door of a customer's, as theirs open none of a clerk's.
    StaffSession,
    /// A known browser.
    Browser,
}

impl DigestPurpose {
    /// A stable word, part of the digested text.
    pub fn word(self) -> &'static str {
        match self {
            Self::Handle => "handle",
            Self::Confirmation => "confirmation",
            Self::Completion => "completion",
            Self::PasswordReset => "password-reset",
            Self::NewEmail => "new-email",
            Self::Marketing => "marketing",
            Self::Session => "session",
            Self::Code => "code",
            Self::Pin => "pin",
            Self::Command => "command",
            Self::CommandBody => "command-body",
            Self::Throttle => "throttle",
            Self::TypedNumber => "typed-number",
            Self::Form => "form",
            Self::StaffSetup => "staff-setup",
            Self::StaffSession => "staff-session",
            Self::Browser => "browser",
        }
    }
}

/// A sealed box: the id of its key, a nonce and the ciphertext with its tag. Opaque to everybody but the vault.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Which key sealed it.
    pub key: u32,
    /// Nonce (24 bytes), ciphertext and tag.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed(key {}, {} bytes)", self.key, self.bytes.len())
    }
}

/// Why a box stays shut. A retry does not help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The key is gone.
    #[error("could not open a sealed text: its key is not in the key file")]
    UnknownKey,
    /// The text was altered, or belongs to another context.
    #[error("could not open a sealed text: it was altered or moved")]
    Altered,
}

/// Digests and seals with keys that rotate.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Vault: Send + Sync {
    /// The digest under the newest key: HMAC-SHA-256 over purpose and parts, each with its length.
    #[cfg_attr(feature = "mock", mockall::concretize)]
    fn digest(&self, purpose: DigestPurpose, parts: &[&[u8]]) -> Digest;

    /// The digest under every key that still lives, newest first, to compare and to look up with.
    #[cfg_attr(feature = "mock", mockall::concretize)]
    fn presented(&self, purpose: DigestPurpose, parts: &[&[u8]]) -> Presented;

    /// Seals under the newest key. `context` must be given again to open: a box moved to another row stays shut.
    fn seal(&self, context: &[u8], plain: &[u8]) -> Sealed;

    /// Opens.
    fn open(&self, context: &[u8], sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, VaultError>;
}
