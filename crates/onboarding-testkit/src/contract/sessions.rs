//! Sessions: alive within their times, their portal and their account's generation, and not a moment longer.

use super::stores::session;
use super::{Stores, promises};
use crate::sample;
use chrono::TimeDelta;
use onboarding::ports::{SessionChange, SessionFacts, SessionKind, SessionRow, StaffFacts, StaffSessionRow, Version};
use onboarding_core::record::RecordStatus;
use onboarding_core::{AccountId, Digest, Presented, policy};

promises! { Stores:
    a_session_is_found_with_all_it_stands_on,
    a_session_is_found_under_any_presented_key,
    another_portal_does_not_know_the_session,
    a_new_generation_ends_every_session,
    an_unused_session_ends,
    a_used_session_lives_on,
    no_session_outlives_its_end,
    a_dead_session_is_not_revived,
    a_closed_session_is_gone,
    nobody_closes_the_session_of_another,
    the_newest_session_is_listed_first,
    a_membership_knows_its_record,
    dead_sessions_are_purged,
    a_clerks_session_is_found_within_its_portal_and_generation,
    a_clerks_session_ends_by_idleness_by_time_and_by_hand,
    a_clerks_dead_sessions_are_purged,
}

const ALICE: u64 = 1;
const BOB: u64 = 2;

fn id(account: u64) -> AccountId {
    sample::account_id(account)
}

/// Both accounts, and a page's session of the first one under `digest(1)`.
async fn before(fresh: &Stores) -> SessionRow {
    fresh.insert(sample::account(ALICE, fresh.now())).await;
    fresh.insert(sample::account(BOB, fresh.now())).await;
    let row = session(1, id(ALICE), fresh.now());
    fresh.open(row.clone()).await;
    row
}

async fn look_up(fresh: &Stores, n: u64) -> Option<SessionFacts> {
    fresh.sessions.look_up(&sample::portal(), &sample::digest(n).into(), fresh.now()).await.unwrap()
}

/// The row as it was opened, the account with its version, its memberships and no one else's.
pub async fn a_session_is_found_with_all_it_stands_on(fresh: &Stores) {
    let row = before(fresh).await;
    fresh.insert(sample::membership(1, id(ALICE), "K-1", fresh.now())).await;
    fresh.insert(sample::membership(2, id(BOB), "K-1", fresh.now())).await;
    let bearer = SessionRow {
        kind: SessionKind::Bearer,
        idle: policy::BEARER_IDLE,
        at_most: None,
        memberships: Vec::new(),
        ..session(2, id(BOB), fresh.now())
    };
    fresh.open(bearer.clone()).await;
    let facts = look_up(fresh, 1).await.expect("the session is alive");
    assert_eq!(facts.session, row);
    assert_eq!((facts.account.value, facts.account.version), (sample::account(ALICE, fresh.now()), Version(1)));
    let memberships: Vec<_> = facts.memberships.iter().map(|fact| (fact.membership.value.id(), fact.membership.version)).collect();
    assert_eq!(memberships, [(sample::membership_id(1), Version(1))]);
    let facts = look_up(fresh, 2).await.expect("the session is alive");
    assert_eq!(facts.session, bearer);
    assert_eq!(facts.account.value.id(), id(BOB));
}

/// And under no other.
pub async fn a_session_is_found_under_any_presented_key(fresh: &Stores) {
    let row = before(fresh).await;
    let newer = Digest { key: 2, ..sample::digest(50) };
    let look_up = |digests| {
        let presented = Presented(digests);
        async move { fresh.sessions.look_up(&sample::portal(), &presented, fresh.now()).await.unwrap().map(|facts| facts.session.id) }
    };
    assert_eq!(look_up(vec![newer, row.digest]).await, Some(row.id));
    assert_eq!(look_up(vec![newer]).await, None);
    assert_eq!(look_up(vec![Digest { key: 2, ..row.digest }]).await, None);
    assert_eq!(look_up(vec![]).await, None);
}

/// A token is of no use at the next portal.
pub async fn another_portal_does_not_know_the_session(fresh: &Stores) {
    let row = before(fresh).await;
    let found = fresh.sessions.look_up(&sample::neighbour(), &row.digest.into(), fresh.now()).await.unwrap();
    assert!(found.is_none());
    assert!(look_up(fresh, 1).await.is_some());
}

/// In the very commit that raises it; a session of the new generation lives.
pub async fn a_new_generation_ends_every_session(fresh: &Stores) {
    before(fresh).await;
    fresh.open(session(2, id(ALICE), fresh.now())).await;
    fresh.open(session(3, id(BOB), fresh.now())).await;
    let bumped = sample::signed_out(sample::account(ALICE, fresh.now()));
    let mut commit = fresh.step();
    commit.sessions.push(SessionChange::Open(SessionRow { generation: 2, ..session(4, id(ALICE), fresh.now()) }));
    commit.writes.push(super::stores::write(bumped, 1));
    fresh.take(commit).await;
    let alive: Vec<bool> = vec![look_up(fresh, 1).await, look_up(fresh, 2).await, look_up(fresh, 3).await, look_up(fresh, 4).await]
        .into_iter()
        .map(|found| found.is_some())
        .collect();
    assert_eq!(alive, [false, false, true, true]);
    let listed = fresh.sessions.list(id(ALICE), 2, fresh.now()).await.unwrap();
    assert_eq!(listed.iter().map(|row| row.id).collect::<Vec<_>>(), [sample::session_id(4)]);
}

/// Half an hour without use, to the microsecond.
pub async fn an_unused_session_ends(fresh: &Stores) {
    let row = before(fresh).await;
    fresh.clock.set(row.expires_at() - TimeDelta::microseconds(1));
    assert!(look_up(fresh, 1).await.is_some());
    fresh.clock.set(row.expires_at());
    assert!(look_up(fresh, 1).await.is_none());
    assert!(fresh.sessions.list(id(ALICE), 1, fresh.now()).await.unwrap().is_empty());
}

/// Each use gives it another half hour.
pub async fn a_used_session_lives_on(fresh: &Stores) {
    let row = before(fresh).await;
    for _ in 0..3 {
        fresh.clock.advance(TimeDelta::minutes(25));
        fresh.sessions.touch(row.id, fresh.now()).await.unwrap();
        let facts = look_up(fresh, 1).await.expect("it was used in time");
        assert_eq!(facts.session.last_seen, fresh.now());
        assert_eq!(facts.session.opened_at, row.opened_at);
    }
    let before = fresh.now();
    fresh.sessions.touch(row.id, before - TimeDelta::minutes(20)).await.unwrap();
    assert_eq!(look_up(fresh, 1).await.expect("it is alive").session.last_seen, before, "a late note turned the time back");
    fresh.sessions.touch(sample::session_id(99), before).await.expect("a session that is gone can be touched in vain");
}

/// Twelve hours, however often it is used.
pub async fn no_session_outlives_its_end(fresh: &Stores) {
    let row = before(fresh).await;
    let end = row.at_most.expect("a page's session has an end");
    while fresh.now() < end - TimeDelta::minutes(25) {
        fresh.clock.advance(TimeDelta::minutes(25));
        fresh.sessions.touch(row.id, fresh.now()).await.unwrap();
    }
    fresh.clock.set(end - TimeDelta::microseconds(1));
    assert!(look_up(fresh, 1).await.is_some());
    fresh.clock.set(end);
    assert!(look_up(fresh, 1).await.is_none());
}

/// A note of its use that comes too late changes nothing.
pub async fn a_dead_session_is_not_revived(fresh: &Stores) {
    let row = before(fresh).await;
    fresh.clock.set(row.expires_at() + TimeDelta::seconds(1));
    fresh.sessions.touch(row.id, fresh.now()).await.unwrap();
    assert!(look_up(fresh, 1).await.is_none());
}

async fn close(fresh: &Stores, account: u64, session: u64) {
    let mut commit = fresh.step();
    commit.sessions.push(SessionChange::Close(id(account), sample::session_id(session)));
    fresh.take(commit).await;
}

/// That one and no other; closing it again is no fault.
pub async fn a_closed_session_is_gone(fresh: &Stores) {
    before(fresh).await;
    fresh.open(session(2, id(ALICE), fresh.now())).await;
    close(fresh, ALICE, 1).await;
    assert!(look_up(fresh, 1).await.is_none());
    assert!(look_up(fresh, 2).await.is_some());
    close(fresh, ALICE, 1).await;
}

/// The id alone, read in somebody's list, is not enough.
pub async fn nobody_closes_the_session_of_another(fresh: &Stores) {
    before(fresh).await;
    close(fresh, BOB, 1).await;
    assert!(look_up(fresh, 1).await.is_some());
}

/// Those of one account, in one generation, alive.
pub async fn the_newest_session_is_listed_first(fresh: &Stores) {
    before(fresh).await;
    for n in 2..=4 {
        fresh.clock.advance(TimeDelta::minutes(14));
        fresh.open(session(n, id(ALICE), fresh.now())).await;
    }
    fresh.open(session(5, id(BOB), fresh.now())).await;
    fresh.open(SessionRow { generation: 2, ..session(6, id(ALICE), fresh.now()) }).await;
    let listed = fresh.sessions.list(id(ALICE), 1, fresh.now()).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|row| row.id).collect();
    // The first one was opened 42 minutes ago and never used.
    assert_eq!(ids, [4, 3, 2].map(sample::session_id));
    assert_eq!(listed[0], session(4, id(ALICE), fresh.now()));
}

/// Status, written number and name as the books have them now; a record that is not in the books opens no doors.
pub async fn a_membership_knows_its_record(fresh: &Stores) {
    before(fresh).await;
    for (n, number) in (1..).zip(["K-1", "K-2", "K-3"]) {
        fresh.insert(sample::membership(n, id(ALICE), number, fresh.now())).await;
        fresh.clock.advance(TimeDelta::seconds(1));
    }
    let named =
        |written: &str, name: &str, status| onboarding_core::Record { name: name.to_owned(), status, ..sample::sample_record(written) };
    fresh.import(1, &sample::portal(), vec![named("K-1", "Eins", RecordStatus::Open), named("K 2", "Zwei", RecordStatus::Open)]).await;
    // The neighbour's record of the same number is another one.
    let elsewhere =
        onboarding_core::Record { id: onboarding_core::RecordId(sample::uuid(8, 1)), ..named("K-3", "Fremd", RecordStatus::Open) };
    fresh.import(2, &sample::neighbour(), vec![elsewhere]).await;
    fresh.import(3, &sample::portal(), vec![named("K 2", "Zwei", RecordStatus::Closed)]).await;

    let seen = fresh.sessions.memberships(id(ALICE)).await.unwrap();
    let facts: Vec<_> =
        seen.iter().map(|fact| (fact.membership.value.id(), fact.record, fact.written.as_str(), fact.name.as_str())).collect();
    assert_eq!(
        facts[..2],
        [(sample::membership_id(1), RecordStatus::Open, "K-1", "Eins"), (sample::membership_id(2), RecordStatus::Closed, "K 2", "Zwei"),]
    );
    assert_eq!((facts.len(), facts[2].1, facts[2].3), (3, RecordStatus::Closed, ""));
    let in_session = look_up(fresh, 1).await.expect("the session is alive").memberships;
    let statuses = |facts: &[onboarding::ports::MembershipFact]| facts.iter().map(|fact| fact.record).collect::<Vec<_>>();
    assert_eq!(statuses(&in_session), statuses(&seen));
    assert!(fresh.sessions.memberships(id(BOB)).await.unwrap().is_empty());
}

/// No more than asked for at a time, and never a living one.
pub async fn dead_sessions_are_purged(fresh: &Stores) {
    before(fresh).await;
    fresh.open(session(2, id(BOB), fresh.now())).await;
    fresh.clock.advance(TimeDelta::minutes(29));
    fresh.open(session(3, id(BOB), fresh.now())).await;
    assert_eq!(fresh.sessions.purge(fresh.now(), 10).await.unwrap(), 0);
    fresh.clock.advance(TimeDelta::minutes(2));
    assert_eq!(fresh.sessions.purge(fresh.now(), 1).await.unwrap(), 1);
    assert_eq!(fresh.sessions.purge(fresh.now(), 10).await.unwrap(), 1);
    assert_eq!(fresh.sessions.purge(fresh.now(), 10).await.unwrap(), 0);
    assert!(look_up(fresh, 3).await.is_some());
}

/// A clerk, and its session under `digest(n)`.
async fn staff(fresh: &Stores, n: u64) -> StaffSessionRow {
    let row = StaffSessionRow {
        id: sample::session_id(n),
        portal: sample::portal(),
        clerk: sample::clerk_id(1),
        digest: sample::digest(n),
        generation: 1,
        opened_at: fresh.now(),
        last_seen: fresh.now(),
        idle: policy::STAFF_IDLE,
        at_most: fresh.now() + policy::STAFF_AT_MOST,
    };
    if fresh.version(onboarding_core::Ref::Clerk(row.clerk)).await == 0 {
        fresh.insert(sample::clerk(1, fresh.now())).await;
    }
    let mut commit = fresh.step();
    commit.sessions.push(SessionChange::OpenStaff(row.clone()));
    fresh.take(commit).await;
    row
}

async fn look_up_staff(fresh: &Stores, n: u64) -> Option<StaffFacts> {
    fresh.sessions.look_up_staff(&sample::portal(), &sample::digest(n).into(), fresh.now()).await.unwrap()
}

/// Whoever is named again has no session left; a token of an account opens no clerk's session, nor the other way round.
pub async fn a_clerks_session_is_found_within_its_portal_and_generation(fresh: &Stores) {
    before(fresh).await;
    let row = staff(fresh, 7).await;
    let facts = look_up_staff(fresh, 7).await.expect("the session is alive");
    assert_eq!((facts.session, facts.clerk.value, facts.clerk.version), (row, sample::clerk(1, fresh.now()), Version(1)));
    let elsewhere = fresh.sessions.look_up_staff(&sample::neighbour(), &sample::digest(7).into(), fresh.now()).await.unwrap();
    assert!(elsewhere.is_none());
    assert!(look_up(fresh, 7).await.is_none() && look_up_staff(fresh, 1).await.is_none());
    let other_key = Digest { key: 2, ..sample::digest(7) };
    assert!(fresh.sessions.look_up_staff(&sample::portal(), &other_key.into(), fresh.now()).await.unwrap().is_none());
    fresh.write(sample::clerk_reset(sample::clerk(1, fresh.now()), fresh.now()), 1).await;
    assert!(look_up_staff(fresh, 7).await.is_none());
}

/// Each to the microsecond; a use in between counts, and nobody closes another's.
pub async fn a_clerks_session_ends_by_idleness_by_time_and_by_hand(fresh: &Stores) {
    let row = staff(fresh, 1).await;
    fresh.clock.set(row.opened_at + row.idle - TimeDelta::microseconds(1));
    assert!(look_up_staff(fresh, 1).await.is_some());
    fresh.sessions.touch_staff(row.id, fresh.now()).await.unwrap();
    fresh.clock.advance(TimeDelta::microseconds(1));
    assert_eq!(look_up_staff(fresh, 1).await.map(|facts| facts.session.last_seen), Some(fresh.now() - TimeDelta::microseconds(1)));
    while fresh.now() + TimeDelta::minutes(50) < row.at_most {
        fresh.clock.advance(TimeDelta::minutes(50));
        fresh.sessions.touch_staff(row.id, fresh.now()).await.unwrap();
    }
    fresh.clock.set(row.at_most - TimeDelta::microseconds(1));
    assert!(look_up_staff(fresh, 1).await.is_some());
    fresh.clock.set(row.at_most);
    fresh.sessions.touch_staff(row.id, fresh.now()).await.unwrap();
    assert!(look_up_staff(fresh, 1).await.is_none());

    let row = staff(fresh, 2).await;
    for (clerk, left) in [(sample::clerk_id(2), true), (row.clerk, false)] {
        let mut commit = fresh.step();
        commit.sessions.push(SessionChange::CloseStaff(clerk, row.id));
        fresh.take(commit).await;
        assert_eq!(look_up_staff(fresh, 2).await.is_some(), left);
    }
}

/// And no living one.
pub async fn a_clerks_dead_sessions_are_purged(fresh: &Stores) {
    staff(fresh, 1).await;
    fresh.clock.advance(TimeDelta::minutes(40));
    staff(fresh, 2).await;
    assert_eq!(fresh.sessions.purge(fresh.now(), 10).await.unwrap(), 0);
    fresh.clock.advance(TimeDelta::minutes(30));
    assert_eq!(fresh.sessions.purge(fresh.now(), 10).await.unwrap(), 1);
    assert!(look_up_staff(fresh, 2).await.is_some());
}
