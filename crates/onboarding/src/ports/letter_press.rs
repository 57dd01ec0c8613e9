//! Handing a letter to a printer or a spool, at most once.

use async_trait::async_trait;
use onboarding_core::{DeliveryId, PortalSlug};

/// A letter, ready to be printed.
#[derive(Clone)]
pub struct RenderedLetter {
    /// The portal that sends it.
    pub portal: PortalSlug,
    /// The whole PDF.
    pub pdf: Vec<u8>,
    /// Number of pages.
    pub pages: u32,
}

impl std::fmt::Debug for RenderedLetter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RenderedLetter({} pages)", self.pages)
    }
}

/// The press's own name for a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRef(pub String);

/// What the press says of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStatus {
    /// Never heard of it.
    Unknown,
    /// Waiting or printing.
    Pending,
    /// On paper or in the spool.
    Done,
    /// Given up by the press.
    Failed,
}

/// Why a letter was not taken, or may have been.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// Not taken; a later try may help.
    #[error("the letter press asks to try later: {0}")]
    Transient(String),
    /// Not taken, and never will be.
    #[error("the letter press refuses the letter: {0}")]
    Permanent(String),
    /// It may have been taken: ask for its status, never submit again.
    #[error("nobody knows whether the letter press took the letter: {0}")]
    Unknown(String),
}

/// Prints letters.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait LetterPress: Send + Sync {
    /// Submits a letter. The same id a second time gives the first job's name and prints nothing.
    async fn submit(&self, id: DeliveryId, letter: &RenderedLetter) -> Result<JobRef, LetterError>;

    /// What became of it.
    async fn status(&self, id: DeliveryId) -> Result<JobStatus, LetterError>;
}
