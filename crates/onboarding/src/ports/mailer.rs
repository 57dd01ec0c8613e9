//! Handing a mail over, and what can be known afterwards.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding_core::{DeliveryId, EmailAddress, Language, PortalSlug};
use std::time::Duration;

/// A mail, ready to be handed over.
#[derive(Clone)]
pub struct RenderedMail {
    /// The portal that writes.
    pub portal: PortalSlug,
    /// The sender's display name.
    pub from_name: String,
    /// The sender.
    pub from: EmailAddress,
    /// Where answers go, if elsewhere.
    pub reply_to: Option<EmailAddress>,
    /// The one recipient.
    pub to: EmailAddress,
    /// Without line breaks.
    pub subject: String,
    /// The plain-text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// `Content-Language`.
    pub language: Language,
    /// `Message-ID` without angle brackets; the same on every attempt.
    pub message_id: String,
    /// `Date`.
    pub date: DateTime<Utc>,
}

impl std::fmt::Debug for RenderedMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RenderedMail").field("message_id", &self.message_id).finish_non_exhaustive()
    }
}

/// The server took the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// What it answered, without addresses; at most 200 characters.
    pub answer: String,
}

/// Why a mail was not taken, or may have been.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Not taken; a later try may help (a 4xx, no connection).
    #[error("the mail server asks to try later: {reason}")]
    Transient {
        /// A code or short text, without addresses.
        reason: String,
        /// When the server said to come back, if it did.
        retry_after: Option<Duration>,
    },
    /// Not taken, and never will be (a 5xx at the recipient).
    #[error("the mail server refuses the mail: {reason}")]
    Permanent {
        /// A code or short text, without addresses.
        reason: String,
    },
    /// The connection broke after the text was sent: it may have been taken.
    #[error("nobody knows whether the mail server took the mail: {reason}")]
    Unknown {
        /// A code or short text, without addresses.
        reason: String,
    },
}

/// Hands mails over.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands one mail over, in at most [`LONGEST_DELIVERY`](super::LONGEST_DELIVERY). Called again with the same id after an unknown
    /// outcome.
    async fn send(&self, id: DeliveryId, mail: &RenderedMail) -> Result<Receipt, MailError>;

    /// How long this recipient is still to be left alone, so that nobody takes many mails for a flood. `None`: the mail goes now, and
    /// counts. Nothing of it was attempted.
    fn hold(&self, to: &EmailAddress) -> Option<Duration> {
        let _ = to;
        None
    }
}
