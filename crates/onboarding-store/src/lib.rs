//! The engine's store on SQL, through sea-orm: one [`SqlStore`] that carries `Store`, `Sessions`, `Outbox`, `Directory`
//! and `Throttle`.
//!
//! The database is the only thing replicas share. Every step is one transaction; nothing here decides anything: what is
//! written was decided by the core, what is refused lost a race that the schema tells apart. SQLite's own ways stand in
//! one module; everything else is SQL that PostgreSQL understands as well.
//!
//! ```no_run
//! # async fn example(clock: std::sync::Arc<dyn onboarding::ports::Clock>) -> Result<(), onboarding::ports::StoreError> {
//! use onboarding_store::{SqlStore, SqliteOptions};
//!
//! let store = SqlStore::open(SqliteOptions::new("/var/lib/onboarding/onboarding.db"), clock).await?;
//! store.migrate().await?;
//! # Ok(())
//! # }
//! ```

mod aggregates;
mod column;
mod directory;
mod entity;
mod error;
mod migration;
mod outbox;
mod purge;
mod sessions;
mod sqlite;
mod step;
mod store;
mod throttle;

pub use sqlite::SqliteOptions;

use chrono::{DateTime, Utc};
use error::Doing;
use migration::Migrator;
use onboarding::ports::{Clock, StoreError};
use sea_orm_migration::MigratorTrait;
use sqlite::Sqlite;
use std::fmt;
use std::sync::{Arc, Mutex};
use uuid::{ContextV7, Timestamp, Uuid};

/// The store on an SQL database. Clones share their connections.
#[derive(Clone)]
pub struct SqlStore {
    inner: Arc<Inner>,
}

struct Inner {
    database: Sqlite,
    clock: Arc<dyn Clock>,
    ids: Ids,
}

impl SqlStore {
    /// Opens the database and makes the file if there is none. An unmigrated one is opened too, so that it can be
    /// migrated; `Store::ready` fails until then.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the file cannot be opened or made.
    pub async fn open(options: SqliteOptions, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let database = Sqlite::open(&options).await?;
        Ok(Self { inner: Arc::new(Inner { database, clock, ids: Ids::default() }) })
    }

    /// Brings the schema to the newest step, all pending steps in one transaction. Does nothing if there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be written, or was migrated by a newer version.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let doing = "migrate the database";
        let txn = self.inner.database.begin_schema().await.doing(doing)?;
        match Migrator::up(&txn, None).await {
            Ok(()) => txn.commit().await.doing(doing),
            Err(error) => {
                // Dropped unfinished, it would be rolled back all the same, at some later time.
                txn.rollback().await.doing(doing)?;
                Err(error).doing(doing)
            }
        }
    }

    /// The names of the migrations that this version knows and the database lacks, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read, or was migrated by a newer version.
    pub async fn pending(&self) -> Result<Vec<String>, StoreError> {
        let pending = Migrator::get_pending_migrations_read_only(self.inner.database.schema()).await;
        Ok(pending.doing("read the state of the schema")?.iter().map(|step| step.name().to_owned()).collect())
    }

    /// Waits for what is being written and closes all connections. Later calls fail as unavailable.
    pub async fn close(&self) {
        self.inner.database.close().await;
    }
}

impl fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqlStore")
    }
}

/// Ids for rows that no decision names: audit entries and proofs. They rise with each call within one process, so that
/// rows of one moment keep their order.
#[derive(Default)]
struct Ids {
    context: Mutex<ContextV7>,
}

impl Ids {
    fn next(&self, at: DateTime<Utc>) -> Uuid {
        // Before 1970 there is no version 7; such an id merely sorts first.
        let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
        Uuid::new_v7(Timestamp::from_unix(&self.context, seconds, at.timestamp_subsec_nanos()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onboarding_testkit::FixedClock;
    use sea_orm::{ConnectionTrait, DbBackend, Statement};

    #[tokio::test]
    async fn what_requests_and_workers_ask_again_and_again_walks_no_whole_table() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::open(SqliteOptions::new(folder.path().join("store.db")), Arc::new(FixedClock::default())).await.unwrap();
        store.migrate().await.unwrap();
        let asked: Vec<String> = vec![sessions::look_up(3), store::led_to(2), store::HOLDER.to_owned(), store::due(), outbox::next_due(), outbox::due(16), outbox::lease(16), throttle::windows(3, 0), throttle::windows(2, 2)];
        let purged = [outbox::ORPHANS, purge::ENDED, purge::COMMANDS, purge::AUDIT, purge::UNOWNED].map(str::to_owned);
        for sql in asked.into_iter().chain(purged) {
            let explain = Statement::from_string(DbBackend::Sqlite, format!("EXPLAIN QUERY PLAN {sql}"));
            for row in store.readers().query_all_raw(explain).await.unwrap() {
                let step: String = row.try_get("", "detail").unwrap();
                // Walking an index in its order is no walk through the table, nor is walking what a subquery found or a
                // caller named.
                let few = ["SCAN due_", "SCAN asked", "SCAN back"].iter().any(|few| step.starts_with(few)) || step.ends_with(" CONSTANT ROWS");
                // Nearly every counter has not ended: that index is for the purge.
                let whole = step.starts_with("SCAN ") && !step.contains("INDEX") && !few || step.contains("ix_throttles_ends_at");
                assert!(!whole, "{step}: {sql}");
            }
        }
    }
}
