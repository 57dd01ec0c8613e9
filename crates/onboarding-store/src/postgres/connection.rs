//! PostgreSQL's connections: opened when they are needed and held. A pool of the driver's asks each one a question of its
//! own before it takes it back; these go straight back, unless somebody left in the middle of a statement.
//!
//! A connection whose server went away is dropped, and all that are idle with it: the next one asked for is a new one. So
//! a restart of the database costs those who were talking to it at that moment, and nobody after them.

use super::errand::{All, Errand, Execute, Word};
use crate::sql::{Row, Sql};
use async_trait::async_trait;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::{self, ConnectOptions, Connection as _, Executor};
use sea_orm::{ConnAcquireErr, DbBackend, DbErr, RuntimeErr, Statement};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long one statement may take before its connection is given up: a peer that is gone says nothing.
const AT_MOST: Duration = Duration::from_secs(30);
/// How long a connection that was left in the middle of something gets to come to itself.
const COME_TO: Duration = Duration::from_secs(2);

type Free = Arc<Mutex<Vec<PgConnection>>>;

/// All connections to one database.
pub(crate) struct Pool {
    options: PgConnectOptions,
    free: Free,
    places: Arc<Semaphore>,
    patience: Duration,
}

/// In what state a connection was left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Its last statement has ended, and no transaction is open.
    Idle,
    /// Somebody went away in the middle.
    Busy,
    /// Its server is gone.
    Lost,
}

/// A connection on loan; it comes back however its borrower ends.
pub(super) struct Lent {
    connection: Option<PgConnection>,
    state: State,
    /// Whether it was used before: only such a one may have lost its server unseen.
    used: bool,
    free: Free,
    place: Option<OwnedSemaphorePermit>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        let free = Arc::clone(&self.free);
        match self.state {
            State::Idle => put_back(&free, connection),
            State::Lost => all(&free).clear(),
            State::Busy => {
                let place = self.place.take();
                let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
                runtime.spawn(async move {
                    let ended = connection.execute("ROLLBACK");
                    if let Ok(Ok(_)) = tokio::time::timeout(COME_TO, ended).await {
                        put_back(&free, connection);
                    }
                    drop(place);
                });
            }
        }
    }
}

fn all(free: &Free) -> std::sync::MutexGuard<'_, Vec<PgConnection>> {
    free.lock().unwrap_or_else(PoisonError::into_inner)
}

fn put_back(free: &Free, connection: PgConnection) {
    all(free).push(connection);
}

fn failed(error: sqlx::Error) -> RuntimeErr {
    RuntimeErr::SqlxError(Arc::new(error))
}

/// SQLSTATE of an error that the server told.
fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned))
}

/// Whether the connection is of no more use. Source: <https://www.postgresql.org/docs/15/errcodes-appendix.html>; 57P01 to
/// 57P05 end a session, 25P03 an idle transaction's, class 08 is the connection itself; 0A000 tells that the schema has
/// changed under a statement that was prepared.
fn is_lost(error: &sqlx::Error) -> bool {
    match code(error) {
        Some(code) => code.starts_with("57P0") || code.starts_with("08") || code == "25P03" || code == "0A000",
        None => matches!(error, sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed),
    }
}

/// Whether the same work may well succeed if it is done again from its beginning: somebody else was faster (40001), two
/// waited for each other (40P01), or the server went away before the end.
fn is_passing(error: &sqlx::Error) -> bool {
    is_lost(error) || matches!(code(error).as_deref(), Some("40001" | "40P01"))
}

/// Whether a statement refused itself.
pub(super) fn divided_by_zero(error: &DbErr) -> bool {
    match error {
        DbErr::Query(RuntimeErr::SqlxError(error)) => code(error).as_deref() == Some("22012"),
        _ => false,
    }
}

impl Lent {
    /// Carries out one thing, at most so long.
    async fn carry<T>(&mut self, at_most: Duration, errand: impl Errand<T>) -> Result<T, sqlx::Error> {
        let Some(connection) = &mut self.connection else { return Err(sqlx::Error::PoolClosed) };
        self.state = State::Busy;
        let done = match tokio::time::timeout(at_most, errand.run(connection)).await {
            Ok(done) => done,
            Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
        };
        self.used = true;
        self.state = match &done {
            Err(error) if is_lost(error) => State::Lost,
            _ => State::Idle,
        };
        done
    }

    /// Says a word of transactions.
    pub(super) async fn say(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        self.carry(AT_MOST, Word(sql)).await
    }
}

impl Pool {
    pub(super) fn new(options: PgConnectOptions, connections: u32, patience: Duration) -> Self {
        let places = Semaphore::new(usize::try_from(connections).unwrap_or(Semaphore::MAX_PERMITS));
        Self { options, free: Free::default(), places: Arc::new(places), patience }
    }

    pub(super) async fn lend(&self) -> Result<Lent, DbErr> {
        let place = tokio::time::timeout(self.patience, Arc::clone(&self.places).acquire_owned()).await;
        let place = place.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        let place = place.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))?;
        // The one that was used last is used next: its statements are prepared.
        let held = all(&self.free).pop();
        let used = held.is_some();
        let connection = match held {
            Some(connection) => connection,
            None => match tokio::time::timeout(self.patience, self.options.connect()).await {
                Ok(connected) => connected.map_err(|error| DbErr::Conn(failed(error)))?,
                Err(_) => return Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
            },
        };
        Ok(Lent { connection: Some(connection), state: State::Idle, used, free: Arc::clone(&self.free), place: Some(place) })
    }

    /// A question, which may be asked again of a new connection if the one that was held has lost its server.
    async fn ask(&self, statement: &Statement) -> Result<Vec<Row>, DbErr> {
        loop {
            let mut lent = self.lend().await?;
            let used = lent.used;
            match lent.carry(AT_MOST, All(statement)).await {
                Err(error) if used && is_lost(&error) => {}
                answer => return answer.map_err(|error| DbErr::Query(failed(error))),
            }
        }
    }

    /// One statement that writes, whole by itself: what it changed, and whether it may be tried again if it failed.
    pub(super) async fn execute(&self, statement: &Statement) -> Result<u64, (DbErr, bool)> {
        let mut lent = self.lend().await.map_err(|error| (error, false))?;
        let done = lent.carry(AT_MOST, Execute(statement)).await;
        done.map_err(|error| refused(error, DbErr::Exec))
    }

    /// The same for one that returns rows.
    pub(super) async fn query(&self, statement: &Statement) -> Result<Vec<Row>, (DbErr, bool)> {
        let mut lent = self.lend().await.map_err(|error| (error, false))?;
        lent.carry(AT_MOST, All(statement)).await.map_err(|error| refused(error, DbErr::Query))
    }

    /// Begins a transaction, if need be on a new connection: nothing has been done yet.
    pub(super) async fn begin(&self, at_most: Duration) -> Result<Transaction, DbErr> {
        loop {
            let mut lent = self.lend().await?;
            let used = lent.used;
            match lent.say("BEGIN").await {
                Err(error) if used && is_lost(&error) => {}
                Err(error) => return Err(DbErr::Exec(failed(error))),
                Ok(()) => {
                    // However it goes on: until its end is known, somebody is in the middle of it.
                    lent.state = State::Busy;
                    return Ok(Transaction { lent: lent.into(), failed: false.into(), passing: false.into(), at_most });
                }
            }
        }
    }

    /// Waits for those on loan and closes all; later calls fail.
    pub(super) async fn close(&self, connections: u32) -> Result<(), DbErr> {
        // An error means that they were closed before.
        let all_places = self.places.acquire_many(connections).await;
        self.places.close();
        drop(all_places);
        let connections = std::mem::take(&mut *all(&self.free));
        for connection in connections {
            connection.close().await.map_err(|error| DbErr::Conn(failed(error)))?;
        }
        Ok(())
    }
}

/// A statement that was lost on its way may have been carried out: it is not tried again.
fn refused(error: sqlx::Error, kind: fn(RuntimeErr) -> DbErr) -> (DbErr, bool) {
    let again = is_passing(&error) && !is_lost(&error);
    (kind(failed(error)), again)
}

#[async_trait]
impl Sql for Pool {
    fn backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute(&self, statement: Statement) -> Result<u64, DbErr> {
        self.lend().await?.carry(AT_MOST, Execute(&statement)).await.map_err(|error| DbErr::Exec(failed(error)))
    }

    async fn rows(&self, statement: Statement) -> Result<Vec<Row>, DbErr> {
        self.ask(&statement).await
    }
}

/// A transaction that is open. Dropped before its end it is rolled back.
pub(crate) struct Transaction {
    lent: tokio::sync::Mutex<Lent>,
    /// A statement in it failed: nothing of it can be committed any more.
    failed: AtomicBool,
    /// What failed may well succeed in another transaction.
    passing: AtomicBool,
    at_most: Duration,
}

/// How a transaction ended that did not end well.
pub(super) enum Ending {
    /// It was undone, and may be tried again.
    Undone,
    /// Whether it was committed is unknown.
    Unknown(DbErr),
}

impl Transaction {
    pub(super) async fn carry<T>(&self, errand: impl Errand<T>) -> Result<T, sqlx::Error> {
        let mut lent = self.lent.lock().await;
        let done = lent.carry(self.at_most, errand).await;
        self.judge(&mut lent, &done);
        done
    }

    fn judge<T>(&self, lent: &mut Lent, done: &Result<T, sqlx::Error>) {
        if lent.state == State::Idle {
            lent.state = State::Busy;
        }
        if let Err(error) = done {
            self.failed.store(true, Ordering::Relaxed);
            self.passing.fetch_or(is_passing(error), Ordering::Relaxed);
        }
    }

    /// Whether a statement in it failed.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Whether the same work may well succeed in another transaction.
    pub(super) fn may_be_tried_again(&self) -> bool {
        self.passing.load(Ordering::Relaxed)
    }

    pub(super) async fn commit(self) -> Result<(), Ending> {
        let mut lent = self.lent.into_inner();
        match lent.say("COMMIT").await {
            Ok(()) => Ok(()),
            Err(error) if is_passing(&error) && !is_lost(&error) => Err(Ending::Undone),
            Err(error) => Err(Ending::Unknown(DbErr::Exec(failed(error)))),
        }
    }

    pub(super) async fn rollback(self) {
        let mut lent = self.lent.into_inner();
        if lent.state != State::Lost && lent.say("ROLLBACK").await.is_err() {
            // Its server undoes what it never heard the end of.
            lent.state = State::Lost;
        }
    }
}

#[async_trait]
impl Sql for Transaction {
    fn backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute(&self, statement: Statement) -> Result<u64, DbErr> {
        self.carry(Execute(&statement)).await.map_err(|error| DbErr::Exec(failed(error)))
    }

    async fn rows(&self, statement: Statement) -> Result<Vec<Row>, DbErr> {
        self.carry(All(&statement)).await.map_err(|error| DbErr::Query(failed(error)))
    }
}
