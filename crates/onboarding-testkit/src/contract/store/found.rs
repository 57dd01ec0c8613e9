//! What is found without an id: by time, by relation, by subject; and what is forgotten.

use super::whole::consent;
use crate::contract::stores::{Stores, write};
use crate::sample;
use chrono::{TimeDelta, Timelike};
use onboarding::Aggregate;
use onboarding::ports::{Actor, Commit, Lookup, Relation, TokenEntry};
use onboarding_core::audit::AuditEntry;
use onboarding_core::policy::Retention;
use onboarding_core::{PortalSlug, Ref, registration};

/// Only what is due, the longest overdue first, and no more than asked for.
pub async fn the_longest_overdue_comes_first(fresh: &Stores) {
    let start = fresh.now();
    for (n, hours) in [(1, 3), (2, 1), (3, 2), (4, 900)] {
        fresh.insert(sample::registration(n, None, start + TimeDelta::hours(hours))).await;
    }
    fresh.insert(sample::account(1, start)).await;
    assert!(fresh.store.due(start, 10).await.unwrap().is_empty());
    let now = start + TimeDelta::days(8);
    let due = fresh.store.due(now, 10).await.unwrap();
    let id = |n| Ref::Registration(sample::registration_id(n));
    assert_eq!(due, [id(2), id(3), id(1)]);
    assert_eq!(fresh.store.due(now, 2).await.unwrap(), [id(2), id(3)]);
    // The deadline itself is due; a microsecond before it is not.
    let first = registration::deadline(&sample::registration(2, None, start + TimeDelta::hours(1))).expect("an unproven registration ends");
    assert!(fresh.store.due(first - TimeDelta::microseconds(1), 10).await.unwrap().is_empty());
    assert_eq!(fresh.store.due(first, 10).await.unwrap(), [id(2)]);
}

/// A new state brings its own deadline, or none; aggregates of every kind have them.
pub async fn a_deadline_moves_with_its_aggregate(fresh: &Stores) {
    let start = fresh.now();
    let far = start + TimeDelta::days(365);
    let state = sample::registration(1, None, start);
    let account = sample::account(1, start);
    fresh.insert(state.clone()).await;
    fresh.insert(account.clone()).await;
    assert_eq!(fresh.store.due(far, 10).await.unwrap(), [Ref::Registration(state.id())]);
    fresh.write(sample::ended(state, start), 1).await;
    fresh.write(sample::requesting_reset(account.clone(), start + TimeDelta::hours(1)), 1).await;
    assert_eq!(fresh.store.due(far, 10).await.unwrap(), [Ref::Account(account.id())]);
    fresh.write(account, 2).await;
    assert!(fresh.store.due(far, 10).await.unwrap().is_empty());
}

/// Oldest first, within one step as listed; with time, actor, subject and details; of one subject only.
pub async fn history_stands_in_order(fresh: &Stores) {
    let subject = Ref::Account(sample::account_id(1));
    let other = Ref::Registration(sample::registration_id(1));
    let start = fresh.now();
    let mut commit = fresh.step();
    commit.actor = Actor::Account(sample::account_id(1));
    commit.events.push((subject, AuditEntry::new("account.signed_in")));
    commit.events.push((other, AuditEntry::new("registration.applied")));
    commit.events.push((subject, AuditEntry::new("account.consented").with("documents", "terms=true").with("quote", "\"\\\n'; --")));
    fresh.take(commit).await;
    fresh.clock.advance(TimeDelta::microseconds(1));
    let mut commit = fresh.step();
    commit.events.push((subject, AuditEntry::new("account.signed_in")));
    fresh.take(commit).await;

    let history = fresh.store.history(subject).await.unwrap();
    let kinds: Vec<_> = history.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(kinds, ["account.signed_in", "account.consented", "account.signed_in"]);
    let actors: Vec<_> = history.iter().map(|row| row.actor.as_str()).collect();
    let person = Actor::Account(sample::account_id(1)).word();
    assert_eq!(actors, [person.as_str(), &person, "system"]);
    let times: Vec<_> = history.iter().map(|row| row.at).collect();
    assert_eq!(times, [start, start, start + TimeDelta::microseconds(1)]);
    assert!(history.iter().all(|row| row.subject == subject));
    let details: serde_json::Value = serde_json::from_str(&history[1].details).expect("details are JSON");
    assert_eq!(details, serde_json::json!({ "documents": "terms=true", "quote": "\"\\\n'; --" }));
    let none: serde_json::Value = serde_json::from_str(&history[0].details).expect("details are JSON");
    assert_eq!(none, serde_json::json!({}));
    assert_eq!(fresh.store.history(other).await.unwrap().len(), 1);
    assert!(fresh.store.history(Ref::Account(sample::account_id(2))).await.unwrap().is_empty());
}

/// A proof is added, never replaced: the same document three times is three proofs.
pub async fn consents_stand_in_order(fresh: &Stores) {
    let (subject, other) = (Ref::Account(sample::account_id(1)), Ref::Account(sample::account_id(2)));
    let given = [consent("news", "1", true, fresh), consent("terms", "1", true, fresh), consent("news", "1", false, fresh)];
    let mut commit = fresh.step();
    commit.consents = vec![(subject, given[0].clone()), (other, given[1].clone()), (subject, given[1].clone())];
    fresh.take(commit).await;
    let mut commit = fresh.step();
    commit.consents = vec![(subject, given[2].clone()), (subject, given[0].clone())];
    fresh.take(commit).await;
    let [news, terms, withdrawn] = given;
    assert_eq!(fresh.store.consents(other).await.unwrap(), std::slice::from_ref(&terms));
    assert_eq!(fresh.store.consents(subject).await.unwrap(), [news.clone(), terms, withdrawn, news]);
    assert!(fresh.store.consents(Ref::Account(sample::account_id(3))).await.unwrap().is_empty());
}

async fn related(fresh: &Stores, relation: Relation) -> Vec<Ref> {
    let found = fresh.store.related(&relation).await.unwrap();
    assert!(found.iter().all(|one| one.version.0 > 0));
    found.into_iter().map(|one| one.value.reference()).collect()
}

/// By account and by record, oldest first, whatever the spelling of the number; never another portal's.
pub async fn memberships_are_related_to_account_and_record(fresh: &Stores) {
    let at = |n, account, number| sample::membership(n, sample::account_id(account), number, fresh.now());
    let second = at(2, 2, "K-1");
    for membership in [at(1, 1, "K-1"), second.clone(), at(3, 1, "K-2")] {
        fresh.insert(membership).await;
        fresh.clock.advance(TimeDelta::seconds(1));
    }
    let id = |n| Ref::Membership(sample::membership_id(n));
    assert_eq!(related(fresh, Relation::MembershipsOf(sample::account_id(1))).await, [id(1), id(3)]);
    assert_eq!(related(fresh, Relation::MembershipsAt(sample::portal(), sample::number("k 1"))).await, [id(1), id(2)]);
    assert!(related(fresh, Relation::MembershipsAt(sample::neighbour(), sample::number("K-1"))).await.is_empty());
    assert!(related(fresh, Relation::MembershipsOf(sample::account_id(3))).await.is_empty());
    let found = fresh.store.related(&Relation::MembershipsOf(sample::account_id(2))).await.unwrap();
    assert_eq!(found[0].value, Aggregate::from(second));
}

/// Those that wait for a yes or for their completion: not those that wait for a proof, and not those that ended.
pub async fn open_registrations_are_related_to_their_record(fresh: &Stores) {
    let now = fresh.now();
    let state = |n, record| sample::registration(n, record, now);
    let states = [
        state(1, Some("K-1")),
        sample::approvable(state(2, Some("K-1")), now),
        sample::completable(3, &state(3, Some("K-1")), now),
        sample::ended(sample::approvable(state(4, Some("K-1")), now), now),
        sample::approvable(state(5, Some("K-2")), now),
        sample::approvable(state(6, None), now),
    ];
    for state in states {
        fresh.insert(state).await;
        fresh.clock.advance(TimeDelta::seconds(1));
    }
    let id = |n| Ref::Registration(sample::registration_id(n));
    assert_eq!(related(fresh, Relation::OpenRegistrationsAt(sample::portal(), sample::number("K-1"))).await, [id(2), id(3)]);
    assert!(related(fresh, Relation::OpenRegistrationsAt(sample::neighbour(), sample::number("K-1"))).await.is_empty());
}

/// Within its portal.
pub async fn a_roster_is_found_by_its_record(fresh: &Stores) {
    fresh.insert(sample::account(1, fresh.now())).await;
    fresh.insert(sample::membership(1, sample::account_id(1), "K-1", fresh.now())).await;
    let at = |portal, number| Lookup::Roster(portal, sample::number(number));
    assert_eq!(fresh.store.find(&at(sample::portal(), "K-1")).await.unwrap(), None, "a membership at the record is no roster");
    fresh.insert(sample::roster(1, "K-1", fresh.now())).await;
    fresh.insert(sample::roster(2, "K-2", fresh.now())).await;
    assert_eq!(fresh.store.find(&at(sample::portal(), "k1")).await.unwrap(), Some(Ref::Roster(sample::roster_id(1))));
    assert_eq!(fresh.store.find(&at(sample::neighbour(), "K-1")).await.unwrap(), None);
    assert_eq!(fresh.store.find(&at(sample::portal(), "K-3")).await.unwrap(), None);
}

/// 30 days after its end a registration goes, and what led to it; whatever is open stays. No more than asked for at a time.
pub async fn ended_registrations_are_purged_with_their_tokens(fresh: &Stores) {
    let start = fresh.now();
    for n in 1..=3 {
        let state = sample::registration(n, None, start);
        let mut commit = fresh.step();
        commit.tokens.push(TokenEntry { digest: sample::digest(n), owner: Ref::Registration(state.id()) });
        commit.writes.push(write(if n == 3 { state } else { sample::ended(state, start) }, 0));
        fresh.take(commit).await;
    }
    fresh.insert(sample::account(1, start)).await;
    assert_eq!(fresh.store.purge(start + TimeDelta::days(29), &Retention::default(), 100).await.unwrap(), 0);
    let now = start + TimeDelta::days(31);
    assert_eq!(fresh.store.purge(now, &Retention::default(), 1).await.unwrap(), 1, "at most one of each kind");
    assert_eq!(fresh.store.purge(now, &Retention::default(), 100).await.unwrap(), 1);
    assert_eq!(fresh.store.purge(now, &Retention::default(), 100).await.unwrap(), 0);
    for n in 1..=3 {
        let there = n == 3;
        let owner = fresh.store.find(&Lookup::Token(sample::digest(n).into())).await.unwrap();
        assert_eq!(owner.is_some(), there, "the token of registration {n}");
        assert_eq!(fresh.version(Ref::Registration(sample::registration_id(n))).await == 1, there, "registration {n}");
    }
    assert_eq!(fresh.version(Ref::Account(sample::account_id(1))).await, 1);
}

/// A token in an account's link, or in nobody's, goes after 30 days: strangers can ask for as many as they like.
pub async fn tokens_of_accounts_are_purged_after_a_month(fresh: &Stores) {
    let start = fresh.now();
    let mut commit = fresh.step();
    commit.tokens.push(TokenEntry { digest: sample::digest(1), owner: Ref::Account(sample::account_id(1)) });
    fresh.take(commit).await;
    let led = async || fresh.store.find(&Lookup::Token(sample::digest(1).into())).await.unwrap();
    assert_eq!(fresh.store.purge(start + TimeDelta::days(29), &Retention::default(), 100).await.unwrap(), 0);
    assert!(led().await.is_some());
    assert_eq!(fresh.store.purge(start + TimeDelta::days(31), &Retention::default(), 100).await.unwrap(), 1);
    assert!(led().await.is_none());
}

/// After three years a proof of somebody who is gone no longer says whose it was; somebody who has an account can still prove
/// what was agreed to.
pub async fn proofs_of_nobody_are_pseudonymised_after_three_years(fresh: &Stores) {
    let start = fresh.now();
    let (here, gone) = (Ref::Account(sample::account_id(1)), Ref::Registration(sample::registration_id(1)));
    fresh.insert(sample::account(1, start)).await;
    let mut commit = fresh.step();
    commit.consents = vec![(here, consent("terms", "3", true, fresh)), (gone, consent("terms", "3", true, fresh))];
    fresh.take(commit).await;
    let proved = async |of| fresh.store.consents(of).await.unwrap().len();
    let keep = Retention::default();
    fresh.store.purge(start + keep.consents - TimeDelta::seconds(1), &keep, 100).await.unwrap();
    assert_eq!((proved(here).await, proved(gone).await), (1, 1));
    fresh.store.purge(start + keep.consents, &keep, 100).await.unwrap();
    assert_eq!((proved(here).await, proved(gone).await), (1, 0));
}

/// A round looks at so many proofs only, and the next one goes on from there: proofs of living accounts, which stay, hide no other ones, and
/// what was passed by is come to again.
pub async fn old_proofs_are_looked_at_round_by_round(fresh: &Stores) {
    let start = fresh.now();
    let (account, gone) = (sample::account(1, start), Ref::Registration(sample::registration_id(1)));
    let here = Ref::Account(account.id());
    fresh.insert(account.clone()).await;
    for owner in [here, here, here, gone] {
        let mut commit = fresh.step();
        commit.consents = vec![(owner, consent("terms", "3", true, fresh))];
        fresh.take(commit).await;
        fresh.clock.advance(TimeDelta::milliseconds(3));
    }
    let proved = async |of| fresh.store.consents(of).await.unwrap().len();
    let keep = Retention::default();
    let late = start + keep.consents + TimeDelta::days(1);
    let rounds = async || {
        for _ in 0..4 {
            fresh.store.purge(late, &keep, 2).await.unwrap();
        }
    };
    rounds().await;
    assert_eq!((proved(here).await, proved(gone).await), (3, 0));
    fresh.write(sample::closed(account, start), 1).await;
    rounds().await;
    assert_eq!(proved(here).await, 0);
}

/// The trails of all portals, one that is not served any more too; no more than asked for at a time, and nothing younger.
pub async fn old_trails_of_all_portals_are_purged(fresh: &Stores) {
    let start = fresh.now();
    let portals = [sample::portal(), sample::neighbour(), PortalSlug::parse("abandoned").expect("a slug")];
    let subject = |n: u64| Ref::Account(sample::account_id(n));
    for young in [false, true] {
        for (n, portal) in (1..).zip(&portals) {
            let mut commit = Commit::new(fresh.now(), portal.clone(), Actor::System);
            let entries = if young { 1 } else { 2 };
            commit.events = vec![(subject(n), AuditEntry::new("account.closed")); entries];
            fresh.take(commit).await;
        }
        fresh.clock.advance(TimeDelta::days(30));
    }
    let keep = Retention::default();
    let late = start + keep.audit;
    let mut purged = Vec::new();
    for _ in 0..4 {
        purged.push(fresh.store.purge(late, &keep, 4).await.unwrap());
    }
    assert_eq!(purged, [4, 2, 0, 0]);
    for n in 1..=3 {
        assert_eq!(fresh.store.history(subject(n)).await.unwrap().len(), 1, "what is young stays");
    }
}

/// An installation may keep things shorter or longer.
pub async fn what_is_kept_is_what_the_installation_says(fresh: &Stores) {
    let start = fresh.now();
    let state = sample::ended(sample::registration(1, None, start), start);
    let mut commit = fresh.step();
    commit.events = vec![(Ref::Registration(state.id()), AuditEntry::new("registration.applied"))];
    commit.writes.push(write(state.clone(), 0));
    commit.consents = vec![(Ref::Account(sample::account_id(9)), consent("terms", "3", true, fresh))];
    fresh.take(commit).await;
    let long = Retention::default();
    let short = Retention { registrations: TimeDelta::days(7), audit: TimeDelta::days(90), consents: TimeDelta::days(365), ..long };
    let kept = async || {
        let registration = fresh.version(Ref::Registration(state.id())).await == 1;
        let audit = !fresh.store.history(Ref::Registration(state.id())).await.unwrap().is_empty();
        (registration, audit, !fresh.store.consents(Ref::Account(sample::account_id(9))).await.unwrap().is_empty())
    };
    for (days, keep, expected) in [
        (7, long, (true, true, true)),
        (7, short, (false, true, true)),
        (90, long, (false, true, true)),
        (90, short, (false, false, true)),
        (365, long, (false, false, true)),
        (365, short, (false, false, false)),
    ] {
        fresh.store.purge(start + TimeDelta::days(days), &keep, 100).await.unwrap();
        assert_eq!(kept().await, expected, "after {days} days");
    }
}

/// The store's time is its clock's, and no finer than a database keeps.
pub async fn the_time_is_in_whole_microseconds(fresh: &Stores) {
    fresh.clock.advance(TimeDelta::microseconds(1_234_567));
    let now = fresh.store.now().await.unwrap();
    assert_eq!(now, fresh.now());
    assert_eq!(now.nanosecond() % 1_000, 0);
    let account = sample::account(1, now);
    fresh.insert(account.clone()).await;
    let found = fresh.store.load(Ref::Account(account.id())).await.unwrap().expect("it was written");
    assert_eq!(found.value, Aggregate::from(account), "a time lost its microseconds");
}

/// It answers, and is migrated.
pub async fn a_fresh_store_is_ready(fresh: &Stores) {
    fresh.store.ready().await.expect("the store is not ready");
}
