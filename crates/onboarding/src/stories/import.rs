//! Master data from a file: read row by row, refused as a whole with row, column and reason, taken over in one step.

use crate::error::Error;
use crate::ports::{DirectoryError, ImportId, ImportReport};
use crate::{Onboarding, Portal};
use onboarding_core::{EmailAddress, Language, PostalCode, Record, RecordId, RecordNumber, record::RecordStatus};
use std::io::Read;

/// Rows laid aside at a time.
pub(crate) const CHUNK: usize = 5_000;
/// Longest text of a column, in characters.
const LONGEST: usize = 200;
/// Columns every file has.
const COLUMNS: [&str; 10] = ["number", "name", "first_name", "last_name", "street", "postal_code", "city", "country", "email", "language"];
/// The column a file may have.
pub(crate) const STATUS: &str = "status";

/// A row that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row}, column {column}: {reason}")]
pub struct RowFault {
    /// The row, counted from 1 without the header.
    pub row: u64,
    /// The column's name; empty where the whole row is meant.
    pub column: String,
    /// Why, as an English sentence for the operator.
    pub reason: String,
}

/// Why a file was not taken over; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The header cannot be used.
    #[error("header: {0}")]
    Header(String),
    /// A row cannot be read.
    #[error(transparent)]
    Row(#[from] RowFault),
    /// The engine or its store failed.
    #[error(transparent)]
    Engine(#[from] Error),
}

impl From<DirectoryError> for ImportError {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Duplicate { first, row } => {
                Self::Row(RowFault { row, column: "number".to_owned(), reason: format!("this number stands in row {first} already") })
            }
            DirectoryError::Store(error) => Self::Engine(error.into()),
        }
    }
}

/// Reads records from CSV: header row, UTF-8, `,` or `;`. Ends after the first fault.
pub fn records_from_csv<R: Read>(
    source: R,
    mut mint: impl FnMut() -> RecordId,
) -> Result<impl Iterator<Item = Result<Record, RowFault>>, ImportError> {
    let mut source = std::io::BufReader::new(source);
    let start =
        std::io::BufRead::fill_buf(&mut source).map_err(|error| ImportError::Header(format!("the file cannot be read: {error}")))?;
    let bom = start.starts_with(&[0xef, 0xbb, 0xbf]);
    let first_line: Vec<u8> = start.iter().copied().skip(if bom { 3 } else { 0 }).take_while(|byte| *byte != b'\n').collect();
    let delimiter = if first_line.contains(&b';') { b';' } else { b',' };
    if bom {
        std::io::BufRead::consume(&mut source, 3);
    }
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(source);
    let header = reader.byte_headers().map_err(|error| ImportError::Header(format!("the file cannot be read: {error}")))?;
    let names: Vec<String> = header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
    for column in COLUMNS {
        if !names.iter().any(|name| name == column) {
            return Err(ImportError::Header(format!("the column {column} is missing")));
        }
    }
    for (at, name) in names.iter().enumerate() {
        if !COLUMNS.contains(&name.as_str()) && name != STATUS {
            return Err(ImportError::Header(format!("the column {name:?} is not known")));
        }
        if names[..at].contains(name) {
            return Err(ImportError::Header(format!("the column {name} stands twice")));
        }
    }
    let rows = reader.into_byte_records().zip(1_u64..).map(move |(record, row)| {
        let record = record.map_err(|error| RowFault { row, column: String::new(), reason: format!("cannot be read: {error}") })?;
        if record.len() != names.len() {
            return Err(RowFault {
                row,
                column: String::new(),
                reason: format!("has {} columns instead of {}", record.len(), names.len()),
            });
        }
        let mut texts = Vec::with_capacity(names.len());
        for (name, field) in names.iter().zip(record.iter()) {
            let text = std::str::from_utf8(field)
                .map_err(|_| RowFault { row, column: name.clone(), reason: "is not UTF-8; save the file as UTF-8".to_owned() })?
                .trim();
            plain(text).map_err(|reason| RowFault { row, column: name.clone(), reason })?;
            texts.push(text);
        }
        let column = |wanted: &str| names.iter().position(|name| name == wanted).map_or("", |at| texts[at]);
        record_of(row, mint(), &column)
    });
    Ok(rows)
}

/// Whether a text may stand in the books.
pub(crate) fn plain(text: &str) -> Result<(), String> {
    let invisible = |c: char| {
        c.is_control() || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    if text.chars().any(invisible) {
        return Err("contains a control, direction or invisible character".to_owned());
    }
    if text.chars().count() > LONGEST {
        return Err(format!("has more than {LONGEST} characters"));
    }
    Ok(())
}

/// A record from its columns.
pub(crate) fn record_of<'a>(row: u64, id: RecordId, column: &dyn Fn(&str) -> &'a str) -> Result<Record, RowFault> {
    let fault = |name: &str, reason: &str| RowFault { row, column: name.to_owned(), reason: reason.to_owned() };
    let written = column("number");
    let number =
        RecordNumber::parse(written).map_err(|_| fault("number", "is no number: letters, digits, blanks and dashes, at most 40"))?;
    let postal_code = column("postal_code");
    if !postal_code.is_empty() && PostalCode::parse(postal_code).is_err() {
        return Err(fault("postal_code", "is no postal code"));
    }
    let country = column("country");
    if !(country.is_empty() || (country.len() == 2 && country.bytes().all(|b| b.is_ascii_alphabetic()))) {
        return Err(fault("country", "is no country of two letters (ISO 3166-1)"));
    }
    let email = match column("email") {
        "" => None,
        text => Some(EmailAddress::parse(text).map_err(|_| fault("email", "is no e-mail address"))?),
    };
    let language = match column("language") {
        "" => None,
        text => Some(Language::from_tag(text).ok_or_else(|| fault("language", "is none of de, fr, it, en"))?),
    };
    let status = match column(STATUS) {
        "" | "open" => RecordStatus::Open,
        "closed" => RecordStatus::Closed,
        _ => return Err(fault(STATUS, "is neither open nor closed")),
    };
    Ok(Record {
        id,
        number,
        written: written.to_owned(),
        name: column("name").to_owned(),
        first_name: column("first_name").to_owned(),
        last_name: column("last_name").to_owned(),
        street: column("street").to_owned(),
        postal_code: postal_code.to_owned(),
        city: column("city").to_owned(),
        country: country.to_ascii_uppercase(),
        email,
        language,
        status,
    })
}

impl Onboarding {
    /// Takes a file over: all of it or nothing. `progress` hears how many rows were read.
    ///
    /// # Errors
    /// The first fault, with row, column and reason.
    pub async fn import_records<R: Read>(
        &self,
        portal: &Portal,
        source: R,
        mut progress: impl FnMut(u64),
    ) -> Result<ImportReport, ImportError> {
        let now = self.now().await?;
        let import = ImportId(self.uuid(now));
        let directory = &self.ports.directory;
        let mut first_row = 1_u64;
        let mut chunk = Vec::with_capacity(CHUNK);
        let mut rows = records_from_csv(source, || RecordId(self.uuid(now)))?;
        loop {
            let next = rows.next();
            let ended = next.is_none();
            match next {
                Some(Ok(record)) => chunk.push(record),
                Some(Err(fault)) => {
                    directory.discard(import).await.map_err(Error::from)?;
                    return Err(fault.into());
                }
                None => {}
            }
            if chunk.len() == CHUNK || (ended && !chunk.is_empty()) {
                let count = chunk.len() as u64;
                if let Err(error) = directory.stage(import, &portal.slug, first_row, std::mem::take(&mut chunk)).await {
                    directory.discard(import).await.map_err(Error::from)?;
                    return Err(error.into());
                }
                first_row += count;
                progress(first_row - 1);
            }
            if ended {
                break;
            }
        }
        match directory.merge(import, &portal.slug).await {
            Ok(report) => Ok(report),
            Err(error) => {
                directory.discard(import).await.map_err(Error::from)?;
                Err(error.into())
            }
        }
    }
}
