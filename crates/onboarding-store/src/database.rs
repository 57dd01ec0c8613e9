//! The database behind the store, whichever it is: what each statement, transaction and reader needs to know no more of.

use crate::error::Breaking;
use crate::health::Health;
use crate::postgres::{self, Postgres, PostgresOptions};
use crate::sql::{Row, Sql};
use crate::sqlite::{self, Sqlite, SqliteOptions};
use async_trait::async_trait;
use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use onboarding::ports::StoreError;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement, TransactionTrait};

/// Which database, where, and how it is opened.
#[derive(Clone, Debug)]
pub enum DatabaseOptions {
    /// A file of SQLite's, for one process.
    Sqlite(SqliteOptions),
    /// A server of PostgreSQL's, for as many processes as there are.
    Postgres(Box<PostgresOptions>),
}

impl From<SqliteOptions> for DatabaseOptions {
    fn from(options: SqliteOptions) -> Self {
        Self::Sqlite(options)
    }
}

impl From<PostgresOptions> for DatabaseOptions {
    fn from(options: PostgresOptions) -> Self {
        Self::Postgres(Box::new(options))
    }
}

/// An open database. As a connection it reads, and sees what is committed.
pub(crate) enum Database {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

/// When a commit has to be on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flush {
    /// Before anybody hears of it.
    Now,
    /// With the next one that is flushed: a power cut may take it away, the end of the process does not. PostgreSQL flushes it
    /// all the same. What says so is short, as SQLite's callers carry it out themselves where nobody else writes.
    Later,
}

/// What one of them works on, whichever it is.
pub(crate) enum Either<'t, S, P> {
    Sqlite(&'t S),
    Postgres(&'t P),
}

/// A transaction that is open.
pub(crate) type Work<'t> = Either<'t, sqlite::Connection, postgres::Transaction>;

impl Database {
    pub(crate) async fn open(options: DatabaseOptions) -> Result<Self, StoreError> {
        Ok(match options {
            DatabaseOptions::Sqlite(options) => Self::Sqlite(Sqlite::open(&options).await?),
            DatabaseOptions::Postgres(options) => Self::Postgres(Box::new(Postgres::open(*options).await?)),
        })
    }

    fn reading(&self) -> Either<'_, sqlite::Readers, postgres::Pool> {
        match self {
            Self::Sqlite(db) => Either::Sqlite(db.readers()),
            Self::Postgres(db) => Either::Postgres(db.readers()),
        }
    }

    /// For the schema's versions alone.
    pub(crate) fn schema(&self) -> &DatabaseConnection {
        match self {
            Self::Sqlite(db) => db.schema(),
            Self::Postgres(db) => db.schema(),
        }
    }

    /// Begins a change of the schema.
    pub(crate) async fn begin_schema(&self) -> Result<DatabaseTransaction, DbErr> {
        match self {
            Self::Sqlite(db) => db.begin_schema().await,
            Self::Postgres(db) => db.schema().begin().await,
        }
    }

    /// How often a change of the schema is tried.
    pub(crate) fn migrations(&self) -> u32 {
        match self {
            Self::Sqlite(_) => 1,
            Self::Postgres(_) => 4,
        }
    }

    /// How the last writes ended.
    pub(crate) fn health(&self) -> &Health {
        match self {
            Self::Sqlite(db) => db.health(),
            Self::Postgres(db) => db.health(),
        }
    }

    /// What is to be added to the machine's time for the time of all replicas.
    pub(crate) async fn offset(&self) -> TimeDelta {
        match self {
            Self::Sqlite(_) => TimeDelta::zero(),
            Self::Postgres(db) => db.offset().now(db.readers()).await,
        }
    }

    /// Whether the machine's clock may be gone by at all.
    pub(crate) async fn judge_clock(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(db) => db.offset().judge(db.readers()).await,
        }
    }

    /// Carries out `work` in a write transaction: committed if it succeeds, else rolled back. It may be carried out again
    /// from its beginning, after nothing of it stayed.
    pub(crate) async fn write<T, E, F>(&self, flush: Flush, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Breaking + Send + 'static,
        F: for<'t> Fn(Work<'t>) -> BoxFuture<'t, Result<T, E>> + Send + Sync + 'static,
    {
        match self {
            Self::Sqlite(db) => db.write(flush, move |db| work(Work::Sqlite(db))).await,
            Self::Postgres(db) => db.write(work).await,
        }
    }

    /// The same for work whose statements may take long.
    pub(crate) async fn write_at_length<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Breaking + Send + 'static,
        F: for<'t> Fn(Work<'t>) -> BoxFuture<'t, Result<T, E>> + Send + Sync + 'static,
    {
        match self {
            Self::Sqlite(db) => db.write(Flush::Now, move |db| work(Work::Sqlite(db))).await,
            Self::Postgres(db) => db.write_at_length(work).await,
        }
    }

    /// Carries out one statement, which needs no transaction around it: the rows it changed.
    pub(crate) async fn write_one(&self, flush: Flush, statement: Statement, what: &'static str) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(db) => db.write_one(flush, statement, what).await,
            Self::Postgres(db) => db.write_one(&statement, what).await,
        }
    }

    /// Carries out one statement that writes and returns rows.
    pub(crate) async fn write_returning(&self, flush: Flush, statement: Statement, what: &'static str) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(db) => db.write_returning(flush, statement, what).await,
            Self::Postgres(db) => db.write_returning(&statement, what).await,
        }
    }

    /// Waits for what is being written, then closes every connection.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(db) => db.close().await,
            Self::Postgres(db) => db.close().await,
        }
    }
}

#[async_trait]
impl Sql for Database {
    fn backend(&self) -> DbBackend {
        self.reading().backend()
    }

    async fn execute(&self, statement: Statement) -> Result<u64, DbErr> {
        self.reading().execute(statement).await
    }

    async fn row(&self, statement: Statement) -> Result<Option<Row>, DbErr> {
        self.reading().row(statement).await
    }

    async fn rows(&self, statement: Statement) -> Result<Vec<Row>, DbErr> {
        self.reading().rows(statement).await
    }
}

#[async_trait]
impl<S: Sql, P: Sql> Sql for Either<'_, S, P> {
    fn backend(&self) -> DbBackend {
        match self {
            Self::Sqlite(db) => db.backend(),
            Self::Postgres(db) => db.backend(),
        }
    }

    async fn execute(&self, statement: Statement) -> Result<u64, DbErr> {
        match self {
            Self::Sqlite(db) => db.execute(statement).await,
            Self::Postgres(db) => db.execute(statement).await,
        }
    }

    async fn row(&self, statement: Statement) -> Result<Option<Row>, DbErr> {
        match self {
            Self::Sqlite(db) => db.row(statement).await,
            Self::Postgres(db) => db.row(statement).await,
        }
    }

    async fn rows(&self, statement: Statement) -> Result<Vec<Row>, DbErr> {
        match self {
            Self::Sqlite(db) => db.rows(statement).await,
            Self::Postgres(db) => db.rows(statement).await,
        }
    }
}
