//! The tables of aggregates: alike in their columns, so alike in their statements.
//!
//! The state is JSON in `data`; the other columns are what rows are found by. A write names the version it replaces, and
//! a row that moved on is not touched.

use crate::batch::Batch;
use crate::column::{micros, signed, unsigned};
use crate::error::{Doing, corrupt, unreadable};
use crate::sql::{Row, Sql};
use chrono::{DateTime, Utc};
use onboarding::ports::{StoreError, Version, Versioned};
use onboarding::{Aggregate, Index};
use onboarding_core::Ref;
use sea_orm::{DbBackend, Statement, Value};
use uuid::Uuid;

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Registrations,
    Accounts,
    Memberships,
    Rosters,
    Clerks,
}

impl Table {
    /// The table of an aggregate; `None` for master data, which no decision writes.
    pub(crate) fn of(what: Ref) -> Option<Self> {
        match what {
            Ref::Registration(_) => Some(Self::Registrations),
            Ref::Account(_) => Some(Self::Accounts),
            Ref::Membership(_) => Some(Self::Memberships),
            Ref::Roster(_) => Some(Self::Rosters),
            Ref::Clerk(_) => Some(Self::Clerks),
            Ref::Record(_) => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Registrations => "registrations",
            Self::Accounts => "accounts",
            Self::Memberships => "memberships",
            Self::Rosters => "rosters",
            Self::Clerks => "clerks",
        }
    }

    fn parse(self, data: &str) -> Result<Aggregate, serde_json::Error> {
        Ok(match self {
            Self::Registrations => Aggregate::Registration(serde_json::from_str(data)?),
            Self::Accounts => Aggregate::Account(serde_json::from_str(data)?),
            Self::Memberships => Aggregate::Membership(serde_json::from_str(data)?),
            Self::Rosters => Aggregate::Roster(serde_json::from_str(data)?),
            Self::Clerks => Aggregate::Clerk(serde_json::from_str(data)?),
        })
    }

    /// Reads columns `id`, `version` and `data`.
    pub(crate) fn read(self, row: &Row) -> Result<Versioned<Aggregate>, StoreError> {
        let id: Uuid = row.get("id").doing("read an aggregate")?;
        let version: i64 = row.get("version").doing("read an aggregate")?;
        let data: String = row.get("data").doing("read an aggregate")?;
        let value = self.parse(&data).map_err(|error| unreadable(self.name(), id, &error))?;
        Ok(Versioned { value, version: Version(unsigned(version)?) })
    }
}

/// An aggregate's row with columns `id`, `version` and `data`.
pub(crate) fn read(what: Ref, row: &Row) -> Result<Versioned<Aggregate>, StoreError> {
    Table::of(what).ok_or_else(|| corrupt("an aggregate without a table"))?.read(row)
}

/// The aggregate with its version.
pub(crate) async fn load(db: &impl Sql, what: Ref) -> Result<Option<Versioned<Aggregate>>, StoreError> {
    let Some(table) = Table::of(what) else { return Ok(None) };
    let sql = format!("SELECT id, version, data FROM {} WHERE id = $1", table.name());
    let row = db.row(statement(db, &sql, [what.uuid().into()])).await.doing("load an aggregate")?;
    row.map(|row| table.read(&row)).transpose()
}

/// Aggregates that a condition on their columns selects, oldest first.
pub(crate) async fn select<const N: usize>(
    db: &impl Sql,
    table: Table,
    condition: &str,
    values: [Value; N],
) -> Result<Vec<Versioned<Aggregate>>, StoreError> {
    let sql = format!("SELECT id, version, data FROM {} WHERE {condition} ORDER BY created_at, id", table.name());
    let rows = db.rows(statement(db, &sql, values)).await.doing("load related aggregates")?;
    rows.iter().map(|row| table.read(row)).collect()
}

/// The version an aggregate or record has now, and keeps until the transaction ends; 0 where there is none.
pub(crate) async fn version(db: &impl Sql, what: Ref) -> Result<Version, StoreError> {
    let table = Table::of(what).map_or("records", Table::name);
    let share = if db.backend() == DbBackend::Postgres { " FOR SHARE" } else { "" };
    let sql = format!("SELECT version FROM {table} WHERE id = $1{share}");
    let row = db.row(statement(db, &sql, [what.uuid().into()])).await.doing("read a version")?;
    let Some(row) = row else { return Ok(Version(0)) };
    let version: i64 = row.get("version").doing("read a version")?;
    Ok(Version(unsigned(version)?))
}

/// Writes a state over the expected version; no row, if somebody else was faster.
pub(crate) fn write(batch: &mut Batch, aggregate: &Aggregate, expected: Version, at: DateTime<Utc>) -> Result<(), StoreError> {
    let Index { id, portal, state, due_at, account, record, email, generation, search, letter } = aggregate.index();
    let Some(table) = Table::of(id) else { return Err(corrupt("an aggregate without a table")) };
    // The larger ones have more than a thousand characters: room that grows by doubling is copied again and again.
    let mut json = Vec::with_capacity(2_048);
    let said = match aggregate {
        Aggregate::Registration(state) => serde_json::to_writer(&mut json, state),
        Aggregate::Account(state) => serde_json::to_writer(&mut json, state),
        Aggregate::Membership(state) => serde_json::to_writer(&mut json, state),
        Aggregate::Roster(state) => serde_json::to_writer(&mut json, state),
        Aggregate::Clerk(state) => serde_json::to_writer(&mut json, state),
    };
    said.map_err(|error| unreadable(table.name(), id.uuid(), &error))?;
    let data = String::from_utf8(json).map_err(|_| corrupt("JSON that is no text"))?;
    let key: Value = id.uuid().into();
    let at: Value = micros(at).into();
    // What a thing is of, its life long: an update that named it would write its indexes anew. An account alone may change its record.
    let of: [Value; 3] =
        [portal.as_str().into(), account.map(|account| account.0).into(), record.as_ref().map(|number| number.as_str().to_owned()).into()];
    let state: [Value; 8] = [
        state.into(),
        due_at.map(micros).into(),
        email.as_ref().map(|key| key.as_str().to_owned()).into(),
        signed(generation).into(),
        search.into(),
        letter.map(|(id, _)| id.0).into(),
        letter.map(|(_, state)| state).into(),
        data.into(),
    ];
    let name = table.name();
    if expected == Version(0) {
        let sql = format!(
            "INSERT INTO {name} (id, portal, account_id, record, state, due_at, email_key, generation, search, letter_id, letter_state, \
             data, created_at, updated_at, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO NOTHING"
        );
        batch.write(sql, [key].into_iter().chain(of).chain(state).chain([at.clone(), at]));
    } else {
        let [.., record] = of;
        let (also, record) = if table == Table::Accounts { ("record = ?, ", Some(record)) } else { ("", None) };
        let sql = format!(
            "UPDATE {name} SET {also}state = ?, due_at = ?, email_key = ?, generation = ?, search = ?, letter_id = ?, letter_state = ?, \
             data = ?, updated_at = ?, version = version + 1 WHERE id = ? AND version = ?"
        );
        batch.write(sql, record.into_iter().chain(state).chain([at, key, signed(expected.0).into()]));
    }
    Ok(())
}

/// A statement with values in the order of their numbers.
pub(crate) fn statement(db: &impl Sql, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(db.backend(), sql, values)
}
