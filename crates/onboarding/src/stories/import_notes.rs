//! A clerk's file: checked as a whole, taken over as a whole or not at all, and told of meanwhile and afterwards.
//!
//! What a row must look like stands with the reading of files. The file is read twice: once for its faults and its length, once
//! to take it over, so that somebody who waits is told how far it is of how much.

use crate::Onboarding;
use crate::error::Error;
use crate::ports::{ImportFault, ImportId, ImportNote, ImportReport, ImportState};
use crate::stories::import::{ImportError, RowFault, records_from_csv};
use crate::stories::staff::StaffView;
use chrono::TimeDelta;
use onboarding_core::{RecordId, Ref, Uuid, audit::AuditEntry};
use std::io::{Read, Seek, SeekFrom};

/// Faults that are told at most.
const MOST_FAULTS: usize = 50;
/// An import that was not heard of for so long was broken off by the end of its server.
const GIVEN_UP: TimeDelta = TimeDelta::minutes(15);

impl From<RowFault> for ImportFault {
    fn from(fault: RowFault) -> Self {
        Self { row: fault.row, column: fault.column, reason: fault.reason }
    }
}

impl Onboarding {
    /// Begins an import; its id is told before a row is read.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn begin_import(&self, staff: &StaffView) -> Result<ImportId, Error> {
        let now = self.now().await?;
        let id = ImportId(self.uuid(now));
        self.ports.directory.note(self.blank(staff, id).await?).await?;
        Ok(id)
    }

    /// Takes a file over, or notes why not. What comes of it is read by [`Onboarding::import_note`].
    pub async fn run_import<R: Read + Seek>(&self, staff: &StaffView, id: ImportId, source: R) {
        let told = match self.import_noted(staff, id, source).await {
            Ok(()) => return,
            Err(error) => {
                tracing::error!(import = %id.0, %error, "could not take a file over");
                ImportFault { row: 0, column: String::new(), reason: "the file could not be taken over; try again later".to_owned() }
            }
        };
        if let Err(error) = self.fail(staff, id, vec![told]).await {
            tracing::error!(import = %id.0, %error, "could not note a failed import");
        }
    }

    /// How far an import is, or what became of it.
    ///
    /// # Errors
    /// [`Error::NotFound`], of another portal and after 30 days too.
    pub async fn import_note(&self, staff: &StaffView, id: Uuid) -> Result<ImportNote, Error> {
        let mut note = self.ports.directory.noted(&staff.portal.slug, ImportId(id)).await?.ok_or(Error::NotFound)?;
        if note.state == ImportState::Running && note.at + GIVEN_UP <= staff.now {
            note.state = ImportState::Failed;
            note.faults =
                vec![ImportFault { row: 0, column: String::new(), reason: "the import was broken off; send the file again".to_owned() }];
        }
        Ok(note)
    }

    async fn import_noted<R: Read + Seek>(&self, staff: &StaffView, id: ImportId, mut source: R) -> Result<(), Error> {
        let (of, faults) = checked(&mut source);
        if !faults.is_empty() {
            return self.fail(staff, id, faults).await;
        }
        source.seek(SeekFrom::Start(0)).map_err(|error| Error::Internal(format!("could not read a file again: {}", error.kind())))?;
        let note = ImportNote { of, ..self.blank(staff, id).await? };
        self.ports.directory.note(note.clone()).await?;
        match self.take_over(staff, id, source, &note).await {
            Ok(report) => {
                let now = self.now().await?;
                self.ports.directory.note(ImportNote { state: ImportState::Done, rows: of, report, at: now, ..note }).await?;
                let mut step = self.step(&staff.portal, staff.actor(), now);
                let entry = AuditEntry::new("records.imported").with("import", id.0).with("added", report.added);
                step.commit.events.push((Ref::Clerk(staff.id()), entry.with("updated", report.updated)));
                self.take(step).await.map(|_| ())
            }
            Err(ImportError::Row(fault)) => self.fail(staff, id, vec![fault.into()]).await,
            Err(ImportError::Header(reason)) => self.fail(staff, id, vec![header(reason)]).await,
            Err(ImportError::Engine(error)) => Err(error),
        }
    }

    /// Lays the rows aside and merges them, noting each step.
    async fn take_over<R: Read>(&self, staff: &StaffView, id: ImportId, source: R, note: &ImportNote) -> Result<ImportReport, ImportError> {
        let (portal, directory) = (&staff.portal.slug, &self.ports.directory);
        let now = self.now().await?;
        let mut rows = records_from_csv(source, || RecordId(self.uuid(now)))?;
        let mut laid = 0_u64;
        let outcome = async {
            loop {
                let chunk = rows.by_ref().take(super::import::CHUNK).collect::<Result<Vec<_>, _>>()?;
                if chunk.is_empty() {
                    return Ok(directory.merge(id, portal).await?);
                }
                let count = chunk.len() as u64;
                directory.stage(id, portal, laid + 1, chunk).await?;
                laid += count;
                let at = self.now().await?;
                directory.note(ImportNote { rows: laid, at, ..note.clone() }).await.map_err(Error::from)?;
            }
        };
        let outcome: Result<ImportReport, ImportError> = outcome.await;
        if outcome.is_err() {
            directory.discard(id).await.map_err(Error::from)?;
        }
        outcome
    }

    async fn fail(&self, staff: &StaffView, id: ImportId, faults: Vec<ImportFault>) -> Result<(), Error> {
        let before = self.ports.directory.noted(&staff.portal.slug, id).await?;
        let blank = self.blank(staff, id).await?;
        let (rows, of) = before.map_or((0, 0), |before| (before.rows, before.of));
        Ok(self.ports.directory.note(ImportNote { state: ImportState::Failed, rows, of, faults, ..blank }).await?)
    }

    async fn blank(&self, staff: &StaffView, id: ImportId) -> Result<ImportNote, Error> {
        Ok(ImportNote {
            id,
            portal: staff.portal.slug.clone(),
            state: ImportState::Running,
            rows: 0,
            of: 0,
            report: ImportReport::default(),
            faults: Vec::new(),
            at: self.now().await?,
        })
    }
}

fn header(reason: String) -> ImportFault {
    ImportFault { row: 0, column: String::new(), reason }
}

/// How many rows there are, and the first faults among them.
fn checked(source: &mut impl Read) -> (u64, Vec<ImportFault>) {
    let rows = match records_from_csv(source, || RecordId(Uuid::nil())) {
        Ok(rows) => rows,
        Err(ImportError::Header(reason)) => return (0, vec![header(reason)]),
        Err(error) => return (0, vec![header(error.to_string())]),
    };
    let (mut of, mut faults) = (0, Vec::new());
    for row in rows {
        of += 1;
        if let Err(fault) = row
            && faults.len() < MOST_FAULTS
        {
            faults.push(fault.into());
        }
    }
    (of, faults)
}
