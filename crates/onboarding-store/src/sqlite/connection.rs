//! One connection: its statements run on the thread that asks. A hand-over to a thread of SQLite's own and back would cost more
//! than most of them do.

use crate::sql::{self, Cell, Sql};
use async_trait::async_trait;
use rusqlite::hooks::Wal;
use rusqlite::types::{FromSqlError, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, OpenFlags, Rows};
use sea_orm::sqlx;
use sea_orm::{DbBackend, DbErr, RuntimeErr, Statement, Value, Values};
use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Statements that stay prepared.
const PREPARED: usize = 128;
/// After so many steps of SQLite's machine a statement is asked whether it may go on.
const STEPS: i32 = 1_000;
/// A statement that nobody bounds.
const UNBOUNDED: u32 = u32::MAX;

/// One open connection.
pub(crate) struct Connection {
    db: Mutex<rusqlite::Connection>,
    /// How often the running statement may still go on.
    left: Arc<AtomicU32>,
}

impl Connection {
    /// Opens the file, which must be there. The path is taken as it is: inside an address a blank or a question mark would mean
    /// something else.
    pub(super) fn open(path: &Path, patience: Duration, pragmas: &str) -> Result<Self, DbErr> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = rusqlite::Connection::open_with_flags(path, flags).map_err(opening)?;
        db.busy_timeout(patience).map_err(opening)?;
        db.set_prepared_statement_cache_capacity(PREPARED);
        db.execute_batch("PRAGMA foreign_keys = ON").map_err(opening)?;
        db.execute_batch(pragmas).map_err(opening)?;
        let left = Arc::new(AtomicU32::new(UNBOUNDED));
        let asked = Arc::clone(&left);
        db.progress_handler(STEPS, Some(move || has_gone_on_too_long(&asked))).map_err(opening)?;
        Ok(Self { db: Mutex::new(db), left })
    }

    /// Carries out a statement: the rows it changed.
    pub(crate) fn change(&self, statement: &Statement) -> Result<u64, DbErr> {
        self.changed(&statement.sql, given(statement)).map_err(|failure| DbErr::Exec(failure.told()))
    }

    /// Carries out a word of a few that are said again and again.
    pub(super) fn say(&self, word: &'static str) -> Result<(), DbErr> {
        self.changed(word, &[]).map(drop).map_err(|failure| DbErr::Exec(failure.told()))
    }

    /// The rows of a statement.
    pub(crate) fn rows(&self, statement: &Statement) -> Result<Vec<sql::Row>, DbErr> {
        self.ask(statement).map_err(|failure| DbErr::Query(failure.told()))
    }

    /// The same, if it takes no longer than so many thousand steps of SQLite's machine; else `None`.
    pub(super) fn rows_within(&self, thousands: u32, statement: &Statement) -> Result<Option<Vec<sql::Row>>, DbErr> {
        self.ask_within(thousands, statement).map_err(|failure| DbErr::Query(failure.told()))
    }

    /// The same for a statement that reads. `None` also where it would write, or has to wait for another process.
    pub(super) fn read_within(&self, thousands: u32, statement: &Statement) -> Result<Option<Vec<sql::Row>>, DbErr> {
        let reads = self.lock().prepare_cached(&statement.sql).map(|prepared| prepared.readonly());
        if !reads.map_err(|error| DbErr::Query(Failure::from(error).told()))? {
            return Ok(None);
        }
        match self.ask_within(thousands, statement) {
            Err(failure) if failure.is_locked() => Ok(None),
            found => found.map_err(|failure| DbErr::Query(failure.told())),
        }
    }

    fn ask_within(&self, thousands: u32, statement: &Statement) -> Result<Option<Vec<sql::Row>>, Failure> {
        self.left.store(thousands, Ordering::Relaxed);
        let found = self.ask(statement);
        self.left.store(UNBOUNDED, Ordering::Relaxed);
        match found {
            Err(failure) if failure.is_interrupted() => Ok(None),
            found => found.map(Some),
        }
    }

    /// How long a statement waits for another process's lock.
    pub(super) fn wait_at_most(&self, patience: Duration) -> Result<(), DbErr> {
        self.lock().busy_timeout(patience).map_err(|error| DbErr::Exec(Failure::from(error).told()))
    }

    /// Carries out several statements without values.
    pub(super) fn carry_out(&self, sql: &str) -> Result<(), DbErr> {
        self.lock().execute_batch(sql).map_err(|error| DbErr::Exec(Failure::from(error).told()))
    }

    /// Has the log taken in by this, and by nothing else.
    pub(super) fn takes_in_by(&self, hook: fn(&Wal, i32) -> rusqlite::Result<()>) {
        self.lock().wal_hook(Some(hook));
    }

    pub(super) fn close(self) -> Result<(), DbErr> {
        self.db.into_inner().unwrap_or_else(PoisonError::into_inner).close().map_err(|(_, error)| opening(error))
    }

    fn changed(&self, sql: &str, values: &[Value]) -> Result<u64, Failure> {
        let db = self.lock();
        let mut prepared = db.prepare_cached(sql)?;
        bind(&mut prepared, values)?;
        Ok(prepared.raw_execute()? as u64)
    }

    fn ask(&self, statement: &Statement) -> Result<Vec<sql::Row>, Failure> {
        let db = self.lock();
        let mut prepared = db.prepare_cached(&statement.sql)?;
        bind(&mut prepared, given(statement))?;
        let columns = Arc::new(Columns::of(&prepared));
        read(&mut prepared.raw_query(), &columns)
    }

    /// Nothing panics while it holds the connection, and if something did, SQLite's own state would be whole.
    fn lock(&self) -> MutexGuard<'_, rusqlite::Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn has_gone_on_too_long(left: &AtomicU32) -> bool {
    match left.load(Ordering::Relaxed) {
        UNBOUNDED => false,
        0 => true,
        some => {
            left.store(some - 1, Ordering::Relaxed);
            false
        }
    }
}

fn given(statement: &Statement) -> &[Value] {
    statement.values.as_ref().map_or(&[], |Values(values)| values)
}

/// Binds a statement's values: `$3` is the third of them, wherever it stands, and each `?` the next.
fn bind(prepared: &mut CachedStatement<'_>, values: &[Value]) -> Result<(), Failure> {
    for place in 1..=prepared.parameter_count() {
        let number = match prepared.parameter_name(place) {
            None => place,
            Some(name) => name.strip_prefix('$').and_then(|number| number.parse().ok()).ok_or(Failure::Unnumbered)?,
        };
        let value = values.get(number.wrapping_sub(1)).ok_or(Failure::Unnumbered)?;
        prepared.raw_bind_parameter(place, Bound(value))?;
    }
    Ok(())
}

/// A value on its way into a statement.
struct Bound<'v>(&'v Value);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let number = |number: Option<i64>| number.map_or(ValueRef::Null, ValueRef::Integer);
        // The kinds of values that the schema has.
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Bool(value) => number(value.map(i64::from)),
            Value::SmallInt(value) => number(value.map(i64::from)),
            Value::Int(value) => number(value.map(i64::from)),
            Value::BigInt(value) => number(*value),
            Value::Unsigned(value) => number(value.map(i64::from)),
            // A limit, which the query builder takes as unsigned.
            Value::BigUnsigned(value) => number(value.map(|value| i64::try_from(value).unwrap_or(i64::MAX))),
            Value::String(value) => value.as_ref().map_or(ValueRef::Null, |text| ValueRef::Text(text.as_bytes())),
            Value::Bytes(value) => value.as_ref().map_or(ValueRef::Null, |bytes| ValueRef::Blob(bytes)),
            Value::Uuid(value) => value.as_ref().map_or(ValueRef::Null, |id| ValueRef::Blob(id.as_bytes())),
            _ => return Err(rusqlite::Error::ToSqlConversionFailure("a value of a kind that no column has".into())),
        }))
    }
}

/// The names of a row's columns, one behind the other, and where each of them ends.
struct Columns {
    names: String,
    ends: Vec<usize>,
}

impl Columns {
    fn of(prepared: &CachedStatement<'_>) -> Self {
        let mut columns = Self { names: String::with_capacity(128), ends: Vec::with_capacity(prepared.column_count()) };
        for name in prepared.column_names() {
            columns.names.push_str(name);
            columns.ends.push(columns.names.len());
        }
        columns
    }

    fn place(&self, column: &str) -> Option<usize> {
        let mut start = 0;
        self.ends.iter().position(|end| self.names.get(std::mem::replace(&mut start, *end)..*end) == Some(column))
    }
}

/// A row that was read.
pub(crate) struct Row {
    columns: Arc<Columns>,
    values: Vec<rusqlite::types::Value>,
}

impl Row {
    pub(crate) fn get<T: Cell>(&self, column: &str) -> Result<T, DbErr> {
        let Some(value) = self.columns.place(column).and_then(|place| self.values.get(place)) else {
            return Err(DbErr::Type(format!("there is no column {column}")));
        };
        T::column_result(value.into()).map_err(|error| DbErr::Type(format!("column {column}: {}", kind(&error))))
    }
}

/// Without the value, which the error's own text may quote.
fn kind(error: &FromSqlError) -> &'static str {
    match error {
        FromSqlError::InvalidType => "another type",
        FromSqlError::OutOfRange(_) => "out of range",
        _ => "unreadable",
    }
}

fn read(rows: &mut Rows<'_>, columns: &Arc<Columns>) -> Result<Vec<sql::Row>, Failure> {
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let values = (0..columns.ends.len()).map(|place| row.get(place)).collect::<Result<_, _>>()?;
        all.push(sql::Row::Sqlite(Row { columns: Arc::clone(columns), values }));
    }
    Ok(all)
}

/// Why a statement failed.
enum Failure {
    Driver(rusqlite::Error),
    /// A statement names a value that was not given.
    Unnumbered,
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Driver(error)
    }
}

impl Failure {
    fn is_interrupted(&self) -> bool {
        matches!(self, Self::Driver(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted))
    }

    fn is_locked(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        matches!(self, Self::Driver(error) if matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked)))
    }

    /// In the words of the driver that the rest of the store knows.
    fn told(self) -> RuntimeErr {
        let error = match self {
            Self::Driver(rusqlite::Error::SqliteFailure(error, _)) => sqlx::Error::Database(Box::new(Refused(error.extended_code))),
            Self::Driver(_) => sqlx::Error::Protocol("the driver failed".to_owned()),
            Self::Unnumbered => sqlx::Error::Protocol("a statement names a value that was not given".to_owned()),
        };
        RuntimeErr::SqlxError(Arc::new(error))
    }
}

fn opening(error: rusqlite::Error) -> DbErr {
    DbErr::Conn(Failure::from(error).told())
}

/// SQLite's own word: its code, and nothing of the text, which could quote a row.
#[derive(Debug)]
struct Refused(i32);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SQLite code {}", self.0)
    }
}

impl std::error::Error for Refused {}

impl sqlx::error::DatabaseError for Refused {
    fn message(&self) -> &'static str {
        "SQLite refuses the statement"
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.0.to_string().into())
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> sqlx::error::ErrorKind {
        sqlx::error::ErrorKind::Other
    }
}

/// Nothing here waits: each answer is there when it is asked for.
#[async_trait]
impl Sql for Connection {
    fn backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    async fn execute(&self, statement: Statement) -> Result<u64, DbErr> {
        self.change(&statement)
    }

    async fn rows(&self, statement: Statement) -> Result<Vec<sql::Row>, DbErr> {
        Self::rows(self, &statement)
    }
}
