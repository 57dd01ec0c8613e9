//! Connections that are held rather than lent: a pool looks at each one with a statement of its own before it takes it back,
//! and every statement is a hand-over to SQLite's thread, which costs more than most of ours do.

use async_trait::async_trait;
use futures_util::TryStreamExt;
use sea_orm::sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{self, AssertSqlSafe, ConnectOptions, Connection as _, Sqlite};
use sea_orm::{ConnAcquireErr, ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Value};
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One open connection.
pub(crate) struct Connection(tokio::sync::Mutex<SqliteConnection>);

impl Connection {
    pub(super) async fn open(options: &SqliteConnectOptions) -> Result<Self, DbErr> {
        options.connect().await.map(|connection| Self(connection.into())).map_err(|error| DbErr::Conn(failed(error)))
    }

    /// The rows that each statement of a text changed. One that changes rows by its nature tells its own; any other repeats
    /// the number of the one before it.
    pub(crate) async fn changes(&self, statement: &Statement) -> Result<Vec<u64>, DbErr> {
        let mut connection = self.0.lock().await;
        let results = sqlx::Executor::fetch_many(&mut *connection, query(statement)?);
        let changes = results.try_filter_map(|result| std::future::ready(Ok(result.left().map(|done| done.rows_affected()))));
        changes.try_collect().await.map_err(|error| DbErr::Exec(failed(error)))
    }

    pub(super) async fn close(self) -> Result<(), DbErr> {
        self.0.into_inner().close().await.map_err(|error| DbErr::Conn(failed(error)))
    }
}

fn failed(error: sqlx::Error) -> RuntimeErr {
    RuntimeErr::SqlxError(Arc::new(error))
}

type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

fn query(statement: &Statement) -> Result<Query<'_>, DbErr> {
    let mut arguments = SqliteArguments::default();
    for value in statement.values.iter().flat_map(|values| &values.0) {
        bind(&mut arguments, value.clone())?;
    }
    // The text is ours; what came from outside stands in the arguments.
    Ok(sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), arguments))
}

/// The kinds of values that the schema has.
fn bind(arguments: &mut SqliteArguments, value: Value) -> Result<(), DbErr> {
    use sqlx::Arguments as _;
    let bound = match value {
        Value::Bool(value) => arguments.add(value),
        Value::SmallInt(value) => arguments.add(value),
        Value::Int(value) => arguments.add(value),
        Value::BigInt(value) => arguments.add(value),
        Value::Unsigned(value) => arguments.add(value),
        // A limit, which the query builder takes as unsigned.
        Value::BigUnsigned(value) => arguments.add(value.map(|value| i64::try_from(value).unwrap_or(i64::MAX))),
        Value::String(value) => arguments.add(value),
        Value::Bytes(value) => arguments.add(value),
        Value::Uuid(value) => arguments.add(value),
        _ => return Err(DbErr::Custom("a value of a kind that no column has".to_owned())),
    };
    bound.map_err(|_| DbErr::Custom("a value could not be bound".to_owned()))
}

#[async_trait]
impl ConnectionTrait for Connection {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let mut connection = self.0.lock().await;
        let done = query(&statement)?.execute(&mut *connection).await;
        done.map(ExecResult::from).map_err(|error| DbErr::Exec(failed(error)))
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut connection = self.0.lock().await;
        let done = sqlx::query(AssertSqlSafe(sql)).execute(&mut *connection).await;
        done.map(ExecResult::from).map_err(|error| DbErr::Exec(failed(error)))
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let mut connection = self.0.lock().await;
        let row = query(&statement)?.fetch_optional(&mut *connection).await;
        row.map(|row| row.map(QueryResult::from)).map_err(|error| DbErr::Query(failed(error)))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut connection = self.0.lock().await;
        let rows = query(&statement)?.fetch_all(&mut *connection).await;
        rows.map(|rows| rows.into_iter().map(QueryResult::from).collect()).map_err(|error| DbErr::Query(failed(error)))
    }
}

/// Connections that only read. The one that was used last is used next: its statements are prepared, its pages at hand.
pub(crate) struct Readers {
    free: Arc<Mutex<Vec<Connection>>>,
    places: Arc<Semaphore>,
    count: u32,
    patience: Duration,
}

/// A connection on loan; it comes back however its borrower ends.
struct Lent {
    connection: Option<Connection>,
    free: Arc<Mutex<Vec<Connection>>>,
    _place: OwnedSemaphorePermit,
}

impl Deref for Lent {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("it is taken out by its drop alone")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).extend(self.connection.take());
    }
}

impl Readers {
    pub(super) async fn open(options: &SqliteConnectOptions, count: u32, patience: Duration) -> Result<Self, DbErr> {
        let mut free = Vec::new();
        for _ in 0..count {
            free.push(Connection::open(options).await?);
        }
        let places = Semaphore::new(free.len());
        Ok(Self { free: Arc::new(Mutex::new(free)), places: Arc::new(places), count, patience })
    }

    async fn lend(&self) -> Result<Lent, DbErr> {
        let place = tokio::time::timeout(self.patience, Arc::clone(&self.places).acquire_owned()).await;
        let place = place.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        let place = place.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))?;
        let connection = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // There are as many places as connections, so that a place always has one.
        let connection = Some(connection.ok_or(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))?);
        Ok(Lent { connection, free: Arc::clone(&self.free), _place: place })
    }

    /// Waits for those on loan and closes all; later calls fail.
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        // An error means that they were closed before.
        let all = self.places.acquire_many(self.count).await;
        self.places.close();
        drop(all);
        let connections = std::mem::take(&mut *self.free.lock().unwrap_or_else(PoisonError::into_inner));
        for connection in connections {
            connection.close().await?;
        }
        Ok(())
    }
}

#[async_trait]
impl ConnectionTrait for Readers {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.lend().await?.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.lend().await?.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.lend().await?.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.lend().await?.query_all_raw(statement).await
    }
}
