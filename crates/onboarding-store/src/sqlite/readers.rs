//! Connections that only read, by the thread that asks: most statements take a few microseconds, and a change of threads takes
//! longer. One that turns out to be long is begun again on a thread where nobody waits behind it.

use super::Connection;
use super::desk::Shared;
use crate::sql::{Row, Sql};
use async_trait::async_trait;
use sea_orm::{ConnAcquireErr, DbBackend, DbErr, Statement};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Thousands of steps of SQLite's machine that a statement may take where others wait: a few milliseconds.
const QUICK: u32 = 100;
/// The same on the connection that somebody may want to write on: a fraction of a millisecond.
const AT_HAND: u32 = 10;
/// Statements at a time, long and short: more than a process has threads.
const PLACES: u32 = 1 << 16;

/// Reads what is committed, and waits for nobody who writes.
pub(crate) struct Readers {
    /// Where nobody writes, the writing connection is at hand with its pages.
    desk: Arc<Shared>,
    pool: Arc<Pool>,
    /// For statements that take long.
    long: Semaphore,
    patience: Duration,
}

struct Pool {
    path: PathBuf,
    patience: Duration,
    /// The one that was used last is used next: its statements are prepared, its pages at hand.
    free: Mutex<Vec<Connection>>,
    /// Connections that stay open.
    kept: usize,
    /// Closed with the store.
    places: Semaphore,
}

impl Readers {
    pub(super) fn open(desk: Arc<Shared>, path: PathBuf, count: u32, patience: Duration) -> Result<Self, DbErr> {
        let kept = usize::try_from(count.max(1)).unwrap_or(usize::MAX);
        let places = Semaphore::new(PLACES as usize);
        let pool = Pool { path, patience, free: Mutex::default(), kept, places };
        pool.put_back(pool.take()?);
        Ok(Self { desk, pool: Arc::new(pool), long: Semaphore::new(kept), patience })
    }

    async fn ask(&self, statement: Statement) -> Result<Vec<Row>, DbErr> {
        if self.pool.places.is_closed() {
            return Err(closed());
        }
        if let Some(found) = self.desk.rows_within(AT_HAND, &statement) {
            return found;
        }
        match self.pool.ask(&statement, Some(QUICK))? {
            Some(rows) => Ok(rows),
            None => self.at_length(statement).await,
        }
    }

    async fn at_length(&self, statement: Statement) -> Result<Vec<Row>, DbErr> {
        let place = tokio::time::timeout(self.patience, self.long.acquire()).await;
        let _place = place.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?.map_err(|_| closed())?;
        let pool = Arc::clone(&self.pool);
        let asked = tokio::task::spawn_blocking(move || pool.ask(&statement, None)).await;
        asked.map_err(|_| DbErr::Custom("a reading thread broke off".to_owned()))?.map(Option::unwrap_or_default)
    }

    /// Waits for what is being read and closes all; later calls fail.
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        // An error means that they were closed before.
        let all = self.pool.places.acquire_many(PLACES).await;
        self.pool.places.close();
        self.long.close();
        drop(all);
        let connections = std::mem::take(&mut *self.pool.free.lock().unwrap_or_else(PoisonError::into_inner));
        connections.into_iter().try_for_each(Connection::close)
    }
}

fn closed() -> DbErr {
    DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)
}

impl Pool {
    /// The rows; `None` where it would take longer than so many thousand steps.
    fn ask(&self, statement: &Statement, thousands: Option<u32>) -> Result<Option<Vec<Row>>, DbErr> {
        let _place = self.places.try_acquire().map_err(|_| closed())?;
        let connection = self.take()?;
        let found = match thousands {
            Some(thousands) => connection.rows_within(thousands, statement),
            None => connection.rows(statement).map(Some),
        };
        self.put_back(connection);
        found
    }

    /// A free connection, or one more.
    fn take(&self) -> Result<Connection, DbErr> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        free.map_or_else(|| Connection::open(&self.path, self.patience, "PRAGMA query_only = ON"), Ok)
    }

    fn put_back(&self, connection: Connection) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < self.kept {
            free.push(connection);
        }
    }
}

#[async_trait]
impl Sql for Readers {
    fn backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    async fn execute(&self, _statement: Statement) -> Result<u64, DbErr> {
        Err(DbErr::Custom("these connections only read".to_owned()))
    }

    async fn rows(&self, statement: Statement) -> Result<Vec<Row>, DbErr> {
        self.ask(statement).await
    }
}
