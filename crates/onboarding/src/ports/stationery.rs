//! From an order to a readable mail: texts in the reader's language, in the portal's dress.

use super::RenderedMail;
use chrono::{DateTime, Utc};
use onboarding_core::{EmailAddress, Language, MailTemplate, Param, PortalSlug};

/// A mail as ordered, opened from its seal.
#[derive(Clone, Debug)]
pub struct MailOrder {
    /// Whose mail.
    pub portal: PortalSlug,
    /// Which text.
    pub template: MailTemplate,
    /// In which language.
    pub language: Language,
    /// Where to.
    pub to: EmailAddress,
    /// What fills the text.
    pub params: Vec<Param>,
    /// `Message-ID` without angle brackets.
    pub message_id: String,
    /// `Date`.
    pub date: DateTime<Utc>,
}

/// Why a mail could not be written. A retry does not help; an operator must mend the texts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StationeryError {
    /// No such portal.
    #[error("no portal is called {0}")]
    UnknownPortal(PortalSlug),
    /// A text is missing or broken.
    #[error("could not write the mail {template}: {reason}")]
    Text {
        /// The template's word.
        template: &'static str,
        /// What is wrong, without personal data.
        reason: String,
    },
}

/// Writes mails.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Stationery: Send + Sync {
    /// Writes one mail.
    fn mail(&self, order: &MailOrder) -> Result<RenderedMail, StationeryError>;
}
