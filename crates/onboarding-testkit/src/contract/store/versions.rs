//! Versions: nobody overwrites what he has not seen.

use crate::contract::at_once;
use crate::contract::stores::{Stores, write};
use crate::sample;
use onboarding::Aggregate;
use onboarding::ports::{CommitError, Version};
use onboarding_core::Ref;

/// Aggregates, one of each kind, with everything a row can hold.
fn one_of_each(fresh: &Stores) -> [Aggregate; 5] {
    let now = fresh.now();
    [
        sample::registration(1, Some("K-1"), now).into(),
        sample::account(1, now).into(),
        sample::membership(1, sample::account_id(1), "K-1", now).into(),
        sample::roster(1, "K-1", now).into(),
        sample::clerk(1, now).into(),
    ]
}

/// Every kind comes back equal, with version 1; what was never written is not there.
pub async fn an_inserted_aggregate_is_loaded_as_it_was(fresh: &Stores) {
    let all = one_of_each(fresh);
    let mut commit = fresh.step();
    commit.writes = all.iter().cloned().map(|aggregate| write(aggregate, 0)).collect();
    fresh.take(commit).await;
    for aggregate in all {
        let found = fresh.store.load(aggregate.reference()).await.unwrap().expect("it was written");
        assert_eq!(found.value, aggregate);
        assert_eq!(found.version, Version(1));
    }
    assert_eq!(fresh.store.load(Ref::Account(sample::account_id(9))).await.unwrap(), None);
    assert_eq!(fresh.store.load(Ref::Registration(sample::registration_id(9))).await.unwrap(), None);
}

/// 1, 2, 3: and the latest state is what is loaded.
pub async fn every_write_raises_the_version_by_one(fresh: &Stores) {
    let first = sample::account(1, fresh.now());
    let second = sample::signed_out(first.clone());
    let id = Ref::Account(first.id());
    fresh.insert(first.clone()).await;
    fresh.write(second, 1).await;
    assert_eq!(fresh.version(id).await, 2);
    fresh.write(first.clone(), 2).await;
    let found = fresh.store.load(id).await.unwrap().expect("it was written");
    assert_eq!((found.value, found.version), (first.into(), Version(3)));
}

/// Whoever inserts has not seen the other.
pub async fn a_second_insert_of_the_same_id_is_a_conflict(fresh: &Stores) {
    let account = sample::account(1, fresh.now());
    fresh.insert(account.clone()).await;
    let mut commit = fresh.step();
    commit.writes.push(write(sample::signed_out(account.clone()), 0));
    assert!(matches!(fresh.store.commit(commit).await, Err(CommitError::Conflict)));
    let found = fresh.store.load(Ref::Account(account.id())).await.unwrap().expect("the first stands");
    assert_eq!((found.value, found.version), (account.into(), Version(1)));
}

/// Whoever writes over an older version has not seen the newer one.
pub async fn a_stale_write_is_a_conflict(fresh: &Stores) {
    let account = sample::account(1, fresh.now());
    fresh.insert(account.clone()).await;
    fresh.write(account.clone(), 1).await;
    for stale in [1, 3] {
        let mut commit = fresh.step();
        commit.writes.push(write(sample::signed_out(account.clone()), stale));
        assert!(matches!(fresh.store.commit(commit).await, Err(CommitError::Conflict)), "version {stale} was taken for 2");
    }
    assert_eq!(fresh.version(Ref::Account(account.id())).await, 2);
}

/// A row that was purged meanwhile does not come back.
pub async fn a_write_over_what_does_not_exist_is_a_conflict(fresh: &Stores) {
    let account = sample::account(1, fresh.now());
    let mut commit = fresh.step();
    commit.writes.push(write(account.clone(), 1));
    assert!(matches!(fresh.store.commit(commit).await, Err(CommitError::Conflict)));
    assert_eq!(fresh.version(Ref::Account(account.id())).await, 0);
}

/// A decision stood on a fact that is no longer true.
pub async fn a_fact_that_moved_on_is_a_conflict(fresh: &Stores) {
    let fact = sample::account(1, fresh.now());
    fresh.insert(fact.clone()).await;
    fresh.write(sample::signed_out(fact.clone()), 1).await;
    let mut commit = fresh.step();
    commit.writes.push(write(sample::account(2, fresh.now()), 0));
    commit.expects.push((Ref::Account(fact.id()), Version(1)));
    assert!(matches!(fresh.store.commit(commit.clone()).await, Err(CommitError::Conflict)));
    assert_eq!(fresh.version(Ref::Account(sample::account_id(2))).await, 0);
    commit.expects[0].1 = Version(2);
    fresh.take(commit).await;
    assert_eq!(fresh.version(Ref::Account(fact.id())).await, 2, "a fact is not written");
}

/// "There is none" is a fact too.
pub async fn a_fact_of_version_zero_must_be_absent(fresh: &Stores) {
    let roster = Ref::Roster(sample::roster_id(1));
    let mut commit = fresh.step();
    commit.writes.push(write(sample::account(1, fresh.now()), 0));
    commit.expects.push((roster, Version(0)));
    fresh.take(commit).await;
    fresh.insert(sample::roster(1, "K-1", fresh.now())).await;
    let mut commit = fresh.step();
    commit.writes.push(write(sample::account(2, fresh.now()), 0));
    commit.expects.push((roster, Version(0)));
    assert!(matches!(fresh.store.commit(commit).await, Err(CommitError::Conflict)));
    assert_eq!(fresh.version(Ref::Account(sample::account_id(2))).await, 0);
}

/// An import between a decision and its commit is seen.
pub async fn a_record_is_a_fact_too(fresh: &Stores) {
    let mut record = sample::sample_record("K-1");
    let fact = Ref::Record(record.id);
    let expecting = |version| {
        let mut commit = fresh.step();
        commit.expects.push((fact, Version(version)));
        fresh.store.commit(commit)
    };
    expecting(0).await.expect("the record is not there yet");
    fresh.import(1, &sample::portal(), vec![record.clone()]).await;
    assert!(matches!(expecting(0).await, Err(CommitError::Conflict)));
    expecting(1).await.expect("the record is new");
    "Bonn".clone_into(&mut record.city);
    fresh.import(2, &sample::portal(), vec![record]).await;
    assert!(matches!(expecting(1).await, Err(CommitError::Conflict)));
    expecting(2).await.expect("the record was updated once");
}

/// Of eight writers who saw the same version one wins, and seven learn it.
pub async fn one_of_many_writers_at_once_wins(fresh: &Stores) {
    let account = sample::account(1, fresh.now());
    let id = Ref::Account(account.id());
    fresh.insert(account.clone()).await;
    let tasks = (0..8).map(|_| {
        let mut commit = fresh.step();
        commit.writes.push(write(sample::signed_out(account.clone()), 1));
        let store = fresh.store.clone();
        async move { store.commit(commit).await }
    });
    let answers = at_once(tasks).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.iter().all(|answer| matches!(answer, Ok(()) | Err(CommitError::Conflict))), "{answers:?}");
    assert_eq!(fresh.version(id).await, 2);
}

/// Two requests that find no roster make one: the second is a conflict, not a second roster.
pub async fn a_record_has_one_roster(fresh: &Stores) {
    fresh.insert(sample::roster(1, "K-1", fresh.now())).await;
    let mut commit = fresh.step();
    commit.writes.push(write(sample::roster(2, "k 1", fresh.now()), 0));
    assert!(matches!(fresh.store.commit(commit).await, Err(CommitError::Conflict)));
    fresh.insert(sample::roster(3, "K-2", fresh.now())).await;
}
