//! What is told of imports: one row each, over the one before.

use crate::aggregates::statement;
use crate::column::{micros, moment, signed, unsigned};
use crate::error::{Doing, corrupt, unreadable};
use crate::sql::Sql;
use onboarding::ports::{ImportId, ImportNote, ImportReport, ImportState, StoreError};
use onboarding_core::PortalSlug;
use sea_orm::{Statement, Value};

pub(super) fn note(db: &impl Sql, note: &ImportNote) -> Result<Statement, StoreError> {
    let faults = serde_json::to_string(&note.faults).map_err(|error| unreadable("import_notes", note.id.0, &error))?;
    let values: [Value; 10] = [
        note.id.0.into(),
        note.portal.as_str().into(),
        note.state.word().into(),
        signed(note.rows).into(),
        signed(note.of).into(),
        signed(note.report.added).into(),
        signed(note.report.updated).into(),
        signed(note.report.unchanged).into(),
        faults.into(),
        micros(note.at).into(),
    ];
    let sql = "INSERT INTO import_notes (id, portal, state, laid, of_rows, added, updated, unchanged, faults, at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO UPDATE SET state = excluded.state, \
               laid = excluded.laid, of_rows = excluded.of_rows, added = excluded.added, updated = excluded.updated, \
               unchanged = excluded.unchanged, faults = excluded.faults, at = excluded.at WHERE import_notes.portal = excluded.portal";
    Ok(statement(db, sql, values))
}

pub(super) async fn noted(db: &impl Sql, portal: &PortalSlug, import: ImportId) -> Result<Option<ImportNote>, StoreError> {
    const DOING: &str = "read what is told of an import";
    let sql = "SELECT state, laid, of_rows, added, updated, unchanged, faults, at FROM import_notes WHERE id = $1 AND portal = $2";
    let Some(row) = db.row(statement(db, sql, [import.0.into(), portal.as_str().into()])).await.doing(DOING)? else {
        return Ok(None);
    };
    let count = |column| row.get::<i64>(column).doing(DOING).and_then(unsigned);
    let state: String = row.get("state").doing(DOING)?;
    let faults: String = row.get("faults").doing(DOING)?;
    Ok(Some(ImportNote {
        id: import,
        portal: portal.clone(),
        state: ImportState::of(&state).ok_or_else(|| corrupt(format_args!("import {}: its state", import.0)))?,
        rows: count("laid")?,
        of: count("of_rows")?,
        report: ImportReport { added: count("added")?, updated: count("updated")?, unchanged: count("unchanged")? },
        faults: serde_json::from_str(&faults).map_err(|error| unreadable("import_notes", import.0, &error))?,
        at: moment(row.get("at").doing(DOING)?)?,
    }))
}
