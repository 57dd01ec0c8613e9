//! The server: what it is migrated to, how it is reached, what happens when it goes away, and its clock.

use super::place::{Place, options};
use chrono::{DateTime, TimeDelta, Utc};
use onboarding::ports::{Backoffice, Clock, CommitError, Needle, RegistrationFilter, Sessions, Store, StoreError};
use onboarding_core::Ref;
use onboarding_store::{PostgresOptions, SqlStore};
use onboarding_testkit::postgres::Cluster;
use onboarding_testkit::{FixedClock, sample};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

fn why(error: &StoreError) -> String {
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    error.to_string()
}

fn why_not(refused: Result<(), CommitError>) -> String {
    match refused {
        Err(CommitError::Store(error)) => why(&error),
        other => panic!("{other:?}"),
    }
}

/// Something of `pg_ctl` or `psql`, which block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test]
async fn an_unmigrated_database_opens_and_names_what_is_pending() {
    let place = blocking(Place::empty).await;
    let store = place.open().await;
    let reason = why(&store.ready().await.unwrap_err());
    assert!(reason.contains("m20261122_000001_aggregates") && reason.contains("m20261125_000008_clerks"), "{reason}");
    assert!(why_not(store.commit(place.inserting(1)).await).contains("is the database migrated?"));
    store.migrate().await.unwrap();
    store.ready().await.unwrap();
    store.commit(place.inserting(1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrating_from_four_sides_at_once_is_one_migration() {
    let place = blocking(Place::empty).await;
    let stores = [place.open().await, place.open().await, place.open().await, place.open().await];
    let migrations = stores.clone().map(|store| tokio::spawn(async move { store.migrate().await }));
    for migration in migrations {
        migration.await.unwrap().unwrap();
    }
    for store in stores {
        store.ready().await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_or_lets_nobody_in_is_told_without_the_password() {
    let clock: Arc<FixedClock> = Arc::default();
    let absent = PostgresOptions::parse("postgres://eva:s3cret@%2Fno%2Fsuch%2Ffolder/portal").unwrap();
    let place = blocking(Place::empty).await;
    let other = PostgresOptions::parse(&place.url.replace(":sample-password@", ":s3cret@")).unwrap();
    let elsewhere = PostgresOptions::parse(&format!("{}_gone", place.url)).unwrap();
    for (options, reason) in [(absent, "entity not found"), (other, "does not let this user in"), (elsewhere, "there is no such database")]
    {
        let told = why(&SqlStore::open(options, clock.clone()).await.unwrap_err());
        assert!(told.contains(reason) && !told.contains("s3cret"), "{told}");
    }
    let mut right = PostgresOptions::parse(&place.url.replace(":sample-password@", "@")).unwrap();
    right.password = Some("sample-password".into());
    SqlStore::open(right, clock).await.unwrap();
}

#[tokio::test]
async fn a_database_that_may_only_be_read_is_read_and_tells_why_it_is_not_written() {
    let place = Place::migrated().await;
    let url = place.url.clone();
    place.open().await.commit(place.inserting(1)).await.unwrap();
    blocking(move || {
        let name = url.rsplit('/').next().unwrap();
        Cluster::shared().psql("postgres", &format!("ALTER DATABASE {name} SET default_transaction_read_only = on"))
    })
    .await;
    let store = place.open().await;
    assert!(store.load(Ref::Account(sample::account_id(1))).await.unwrap().is_some());
    assert!(why_not(store.commit(place.inserting(2)).await).contains("the database is read-only"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_the_server_needs_none_of_ours() {
    let cluster = Arc::new(blocking(|| Cluster::start("-c fsync=off")).await);
    let url = blocking({
        let cluster = Arc::clone(&cluster);
        move || cluster.database()
    })
    .await;
    let place = Place { url, clock: Arc::default() };
    let store = place.open().await;
    store.migrate().await.unwrap();
    // Several connections that will all be stale.
    let opened = (1..=8).map(|n| {
        let (store, commit) = (store.clone(), place.inserting(n));
        tokio::spawn(async move { store.commit(commit).await })
    });
    for opened in opened.collect::<Vec<_>>() {
        opened.await.unwrap().unwrap();
    }
    blocking({
        let cluster = Arc::clone(&cluster);
        move || cluster.stop()
    })
    .await;
    why(&store.load(Ref::Account(sample::account_id(1))).await.unwrap_err());
    why_not(store.commit(place.inserting(9)).await);
    why(&store.ready().await.unwrap_err());
    blocking({
        let cluster = Arc::clone(&cluster);
        move || cluster.start_again()
    })
    .await;
    store.commit(place.inserting(9)).await.unwrap();
    for n in 1..=9 {
        assert!(store.load(Ref::Account(sample::account_id(n))).await.unwrap().is_some(), "account {n}");
    }
    store.ready().await.unwrap();
    // Unseen: nobody asked for anything while it was away.
    let _running = blocking(move || {
        cluster.stop();
        cluster.start_again();
        cluster
    })
    .await;
    store.commit(place.inserting(10)).await.unwrap();
    assert!(store.load(Ref::Account(sample::account_id(10))).await.unwrap().is_some());
}

/// Hands on what client and server say to each other, until the client says `COMMIT`.
async fn hand_on(client: UnixStream, server: UnixStream, commit_arrives: bool) {
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) = (client.into_split(), server.into_split());
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut said = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from_client.read(&mut said).await {
        let ends = said[..length].windows(6).any(|word| word == b"COMMIT");
        if ends {
            // Whatever the server answers, nobody hears it.
            back.abort();
        }
        if !ends || commit_arrives {
            to_server.write_all(&said[..length]).await.unwrap();
        }
        if ends {
            // Long enough for the server to do as it was told.
            tokio::time::sleep(Duration::from_millis(300)).await;
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_without_an_answer_is_told_as_unknown() {
    let place = Place::migrated().await;
    let (authority, name) = place.url.rsplit_once('/').unwrap();
    let socket = authority.rsplit_once('@').unwrap().1.replace("%2F", "/");
    for (n, commit_arrives) in [(1, true), (2, false)] {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
        let server = Path::new(&socket).join(".s.PGSQL.5432");
        let between = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(hand_on(client, UnixStream::connect(&server).await.unwrap(), commit_arrives));
            }
        });
        let here = folder.path().display().to_string().replace('/', "%2F");
        let url = format!("postgres://sample:sample-password@{here}/{name}");
        let store = SqlStore::open(options(&url), place.clock.clone()).await.unwrap();
        let told = why_not(store.commit(place.inserting(n)).await);
        assert!(told.contains("whether the step was taken is unknown"), "{told}");
        between.abort();
        let taken = place.open().await.load(Ref::Account(sample::account_id(n))).await.unwrap().is_some();
        assert_eq!(taken, commit_arrives);
    }
}

/// What the server's clock shows.
async fn shown() -> DateTime<Utc> {
    let micros = blocking(|| {
        Cluster::shared().psql("postgres", "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)").parse().unwrap()
    });
    DateTime::from_timestamp_micros(micros.await).unwrap()
}

#[tokio::test]
async fn the_time_is_the_databases_and_what_a_test_adds_stays_added() {
    let place = Place::migrated().await;
    for (behind, days, fits) in [(7, 0, true), (-7, 15, true), (50, 0, true), (75, 0, false), (-48 * 3_600, 0, false)] {
        let machine = Arc::new(FixedClock::new(shown().await - TimeDelta::seconds(behind)));
        // A test's clock is the machine's, moved.
        let moved = Arc::new(FixedClock::new(machine.now() + TimeDelta::days(days)));
        let mut options = options(&place.url);
        options.machine = Some(machine);
        let store = SqlStore::open(options, moved).await.unwrap();
        let off = store.now().await.unwrap() - shown().await - TimeDelta::days(days);
        assert!(off.abs() < TimeDelta::seconds(5), "{off} beside the database, {behind} s before");
        let ready = store.ready().await;
        if fits {
            ready.unwrap();
        } else {
            assert!(why(&ready.unwrap_err()).contains("apart"));
        }
    }
}

#[tokio::test]
async fn a_store_that_compares_no_clocks_goes_by_its_own() {
    let place = Place::migrated().await;
    assert_eq!(place.open().await.now().await.unwrap(), place.clock.now());
}

#[tokio::test]
async fn what_no_text_can_hold_is_found_nowhere() {
    let place = Place::migrated().await;
    let store = place.open().await;
    let audit = onboarding::ports::AuditFilter { actor: Some("a\0b".to_owned()), ..onboarding::ports::AuditFilter::default() };
    assert!(Backoffice::audit(&store, &sample::portal(), &audit, None, 10).await.unwrap().is_empty());
    let filter = RegistrationFilter { q: Needle::parse("a\0b"), ..RegistrationFilter::default() };
    assert!(store.registrations(&sample::portal(), &filter, None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let place = Place::migrated().await;
    let store = place.open().await;
    store.close().await;
    why(&store.load(Ref::Account(sample::account_id(1))).await.unwrap_err());
    why(&Sessions::purge(&store, place.clock.now(), 1).await.unwrap_err());
}
