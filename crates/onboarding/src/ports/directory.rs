//! Master data: the company's books, read by number and brought in by file.

use super::{StoreError, Versioned};
use async_trait::async_trait;
use onboarding_core::{PortalSlug, Record, RecordId, RecordNumber};
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
}
