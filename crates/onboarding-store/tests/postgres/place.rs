//! A migrated database of one's own on the shared server.

use onboarding::ports::{Actor, Clock, Commit, Version, Write};
use onboarding_store::{PostgresOptions, SqlStore};
use onboarding_testkit::postgres::Cluster;
use onboarding_testkit::{FixedClock, sample};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) clock: Arc<FixedClock>,
}

pub(crate) fn options(url: &str) -> PostgresOptions {
    let mut options = PostgresOptions::parse(url).unwrap();
    options.connections = 8;
    options.patience = Duration::from_secs(10);
    options
}

/// Migrated once, then copied.
static MIGRATED: OnceLock<String> = OnceLock::new();

impl Place {
    /// Nothing in it.
    pub(crate) fn empty() -> Self {
        Self { url: Cluster::shared().database(), clock: Arc::default() }
    }

    /// With its tables.
    pub(crate) async fn migrated() -> Self {
        let url = tokio::task::spawn_blocking(|| Cluster::shared().copy_of(MIGRATED.get_or_init(migrate))).await.unwrap();
        Self { url, clock: Arc::default() }
    }

    pub(crate) async fn open(&self) -> SqlStore {
        SqlStore::open(options(&self.url), self.clock.clone()).await.unwrap()
    }

    pub(crate) fn step(&self) -> Commit {
        Commit::new(self.clock.now(), sample::portal(), Actor::System)
    }

    pub(crate) fn inserting(&self, n: u64) -> Commit {
        let mut commit = self.step();
        commit.writes.push(Write { aggregate: sample::account(n, self.clock.now()).into(), expected: Version(0) });
        commit
    }
}

fn migrate() -> String {
    let url = Cluster::shared().database();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = SqlStore::open(options(&url), Arc::new(FixedClock::default())).await.unwrap();
        store.migrate().await.unwrap();
        store.close().await;
    });
    url
}
