//! The suites that every store passes, on a SQLite file.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use async_trait::async_trait;
use onboarding_core::DeliveryId;
use onboarding_store::{SqlStore, SqliteOptions};
use onboarding_testkit::FixedClock;
use onboarding_testkit::contract::{self, SealedTexts, Stores};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use std::sync::Arc;

/// A look past the ports, and the folder that must live as long.
struct Behind {
    db: DatabaseConnection,
    _folder: tempfile::TempDir,
}

#[async_trait]
impl SealedTexts for Behind {
    async fn sealed_text(&self, id: DeliveryId) -> Option<Vec<u8>> {
        let sql = Statement::from_sql_and_values(self.db.get_database_backend(), "SELECT sealed FROM outbox WHERE id = $1", [id.0.into()]);
        let row = self.db.query_one_raw(sql).await.unwrap()?;
        row.try_get("", "sealed").unwrap()
    }
}

async fn fresh() -> Stores {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let clock = Arc::new(FixedClock::default());
    let options = SqliteOptions { readers: 2, ..SqliteOptions::new(&path) };
    let store = SqlStore::open(options, clock.clone()).await.unwrap();
    store.migrate().await.unwrap();
    let db = Database::connect(format!("sqlite:{}", path.display())).await.unwrap();
    Stores::new(&Arc::new(store), clock, Arc::new(Behind { db, _folder: folder }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sqlite_file_keeps_every_promise_of_a_store() {
    contract::store::run_all(fresh).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sqlite_file_keeps_every_promise_of_sessions() {
    contract::sessions::run_all(fresh).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sqlite_file_keeps_every_promise_of_an_outbox() {
    contract::outbox::run_all(fresh).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sqlite_file_keeps_every_promise_of_a_directory() {
    contract::directory::run_all(fresh).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sqlite_file_keeps_every_promise_of_a_backoffice() {
    contract::backoffice::run_all(fresh).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sqlite_file_keeps_every_promise_of_a_throttle() {
    contract::throttle::run_all(fresh).await;
}
