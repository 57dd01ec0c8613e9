//! What is SQLite's alone: the file, its schema, and who may write at the same time.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chrono::{DateTime, TimeDelta, Utc};
use onboarding::ports::{
    Actor, Clock, Commit, CommitError, Delivery, DeliveryKind, DeliveryStatus, Directory, DirectoryError, ImportId, ImportReport, Lookup,
    Outbox, OutboxChange, OutboxFilter, Sealed, SessionChange, SessionKind, SessionRow, Sessions, Settlement, Store, StoreError, Taken,
    Throttle, ThrottleKey, TokenEntry, Version, Write,
};
use onboarding_core::consent::{ConsentGiven, DocumentVersion};
use onboarding_core::policy::{Limit, Retention};
use onboarding_core::{Claim, ClaimChange, Language, Presented, Ref, policy};
use onboarding_store::{SqlStore, SqliteOptions};
use onboarding_testkit::{FixedClock, sample};
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DbBackend, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

struct Place {
    folder: TempDir,
    clock: Arc<FixedClock>,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: Arc::new(FixedClock::default()) }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("a store? yes#1.db")
    }

    async fn open(&self) -> SqlStore {
        SqlStore::open(SqliteOptions::new(self.path()), self.clock.clone()).await.unwrap()
    }

    async fn migrated(&self) -> SqlStore {
        let store = self.open().await;
        store.migrate().await.unwrap();
        store
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn step(&self) -> Commit {
        Commit::new(self.now(), sample::portal(), Actor::System)
    }

    fn inserting(&self, n: u64) -> Commit {
        let mut commit = self.step();
        commit.writes.push(Write { aggregate: sample::account(n, self.now()).into(), expected: Version(0) });
        commit
    }

    fn mail(&self, n: u64, text: &[u8]) -> Delivery {
        Delivery {
            id: sample::delivery_id(n),
            portal: sample::portal(),
            owner: Ref::Account(sample::account_id(1)),
            kind: DeliveryKind::Mail,
            template: "activation-code".to_owned(),
            language: Language::De,
            not_before: self.now(),
            not_after: None,
            after: None,
            priority: 0,
            message_id: format!("{n}@sample.example"),
            sealed: Sealed { key: 1, bytes: text.to_vec() },
        }
    }
}

/// The database as another program sees it, in memory-free plain SQL.
async fn beside(path: &Path) -> DatabaseConnection {
    let path = path.to_owned();
    let mut options = sea_orm::ConnectOptions::new("sqlite:");
    options.sqlx_logging(false).map_sqlx_sqlite_opts(move |url| url.filename(&path).in_memory(false).shared_cache(false));
    Database::connect(options).await.unwrap()
}

fn why(error: &StoreError) -> String {
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    error.to_string()
}

#[tokio::test]
async fn an_unmigrated_store_opens_and_names_what_is_pending() {
    let place = Place::new();
    let store = place.open().await;
    let reason = why(&store.ready().await.unwrap_err());
    assert!(reason.contains("m20261122_000001_aggregates") && reason.contains("m20261125_000008_clerks"), "{reason}");
    let pending = store.pending().await.unwrap();
    assert!(pending.is_sorted() && pending.len() >= 7, "{pending:?}");
    let refused = store.commit(place.inserting(1)).await.unwrap_err();
    assert!(matches!(refused, CommitError::Store(StoreError::Unavailable(_))), "{refused:?}");
    store.migrate().await.unwrap();
    store.ready().await.unwrap();
    store.commit(place.inserting(1)).await.unwrap();
}

#[tokio::test]
async fn migrating_twice_or_from_two_sides_at_once_is_one_migration() {
    let place = Place::new();
    let (first, second) = (place.open().await, place.open().await);
    let (one, other) = tokio::join!(first.migrate(), second.migrate());
    one.unwrap();
    other.unwrap();
    first.migrate().await.unwrap();
    first.ready().await.unwrap();
    second.ready().await.unwrap();
}

#[tokio::test]
async fn a_schema_of_a_newer_version_is_not_ready() {
    let place = Place::new();
    let store = place.migrated().await;
    let sql = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20990101_000001_unknown', 1)";
    beside(&place.path()).await.execute_unprepared(sql).await.unwrap();
    let reason = why(&store.ready().await.unwrap_err());
    assert!(reason.contains("m20990101_000001_unknown"), "{reason}");
    assert!(store.migrate().await.is_err());
}

#[tokio::test]
async fn the_file_is_written_ahead_and_flushed_and_belongs_to_its_owner_alone() {
    let place = Place::new();
    let store = place.migrated().await;
    let row = beside(&place.path()).await.query_one_raw(Statement::from_string(DbBackend::Sqlite, "PRAGMA journal_mode")).await;
    assert_eq!(row.unwrap().unwrap().try_get::<String>("", "journal_mode").unwrap(), "wal");
    #[cfg(unix)]
    for end in ["", "-wal", "-shm"] {
        use std::os::unix::fs::PermissionsExt;
        let file = place.folder.path().join(format!("a store? yes#1.db{end}"));
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
    drop(store);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_writers_at_two_handles_never_find_the_database_locked() {
    const WRITERS: u64 = 16;
    const COMMITS: u64 = 50;
    let place = Arc::new(Place::new());
    let handles = [place.migrated().await, place.open().await];
    let counter = sample::account(9999, place.now());
    let mut first = place.step();
    first.writes.push(Write { aggregate: counter.clone().into(), expected: Version(0) });
    handles[0].commit(first).await.unwrap();
    let tasks: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (place, store, counter) = (place.clone(), handles[usize::try_from(writer % 2).unwrap()].clone(), counter.clone());
            tokio::spawn(async move {
                for at in 0..COMMITS {
                    store.commit(place.inserting(1 + writer * COMMITS + at)).await.unwrap();
                    // The step reads before it writes: in a deferred transaction this is what finds the database locked.
                    loop {
                        let seen = store.load(Ref::Account(sample::account_id(9999))).await.unwrap().unwrap();
                        let mut commit = place.step();
                        commit.expects.push((Ref::Account(sample::account_id(9999)), seen.version));
                        commit.writes.push(Write { aggregate: counter.clone().into(), expected: seen.version });
                        match store.commit(commit).await {
                            Ok(()) => break,
                            Err(CommitError::Conflict) => tokio::task::yield_now().await,
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let last = handles[1].load(Ref::Account(sample::account_id(9999))).await.unwrap().unwrap();
    assert_eq!(last.version, Version(1 + WRITERS * COMMITS));
    for n in 1..=WRITERS * COMMITS {
        assert_eq!(handles[0].load(Ref::Account(sample::account_id(n))).await.unwrap().unwrap().version, Version(1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_step_takes_nobody_down_who_shares_its_group() {
    let place = Place::new();
    let store = place.migrated().await;
    store.commit(place.inserting(1)).await.unwrap();
    // All at once, so that they wait together: every other one is refused.
    let commits = (0..40).map(|n| {
        let (store, commit) = (store.clone(), place.inserting(if n % 2 == 0 { 1 } else { 100 + n }));
        tokio::spawn(async move { store.commit(commit).await })
    });
    for (n, task) in commits.collect::<Vec<_>>().into_iter().enumerate() {
        let answer = task.await.unwrap();
        if n % 2 == 0 { assert!(matches!(answer, Err(CommitError::Conflict)), "{answer:?}") } else { answer.unwrap() }
    }
    for n in (1..40).step_by(2) {
        assert!(store.load(Ref::Account(sample::account_id(100 + n))).await.unwrap().is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_whose_caller_went_away_is_whole_or_not_at_all() {
    let place = Place::new();
    let store = place.migrated().await;
    for n in 0..60 {
        let mut commit = place.inserting(1000 + 2 * n);
        commit.writes.extend(place.inserting(1001 + 2 * n).writes);
        let (store, commit) = (store.clone(), commit);
        let task = tokio::spawn(async move { store.commit(commit).await });
        if n % 3 != 0 {
            tokio::task::yield_now().await;
        }
        task.abort();
        drop(task.await);
    }
    // Behind everything that was queued, and on the same connection.
    store.commit(place.inserting(1)).await.unwrap();
    for n in 0..60 {
        let one = store.load(Ref::Account(sample::account_id(1000 + 2 * n))).await.unwrap().is_some();
        let other = store.load(Ref::Account(sample::account_id(1001 + 2 * n))).await.unwrap().is_some();
        assert_eq!(one, other, "half of step {n}");
    }
}

#[tokio::test]
async fn a_copy_of_the_file_holds_nothing_sealed_after_the_mail_was_sent() {
    let place = Place::new();
    let store = place.migrated().await;
    let text = b"sealed-text-that-must-not-stay-behind";
    let mut commit = place.step();
    for n in 1..=4 {
        commit.outbox.push(OutboxChange::Enqueue(place.mail(n, text)));
    }
    store.commit(commit).await.unwrap();
    let leased = store.lease(place.now(), 10).await.unwrap();
    assert_eq!(leased.len(), 4);
    let endings = [
        Settlement::Sent,
        Settlement::Failed { reason: "refused".to_owned() },
        Settlement::Expired,
        Settlement::Retry { at: place.now(), reason: "later".to_owned() },
    ];
    for (held, result) in leased.into_iter().zip(endings) {
        let mut commit = place.step();
        commit.outbox.push(OutboxChange::Settle { id: held.delivery.id, fence: held.fence, result });
        store.commit(commit).await.unwrap();
    }
    let mut commit = place.step();
    commit.outbox.push(OutboxChange::Withdraw { id: sample::delivery_id(4) });
    store.commit(commit).await.unwrap();
    store.close().await;
    // Whatever lies in the folder, the log of writes included.
    for file in std::fs::read_dir(place.folder.path()).unwrap() {
        let file = file.unwrap().path();
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(text.len()).any(|window| window == text), "{}", file.display());
    }
}

#[tokio::test]
async fn reopening_keeps_everything() {
    let place = Place::new();
    let store = place.migrated().await;
    let account = sample::account(1, place.now());
    let owner = Ref::Account(account.id());
    let claim = Claim::Email(sample::portal(), account.email().key());
    let consent = ConsentGiven {
        shown: DocumentVersion { document: "terms".to_owned(), version: "3".to_owned(), language: Language::It, sha256: [9; 32] },
        granted: true,
        at: place.now(),
    };
    let session = SessionRow {
        id: sample::session_id(1),
        portal: sample::portal(),
        account: account.id(),
        digest: sample::digest(5),
        kind: SessionKind::Bearer,
        generation: account.generation(),
        memberships: vec![sample::membership_id(1)],
        opened_at: place.now(),
        last_seen: place.now(),
        idle: policy::BEARER_IDLE,
        at_most: None,
    };
    let mut commit = place.inserting(1);
    commit.claims.push(ClaimChange::Take(claim.clone(), owner));
    commit.tokens.push(TokenEntry { digest: sample::digest(6), owner });
    commit.outbox.push(OutboxChange::Enqueue(place.mail(1, b"text")));
    commit.sessions.push(SessionChange::Open(session.clone()));
    commit.consents.push((owner, consent.clone()));
    store.commit(commit).await.unwrap();
    store.stage(ImportId(sample::uuid(9, 1)), &sample::portal(), 1, sample::odd_records()).await.unwrap();
    store.merge(ImportId(sample::uuid(9, 1)), &sample::portal()).await.unwrap();
    Throttle::take(&store, ThrottleKey(sample::digest(7)), policy::MAILS_PER_ADDRESS, place.now()).await.unwrap();
    store.close().await;
    assert!(matches!(store.load(owner).await, Err(StoreError::Unavailable(_))), "a closed store answers nothing");
    assert!(matches!(store.commit(place.inserting(2)).await, Err(CommitError::Store(StoreError::Unavailable(_)))));

    let store = place.open().await;
    store.ready().await.unwrap();
    let found = store.load(owner).await.unwrap().unwrap();
    assert_eq!((found.value, found.version), (account.into(), Version(1)));
    assert_eq!(Store::find(&store, &Lookup::Claim(claim)).await.unwrap(), Some(owner));
    assert_eq!(Store::find(&store, &Lookup::Token(sample::digest(6).into())).await.unwrap(), Some(owner));
    assert_eq!(store.consents(owner).await.unwrap(), [consent]);
    let alive = store.look_up(&sample::portal(), &sample::digest(5).into(), place.now()).await.unwrap().unwrap();
    assert_eq!(alive.session, session);
    assert_eq!(store.lease(place.now(), 5).await.unwrap()[0].delivery.sealed.bytes, b"text");
    for record in sample::odd_records() {
        assert_eq!(store.find_record(&record).await, record);
    }
    assert_eq!(Throttle::take(&store, ThrottleKey(sample::digest(7)), policy::MAILS_PER_ADDRESS, place.now()).await.unwrap().count, 2);
}

/// Finds a record of the sample portal that must be there.
trait FindRecord {
    async fn find_record(&self, record: &onboarding_core::Record) -> onboarding_core::Record;
}

impl FindRecord for SqlStore {
    async fn find_record(&self, record: &onboarding_core::Record) -> onboarding_core::Record {
        Directory::find(self, &sample::portal(), &record.number).await.unwrap().unwrap().value
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_corrupt_and_its_error_quotes_nothing() {
    let place = Place::new();
    let store = place.migrated().await;
    store.commit(place.inserting(1)).await.unwrap();
    let sql = r#"UPDATE accounts SET data = '{"id": "secret@mail.example"}'"#;
    beside(&place.path()).await.execute_unprepared(sql).await.unwrap();
    let error = store.load(Ref::Account(sample::account_id(1))).await.unwrap_err();
    assert!(matches!(&error, StoreError::Corrupt(what) if what.contains("accounts")), "{error:?}");
    assert!(!error.to_string().contains("secret@"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let place = Place::new();
    std::fs::write(place.path(), vec![b'x'; 8192]).unwrap();
    let error = SqlStore::open(SqliteOptions::new(place.path()), place.clock.clone()).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
}

#[tokio::test]
async fn a_folder_that_is_missing_is_named_unavailable() {
    let place = Place::new();
    let path = place.folder.path().join("missing").join("store.db");
    let error = SqlStore::open(SqliteOptions::new(path), place.clock.clone()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn an_import_of_many_chunks_tells_what_it_did_and_names_both_rows_of_a_duplicate() {
    let place = Place::new();
    let store = place.migrated().await;
    let rows = |from: u64, to: u64| (from..to).map(|n| sample::sample_record(&format!("K-{n:05}"))).collect::<Vec<_>>();
    let (first, second) = (ImportId(sample::uuid(9, 1)), ImportId(sample::uuid(9, 2)));
    store.stage(first, &sample::portal(), 1, rows(0, 1050)).await.unwrap();
    store.stage(first, &sample::portal(), 1051, rows(1050, 2000)).await.unwrap();
    let report = store.merge(first, &sample::portal()).await.unwrap();
    assert_eq!(report, ImportReport { added: 2000, updated: 0, unchanged: 0 });

    let mut again = rows(0, 1500);
    for record in again.iter_mut().take(30) {
        record.city = "Bonn".to_owned();
    }
    again.extend(rows(2000, 2010));
    store.stage(second, &sample::portal(), 1, again).await.unwrap();
    // A call that is repeated because its answer was lost is no duplicate of itself.
    store.stage(second, &sample::portal(), 1501, rows(2000, 2010)).await.unwrap();
    let mut twin = sample::sample_record("k 00 777");
    twin.city = "Köln".to_owned();
    let refused = store.stage(second, &sample::portal(), 1511, vec![sample::sample_record("K-9"), twin]).await.unwrap_err();
    assert!(matches!(refused, DirectoryError::Duplicate { first: 778, row: 1512 }), "{refused:?}");
    let report = store.merge(second, &sample::portal()).await.unwrap();
    assert_eq!(report, ImportReport { added: 10, updated: 30, unchanged: 1470 });
    let changed = Directory::find(&store, &sample::portal(), &sample::number("K-00029")).await.unwrap().unwrap();
    assert_eq!((changed.version, changed.value.city.as_str()), (Version(2), "Bonn"));
    let same = Directory::find(&store, &sample::portal(), &sample::number("K-00030")).await.unwrap().unwrap();
    assert_eq!(same.version, Version(1));
}

#[tokio::test]
async fn what_waits_for_a_sent_mail_is_still_sent_after_the_purge_and_what_waits_for_a_failed_one_is_removed() {
    let place = Place::new();
    let store = place.migrated().await;
    let mut commit = place.step();
    for n in [1, 2] {
        commit.outbox.push(OutboxChange::Enqueue(place.mail(n, b"first")));
        let later = place.now() + TimeDelta::days(90);
        let waiting = Delivery { after: Some(sample::delivery_id(n)), not_before: later, ..place.mail(10 + n, b"second") };
        commit.outbox.push(OutboxChange::Enqueue(waiting));
    }
    store.commit(commit).await.unwrap();
    for (held, result) in
        store.lease(place.now(), 2).await.unwrap().into_iter().zip([Settlement::Sent, Settlement::Failed { reason: "no".to_owned() }])
    {
        let mut commit = place.step();
        commit.outbox.push(OutboxChange::Settle { id: held.delivery.id, fence: held.fence, result });
        store.commit(commit).await.unwrap();
    }
    place.clock.advance(TimeDelta::days(91));
    assert_eq!(Outbox::purge(&store, place.now(), 10).await.unwrap(), 2);
    let left = Outbox::list(&store, &OutboxFilter::default(), 10).await.unwrap();
    assert_eq!(
        left.iter().map(|row| (row.id, row.status)).collect::<Vec<_>>(),
        [(sample::delivery_id(11), DeliveryStatus::Queued), (sample::delivery_id(1), DeliveryStatus::Sent)]
    );
    let due = store.lease(place.now(), 10).await.unwrap();
    assert_eq!(due.iter().map(|held| held.delivery.id).collect::<Vec<_>>(), [sample::delivery_id(11)]);
}

#[tokio::test]
async fn a_proof_is_pseudonymised_only_when_its_owner_is_gone() {
    let place = Place::new();
    let store = place.migrated().await;
    let owners = [Ref::Account(sample::account_id(1)), Ref::Registration(sample::registration_id(77))];
    let mut commit = place.inserting(1);
    for owner in owners {
        let shown = DocumentVersion { document: "terms".to_owned(), version: "3".to_owned(), language: Language::De, sha256: [9; 32] };
        commit.consents.push((owner, ConsentGiven { shown, granted: true, at: place.now() }));
    }
    store.commit(commit).await.unwrap();
    place.clock.advance(policy::RETAIN_CONSENTS);
    Store::purge(&store, place.now(), &Retention::default(), 100).await.unwrap();
    assert_eq!(store.consents(owners[0]).await.unwrap().len(), 1);
    assert_eq!(store.consents(owners[1]).await.unwrap().len(), 0);
    let sql = Statement::from_string(DbBackend::Sqlite, "SELECT COUNT(*) AS n FROM consent_proofs");
    let row = beside(&place.path()).await.query_one_raw(sql).await.unwrap().unwrap();
    assert_eq!(row.try_get::<i64>("", "n").unwrap(), 2, "the proof itself stays");
}

#[tokio::test]
async fn a_digest_of_another_key_opens_no_session_and_leads_nowhere() {
    let place = Place::new();
    let store = place.migrated().await;
    let account = sample::account(1, place.now());
    let session = SessionRow {
        id: sample::session_id(1),
        portal: sample::portal(),
        account: account.id(),
        digest: sample::digest(5),
        kind: SessionKind::Page,
        generation: account.generation(),
        memberships: Vec::new(),
        opened_at: place.now(),
        last_seen: place.now(),
        idle: policy::PAGE_IDLE,
        at_most: None,
    };
    let mut commit = place.inserting(1);
    commit.sessions.push(SessionChange::Open(session));
    commit.tokens.push(TokenEntry { digest: sample::digest(6), owner: Ref::Account(account.id()) });
    store.commit(commit).await.unwrap();
    let other = |n| {
        let mut digest = sample::digest(n);
        digest.key += 1;
        digest
    };
    assert!(store.look_up(&sample::portal(), &other(5).into(), place.now()).await.unwrap().is_none());
    assert!(store.look_up(&sample::portal(), &Presented(Vec::new()), place.now()).await.unwrap().is_none());
    assert!(store.look_up(&sample::portal(), &Presented(vec![other(5), sample::digest(5)]), place.now()).await.unwrap().is_some());
    assert_eq!(Store::find(&store, &Lookup::Token(other(6).into())).await.unwrap(), None);
}

#[tokio::test]
async fn times_are_cut_to_whole_microseconds_and_nothing_finer_is_kept() {
    struct Fine;
    impl Clock for Fine {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp_nanos(1_767_600_000_123_456_789)
        }
    }
    let place = Place::new();
    let store = SqlStore::open(SqliteOptions::new(place.path()), Arc::new(Fine)).await.unwrap();
    assert_eq!(Store::now(&store).await.unwrap(), DateTime::from_timestamp_micros(1_767_600_000_123_456).unwrap());
}

#[tokio::test]
async fn a_take_given_back_leaves_neither_count_nor_wait_behind() {
    let place = Place::new();
    let store = place.migrated().await;
    let key = ThrottleKey(sample::digest(1));
    let limit = Limit::Backoff { free: 1, first: TimeDelta::seconds(10), longest: TimeDelta::minutes(1), forget: TimeDelta::hours(1) };
    let start = place.now();
    assert_eq!(Throttle::take(&store, key, limit, start).await.unwrap(), Taken { count: 1, refused_until: None });
    let second = start + TimeDelta::seconds(10);
    assert_eq!(Throttle::take(&store, key, limit, second).await.unwrap(), Taken { count: 2, refused_until: None });
    store.give_back(key).await.unwrap();
    // As if the second had never been: its ten seconds are over, and the next wait is not doubled yet.
    assert_eq!(Throttle::take(&store, key, limit, second).await.unwrap(), Taken { count: 2, refused_until: None });
    let refused = Taken { count: 2, refused_until: Some(second + TimeDelta::seconds(20)) };
    assert_eq!(Throttle::take(&store, key, limit, second).await.unwrap(), refused);
}

#[tokio::test]
async fn a_lock_that_another_process_keeps_is_unavailable_and_harms_nothing() {
    let place = Place::new();
    let options = SqliteOptions { patience: Duration::from_millis(20), ..SqliteOptions::new(place.path()) };
    let store = SqlStore::open(options, place.clock.clone()).await.unwrap();
    store.migrate().await.unwrap();
    let other = beside(&place.path()).await;
    let immediate = TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..TransactionOptions::default() };
    let lock = other.begin_with_options(immediate).await.unwrap();
    let CommitError::Store(refused) = store.commit(place.inserting(1)).await.unwrap_err() else { panic!("another error") };
    assert!(why(&refused).contains("locked"), "{refused}");
    // Readers wait for no writer.
    assert!(store.load(Ref::Account(sample::account_id(1))).await.unwrap().is_none());
    lock.rollback().await.unwrap();
    store.commit(place.inserting(1)).await.unwrap();
}
