//! What the driver logs when everything is logged. A file of its own: the subscriber is the whole process's.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use onboarding::ports::{Actor, Clock, Commit, CommitError, Directory, ImportId, Lookup, Store, Version, Write};
use onboarding_core::{Claim, ClaimChange, Ref};
use onboarding_store::{DatabaseOptions, PostgresOptions, SqlStore, SqliteOptions};
use onboarding_testkit::postgres::Cluster;
use onboarding_testkit::{FixedClock, sample};
use std::io;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_log_at_its_loudest_names_no_address_number_or_name() {
    let lines = Lines::default();
    let spans = tracing_subscriber::fmt::format::FmtSpan::FULL;
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_span_events(spans).with_writer(lines.clone()).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let folder = tempfile::tempdir().unwrap();
    use_it(SqliteOptions::new(folder.path().join("store.db")).into()).await;
    let url = tokio::task::spawn_blocking(|| Cluster::shared().database()).await.unwrap();
    use_it(PostgresOptions::parse(&url).unwrap().into()).await;

    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("TRACE"), "the loudest level was on");
    for told in ["mail.example", "K47110815", "K-4711", "O’Neill", "Mustermann", "Heidestr", "sample-password"] {
        let line = logged.lines().find(|line| line.contains(told));
        assert!(line.is_none(), "{told} is told: {line:?}");
    }
}

/// A bit of everything that carries what must not be logged.
async fn use_it(database: DatabaseOptions) {
    let clock = Arc::new(FixedClock::default());
    let store = SqlStore::open(database, clock.clone()).await.unwrap();
    store.migrate().await.unwrap();
    let account = sample::account(1, clock.now());
    let claim = Claim::Email(sample::portal(), account.email().key());
    let mut commit = Commit::new(clock.now(), sample::portal(), Actor::System);
    commit.claims.push(ClaimChange::Take(claim.clone(), Ref::Account(account.id())));
    commit.writes.push(Write { aggregate: account.into(), expected: Version(0) });
    store.commit(commit.clone()).await.unwrap();
    let refused = store.commit(commit).await;
    assert!(matches!(refused, Err(CommitError::Conflict)));
    Store::find(&store, &Lookup::Claim(claim)).await.unwrap();
    let import = ImportId(sample::uuid(9, 1));
    store.stage(import, &sample::portal(), 1, vec![sample::sample_record("K-4711-0815")]).await.unwrap();
    store.merge(import, &sample::portal()).await.unwrap();
    Directory::find(&store, &sample::portal(), &sample::number("K-4711-0815")).await.unwrap().unwrap();
    store.close().await;
}
