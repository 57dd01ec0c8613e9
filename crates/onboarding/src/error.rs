//! What a use case answers when it does not do what was asked.

use crate::forms::FieldError;
use crate::ports::{HasherError, StoreError};
use chrono::{DateTime, Utc};
use onboarding_core::{account, clerk, registration, retry};
use std::time::Duration;

/// Nothing happened, and why.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// No such portal.
    #[error("there is no such portal")]
    UnknownPortal,
    /// Fields to mend.
    #[error("some fields must be mended")]
    Input(Vec<FieldError>),
    /// Number and second value do not fit; the same whether the number exists.
    #[error("the claim does not match")]
    ClaimMismatch,
    /// The code is wrong.
    #[error("the code is wrong")]
    CodeWrong {
        /// Tries left.
        attempts_left: u32,
    },
    /// The record has its account already.
    #[error("the record has its account already")]
    AlreadyProvisioned,
    /// The account belongs to this record already.
    #[error("the account is a member already")]
    AlreadyMember,
    /// The PIN does not fit the number; the same whether the number exists.
    #[error("the PIN does not match")]
    PinMismatch {
        /// Tries left for this number.
        attempts_left: u32,
    },
    /// The PIN is right and too old.
    #[error("the PIN has expired")]
    PinExpired,
    /// A registration refuses.
    #[error(transparent)]
    Registration(#[from] registration::Refusal),
    /// An account refuses.
    #[error(transparent)]
    Account(#[from] account::Refusal),
    /// A clerk's standing refuses.
    #[error(transparent)]
    Clerk(#[from] clerk::Refusal),
    /// A mail or letter does not go out again.
    #[error(transparent)]
    Delivery(#[from] retry::Refusal),
    /// Somebody else took the address; the registration is closed.
    #[error("the address is taken")]
    EmailTaken,
    /// Somebody else took the record; the registration is closed.
    #[error("the record is taken")]
    RecordTaken,
    /// Somebody must decide at the record: hand the role on first.
    #[error("the last super admin stays")]
    LastSuperAdmin,
    /// Login or password is wrong, whatever was wrong.
    #[error("the sign-in failed")]
    SignInFailed,
    /// No living session.
    #[error("nobody is signed in")]
    SignInRequired,
    /// The password was right, and the account is suspended.
    #[error("the account is suspended")]
    Suspended,
    /// The password was right, and too old.
    #[error("the initial password has expired")]
    InitialPasswordExpired,
    /// Nothing else is open before the password is changed.
    #[error("the password must be changed first")]
    PasswordChangeRequired,
    /// Nothing else is open before these documents are agreed to.
    #[error("documents must be agreed to first")]
    AcceptanceRequired(Vec<String>),
    /// Too many, until then.
    #[error("too many requests")]
    Throttled {
        /// When the next one has a chance.
        until: DateTime<Utc>,
        /// Now, for the difference.
        now: DateTime<Utc>,
    },
    /// Too busy to hash; a later try helps.
    #[error("too busy")]
    Overloaded {
        /// When a try has a chance.
        retry_after: Duration,
    },
    /// Four others were faster each time; a later try helps.
    #[error("too many changed the same thing at once")]
    Contended,
    /// The command id came with another body before.
    #[error("the command id was used with another body")]
    IdempotencyMismatch,
    /// A batch stopped on its way: what was kept before was told to nobody.
    #[error("{} of the batch's older PINs are void, and then: {cause}", voided.len())]
    Partly {
        /// Numbers whose older PIN is void and whose new one nobody knows, as the company writes them.
        voided: Vec<String>,
        /// What stopped it.
        cause: Box<Error>,
    },
    /// No such thing, or somebody else's.
    #[error("there is no such thing")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A fault of ours; the message is for the log alone.
    #[error("internal fault: {0}")]
    Internal(String),
}

impl From<HasherError> for Error {
    fn from(error: HasherError) -> Self {
        match error {
            HasherError::Overloaded { retry_after } => Self::Overloaded { retry_after },
            HasherError::Failed(reason) => Self::Internal(reason),
        }
    }
}
