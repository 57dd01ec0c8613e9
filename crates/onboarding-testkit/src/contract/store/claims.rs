//! Uniqueness, and tokens that lead somewhere.

use crate::contract::at_once;
use crate::contract::stores::Stores;
use crate::sample;
use onboarding::ports::{CommitError, Lookup, TokenEntry};
use onboarding_core::policy::Retention;
use onboarding_core::{Claim, ClaimChange, Digest, Presented, Ref};

fn email_claim() -> Claim {
    Claim::Email(sample::portal(), sample::email("kim@mail.example").key())
}

fn account(n: u64) -> Ref {
    Ref::Account(sample::account_id(n))
}

async fn change(fresh: &Stores, claims: Vec<ClaimChange>) -> Result<(), CommitError> {
    let mut commit = fresh.step();
    commit.claims = claims;
    fresh.store.commit(commit).await
}

async fn holder(fresh: &Stores, claim: &Claim) -> Option<Ref> {
    fresh.store.find(&Lookup::Claim(claim.clone())).await.unwrap()
}

/// The loser learns which claim it was: it decides what the person is told.
pub async fn a_taken_claim_is_named(fresh: &Stores) {
    let free = Claim::Login(sample::portal(), sample::number("K-1"));
    let taken = Claim::Record(sample::portal(), sample::number("K-1"));
    change(fresh, vec![ClaimChange::Take(taken.clone(), account(1))]).await.unwrap();
    let lost = change(fresh, vec![ClaimChange::Take(free.clone(), account(2)), ClaimChange::Take(taken.clone(), account(2))]).await;
    assert!(matches!(lost, Err(CommitError::Claimed(claim)) if claim == taken));
    assert_eq!(holder(fresh, &taken).await, Some(account(1)));
    assert_eq!(holder(fresh, &free).await, None);
}

/// And once it is released, to nobody.
pub async fn a_claim_leads_to_its_holder(fresh: &Stores) {
    let claim = email_claim();
    assert_eq!(holder(fresh, &claim).await, None);
    change(fresh, vec![ClaimChange::Take(claim.clone(), account(1))]).await.unwrap();
    assert_eq!(holder(fresh, &claim).await, Some(account(1)));
    change(fresh, vec![ClaimChange::Release(claim.clone())]).await.unwrap();
    assert_eq!(holder(fresh, &claim).await, None);
    change(fresh, vec![ClaimChange::Release(claim.clone())]).await.expect("what nobody holds can be released");
    change(fresh, vec![ClaimChange::Take(claim.clone(), account(2))]).await.unwrap();
    assert_eq!(holder(fresh, &claim).await, Some(account(2)));
}

/// An address may change into its own twin: release and take of the same key, in either order of the list.
pub async fn a_claim_is_released_before_it_is_taken(fresh: &Stores) {
    let claim = email_claim();
    change(fresh, vec![ClaimChange::Take(claim.clone(), account(1))]).await.unwrap();
    change(fresh, vec![ClaimChange::Take(claim.clone(), account(2)), ClaimChange::Release(claim.clone())]).await.unwrap();
    assert_eq!(holder(fresh, &claim).await, Some(account(2)));
    change(fresh, vec![ClaimChange::Release(claim.clone()), ClaimChange::Take(claim.clone(), account(3))]).await.unwrap();
    assert_eq!(holder(fresh, &claim).await, Some(account(3)));
}

/// "Nobody holds it" is a fact too: who decided on it and was overtaken decides again, and nothing of the step is there.
pub async fn a_claim_expected_to_be_free_is_a_conflict_once_it_is_held(fresh: &Stores) {
    let claim = email_claim();
    let step = |n: u64| {
        let mut commit = fresh.step();
        commit.expects_free.push(claim.clone());
        commit.writes.push(crate::contract::stores::write(sample::account(n, fresh.now()), 0));
        commit
    };
    fresh.take(step(1)).await;
    change(fresh, vec![ClaimChange::Take(Claim::Email(sample::neighbour(), sample::email("kim@mail.example").key()), account(8))])
        .await
        .unwrap();
    fresh.take(step(2)).await;
    change(fresh, vec![ClaimChange::Take(claim.clone(), account(9))]).await.unwrap();
    assert!(matches!(fresh.store.commit(step(3)).await, Err(CommitError::Conflict)));
    assert_eq!(fresh.version(account(3)).await, 0);
    // What the step itself would take is free only if it was before it.
    let mut taking = step(3);
    taking.claims = vec![ClaimChange::Release(claim.clone()), ClaimChange::Take(claim.clone(), account(3))];
    assert!(matches!(fresh.store.commit(taking).await, Err(CommitError::Conflict)));
    change(fresh, vec![ClaimChange::Release(claim.clone())]).await.unwrap();
    let mut taking = step(3);
    taking.claims = vec![ClaimChange::Take(claim.clone(), account(3))];
    fresh.take(taking).await;
    assert_eq!(holder(fresh, &claim).await, Some(account(3)));
}

/// The same number is free at the next portal, and as a login although it is taken as a record.
pub async fn a_claim_holds_within_its_portal_and_kind(fresh: &Stores) {
    let number = || sample::number("K-1");
    let claims = [
        Claim::Record(sample::portal(), number()),
        Claim::Record(sample::neighbour(), number()),
        Claim::Login(sample::portal(), number()),
        Claim::Record(sample::portal(), sample::number("K-01")),
    ];
    for (n, claim) in (1..).zip(&claims) {
        change(fresh, vec![ClaimChange::Take(claim.clone(), account(n))]).await.unwrap();
    }
    for (n, claim) in (1..).zip(&claims) {
        assert_eq!(holder(fresh, claim).await, Some(account(n)));
    }
}

/// Of eight accounts that open with one address one opens.
pub async fn one_of_many_takers_at_once_wins(fresh: &Stores) {
    let tasks = (1..=8).map(|n| {
        let mut commit = fresh.step();
        let opened = sample::account(n, fresh.now());
        commit.claims.push(ClaimChange::Take(email_claim(), Ref::Account(opened.id())));
        commit.writes.push(crate::contract::stores::write(opened, 0));
        let store = fresh.store.clone();
        async move { store.commit(commit).await }
    });
    let answers = at_once(tasks).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.iter().all(|answer| matches!(answer, Ok(()) | Err(CommitError::Claimed(_)))), "{answers:?}");
    let mut opened = Vec::new();
    for n in 1..=8 {
        if fresh.version(account(n)).await == 1 {
            opened.push(account(n));
        }
    }
    assert_eq!(opened, Vec::from_iter(holder(fresh, &email_claim()).await));
}

async fn index(fresh: &Stores, digest: Digest, owner: Ref) {
    let mut commit = fresh.step();
    commit.tokens.push(TokenEntry { digest, owner });
    fresh.take(commit).await;
}

async fn led(fresh: &Stores, presented: Vec<Digest>) -> Option<Ref> {
    fresh.store.find(&Lookup::Token(Presented(presented))).await.unwrap()
}

/// What is found and loaded at once is what is found, and then loaded.
pub async fn what_is_led_to_is_loaded_in_one_look(fresh: &Stores) {
    let account = sample::account(1, fresh.now());
    let registration = sample::registration(1, Some("K-1"), fresh.now());
    let mut commit = fresh.step();
    commit.claims.push(ClaimChange::Take(email_claim(), Ref::Account(account.id())));
    commit.tokens = vec![
        TokenEntry { digest: sample::digest(1), owner: Ref::Registration(registration.id()) },
        TokenEntry { digest: sample::digest(2), owner: Ref::Account(account.id()) },
        TokenEntry { digest: sample::digest(3), owner: self::account(7) },
    ];
    commit.writes = vec![
        crate::contract::stores::write(account.clone(), 0),
        crate::contract::stores::write(registration.clone(), 0),
        crate::contract::stores::write(sample::roster(1, "K-1", fresh.now()), 0),
    ];
    fresh.take(commit).await;
    fresh.write(registration.clone(), 1).await;
    let token = |n| Lookup::Token(sample::digest(n).into());
    let behind = async |by: Lookup| fresh.store.behind(&by).await.unwrap().map(|found| (found.value.reference(), found.version.0));
    assert_eq!(behind(Lookup::Claim(email_claim())).await, Some((Ref::Account(account.id()), 1)));
    assert_eq!(behind(Lookup::Claim(Claim::Email(sample::neighbour(), sample::email("kim@mail.example").key()))).await, None);
    assert_eq!(behind(token(1)).await, Some((Ref::Registration(registration.id()), 2)));
    assert_eq!(behind(token(2)).await, Some((Ref::Account(account.id()), 1)));
    assert_eq!(behind(token(3)).await, None, "what is led to is gone");
    assert_eq!(behind(token(4)).await, None);
    assert_eq!(behind(Lookup::Token(Presented(Vec::new()))).await, None);
    let other_key = Digest { key: 2, ..sample::digest(1) };
    assert_eq!(behind(Lookup::Token(Presented(vec![other_key, sample::digest(5)]))).await, None);
    let roster = Lookup::Roster(sample::portal(), sample::number("K-1"));
    assert_eq!(behind(roster).await, Some((Ref::Roster(sample::roster_id(1)), 1)));
}

/// After a rotation a token is digested under several keys; the one it was kept under finds it.
pub async fn a_token_is_found_under_any_presented_key(fresh: &Stores) {
    let kept = sample::digest(1);
    index(fresh, kept, account(1)).await;
    let newer = Digest { key: 2, ..sample::digest(50) };
    let oldest = Digest { key: 0, ..sample::digest(51) };
    assert_eq!(led(fresh, vec![kept]).await, Some(account(1)));
    assert_eq!(led(fresh, vec![newer, kept, oldest]).await, Some(account(1)));
    assert_eq!(led(fresh, vec![newer, oldest]).await, None);
    assert_eq!(led(fresh, vec![]).await, None);
}

/// Purpose and portal are part of the digested text: the index compares all of the digest, its key too, and nothing else.
pub async fn a_token_is_its_whole_digest(fresh: &Stores) {
    let kept = sample::digest(1);
    index(fresh, kept, account(1)).await;
    index(fresh, sample::digest(2), account(2)).await;
    let other_key = Digest { key: 2, ..kept };
    assert_eq!(led(fresh, vec![other_key]).await, None, "the same bytes under another key");
    for at in [0, 15, 31] {
        let mut near = kept;
        near.bytes[at] ^= 1;
        assert_eq!(led(fresh, vec![near]).await, None, "byte {at} was not compared");
    }
    assert_eq!(led(fresh, vec![sample::digest(2)]).await, Some(account(2)));
}

/// A late click gets a truthful answer: newer tokens, other states and time change nothing about the older one.
pub async fn a_dead_token_still_leads_to_its_owner(fresh: &Stores) {
    let state = sample::registration(1, None, fresh.now());
    let owner = Ref::Registration(state.id());
    let mut commit = fresh.step();
    commit.writes.push(crate::contract::stores::write(state.clone(), 0));
    commit.tokens.push(TokenEntry { digest: sample::digest(1), owner });
    fresh.take(commit).await;
    index(fresh, sample::digest(2), owner).await;
    fresh.write(sample::ended(state, fresh.now()), 1).await;
    fresh.clock.advance(chrono::TimeDelta::days(29));
    fresh.store.purge(fresh.now(), &Retention::default(), 100).await.unwrap();
    for n in [1, 2] {
        assert_eq!(led(fresh, vec![sample::digest(n)]).await, Some(owner));
    }
}
