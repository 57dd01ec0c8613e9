//! The port `Directory`: master data by number, and imports that become visible as a whole.
//!
//! A record is JSON without its id, beside the columns that joins read: so a row that came again unchanged is equal as
//! text, and the merge is two statements over two indexes in the same order.

mod notes;

use crate::SqlStore;
use crate::aggregates::statement;
use crate::column::{micros, signed, unsigned};
use crate::database::{Database, Flush};
use crate::entity::import;
use crate::error::{Doing, corrupt, unreadable};
use crate::sql::Sql;
use async_trait::async_trait;
use onboarding::ports::{Directory, DirectoryError, ImportId, ImportNote, ImportReport, Store, StoreError, Version, Versioned};
use onboarding_core::record::RecordStatus;
use onboarding_core::{PortalSlug, Record, RecordId, RecordNumber};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait, Value};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;
use uuid::Uuid;

/// Rows in one statement: enough to spread its cost, few enough that the statement stays prepared and small.
const CHUNK: usize = 100;

#[async_trait]
impl Directory for SqlStore {
    async fn find(&self, portal: &PortalSlug, number: &RecordNumber) -> Result<Option<Versioned<Record>>, StoreError> {
        self.record("portal = $1 AND number = $2", [portal.as_str().into(), number.as_str().into()]).await
    }

    async fn by_id(&self, id: RecordId) -> Result<Option<Versioned<Record>>, StoreError> {
        self.record("id = $1", [id.0.into()]).await
    }

    async fn stage(&self, import: ImportId, portal: &PortalSlug, first_row: u64, rows: Vec<Record>) -> Result<(), DirectoryError> {
        let now = micros(Store::now(self).await?);
        let portal = portal.as_str().to_owned();
        let staged = rows.into_iter().zip(first_row..).map(|(record, line)| Staged::new(record, line)).collect::<Result<Vec<_>, _>>()?;
        match &self.inner.database {
            Database::Sqlite(db) => db.write(Flush::Now, move |txn| Box::pin(lay_all_aside(txn, import, portal, now, staged))).await,
            Database::Postgres(db) => {
                let staged: Arc<[Staged]> = staged.into();
                if db.copy(import, &portal, now, &staged).await? {
                    return Ok(());
                }
                // A row stands twice, or somebody repeats a call: the slower way tells which.
                db.write_at_length(move |txn| {
                    let (portal, staged) = (portal.clone(), staged.to_vec());
                    Box::pin(async move { lay_all_aside(&txn, import, portal, now, staged).await })
                })
                .await
            }
        }
    }

    async fn merge(&self, import: ImportId, portal: &PortalSlug) -> Result<ImportReport, DirectoryError> {
        let now = micros(Store::now(self).await?);
        let portal = portal.as_str().to_owned();
        self.inner
            .database
            .write_at_length(move |txn| {
                let portal = portal.clone();
                Box::pin(async move { Ok(merge(&txn, import, &portal, now).await?) })
            })
            .await
    }

    async fn discard(&self, import: ImportId) -> Result<(), StoreError> {
        self.inner.database.write_at_length(move |txn| Box::pin(async move { end(&txn, import).await })).await
    }

    async fn note(&self, note: ImportNote) -> Result<(), StoreError> {
        let noting = notes::note(self.readers(), &note)?;
        self.inner.database.write_one(Flush::Now, noting, "note an import").await.map(drop)
    }

    async fn noted(&self, portal: &PortalSlug, import: ImportId) -> Result<Option<ImportNote>, StoreError> {
        notes::noted(self.readers(), portal, import).await
    }
}

impl SqlStore {
    /// The one record that a condition on a unique index selects.
    async fn record<const N: usize>(&self, condition: &str, values: [Value; N]) -> Result<Option<Versioned<Record>>, StoreError> {
        let db = self.readers();
        let sql = format!("SELECT id, version, data FROM records WHERE {condition}");
        let Some(row) = db.row(statement(db, &sql, values)).await.doing("find a record")? else { return Ok(None) };
        let id: Uuid = row.get("id").doing("read a record")?;
        let version: i64 = row.get("version").doing("read a record")?;
        let data: String = row.get("data").doing("read a record")?;
        let record: Record = serde_json::from_str(&data).map_err(|error| unreadable("records", id, &error))?;
        Ok(Some(Versioned { value: Record { id: RecordId(id), ..record }, version: Version(unsigned(version)?) }))
    }
}

/// A record as columns, with the line it stands in.
#[derive(Clone)]
pub(crate) struct Staged {
    pub line: i64,
    pub number: String,
    pub id: Uuid,
    pub status: &'static str,
    pub written: String,
    pub name: String,
    pub data: String,
}

impl Staged {
    fn new(mut record: Record, line: u64) -> Result<Self, StoreError> {
        let id = std::mem::replace(&mut record.id, RecordId(Uuid::nil())).0;
        let data = serde_json::to_string(&record).map_err(|error| corrupt(format_args!("import row {line}: {:?}", error.classify())))?;
        let status = match record.status {
            RecordStatus::Open => "open",
            RecordStatus::Closed => "closed",
        };
        Ok(Self {
            line: signed(line),
            number: record.number.as_str().to_owned(),
            id,
            status,
            written: record.written,
            name: record.name,
            data,
        })
    }
}

async fn lay_all_aside(db: &impl Sql, import: ImportId, portal: String, now: i64, staged: Vec<Staged>) -> Result<(), DirectoryError> {
    begin(db, import, now).await?;
    let whole = insertion(CHUNK);
    let mut staged = staged.into_iter();
    loop {
        let chunk: Vec<Staged> = staged.by_ref().take(CHUNK).collect();
        match chunk.len() {
            0 => return Ok(()),
            CHUNK => lay_aside(db, import, &portal, &whole, chunk).await?,
            rest => lay_aside(db, import, &portal, &insertion(rest), chunk).await?,
        }
    }
}

pub(crate) async fn begin(db: &impl Sql, import: ImportId, now: i64) -> Result<(), StoreError> {
    let row = import::ActiveModel { id: Set(import.0), started_at: Set(now) };
    let insert = import::Entity::insert(row).on_conflict(OnConflict::new().do_nothing().to_owned());
    db.execute(insert.build(db.backend())).await.doing("begin an import")?;
    Ok(())
}

/// An insert of so many rows, which share their first two values.
fn insertion(rows: usize) -> String {
    let mut sql = "INSERT INTO record_imports (import_id, portal, line, number, id, status, written, name, data) VALUES ".to_owned();
    for row in 0..rows {
        let n = 3 + 7 * row;
        let comma = if row == 0 { "" } else { ", " };
        let written = write!(sql, "{comma}($1, $2, ${n}, ${}, ${}, ${}, ${}, ${}, ${})", n + 1, n + 2, n + 3, n + 4, n + 5, n + 6);
        written.expect("writing to a string cannot fail");
    }
    sql.push_str(" ON CONFLICT DO NOTHING");
    sql
}

async fn lay_aside(db: &impl Sql, import: ImportId, portal: &str, sql: &str, chunk: Vec<Staged>) -> Result<(), DirectoryError> {
    let mut values: Vec<Value> = Vec::with_capacity(2 + 7 * chunk.len());
    values.extend([import.0.into(), portal.into()]);
    let lines: Vec<(String, i64)> = chunk.iter().map(|row| (row.number.clone(), row.line)).collect();
    for Staged { line, number, id, status, written, name, data } in chunk {
        values.extend([line.into(), number.into(), id.into(), status.into(), written.into(), name.into(), data.into()]);
    }
    let laid = db.execute(statement(db, sql, values)).await.doing("lay records aside")?;
    if laid == lines.len() as u64 { Ok(()) } else { name_duplicate(db, import, portal, lines).await }
}

/// Tells which row stands twice. A row that is the very one laid aside before is none: somebody repeats a call.
async fn name_duplicate(db: &impl Sql, import: ImportId, portal: &str, lines: Vec<(String, i64)>) -> Result<(), DirectoryError> {
    let among = (3..3 + lines.len()).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT number, line FROM record_imports WHERE import_id = $1 AND portal = $2 AND number IN ({among})");
    let values = [import.0.into(), portal.into()].into_iter().chain(lines.iter().map(|(number, _)| number.as_str().into()));
    let rows = db.rows(statement(db, &sql, values)).await.doing("find a duplicate")?;
    let mut first: HashMap<String, i64> = HashMap::with_capacity(rows.len());
    for row in rows {
        first.insert(row.get("number").doing("find a duplicate")?, row.get("line").doing("find a duplicate")?);
    }
    for (number, line) in lines {
        if let Some(first) = first.get(&number).filter(|first| **first != line) {
            return Err(DirectoryError::Duplicate { first: unsigned(*first)?, row: unsigned(line)? });
        }
    }
    Ok(())
}

async fn merge(db: &impl Sql, import: ImportId, portal: &str, now: i64) -> Result<ImportReport, StoreError> {
    let laid = "SELECT COUNT(*) AS laid FROM record_imports WHERE import_id = $1 AND portal = $2";
    let row = db.row(statement(db, laid, [import.0.into(), portal.into()])).await.doing("count an import")?;
    let laid: i64 = row.map_or(Ok(0), |row| row.get("laid")).doing("count an import")?;
    let values: [Value; 3] = [import.0.into(), portal.into(), now.into()];
    // What differs becomes a new version of the same record, whatever id its row was given.
    let update = "UPDATE records SET version = records.version + 1, status = s.status, written = s.written, name = s.name, data = s.data, updated_at = $3 \
                  FROM record_imports AS s WHERE s.import_id = $1 AND s.portal = $2 AND records.portal = s.portal AND records.number = s.number \
                  AND records.data <> s.data";
    let updated = db.execute(statement(db, update, values.clone())).await.doing("update records")?;
    // What is there by now needs nothing more; the rest is new.
    let insert = "INSERT INTO records (id, portal, number, version, status, written, name, data, created_at, updated_at) \
                  SELECT s.id, s.portal, s.number, 1, s.status, s.written, s.name, s.data, $3, $3 FROM record_imports AS s \
                  WHERE s.import_id = $1 AND s.portal = $2 ON CONFLICT (portal, number) DO NOTHING";
    let added = db.execute(statement(db, insert, values)).await.doing("add records")?;
    end(db, import).await?;
    Ok(ImportReport { added, updated, unchanged: unsigned(laid)?.saturating_sub(added + updated) })
}

/// The rows laid aside go with their import.
async fn end(db: &impl Sql, import: ImportId) -> Result<(), StoreError> {
    let ended = import::Entity::delete_many().filter(import::Column::Id.eq(import.0));
    db.execute(ended.build(db.backend())).await.doing("end an import")?;
    Ok(())
}
