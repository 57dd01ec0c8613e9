//! One record of the books: read, or written as a whole. What a file may hold, a record may hold, and nothing else.

use crate::Onboarding;
use crate::error::Error;
use crate::forms::FieldError;
use crate::ports::{DirectoryError, ImportId, Version};
use crate::stories::import::{STATUS, plain, record_of};
use crate::stories::staff::StaffView;
use onboarding_core::{Record, RecordId, RecordNumber, Ref, audit::AuditEntry};

/// A record as typed; what is `None` is empty.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "each field is the column of its name")]
pub struct RecordForm {
    /// As the company writes it; the path's own spelling where there is none.
    pub number: Option<String>,
    pub name: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub street: Option<String>,
    pub postal_code: Option<String>,
    pub city: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    pub email: Option<String>,
    pub language: Option<String>,
    /// `open` or `closed`.
    pub status: Option<String>,
}

/// A record as the books have it now.
#[derive(Clone, Debug)]
pub struct RecordView {
    /// The record.
    pub record: Record,
    /// How often it changed, from 1.
    pub version: Version,
    /// Whether this call made it.
    pub added: bool,
}

impl Onboarding {
    /// A record of the clerk's portal.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn staff_record(&self, staff: &StaffView, number: &str) -> Result<RecordView, Error> {
        let number = RecordNumber::parse(number).map_err(|_| Error::NotFound)?;
        let found = self.ports.directory.find(&staff.portal.slug, &number).await?.ok_or(Error::NotFound)?;
        Ok(RecordView { record: found.value, version: found.version, added: false })
    }

    /// Writes a record as a whole: adds it, or replaces it. A closed one keeps its row.
    ///
    /// # Errors
    /// Fields to mend, all of them at once; a number in the body that is another than the path's is one.
    pub async fn put_record(&self, staff: &StaffView, number: &str, form: &RecordForm) -> Result<RecordView, Error> {
        let now = self.now().await?;
        let record = parsed(number, form, RecordId(self.uuid(now)))?;
        let number = record.number.clone();
        let import = ImportId(self.uuid(now));
        let (directory, portal) = (&self.ports.directory, &staff.portal.slug);
        let failed = |error| match error {
            DirectoryError::Store(error) => Error::from(error),
            DirectoryError::Duplicate { .. } => Error::Internal("a single record stands twice".to_owned()),
        };
        directory.stage(import, portal, 1, vec![record]).await.map_err(failed)?;
        let report = directory.merge(import, portal).await.map_err(failed)?;
        let found = directory.find(portal, &number).await?.ok_or_else(|| Error::Internal("a written record is gone".to_owned()))?;
        if report.added + report.updated > 0 {
            let mut step = self.step(&staff.portal, staff.actor(), now);
            let kind = if report.added > 0 { "record.added" } else { "record.changed" };
            step.commit.events.push((Ref::Record(found.value.id), AuditEntry::new(kind).with("version", found.version.0)));
            self.take(step).await?;
        }
        Ok(RecordView { record: found.value, version: found.version, added: report.added > 0 })
    }
}

/// The record of a form.
fn parsed(number: &str, form: &RecordForm, id: RecordId) -> Result<Record, Error> {
    let path = RecordNumber::parse(number).map_err(|_| Error::NotFound)?;
    let written = form.number.as_deref().map_or(number, str::trim);
    let fields = [
        ("number", Some(written)),
        ("name", form.name.as_deref()),
        ("first_name", form.first_name.as_deref()),
        ("last_name", form.last_name.as_deref()),
        ("street", form.street.as_deref()),
        ("postal_code", form.postal_code.as_deref()),
        ("city", form.city.as_deref()),
        ("country", form.country.as_deref()),
        ("email", form.email.as_deref()),
        ("language", form.language.as_deref()),
        (STATUS, form.status.as_deref()),
    ];
    let text = |wanted: &str| fields.iter().find(|(name, _)| *name == wanted).and_then(|(_, text)| *text).unwrap_or_default().trim();
    let mut faults: Vec<FieldError> =
        fields.iter().filter(|(name, _)| plain(text(name)).is_err()).map(|(name, _)| FieldError::new(*name, "characters")).collect();
    if RecordNumber::parse(written).is_ok_and(|written| written != path) {
        // One record is named by the path and another by the body: neither is meant for certain.
        faults.push(FieldError::new("number", "invalid"));
    }
    let record = record_of(1, id, &text);
    match record {
        Ok(record) if faults.is_empty() => Ok(record),
        Err(fault) if !faults.iter().any(|told| told.field == fault.column) => {
            faults.push(FieldError::new(fault.column, "format"));
            Err(Error::Input(faults))
        }
        Ok(_) | Err(_) => Err(Error::Input(faults)),
    }
}
