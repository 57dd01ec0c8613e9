//! Everything that is SQLite's alone: connections, the one writer, error codes, storage clauses.
//!
//! One connection writes and any number read. Every write begins IMMEDIATE: a deferred transaction that reads first and
//! writes later fails under parallel load with "database is locked", whatever the busy timeout.

mod connection;
mod desk;
mod readers;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use connection::{Connection, Row};
pub(crate) use readers::Readers;

use crate::database::Flush;
use crate::error::{Breaking, Doing, corrupt};
use crate::health::Health;
use crate::sql;
use desk::Shared;
use futures_util::future::BoxFuture;
use onboarding::ports::StoreError;
use sea_orm::sea_query::TableCreateStatement;
use sea_orm::sqlx::{
    self, ConnectOptions as _,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use writer::Writer;

/// Where the database lies and how it is opened.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// The database file; made if missing, readable by its owner only.
    pub path: PathBuf,
    /// Connections that read beside the one that writes. At least 1.
    pub readers: u32,
    /// How long a statement waits for another process's lock, and a caller for a connection.
    pub patience: Duration,
}

impl SqliteOptions {
    /// The file with 4 readers and 5 seconds of patience.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), readers: 4, patience: Duration::from_secs(5) }
    }
}

/// How every write begins.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";

/// An open database.
pub(crate) struct Sqlite {
    writer: Writer,
    readers: Readers,
    /// For the schema's versions, which want sea-orm's own connection; made when it is needed, and soon gone.
    schema: DatabaseConnection,
    health: Health,
}

impl Sqlite {
    pub(crate) async fn open(options: &SqliteOptions) -> Result<Self, StoreError> {
        create_private(&options.path)?;
        let (path, patience) = (&options.path, options.patience);
        // The writer comes first: it turns the file to WAL, which readers cannot.
        let writing = Connection::open(path, patience, WRITING).doing("open the database for writing")?;
        let desk = Arc::new(Shared::new(writing, patience));
        let readers = Readers::open(Arc::clone(&desk), path.clone(), options.readers, patience).doing("open the database for reading")?;
        let schema = lazily(options).await.doing("open the database")?;
        Ok(Self { writer: Writer::start(desk, patience)?, readers, schema, health: Health::default() })
    }

    /// For statements that only read: they see what is committed and wait for nobody.
    pub(crate) fn readers(&self) -> &Readers {
        &self.readers
    }

    /// How the last writes ended.
    pub(crate) fn health(&self) -> &Health {
        &self.health
    }

    /// For the schema's versions alone.
    pub(crate) fn schema(&self) -> &DatabaseConnection {
        &self.schema
    }

    /// Begins a change of the schema.
    pub(crate) async fn begin_schema(&self) -> Result<DatabaseTransaction, DbErr> {
        let immediate =
            TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..TransactionOptions::default() };
        self.schema.begin_with_options(immediate).await
    }

    /// Carries out `work`, which waits for nothing else, in a write transaction: committed if it succeeds, else rolled back.
    pub(crate) async fn write<T, E, F>(&self, flush: Flush, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Breaking + Send + 'static,
        F: for<'t> FnOnce(&'t Connection) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        self.health.seen(self.writer.write(flush, work).await)
    }

    /// Carries out one statement, which needs no transaction around it: the rows it changed.
    pub(crate) async fn write_one(&self, flush: Flush, statement: Statement, what: &'static str) -> Result<u64, StoreError> {
        self.health.seen(self.writer.change(flush, statement, what).await)
    }

    /// Carries out one statement that writes and returns rows.
    pub(crate) async fn write_returning(
        &self,
        flush: Flush,
        statement: Statement,
        what: &'static str,
    ) -> Result<Vec<sql::Row>, StoreError> {
        self.health.seen(self.writer.returning(flush, statement, what).await)
    }

    /// Waits for what is being written, then closes every connection; the last one takes the write-ahead log in.
    pub(crate) async fn close(&self) {
        if self.readers.close().await.is_err() || self.schema.close_by_ref().await.is_err() {
            tracing::warn!("could not close the reading connections");
        }
        self.writer.close().await;
    }
}

/// The file is written ahead, and every commit flushed. What is deleted is written over. A step changes a few short rows in many
/// places, each of which is written as a whole page: a new file has pages half as long as usual.
const WRITING: &str = "PRAGMA page_size = 2048; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = FAST";

/// The schema's own connection, opened alike.
fn schema_options(options: SqliteConnectOptions, path: &Path, patience: Duration) -> SqliteConnectOptions {
    // The path goes in as it is: inside an address a blank or a question mark would mean something else.
    options
        .filename(path)
        .in_memory(false)
        .shared_cache(false)
        .busy_timeout(patience)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "FAST")
        .disable_statement_logging()
}

async fn lazily(options: &SqliteOptions) -> Result<DatabaseConnection, DbErr> {
    let (path, patience) = (options.path.clone(), options.patience);
    let mut connect = ConnectOptions::new("sqlite:");
    connect
        .max_connections(1)
        .min_connections(0)
        .connect_lazy(true)
        .acquire_timeout(patience)
        .idle_timeout(Duration::from_secs(1))
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_sqlite_opts(move |url| schema_options(url, &path, patience));
    Database::connect(connect).await
}

/// Makes the file before SQLite does, so that nobody else can read it; the write-ahead log gets the same mode.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| StoreError::Unavailable(format!("could not open the database file: {}", error.kind())))
}

/// Sorts SQLite's result codes. Source: <https://www.sqlite.org/rescode.html>; the low byte is the primary code.
pub(crate) fn told(error: &dyn sqlx::error::DatabaseError, what: &'static str) -> StoreError {
    let code = error.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or_default();
    let unavailable = |why: &str| StoreError::Unavailable(format!("could not {what}: {why} (SQLite code {code})"));
    match code & 0xff {
        1 => unavailable("the schema does not fit; is the database migrated?"),
        5 | 6 => unavailable("the database is locked"),
        7 => unavailable("out of memory"),
        8 => unavailable("the database is read-only"),
        10 => unavailable("the disk failed"),
        13 => unavailable("the disk is full"),
        14 => unavailable("the database file cannot be opened"),
        11 | 26 => corrupt(format_args!("could not {what}: the database file is damaged (SQLite code {code})")),
        _ => unavailable("the database refuses the statement"),
    }
}

/// Keeps a table in the order of its key alone: half the writes where the key is the row.
pub(crate) fn clustered(backend: DbBackend, table: &mut TableCreateStatement) -> TableCreateStatement {
    if backend == DbBackend::Sqlite {
        table.extra("WITHOUT ROWID");
    }
    table.take()
}
