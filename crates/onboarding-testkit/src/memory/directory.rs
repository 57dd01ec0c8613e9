//! Master data: read by number within a portal, brought in as a whole.

use super::{MemoryStore, State};
use async_trait::async_trait;
use onboarding::ports::{Directory, DirectoryError, ImportId, ImportNote, ImportReport, StoreError, Version, Versioned};
use onboarding_core::{PortalSlug, Record, RecordId, RecordNumber};
use std::collections::HashMap;

/// A row laid aside.
#[derive(Clone)]
pub(super) struct Staged {
    portal: PortalSlug,
    row: u64,
    record: Record,
}

impl State {
    fn record(&self, id: RecordId) -> Option<Versioned<Record>> {
        self.records.get(&id).map(|(_, record)| record.clone())
    }

    fn merge(&mut self, import: ImportId, portal: &PortalSlug) -> Result<ImportReport, DirectoryError> {
        let rows: Vec<Staged> =
            self.staged.get(&import.0).into_iter().flatten().filter(|staged| staged.portal == *portal).cloned().collect();
        let mut seen: HashMap<&RecordNumber, u64> = HashMap::new();
        for staged in &rows {
            if let Some(first) = seen.insert(&staged.record.number, staged.row) {
                return Err(DirectoryError::Duplicate { first, row: staged.row });
            }
        }
        let mut report = ImportReport::default();
        for Staged { portal, mut record, .. } in rows {
            let place = (portal.clone(), record.number.clone());
            let known = self.numbers.get(&place).and_then(|id| self.record(*id));
            let version = match known {
                None => {
                    report.added += 1;
                    Version(1)
                }
                Some(known) => {
                    // The record stays the same one, whatever id its row was given.
                    record.id = known.value.id;
                    if record == known.value {
                        report.unchanged += 1;
                        known.version
                    } else {
                        report.updated += 1;
                        Version(known.version.0 + 1)
                    }
                }
            };
            self.numbers.insert(place, record.id);
            self.records.insert(record.id, (portal, Versioned { value: record, version }));
        }
        self.staged.remove(&import.0);
        Ok(report)
    }
}

#[async_trait]
impl Directory for MemoryStore {
    async fn find(&self, portal: &PortalSlug, number: &RecordNumber) -> Result<Option<Versioned<Record>>, StoreError> {
        self.with(|state| state.numbers.get(&(portal.clone(), number.clone())).and_then(|id| state.record(*id)))
    }

    async fn by_id(&self, id: RecordId) -> Result<Option<Versioned<Record>>, StoreError> {
        self.with(|state| state.record(id))
    }

    async fn stage(&self, import: ImportId, portal: &PortalSlug, first_row: u64, rows: Vec<Record>) -> Result<(), DirectoryError> {
        self.with(|state| {
            let staged = (first_row..).zip(rows).map(|(row, record)| Staged { portal: portal.clone(), row, record });
            state.staged.entry(import.0).or_default().extend(staged);
        })?;
        Ok(())
    }

    async fn merge(&self, import: ImportId, portal: &PortalSlug) -> Result<ImportReport, DirectoryError> {
        self.with(|state| state.merge(import, portal))?
    }

    async fn discard(&self, import: ImportId) -> Result<(), StoreError> {
        self.with(|state| {
            state.staged.remove(&import.0);
        })
    }

    async fn note(&self, note: ImportNote) -> Result<(), StoreError> {
        self.with(|state| {
            state.notes.insert(note.id.0, note);
        })
    }

    async fn noted(&self, portal: &PortalSlug, import: ImportId) -> Result<Option<ImportNote>, StoreError> {
        self.with(|state| state.notes.get(&import.0).filter(|note| note.portal == *portal).cloned())
    }
}
