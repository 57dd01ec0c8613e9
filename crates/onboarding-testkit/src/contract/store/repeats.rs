//! Repeatable commands: carried out once, answered again for a day.

use crate::contract::at_once;
use crate::contract::stores::{Stores, sealed, write};
use crate::sample;
use chrono::TimeDelta;
use onboarding::ports::{CommandRecord, Commit, CommitError};
use onboarding_core::policy::Retention;
use onboarding_core::{Digest, Presented, Ref};

fn with_command(fresh: &Stores, n: u64) -> Commit {
    let mut commit = fresh.step();
    commit.command = Some(CommandRecord { key: sample::digest(n), body: Digest { key: 4, ..sample::digest(100 + n) }, reply: sealed(n) });
    commit
}

/// Under any presented key, with the body's digest and the reply as they were; for 24 hours and no longer.
pub async fn a_command_is_replayed_for_a_day(fresh: &Stores) {
    let key = sample::digest(1);
    let presented = Presented(vec![Digest { key: 2, ..sample::digest(50) }, key]);
    assert!(fresh.store.replay(&presented, fresh.now()).await.unwrap().is_none());
    fresh.take(with_command(fresh, 1)).await;
    fresh.clock.advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    let replay = fresh.store.replay(&presented, fresh.now()).await.unwrap().expect("it was carried out within the day");
    assert_eq!(replay.body, Digest { key: 4, ..sample::digest(101) });
    assert!(replay.reply == sealed(1));
    let other_key = Presented(vec![Digest { key: 2, ..key }]);
    assert!(fresh.store.replay(&other_key, fresh.now()).await.unwrap().is_none());
    fresh.clock.advance(TimeDelta::seconds(2));
    assert!(fresh.store.replay(&presented, fresh.now()).await.unwrap().is_none(), "a day has passed");
}

/// The same key a second time is a duplicate, whatever else is in the step.
pub async fn a_command_is_carried_out_once(fresh: &Stores) {
    fresh.take(with_command(fresh, 1)).await;
    let mut again = with_command(fresh, 1);
    again.writes.push(write(sample::account(1, fresh.now()), 0));
    assert!(matches!(fresh.store.commit(again).await, Err(CommitError::Duplicate)));
    assert_eq!(fresh.version(Ref::Account(sample::account_id(1))).await, 0);
    fresh.take(with_command(fresh, 2)).await;
}

/// What is no longer replayed must not block either, purged or not: otherwise nobody could answer it.
pub async fn a_command_may_be_carried_out_again_after_a_day(fresh: &Stores) {
    fresh.take(with_command(fresh, 1)).await;
    fresh.clock.advance(TimeDelta::hours(24) + TimeDelta::seconds(1));
    fresh.take(with_command(fresh, 1)).await;
    let replay = fresh.store.replay(&sample::digest(1).into(), fresh.now()).await.unwrap();
    assert!(replay.is_some(), "the second time is replayed");
    fresh.clock.advance(TimeDelta::hours(25));
    assert_eq!(fresh.store.purge(fresh.now(), &Retention::default(), 100).await.unwrap(), 1, "the command is purged after a day");
}

/// Who repeats a command while the first is under way finds its version gone as well: the reply is what helps.
pub async fn a_duplicate_comes_before_a_conflict(fresh: &Stores) {
    let account = sample::account(1, fresh.now());
    fresh.insert(account.clone()).await;
    let step = || {
        let mut commit = with_command(fresh, 1);
        commit.writes.push(write(sample::signed_out(account.clone()), 1));
        commit
    };
    fresh.take(step()).await;
    assert!(matches!(fresh.store.commit(step()).await, Err(CommitError::Duplicate)));
}

/// Of eight repeats at once one is carried out.
pub async fn one_of_many_repeats_at_once_is_carried_out(fresh: &Stores) {
    let tasks = (1..=8).map(|n| {
        let mut commit = with_command(fresh, 1);
        commit.writes.push(write(sample::account(n, fresh.now()), 0));
        let store = fresh.store.clone();
        async move { store.commit(commit).await }
    });
    let answers = at_once(tasks).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.iter().all(|answer| matches!(answer, Ok(()) | Err(CommitError::Duplicate))), "{answers:?}");
    let mut written = 0;
    for n in 1..=8 {
        written += fresh.version(Ref::Account(sample::account_id(n))).await;
    }
    assert_eq!(written, 1);
}
