//! Lists for clerks: within a portal, newest first, page by page without a gap or a repeat, literal in what they search.

mod waiting;

use super::{Stores, promises};

pub use waiting::*;

use crate::sample;
use chrono::TimeDelta;
use onboarding::ports::{Actor, AuditFilter, AuditListed, Listed, Needle, Place, RegistrationFilter};
use onboarding_core::audit::AuditEntry;
use onboarding_core::{AccountId, PortalSlug, Ref, RegistrationId};

promises! { Stores:
    the_newest_registration_comes_first,
    pages_have_no_gap_and_no_repeat_whatever_comes_meanwhile,
    a_portal_lists_its_own,
    registrations_are_found_by_state_and_time,
    a_search_finds_address_name_and_number_in_any_case,
    every_character_of_a_search_means_itself,
    a_changed_row_is_found_as_it_is_now,
    accounts_are_listed_and_found,
    the_audit_trail_is_told_newest_first,
    the_audit_trail_is_told_by_subject_actor_kind_and_time,
    deliveries_are_listed_by_state_page_by_page,
    what_waits_is_counted,
}

fn needle(typed: &str) -> Needle {
    Needle::parse(typed).expect("the sample can be searched for")
}

fn q(typed: &str) -> RegistrationFilter {
    RegistrationFilter { q: Some(needle(typed)), ..RegistrationFilter::default() }
}

async fn found(fresh: &Stores, filter: &RegistrationFilter) -> Vec<RegistrationId> {
    let rows = fresh.backoffice.registrations(&sample::portal(), filter, None, 100).await.unwrap();
    rows.into_iter().map(|row| row.value.id()).collect()
}

async fn accounts(fresh: &Stores, q: Option<Needle>) -> Vec<AccountId> {
    let rows = fresh.backoffice.accounts(&sample::portal(), q, None, 100).await.unwrap();
    rows.into_iter().map(|row| row.value.id()).collect()
}

/// So many registrations, a minute apart, with a claim each.
async fn before(fresh: &Stores, count: u64) {
    for n in 1..=count {
        fresh.clock.advance(TimeDelta::minutes(1));
        fresh.insert(sample::registration(n, Some(&format!("K-{n:03}")), fresh.now())).await;
    }
}

fn ids(numbers: impl IntoIterator<Item = u64>) -> Vec<RegistrationId> {
    numbers.into_iter().map(sample::registration_id).collect()
}

/// With its version and its place; no more than asked for.
pub async fn the_newest_registration_comes_first(fresh: &Stores) {
    before(fresh, 3).await;
    assert_eq!(found(fresh, &RegistrationFilter::default()).await, ids([3, 2, 1]));
    let rows = fresh.backoffice.registrations(&sample::portal(), &RegistrationFilter::default(), None, 1).await.unwrap();
    let place = Place { at: fresh.now(), id: sample::registration_id(3).0 };
    let value = sample::registration(3, Some("K-003"), fresh.now());
    assert_eq!(rows, [Listed { place, version: onboarding::ports::Version(1), value }]);
}

/// Two that were made at once stand apart by their ids; what is new stands before the first page, not in the second.
pub async fn pages_have_no_gap_and_no_repeat_whatever_comes_meanwhile(fresh: &Stores) {
    before(fresh, 4).await;
    fresh.insert(sample::registration(5, None, fresh.now())).await;
    let (filter, mut after, mut seen) = (RegistrationFilter::default(), None, Vec::new());
    for new in 6..20 {
        let rows = fresh.backoffice.registrations(&sample::portal(), &filter, after, 2).await.unwrap();
        let Some(last) = rows.last() else { break };
        after = Some(last.place);
        seen.extend(rows.iter().map(|row| row.value.id()));
        fresh.insert(sample::registration(new, None, fresh.now())).await;
    }
    assert_eq!(seen, ids([5, 4, 3, 2, 1]));
}

/// And nothing of its neighbour's.
pub async fn a_portal_lists_its_own(fresh: &Stores) {
    before(fresh, 1).await;
    fresh.insert(sample::account(1, fresh.now())).await;
    let elsewhere: PortalSlug = sample::neighbour();
    let backoffice = &fresh.backoffice;
    assert!(backoffice.registrations(&elsewhere, &RegistrationFilter::default(), None, 10).await.unwrap().is_empty());
    assert!(backoffice.accounts(&elsewhere, None, None, 10).await.unwrap().is_empty());
    assert!(backoffice.audit(&elsewhere, &AuditFilter::default(), None, 10).await.unwrap().is_empty());
}

/// From a moment on, and before another.
pub async fn registrations_are_found_by_state_and_time(fresh: &Stores) {
    let start = fresh.now();
    before(fresh, 4).await;
    let state = sample::approvable(sample::registration(2, Some("K-002"), start), fresh.now());
    fresh.write(state, 1).await;
    let at = |minutes| Some(start + TimeDelta::minutes(minutes));
    let filter = |state, from, to| RegistrationFilter { q: None, state, from, to };
    assert_eq!(found(fresh, &filter(Some("awaiting_approval"), None, None)).await, ids([2]));
    assert_eq!(found(fresh, &filter(Some("awaiting_email"), None, None)).await, ids([4, 3, 1]));
    assert_eq!(found(fresh, &filter(None, at(2), at(4))).await, ids([3, 2]));
    assert_eq!(found(fresh, &filter(Some("awaiting_email"), at(2), None)).await, ids([4, 3]));
    assert_eq!(found(fresh, &filter(Some("rejected"), None, None)).await, ids([]));
}

/// The number as it is written, with blanks and dashes, too.
pub async fn a_search_finds_address_name_and_number_in_any_case(fresh: &Stores) {
    before(fresh, 3).await;
    for (typed, expected) in [
        ("PERSON2@", ids([2])),
        ("zoË o’nEILL", ids([3, 2, 1])),
        ("zoe\u{308}", ids([3, 2, 1])),
        ("K-003", ids([3])),
        ("k 003", ids([3])),
        ("k00", ids([3, 2, 1])),
        ("mail.example", ids([3, 2, 1])),
        ("nobody", ids([])),
        ("O’NeillK003", ids([])),
    ] {
        assert_eq!(found(fresh, &q(typed)).await, expected, "{typed}");
    }
}

/// What a database would read as "anything" among it.
pub async fn every_character_of_a_search_means_itself(fresh: &Stores) {
    before(fresh, 2).await;
    fresh.insert(sample::registration(3, Some("K_0/3"), fresh.now())).await;
    for typed in ["%", "person_@", "%@mail", "\\", "\\%", "'", "' OR '1'='1", "\"", "*", "person?@", "[a-z]", "--", ";"] {
        assert_eq!(found(fresh, &q(typed)).await, ids([]), "{typed}");
    }
    assert_eq!(found(fresh, &q("_")).await, ids([3]));
    assert_eq!(found(fresh, &q("k_0/")).await, ids([3]));
}

/// And no longer as it was.
pub async fn a_changed_row_is_found_as_it_is_now(fresh: &Stores) {
    before(fresh, 1).await;
    fresh.write(sample::registration(1, Some("K-777"), fresh.now()), 1).await;
    assert_eq!((found(fresh, &q("K-777")).await, found(fresh, &q("K-001")).await), (ids([1]), ids([])));
}

/// Newest first, after a place, by what they are found by.
pub async fn accounts_are_listed_and_found(fresh: &Stores) {
    for n in 1..=3 {
        fresh.clock.advance(TimeDelta::seconds(1));
        fresh.insert(sample::account(n, fresh.now())).await;
    }
    let account = sample::account_id;
    assert_eq!(accounts(fresh, None).await, [3, 2, 1].map(account));
    assert_eq!(accounts(fresh, Some(needle("Person2@Mail"))).await, [2].map(account));
    assert_eq!(accounts(fresh, Some(needle("%"))).await, []);
    let first = fresh.backoffice.accounts(&sample::portal(), None, None, 1).await.unwrap();
    let rest = fresh.backoffice.accounts(&sample::portal(), None, first.last().map(|row| row.place), 10).await.unwrap();
    assert_eq!(rest.iter().map(|row| row.value.id()).collect::<Vec<_>>(), [2, 1].map(account));
}

async fn trail(fresh: &Stores, filter: AuditFilter) -> Vec<String> {
    let rows = fresh.backoffice.audit(&sample::portal(), &filter, None, 100).await.unwrap();
    rows.into_iter().map(|entry| entry.row.kind).collect()
}

/// Three steps: two things happen to an account, one to a registration.
async fn steps(fresh: &Stores) {
    let account = Ref::Account(sample::account_id(1));
    let registration = Ref::Registration(sample::registration_id(1));
    for (actor, events) in [
        (Actor::Anonymous, vec![(registration, "registration.applied")]),
        (Actor::Account(sample::account_id(1)), vec![(account, "account.signed_in"), (account, "account.amended")]),
        (Actor::Clerk(sample::clerk_id(1).0), vec![(account, "account.suspended")]),
    ] {
        fresh.clock.advance(TimeDelta::seconds(1));
        let mut commit = fresh.step();
        commit.actor = actor;
        commit.events.extend(events.into_iter().map(|(subject, kind)| (subject, AuditEntry::new(kind).with("n", 1))));
        fresh.take(commit).await;
    }
}

/// The whole row, and pages that go on where one ended.
pub async fn the_audit_trail_is_told_newest_first(fresh: &Stores) {
    steps(fresh).await;
    let all = ["account.suspended", "account.amended", "account.signed_in", "registration.applied"];
    assert_eq!(trail(fresh, AuditFilter::default()).await, all);
    let mut after = None;
    let mut seen: Vec<AuditListed> = Vec::new();
    for _ in 0..=all.len() {
        let rows = fresh.backoffice.audit(&sample::portal(), &AuditFilter::default(), after, 1).await.unwrap();
        after = rows.last().map(|entry| entry.place).or(after);
        seen.extend(rows);
    }
    assert_eq!(seen.iter().map(|entry| entry.row.kind.as_str()).collect::<Vec<_>>(), all);
    let newest = &seen[0].row;
    assert_eq!((newest.at, newest.actor.as_str()), (fresh.now(), Actor::Clerk(sample::clerk_id(1).0).word().as_str()));
    assert_eq!((newest.subject, newest.details.as_str()), (Ref::Account(sample::account_id(1)), "{\"n\":\"1\"}"));
}

/// Each alone and together.
pub async fn the_audit_trail_is_told_by_subject_actor_kind_and_time(fresh: &Stores) {
    steps(fresh).await;
    let by = Actor::Account(sample::account_id(1)).word();
    let none = AuditFilter::default;
    let subject = Some(Ref::Registration(sample::registration_id(1)));
    assert_eq!(trail(fresh, AuditFilter { subject, ..none() }).await, ["registration.applied"]);
    assert_eq!(trail(fresh, AuditFilter { actor: Some(by.clone()), ..none() }).await, ["account.amended", "account.signed_in"]);
    let kind = Some("account.s".to_owned());
    assert_eq!(trail(fresh, AuditFilter { kind: kind.clone(), ..none() }).await, ["account.suspended", "account.signed_in"]);
    assert_eq!(trail(fresh, AuditFilter { kind, actor: Some(by), ..none() }).await, ["account.signed_in"]);
    assert!(trail(fresh, AuditFilter { kind: Some("account_s".to_owned()), ..none() }).await.is_empty());
    assert!(trail(fresh, AuditFilter { kind: Some("%".to_owned()), ..none() }).await.is_empty());
    let (from, to) = (Some(fresh.now() - TimeDelta::seconds(1)), Some(fresh.now()));
    assert_eq!(trail(fresh, AuditFilter { from, to, ..none() }).await, ["account.amended", "account.signed_in"]);
}
