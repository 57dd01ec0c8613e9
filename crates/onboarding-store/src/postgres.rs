//! Everything that is PostgreSQL's alone: its address, its transactions, its error codes, its clock.
//!
//! A step is one transaction at READ COMMITTED in which everything it stands on is locked (docs/adr/0009-postgresql.md says
//! why that is enough, and better here than SERIALIZABLE). One that lost its way (a deadlock, a failed serialization, a
//! server that went away before the end) is done again from its beginning, a bounded number of times. A `COMMIT` without
//! an answer is told as what it is: unknown.

mod clock;
mod connection;
mod copy;
mod errand;
mod options;

pub(crate) use connection::{Pool, Transaction};
pub use options::PostgresOptions;

use crate::database::Work;
use crate::error::{Breaking, Doing, corrupt};
use crate::health::Health;
use crate::sql::Row;
use clock::Offset;
use connection::Ending;
use futures_util::future::BoxFuture;
use onboarding::ports::StoreError;
use sea_orm::sqlx;
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr, Statement};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// How often a transaction is done at most.
const ATTEMPTS: u32 = 8;
/// The longest pause before the second attempt; it doubles with each.
const PAUSE: Duration = Duration::from_millis(4);
/// How long one statement of a step may take.
const STATEMENT: Duration = Duration::from_secs(30);
/// How long one statement of an import may take.
const LONG: Duration = Duration::from_hours(1);

/// An open database.
pub(crate) struct Postgres {
    pool: Pool,
    connections: u32,
    offset: Offset,
    /// For the schema's versions, which want sea-orm's own connection; made when it is needed, and soon gone.
    schema: DatabaseConnection,
    health: Health,
}

impl Postgres {
    pub(crate) async fn open(options: PostgresOptions) -> Result<Self, StoreError> {
        let connect = options.connect().await?;
        let schema = lazily(&options, connect.clone()).await.doing("open the database")?;
        let connections = options.connections.max(1);
        let pool = Pool::new(connect, connections, options.patience);
        let offset = Offset::new(options.machine);
        // Here, so that a wrong address, password or certificate is told at the start.
        offset.measure(&pool).await?;
        Ok(Self { pool, connections, offset, schema, health: Health::default() })
    }

    /// For statements that only read, each in a transaction of its own.
    pub(crate) fn readers(&self) -> &Pool {
        &self.pool
    }

    /// How the last writes ended.
    pub(crate) fn health(&self) -> &Health {
        &self.health
    }

    /// For the schema's versions alone.
    pub(crate) fn schema(&self) -> &DatabaseConnection {
        &self.schema
    }

    /// What the database's clock shows beyond the machine's.
    pub(crate) fn offset(&self) -> &Offset {
        &self.offset
    }

    /// Carries out `work` in a transaction: committed if it succeeds, else rolled back; done again if it may then succeed.
    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<StoreError> + Breaking,
        F: for<'t> Fn(Work<'t>) -> BoxFuture<'t, Result<T, E>>,
    {
        self.health.seen(self.transact(STATEMENT, work).await)
    }

    /// The same for work whose statements may take long.
    pub(crate) async fn write_at_length<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<StoreError> + Breaking,
        F: for<'t> Fn(Work<'t>) -> BoxFuture<'t, Result<T, E>>,
    {
        self.health.seen(self.transact(LONG, work).await)
    }

    async fn transact<T, E, F>(&self, at_most: Duration, work: F) -> Result<T, E>
    where
        E: From<StoreError> + Breaking,
        F: for<'t> Fn(Work<'t>) -> BoxFuture<'t, Result<T, E>>,
    {
        for attempt in 0..ATTEMPTS {
            pause(attempt).await;
            let txn = self.pool.begin(at_most).await.doing("begin to write")?;
            match work(Work::Postgres(&txn)).await {
                Ok(value) if !txn.has_failed() => match txn.commit().await {
                    Ok(()) => return Ok(value),
                    Err(Ending::Undone) => {}
                    Err(Ending::Unknown(error)) => return Err(Err::<(), _>(error).doing(UNKNOWN).expect_err("it is an error").into()),
                },
                found => {
                    let again = txn.may_be_tried_again();
                    txn.rollback().await;
                    match found {
                        _ if again => {}
                        Err(error) => return Err(error),
                        Ok(_) => return Err(unavailable("a statement failed").into()),
                    }
                }
            }
        }
        Err(unavailable("others were faster again and again").into())
    }

    /// Carries out one statement, which needs no transaction around it: the rows it changed.
    pub(crate) async fn write_one(&self, statement: &Statement, what: &'static str) -> Result<u64, StoreError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.pool.execute(statement).await {
                Err((_, true)) if attempt < ATTEMPTS => pause(attempt).await,
                done => return self.health.seen(done.map_err(|(error, _)| error).doing(what)),
            }
        }
    }

    /// Carries out one statement that writes and returns rows.
    pub(crate) async fn write_returning(&self, statement: &Statement, what: &'static str) -> Result<Vec<Row>, StoreError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.pool.query(statement).await {
                Err((_, true)) if attempt < ATTEMPTS => pause(attempt).await,
                done => return self.health.seen(done.map_err(|(error, _)| error).doing(what)),
            }
        }
    }

    /// The same for one that divides by zero where nothing of it is to stay: then `None`.
    pub(crate) async fn write_all_or_none(&self, statement: &Statement, what: &'static str) -> Result<Option<Vec<Row>>, StoreError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.pool.query(statement).await {
                Ok(rows) => return Ok(Some(rows)),
                Err((error, _)) if connection::divided_by_zero(&error) => return Ok(None),
                Err((_, true)) if attempt < ATTEMPTS => pause(attempt).await,
                Err((error, _)) => return self.health.seen(Err(error).doing(what)),
            }
        }
    }

    /// Waits for what is under way, then closes every connection.
    pub(crate) async fn close(&self) {
        if self.pool.close(self.connections).await.is_err() || self.schema.close_by_ref().await.is_err() {
            tracing::warn!("could not close the connections to the database");
        }
    }
}

const UNKNOWN: &str = "commit; whether the step was taken is unknown";

fn unavailable(why: &str) -> StoreError {
    StoreError::Unavailable(format!("could not write: {why}"))
}

/// Waits before another attempt, each time for longer, and by chance: two who met once must not meet again in step.
pub(crate) async fn pause(attempt: u32) {
    let Some(doublings) = attempt.checked_sub(1) else { return };
    let longest = PAUSE * 2_u32.pow(doublings.min(8));
    // Chance that protects nothing: the seed that every hash map is given.
    let chance = RandomState::new().hash_one(attempt) % 1_000;
    tokio::time::sleep(longest * u32::try_from(chance).unwrap_or_default() / 1_000).await;
}

async fn lazily(options: &PostgresOptions, connect: sqlx::postgres::PgConnectOptions) -> Result<DatabaseConnection, DbErr> {
    let mut lazily = ConnectOptions::new("postgres://");
    lazily
        .max_connections(1)
        .min_connections(0)
        .connect_lazy(true)
        .acquire_timeout(options.patience)
        .idle_timeout(Duration::from_secs(1))
        .test_before_acquire(true)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_postgres_opts(move |_| connect.clone());
    Database::connect(lazily).await
}

/// Sorts PostgreSQL's codes. Source: <https://www.postgresql.org/docs/15/errcodes-appendix.html>.
pub(crate) fn told(error: &dyn sqlx::error::DatabaseError, what: &'static str) -> StoreError {
    let code = error.code().unwrap_or_default();
    let unavailable = |why: &str| StoreError::Unavailable(format!("could not {what}: {why} (SQLSTATE {code})"));
    match &*code {
        "25006" => unavailable("the database is read-only"),
        "28000" | "28P01" => unavailable("the database does not let this user in"),
        "3D000" => unavailable("there is no such database"),
        "40001" | "40P01" => unavailable("others were faster again and again"),
        "42501" => unavailable("this user lacks a right on the schema"),
        "3F000" | "42P01" | "42703" | "42704" => unavailable("the schema does not fit; is the database migrated?"),
        "53100" => unavailable("the disk is full"),
        "53200" => unavailable("out of memory"),
        "53300" => unavailable("the database has too many connections"),
        "55P03" => unavailable("a row is locked for too long"),
        "57014" => unavailable("the statement took too long"),
        "57P03" => unavailable("the database is starting"),
        "58030" => unavailable("the disk failed"),
        "XX001" | "XX002" => corrupt(format_args!("could not {what}: the database is damaged (SQLSTATE {code})")),
        _ if code.starts_with("08") || code.starts_with("57P0") => unavailable("the connection was closed"),
        _ => unavailable("the database refuses the statement"),
    }
}
