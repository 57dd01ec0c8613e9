//! All or nothing, part by part.

use crate::contract::stores::{Stores, mail, sealed, session, write};
use crate::sample;
use onboarding::ports::{
    CommandRecord, Commit, CommitError, Lookup, OutboxChange, OutboxFilter, SessionChange, Settlement, TokenEntry, Version,
};
use onboarding_core::audit::AuditEntry;
use onboarding_core::consent::{ConsentGiven, DocumentVersion};
use onboarding_core::{Claim, ClaimChange, Language, Ref};

pub(super) fn consent(document: &str, version: &str, granted: bool, fresh: &Stores) -> ConsentGiven {
    let shown = DocumentVersion { document: document.to_owned(), version: version.to_owned(), language: Language::It, sha256: [7; 32] };
    ConsentGiven { shown, granted, at: fresh.now() }
}

fn claim(n: u64) -> Claim {
    Claim::Email(sample::portal(), sample::email(&format!("person{n}@mail.example")).key())
}

fn command(n: u64) -> CommandRecord {
    CommandRecord { key: sample::digest(700 + n), body: sample::digest(800 + n), reply: sealed(n) }
}

/// What stands before the step: account 1 with its session and claim, and a queued mail.
async fn before(fresh: &Stores) {
    let account = sample::account(1, fresh.now());
    let mut commit = fresh.step();
    commit.claims.push(ClaimChange::Take(claim(1), Ref::Account(account.id())));
    commit.sessions.push(SessionChange::Open(session(1, account.id(), fresh.now())));
    commit.outbox.push(OutboxChange::Enqueue(mail(1, fresh.now())));
    commit.command = Some(command(1));
    commit.writes.push(write(account, 0));
    fresh.take(commit).await;
}

/// A step with every part: account 2 opens, account 1 is written, its claim and session go, the mail is withdrawn.
fn everything(fresh: &Stores) -> Commit {
    let now = fresh.now();
    let (first, second) = (sample::account(1, now), sample::account(2, now));
    let subject = Ref::Account(second.id());
    let mut commit = fresh.step();
    commit.expects.push((Ref::Roster(sample::roster_id(1)), Version(0)));
    commit.events.push((subject, AuditEntry::new("account.opened").with("credential", "own")));
    commit.claims.push(ClaimChange::Take(claim(2), subject));
    commit.claims.push(ClaimChange::Release(claim(1)));
    commit.tokens.push(TokenEntry { digest: sample::digest(600), owner: subject });
    commit.outbox.push(OutboxChange::Enqueue(mail(2, now)));
    commit.outbox.push(OutboxChange::Withdraw { id: sample::delivery_id(1) });
    commit.sessions.push(SessionChange::Open(session(2, second.id(), now)));
    commit.sessions.push(SessionChange::Close(first.id(), sample::session_id(1)));
    commit.consents.push((subject, consent("terms", "1", true, fresh)));
    commit.command = Some(command(2));
    commit.writes.push(write(sample::signed_out(first), 1));
    commit.writes.push(write(second, 0));
    commit
}

/// Looks at every part of [`everything`]: `done` or not at all.
async fn see(fresh: &Stores, done: bool) {
    let now = fresh.now();
    let (first, second) = (Ref::Account(sample::account_id(1)), Ref::Account(sample::account_id(2)));
    let outbox = fresh.outbox.list(&OutboxFilter::default(), 10).await.unwrap();
    let queued: Vec<_> = outbox.iter().filter(|row| row.settled_at.is_none()).map(|row| row.id).collect();
    let seen = [
        ("the first write", fresh.version(first).await == 2),
        ("the second write", fresh.version(second).await == 1),
        ("the event", fresh.store.history(second).await.unwrap().len() == 1),
        ("the taken claim", fresh.store.find(&Lookup::Claim(claim(2))).await.unwrap() == Some(second)),
        ("the released claim", fresh.store.find(&Lookup::Claim(claim(1))).await.unwrap().is_none()),
        ("the token", fresh.store.find(&Lookup::Token(sample::digest(600).into())).await.unwrap() == Some(second)),
        ("the mail", queued.contains(&sample::delivery_id(2))),
        ("the withdrawal", !queued.contains(&sample::delivery_id(1))),
        ("the opened session", fresh.sessions.list(sample::account_id(2), 1, now).await.unwrap().len() == 1),
        ("the closed session", fresh.sessions.list(sample::account_id(1), 1, now).await.unwrap().is_empty()),
        ("the consent", fresh.store.consents(second).await.unwrap().len() == 1),
        ("the command", fresh.store.replay(&sample::digest(702).into(), now).await.unwrap().is_some()),
    ];
    for (part, visible) in seen {
        assert_eq!(visible, done, "{part}: visible is {visible}");
    }
    assert_eq!(outbox.len(), if done { 2 } else { 1 }, "rows of the outbox");
}

/// A step that succeeds shows every part.
pub async fn everything_of_a_step_is_visible(fresh: &Stores) {
    before(fresh).await;
    fresh.take(everything(fresh)).await;
    see(fresh, true).await;
}

/// A fact that moved on takes everything else down with it.
pub async fn nothing_of_a_conflict_is_visible(fresh: &Stores) {
    before(fresh).await;
    let mut commit = everything(fresh);
    commit.expects.push((Ref::Account(sample::account_id(1)), Version(7)));
    assert!(matches!(fresh.store.commit(commit).await, Err(CommitError::Conflict)));
    see(fresh, false).await;
    let mut commit = everything(fresh);
    commit.writes.push(write(sample::account(3, fresh.now()), 7));
    assert!(matches!(fresh.store.commit(commit).await, Err(CommitError::Conflict)));
    see(fresh, false).await;
    fresh.take(everything(fresh)).await;
    see(fresh, true).await;
}

/// A claim that is taken takes everything else down with it.
pub async fn nothing_of_a_lost_claim_is_visible(fresh: &Stores) {
    before(fresh).await;
    let mut other = fresh.step();
    other.claims.push(ClaimChange::Take(claim(3), Ref::Account(sample::account_id(3))));
    fresh.take(other).await;
    let mut commit = everything(fresh);
    commit.claims.push(ClaimChange::Take(claim(3), Ref::Account(sample::account_id(2))));
    assert!(matches!(fresh.store.commit(commit).await, Err(CommitError::Claimed(lost)) if lost == claim(3)));
    see(fresh, false).await;
    fresh.take(everything(fresh)).await;
    see(fresh, true).await;
}

/// A command that was carried out takes everything else down with it.
pub async fn nothing_of_a_duplicate_is_visible(fresh: &Stores) {
    before(fresh).await;
    let mut commit = everything(fresh);
    commit.command = Some(command(1));
    assert!(matches!(fresh.store.commit(commit).await, Err(CommitError::Duplicate)));
    see(fresh, false).await;
    fresh.take(everything(fresh)).await;
    see(fresh, true).await;
}

/// A lease that is another's takes everything else down with it, wherever it stands in the list.
pub async fn nothing_of_a_fenced_step_is_visible(fresh: &Stores) {
    before(fresh).await;
    let (id, fence) = (sample::delivery_id(1), 99);
    for change in [OutboxChange::Attempt { id, fence }, OutboxChange::Settle { id, fence, result: Settlement::Sent }] {
        let mut commit = everything(fresh);
        commit.outbox.insert(1, change);
        assert!(matches!(fresh.store.commit(commit).await, Err(CommitError::Fenced)));
        see(fresh, false).await;
    }
    fresh.take(everything(fresh)).await;
    see(fresh, true).await;
}
