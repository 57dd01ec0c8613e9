//! Master data: the company's books, read by number and brought in by file.

use super::{StoreError, Versioned};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding_core::{PortalSlug, Record, RecordId, RecordNumber};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An import under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportId(pub Uuid);

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// New records.
    pub added: u64,
    /// Records that changed.
    pub updated: u64,
    /// Records that were the same already.
    pub unchanged: u64,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportState {
    /// Rows are read and laid aside.
    Running,
    /// Everything was taken over.
    Done,
    /// Nothing was taken over.
    Failed,
}

impl ImportState {
    /// A stable word: `running`, `done`, `failed`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// The inverse of `word`.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Running, Self::Done, Self::Failed].into_iter().find(|state| state.word() == word)
    }
}

/// A row that cannot be taken over. It names no value: those are personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportFault {
    /// The row, counted from 1 without the header; 0: the header or the file as a whole.
    pub row: u64,
    /// The column's name; empty where the whole row is meant.
    pub column: String,
    /// Why, as an English sentence.
    pub reason: String,
}

/// What somebody who waits for an import is told. Kept 30 days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportNote {
    /// Which import.
    pub id: ImportId,
    /// Whose portal.
    pub portal: PortalSlug,
    /// How far it is.
    pub state: ImportState,
    /// Rows laid aside so far.
    pub rows: u64,
    /// Of how many.
    pub of: u64,
    /// What it did, once it is done.
    pub report: ImportReport,
    /// The first faults, at most 50.
    pub faults: Vec<ImportFault>,
    /// When this was noted.
    pub at: DateTime<Utc>,
}

/// Why an import stopped; nothing of it was taken over.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The same number stands twice in the import.
    #[error("row {row}: its number stands in row {first} already")]
    Duplicate {
        /// Row of the first occurrence, counted from 1 without the header.
        first: u64,
        /// Row of the second.
        row: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads and brings in master data.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Directory: Send + Sync {
    /// The record with this number, open or closed, with its version.
    async fn find(&self, portal: &PortalSlug, number: &RecordNumber) -> Result<Option<Versioned<Record>>, StoreError>;

    /// The record with this id.
    async fn by_id(&self, id: RecordId) -> Result<Option<Versioned<Record>>, StoreError>;

    /// Lays rows aside, in the order of the file; nothing is visible yet. `first_row` is the row number of the first of
    /// them, counted from 1 without the header. The ids of the rows are used for records that are new.
    async fn stage(&self, import: ImportId, portal: &PortalSlug, first_row: u64, rows: Vec<Record>) -> Result<(), DirectoryError>;

    /// Takes everything laid aside over in one step: adds and updates, deletes nothing.
    async fn merge(&self, import: ImportId, portal: &PortalSlug) -> Result<ImportReport, DirectoryError>;

    /// Throws away what was laid aside.
    async fn discard(&self, import: ImportId) -> Result<(), StoreError>;

    /// Notes how far an import is, over what was noted before.
    async fn note(&self, note: ImportNote) -> Result<(), StoreError>;

    /// What was noted last, within its portal.
    async fn noted(&self, portal: &PortalSlug, import: ImportId) -> Result<Option<ImportNote>, StoreError>;
}
