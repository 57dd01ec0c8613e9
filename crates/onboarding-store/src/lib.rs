//! The engine's store on SQL, through sea-orm and, on SQLite, rusqlite: one [`SqlStore`] that carries `Store`, `Sessions`, `Outbox`, `Directory`,
//! `Throttle` and `Backoffice`.
//!
//! The database is the only thing replicas share. Every step is one transaction; nothing here decides anything: what is
//! written was decided by the core, what is refused lost a race that the schema tells apart. What is SQLite's or PostgreSQL's
//! alone stands in a module of that name; everything else is SQL that both understand.
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
mod backoffice;
mod batch;
mod column;
mod database;
mod directory;
mod entity;
mod error;
mod health;
mod migration;
mod outbox;
mod postgres;
mod purge;
mod sessions;
mod sql;
mod sqlite;
mod staff_sessions;
mod step;
mod store;
mod throttle;

pub use database::DatabaseOptions;
pub use postgres::PostgresOptions;
pub use sqlite::SqliteOptions;

use chrono::{DateTime, Utc};
use database::Database;
use error::Doing;
use migration::Migrator;
use onboarding::ports::{Clock, StoreError};
use sea_orm_migration::MigratorTrait;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::{NoContext, Timestamp, Uuid};

/// The store on an SQL database. Clones share their connections.
#[derive(Clone)]
pub struct SqlStore {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    clock: Arc<dyn Clock>,
    ids: Ids,
    /// The proof of consent that the purge looked at last; none yet.
    proof_seen: Mutex<Option<Uuid>>,
}

impl SqlStore {
    /// Opens the database; of SQLite's the file is made if there is none. An unmigrated one is opened too, so that it can
    /// be migrated; `Store::ready` fails until then.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the file cannot be opened or made, or the server does not answer or let us in.
    pub async fn open(options: impl Into<DatabaseOptions>, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let database = Database::open(options.into()).await?;
        Ok(Self { inner: Arc::new(Inner { database, clock, ids: Ids::default(), proof_seen: Mutex::default() }) })
    }

    /// Brings the schema to the newest step, all pending steps in one transaction. Does nothing if there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be written, or was migrated by a newer version.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        // Two that begin at once get into each other's way on PostgreSQL; whoever comes second then finds it done.
        for attempt in 1..self.inner.database.migrations() {
            if self.migrate_once().await.is_ok() {
                return Ok(());
            }
            postgres::pause(attempt).await;
        }
        self.migrate_once().await
    }

    async fn migrate_once(&self) -> Result<(), StoreError> {
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

    /// Whether the schema was never brought to any step: nothing can be in it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be read, or was migrated by a newer version.
    pub async fn is_new(&self) -> Result<bool, StoreError> {
        Ok(self.pending().await?.len() == Migrator::migrations().len())
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

/// How much later than others of its time a row may get its id, in milliseconds.
const LATE: i64 = 1_000;

/// Ids for rows that no decision names: audit entries and proofs. Those of one moment rise with each call within one process, so that its rows
/// keep their order. Source: RFC 9562, 6.2, method 2: drawn for each millisecond, and one more for each id in it.
#[derive(Default)]
struct Ids {
    last: Mutex<Option<u128>>,
}

impl Ids {
    fn next(&self, at: DateTime<Utc>) -> Uuid {
        // Before 1970 there is no version 7; such an id merely sorts first.
        let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let next = match *last {
            // Of the same millisecond, or of one shortly before that comes late. A clock that was put back is followed.
            Some(last) if (0..=LATE).contains(&((last >> 80) as i64 - at.timestamp_millis())) => last + 1,
            // The upper half of what can be drawn is left free: as many more never run over.
            _ => Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, at.timestamp_subsec_nanos())).as_u128() & !(1 << 61),
        };
        *last = Some(next);
        Uuid::from_u128(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Flush;
    use crate::sql::Sql as _;
    use onboarding::ports::{AuditFilter, DeliveryStatus, Needle, Place, RegistrationFilter, Store};
    use onboarding_testkit::FixedClock;
    use onboarding_testkit::sample;
    use sea_orm::{DbBackend, Statement};

    #[test]
    fn ids_rise_and_tell_their_time() {
        let ids = Ids::default();
        let at = |millis: i64| DateTime::<Utc>::from_timestamp_millis(1_700_000_000_000 + millis).unwrap();
        let times = [0, 0, 0, 5, 3, 5, 1_006, 6];
        let drawn = times.map(|millis| ids.next(at(millis)));
        assert!(drawn.is_sorted_by(|earlier, later| earlier < later), "{drawn:?}");
        let told = drawn.map(|id| {
            let (seconds, nanos) = id.get_timestamp().unwrap().to_unix();
            i64::try_from(seconds).unwrap() * 1_000 + i64::from(nanos / 1_000_000) - 1_700_000_000_000
        });
        assert_eq!(told, [0, 0, 0, 5, 5, 5, 1_006, 1_006]);
        assert!(drawn.iter().all(|id| id.get_version_num() == 7 && id.get_variant() == uuid::Variant::RFC4122));
        assert_eq!(ids.next(at(5)).as_u128() >> 80, 1_700_000_000_005, "a clock that was put back is followed");
        assert_ne!(Ids::default().next(at(0)), drawn[0]);
        assert_eq!(Ids::default().next(DateTime::<Utc>::MIN_UTC).get_version_num(), 7);
    }

    async fn plan(store: &SqlStore, sql: &str) -> Vec<String> {
        // The plan asks for no value, but each must be there.
        let nothing = vec![sea_orm::Value::BigInt(None); 32];
        let explain = Statement::from_sql_and_values(DbBackend::Sqlite, format!("EXPLAIN QUERY PLAN {sql}"), nothing);
        let rows = store.readers().rows(explain).await.unwrap();
        rows.iter().map(|row| row.get("detail").unwrap()).collect()
    }

    #[tokio::test]
    async fn what_requests_and_workers_ask_again_and_again_walks_no_whole_table() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::open(SqliteOptions::new(folder.path().join("store.db")), Arc::new(FixedClock::default())).await.unwrap();
        store.migrate().await.unwrap();
        let asked = [
            sessions::look_up(3),
            staff_sessions::look_up(3),
            store::led_to(2),
            store::HOLDER.to_owned(),
            store::due(),
            outbox::next_due(),
            outbox::due(16),
            outbox::lease(16),
            backoffice::tally::waiting(),
            backoffice::tally::LETTERS.to_owned(),
            backoffice::tally::outgoing(),
            backoffice::tally::ASKED.to_owned(),
            throttle::known(),
        ];
        let purged =
            [outbox::ORPHANS, purge::ENDED, purge::COMMANDS, purge::AUDIT, purge::TRAILS, purge::TOKENS, purge::PROOFS].map(str::to_owned);
        for sql in asked.into_iter().chain(purged) {
            for step in plan(&store, &sql).await {
                // Walking an index in its order is no walk through the table, nor is walking what a subquery found or a
                // caller named.
                let few = ["SCAN due_", "SCAN asked", "SCAN back", "SCAN trails", "SCAN proof"].iter().any(|few| step.starts_with(few))
                    || step.ends_with(" CONSTANT ROWS");
                // Nearly every counter has not ended: that index is for the purge.
                let whole = step.starts_with("SCAN ") && !step.contains("INDEX") && !few || step.contains("ix_throttles_ends_at");
                assert!(!whole, "{step}: {sql}");
            }
        }
    }

    #[tokio::test]
    async fn a_trail_is_kept_whole_when_it_is_laid_anew() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::open(SqliteOptions::new(folder.path().join("store.db")), Arc::new(FixedClock::default())).await.unwrap();
        let txn = store.inner.database.begin_schema().await.unwrap();
        let before = Migrator::migrations().iter().position(|step| step.name().ends_with("_trails")).unwrap();
        Migrator::up(&txn, Some(u32::try_from(before).unwrap())).await.unwrap();
        txn.commit().await.unwrap();
        let of = onboarding_core::Ref::Account(sample::account_id(1));
        for (n, portal, kind) in [(3, "one", "c"), (1, "other", "a"), (2, "one", "b")] {
            let id = sample::uuid(7, n);
            let at = i64::try_from(n).unwrap();
            let sql = "INSERT INTO audit (id, portal, at, actor, subject_kind, subject_id, kind, details) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
            let values =
                [id.into(), portal.into(), at.into(), "system".into(), of.kind().into(), of.uuid().into(), kind.into(), "{}".into()];
            let added = aggregates::statement(store.readers(), sql, values);
            assert_eq!(store.inner.database.write_one(Flush::Now, added, "add").await.unwrap(), 1);
        }
        store.migrate().await.unwrap();
        let trail = Store::history(&store, of).await.unwrap();
        let told: Vec<_> = trail.iter().map(|row| (row.at.timestamp_micros(), row.kind.as_str(), row.actor.as_str())).collect();
        assert_eq!(told, [(1, "a", "system"), (2, "b", "system"), (3, "c", "system")]);
    }

    #[tokio::test]
    async fn a_clerks_page_is_walked_along_an_index_and_sorted_by_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::open(SqliteOptions::new(folder.path().join("store.db")), Arc::new(FixedClock::default())).await.unwrap();
        store.migrate().await.unwrap();
        let (portal, now) = (sample::portal(), DateTime::<Utc>::UNIX_EPOCH);
        let place = Some(Place { at: now, id: sample::uuid(1, 1) });
        let filter = RegistrationFilter { from: Some(now), to: Some(now), ..RegistrationFilter::default() };
        let waiting = RegistrationFilter { state: Some("awaiting_approval"), ..RegistrationFilter::default() };
        let sought = RegistrationFilter { q: Needle::parse("K-1"), ..RegistrationFilter::default() };
        let of_one = AuditFilter { subject: Some(onboarding_core::Ref::Account(sample::account_id(1))), ..AuditFilter::default() };
        let lists = [
            (backoffice::registrations(&portal, &RegistrationFilter::default(), None, 51), "ix_registrations_portal_created_at_id"),
            (backoffice::registrations(&portal, &filter, place, 51), "ix_registrations_portal_created_at_id"),
            (backoffice::registrations(&portal, &sought, place, 51), "ix_registrations_portal_created_at_id"),
            (backoffice::registrations(&portal, &waiting, None, 51), "ix_registrations_waiting"),
            (backoffice::accounts(&portal, None, place, 51), "ix_accounts_portal_created_at_id"),
            (backoffice::accounts(&portal, Needle::parse("K-1").as_ref(), None, 51), "ix_accounts_portal_created_at_id"),
            (backoffice::audit(&portal, &AuditFilter::default(), place, 51), "audit USING PRIMARY KEY"),
            (backoffice::tally::page(&portal, DeliveryStatus::Parked, None, 51), "ix_outbox_portal_status_created_at"),
            (backoffice::audit(&portal, &of_one, None, 51), "ix_audit_subject_id_at"),
        ];
        for (list, index) in lists {
            let sql = list.sql();
            let steps = plan(&store, &sql).await;
            assert!(steps.iter().all(|step| !step.starts_with("SCAN")) && steps[0].contains(index), "{steps:?}: {sql}");
            // A trail of one subject is short, and few deliveries are of one moment: their last key may be sorted.
            assert!(
                ["ix_audit_subject_id_at", "ix_outbox_portal_status_created_at"].contains(&index) || steps.len() == 1,
                "{steps:?}: {sql}"
            );
        }
    }
}
