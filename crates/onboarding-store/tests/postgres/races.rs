//! Many who write at the same time: nobody overtakes what another stands on, and nobody is counted twice.

use super::place::{Place, options};
use chrono::TimeDelta;
use onboarding::ports::{
    Clock, Commit, CommitError, Delivery, DeliveryKind, Outbox, OutboxChange, Sealed, Store, Throttle, ThrottleKey, Version, Write,
};
use onboarding_core::policy::Limit;
use onboarding_core::{Claim, ClaimChange, Language, Ref};
use onboarding_store::SqlStore;
use onboarding_testkit::sample;
use sea_orm::{ConnectionTrait, Database};
use std::collections::HashSet;

fn account(n: u64) -> Ref {
    Ref::Account(sample::account_id(n))
}

fn claim(text: &str) -> Claim {
    Claim::Email(sample::portal(), sample::email(text).key())
}

/// Takes both steps at once; whether they were taken.
async fn both(store: &SqlStore, one: Commit, other: Commit) -> [bool; 2] {
    let (one, other) = tokio::join!(store.commit(one), store.commit(other));
    [one, other].map(|answer| match answer {
        Ok(()) => true,
        Err(CommitError::Conflict | CommitError::Claimed(_)) => false,
        Err(error) => panic!("{error}"),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_steps_over_one_version_one_is_taken() {
    let place = Place::migrated().await;
    let (store, neighbour) = (place.open().await, place.open().await);
    store.commit(place.inserting(1)).await.unwrap();
    for round in 1..=5 {
        let steps = (0..32).map(|n| {
            let store = if n % 2 == 0 { store.clone() } else { neighbour.clone() };
            let mut commit = place.step();
            commit.writes.push(Write { aggregate: sample::account(1, place.clock.now()).into(), expected: Version(round) });
            tokio::spawn(async move { store.commit(commit).await })
        });
        let mut taken = 0;
        for step in steps.collect::<Vec<_>>() {
            match step.await.unwrap() {
                Ok(()) => taken += 1,
                Err(CommitError::Conflict) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(taken, 1);
    }
    assert_eq!(store.load(account(1)).await.unwrap().unwrap().version, Version(6));
}

/// Each alone is right, and both together are what neither decided on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_steps_that_stand_on_what_the_other_writes_are_not_both_taken() {
    let place = Place::migrated().await;
    let store = place.open().await;
    store.commit(place.inserting(1)).await.unwrap();
    store.commit(place.inserting(2)).await.unwrap();
    let mut taken = 0;
    for _ in 0..40 {
        let now = [1, 2].map(|n| store.load(account(n)));
        let [first, second] = now;
        let versions = [first.await.unwrap().unwrap().version, second.await.unwrap().unwrap().version];
        let step = |writes: usize, expects: usize| {
            let mut commit = place.step();
            let n = u64::try_from(writes + 1).unwrap();
            commit.expects.push((account(u64::try_from(expects + 1).unwrap()), versions[expects]));
            commit.writes.push(Write { aggregate: sample::account(n, place.clock.now()).into(), expected: versions[writes] });
            commit
        };
        let answers = both(&store, step(0, 1), step(1, 0)).await;
        assert_ne!(answers, [true, true]);
        taken += answers.iter().filter(|taken| **taken).count();
    }
    assert!(taken >= 35, "{taken} of 40 rounds came to something");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_steps_that_take_what_the_other_expects_to_be_free_are_not_both_taken() {
    let place = Place::migrated().await;
    let store = place.open().await;
    for round in 0..40 {
        let claims = [claim(&format!("a{round}@mail.example")), claim(&format!("b{round}@mail.example"))];
        let step = |takes: usize, expects: usize| {
            let mut commit = place.step();
            commit.expects_free.push(claims[expects].clone());
            commit.claims.push(ClaimChange::Take(claims[takes].clone(), account(1)));
            commit
        };
        assert_ne!(both(&store, step(0, 1), step(1, 0)).await, [true, true]);
    }
}

/// The second writes over what the first one read, and the first takes what the second saw free.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_seen_free_was_free_when_everything_else_was_settled() {
    let place = Place::migrated().await;
    let store = place.open().await;
    store.commit(place.inserting(1)).await.unwrap();
    for round in 0..40 {
        let (free, version) = (claim(&format!("c{round}@mail.example")), store.load(account(1)).await.unwrap().unwrap().version);
        let mut opens = place.step();
        opens.claims.push(ClaimChange::Take(free.clone(), account(2)));
        opens.expects.push((account(1), version));
        let mut changes = place.step();
        changes.expects_free.push(free);
        changes.writes.push(Write { aggregate: sample::account(1, place.clock.now()).into(), expected: version });
        assert_ne!(both(&store, opens, changes).await, [true, true]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_want_the_same_claims_in_other_orders_do_not_wait_for_each_other() {
    let place = Place::migrated().await;
    let store = place.open().await;
    for round in 0..20 {
        let claims = [claim(&format!("d{round}@mail.example")), claim(&format!("e{round}@mail.example"))];
        let step = |n: u64, order: [usize; 2]| {
            let mut commit = place.step();
            commit.claims.extend(order.map(|place| ClaimChange::Take(claims[place].clone(), account(n))));
            commit
        };
        let answers = both(&store, step(1, [0, 1]), step(2, [1, 0])).await;
        assert_eq!(answers.iter().filter(|taken| **taken).count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_met_another_in_a_deadlock_is_taken_all_the_same() {
    let place = Place::migrated().await;
    let store = place.open().await;
    for n in [1, 2] {
        store.commit(place.inserting(n)).await.unwrap();
    }
    let mut beside = sea_orm::ConnectOptions::new(place.url.clone());
    beside.max_connections(1).sqlx_logging(false);
    let beside = Database::connect(beside).await.unwrap();
    let (first, second) = (sample::account_id(1), sample::account_id(2));
    let lock = |id| format!("UPDATE accounts SET state = state WHERE id = '{id}'");
    // It waits patiently: whoever is found in the deadlock is the store.
    beside.execute_unprepared("SET deadlock_timeout = '30s'").await.unwrap();
    beside.execute_unprepared("BEGIN").await.unwrap();
    beside.execute_unprepared(&lock(second)).await.unwrap();
    let mut commit = place.step();
    for n in [1, 2] {
        commit.writes.push(Write { aggregate: sample::account(n, place.clock.now()).into(), expected: Version(1) });
    }
    let step = tokio::spawn({
        let store = store.clone();
        async move { store.commit(commit).await }
    });
    let waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while beside.execute_unprepared(waiting).await.unwrap().rows_affected() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    beside.execute_unprepared(&lock(first)).await.unwrap();
    beside.execute_unprepared("COMMIT").await.unwrap();
    step.await.unwrap().unwrap();
    assert_eq!(store.load(account(2)).await.unwrap().unwrap().version, Version(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_workers_at_two_stores_drain_the_outbox_and_none_takes_what_another_holds() {
    const MAILS: u64 = 400;
    let place = Place::migrated().await;
    let stores = [place.open().await, place.open().await];
    let now = place.clock.now();
    for hundred in 0..MAILS / 100 {
        let mut commit = place.step();
        for n in hundred * 100..(hundred + 1) * 100 {
            commit.outbox.push(OutboxChange::Enqueue(Delivery {
                id: sample::delivery_id(n),
                portal: sample::portal(),
                owner: account(1),
                kind: DeliveryKind::Mail,
                template: "activation-code".to_owned(),
                language: Language::De,
                not_before: now,
                not_after: None,
                after: None,
                priority: 0,
                message_id: format!("{n}@sample.example"),
                sealed: Sealed { key: 1, bytes: vec![1] },
            }));
        }
        stores[0].commit(commit).await.unwrap();
    }
    let workers = (0..16).map(|n| {
        let (store, step) = (stores[n % 2].clone(), place.step());
        tokio::spawn(async move {
            let mut held = Vec::new();
            loop {
                let leased = store.lease(now, 7).await.unwrap();
                if leased.is_empty() && store.next_due(now).await.unwrap().is_none_or(|due| due > now) {
                    return held;
                }
                for leased in leased {
                    let (id, fence) = (leased.delivery.id, leased.fence);
                    let mut attempt = step.clone();
                    attempt.outbox.push(OutboxChange::Attempt { id, fence });
                    store.commit(attempt).await.unwrap();
                    held.push(id);
                }
            }
        })
    });
    let mut all = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        all.extend(worker.await.unwrap());
    }
    assert_eq!(all.len(), usize::try_from(MAILS).unwrap());
    assert_eq!(all.into_iter().collect::<HashSet<_>>().len(), usize::try_from(MAILS).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hundred_takes_at_two_stores_at_once_just_as_many_pass_as_may() {
    const MOST: u32 = 37;
    let place = Place::migrated().await;
    let stores = [place.open().await, place.open().await];
    let now = place.clock.now();
    let limit = Limit::Window { most: MOST, per: TimeDelta::hours(1) };
    // Alone, then beside a counter that has room: neither is raised beyond what was allowed together.
    for others in [0, 1, 3] {
        let keys: Vec<_> = (0..=others).map(|n| ThrottleKey(sample::digest(10 * (others + 1) + n))).collect();
        let takes = (0..200_usize).map(|n| {
            let mut takes: Vec<_> = keys.iter().map(|key| (*key, limit)).collect();
            // In any order: whoever locks two counters locks them in one order.
            takes.rotate_left(n % keys.len());
            let store = stores[n % 2].clone();
            tokio::spawn(async move { store.take_all(&takes, now).await.unwrap() })
        });
        let mut passed = 0;
        for take in takes.collect::<Vec<_>>() {
            passed += u32::from(take.await.unwrap().iter().all(|taken| taken.refused_until.is_none()));
        }
        assert_eq!(passed, MOST, "with {others} other counters");
        for key in keys {
            assert_eq!(stores[0].take(key, limit, now).await.unwrap().count, MOST);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_wrong_and_right_tries_at_two_stores_at_once_no_more_wrong_ones_are_counted_than_may() {
    const MOST: u32 = 7;
    let place = Place::migrated().await;
    let stores = [place.open().await, place.open().await];
    let now = place.clock.now();
    let limit = Limit::Window { most: MOST, per: TimeDelta::hours(1) };
    let plenty = Limit::Window { most: 1_000, per: TimeDelta::hours(1) };
    let [network, number, mails] = [1, 2, 3].map(|n| ThrottleKey(sample::digest(n)));
    // Both orders: whoever locks two counters locks them in one order.
    let guess =
        move |n: usize| if n.is_multiple_of(3) { [(number, limit), (network, plenty)] } else { [(network, plenty), (number, limit)] };
    let tries = (0..200_usize).map(|n| {
        let store = stores[n % 2].clone();
        tokio::spawn(async move {
            let wrong = n % 4 != 0;
            let found = if wrong {
                store.take_all(&guess(n), now).await.unwrap()
            } else {
                store.take_beside(&guess(n), &[(mails, plenty)], now).await.unwrap()
            };
            (wrong, found.iter().all(|taken| taken.refused_until.is_none()))
        })
    });
    let (mut wrong, mut right) = (0, 0);
    for one in tries.collect::<Vec<_>>() {
        match one.await.unwrap() {
            (true, true) => wrong += 1,
            (false, true) => right += 1,
            (_, false) => {}
        }
    }
    assert_eq!(wrong, MOST);
    let counted = async |of: ThrottleKey| Throttle::take(&stores[0], of, plenty, now).await.unwrap().count - 1;
    assert_eq!((counted(network).await, counted(mails).await), (MOST, right), "a right try is counted among the mails alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_whose_callers_went_away_are_whole_or_not_at_all_and_block_nobody() {
    let place = Place::migrated().await;
    let mut few = options(&place.url);
    few.connections = 3;
    let store = SqlStore::open(few, place.clock.clone()).await.unwrap();
    let steps: Vec<_> = (1..=60)
        .map(|n| {
            let (store, mut commit) = (store.clone(), place.inserting(n));
            commit.claims.push(ClaimChange::Take(claim(&format!("f{n}@mail.example")), account(n)));
            tokio::spawn(async move { store.commit(commit).await })
        })
        .collect();
    for (n, step) in steps.into_iter().enumerate() {
        for _ in 0..n % 7 {
            tokio::task::yield_now().await;
        }
        step.abort();
    }
    // Every connection is of use again.
    for n in 101..=120 {
        store.commit(place.inserting(n)).await.unwrap();
    }
    for n in 1..=60 {
        let opened = store.load(account(n)).await.unwrap().is_some();
        let held = store.find(&onboarding::ports::Lookup::Claim(claim(&format!("f{n}@mail.example")))).await.unwrap();
        assert_eq!(opened, held.is_some(), "account {n}");
    }
}
