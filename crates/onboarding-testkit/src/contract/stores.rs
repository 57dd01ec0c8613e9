//! What the suites of the six database ports work on: one store under six names, and its clock.

use crate::{FixedClock, MemoryStore, sample};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding::Aggregate;
use onboarding::ports::{
    Actor, Backoffice, Clock, Commit, CommitError, Delivery, DeliveryKind, Directory, ImportId, Outbox, OutboxChange, Sealed,
    SessionChange, SessionKind, SessionRow, Sessions, Store, Throttle, Version, Write,
};
use onboarding_core::{AccountId, DeliveryId, Language, PortalSlug, Record, Ref, policy};
use std::sync::Arc;

/// Looks into the outbox where no port does: a wiped text can be seen in no other way.
#[async_trait]
pub trait SealedTexts: Send + Sync {
    /// The sealed bytes that the row of this delivery still holds; `None` or empty once they are wiped.
    async fn sealed_text(&self, id: DeliveryId) -> Option<Vec<u8>>;
}

#[async_trait]
impl SealedTexts for MemoryStore {
    async fn sealed_text(&self, id: DeliveryId) -> Option<Vec<u8>> {
        Self::sealed_text(self, id).map(|sealed| sealed.bytes)
    }
}

/// A fresh, empty, migrated store behind its six ports. What must live as long as the store, such as a folder, is best
/// held by `texts`.
#[derive(Clone)]
pub struct Stores {
    /// Aggregates and steps.
    pub store: Arc<dyn Store>,
    /// Sessions.
    pub sessions: Arc<dyn Sessions>,
    /// Outgoing mails and letters.
    pub outbox: Arc<dyn Outbox>,
    /// Master data.
    pub directory: Arc<dyn Directory>,
    /// Counters.
    pub throttle: Arc<dyn Throttle>,
    /// Lists.
    pub backoffice: Arc<dyn Backoffice>,
    /// The clock that the store takes its time from.
    pub clock: Arc<FixedClock>,
    /// Looks into the outbox.
    pub texts: Arc<dyn SealedTexts>,
}

impl Stores {
    /// One adapter that is all six.
    pub fn new<S>(store: &Arc<S>, clock: Arc<FixedClock>, texts: Arc<dyn SealedTexts>) -> Self
    where
        S: Store + Sessions + Outbox + Directory + Throttle + Backoffice + 'static,
    {
        Self {
            store: store.clone(),
            sessions: store.clone(),
            outbox: store.clone(),
            directory: store.clone(),
            throttle: store.clone(),
            backoffice: store.clone(),
            clock,
            texts,
        }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// An empty step of the sample portal, now.
    pub(super) fn step(&self) -> Commit {
        Commit::new(self.now(), sample::portal(), Actor::System)
    }

    /// Takes one step that must succeed.
    pub(super) async fn take(&self, commit: Commit) {
        self.store.commit(commit).await.expect("the step was refused");
    }

    /// Writes one aggregate that must not exist yet.
    pub(super) async fn insert(&self, aggregate: impl Into<Aggregate>) {
        self.write(aggregate, 0).await;
    }

    /// Writes one aggregate over this version.
    pub(super) async fn write(&self, aggregate: impl Into<Aggregate>, expected: u64) {
        let mut commit = self.step();
        commit.writes.push(write(aggregate, expected));
        self.take(commit).await;
    }

    /// The version an aggregate has now; 0 if it does not exist.
    pub(super) async fn version(&self, what: Ref) -> u64 {
        self.store.load(what).await.expect("could not load").map_or(0, |found| found.version.0)
    }

    /// Takes one step with a single change of the outbox.
    pub(super) async fn change_outbox(&self, change: OutboxChange) -> Result<(), CommitError> {
        let mut commit = self.step();
        commit.outbox.push(change);
        self.store.commit(commit).await
    }

    /// Opens a session.
    pub(super) async fn open(&self, session: SessionRow) {
        let mut commit = self.step();
        commit.sessions.push(SessionChange::Open(session));
        self.take(commit).await;
    }

    /// Brings records in as one import, and tells nothing of it.
    pub(super) async fn import(&self, number: u64, portal: &PortalSlug, rows: Vec<Record>) -> onboarding::ports::ImportReport {
        let import = ImportId(sample::uuid(9, number));
        self.directory.stage(import, portal, 1, rows).await.expect("could not stage");
        self.directory.merge(import, portal).await.expect("could not merge")
    }
}

/// A state over the version it replaces.
pub(super) fn write(aggregate: impl Into<Aggregate>, expected: u64) -> Write {
    Write { aggregate: aggregate.into(), expected: Version(expected) }
}

/// A mail of registration 1, due at once.
pub(super) fn mail(n: u64, at: DateTime<Utc>) -> Delivery {
    let id = sample::delivery_id(n);
    Delivery {
        id,
        portal: sample::portal(),
        owner: Ref::Registration(sample::registration_id(1)),
        kind: DeliveryKind::Mail,
        template: "activation-code".to_owned(),
        language: Language::Fr,
        not_before: at,
        not_after: None,
        after: None,
        priority: 0,
        message_id: format!("{id}@sample.example"),
        sealed: sealed(n),
    }
}

/// A box that differs from that of every other number.
pub(super) fn sealed(n: u64) -> Sealed {
    let mut bytes = vec![0, 255, b'\'', 0xc3, 0x28];
    bytes.extend(n.to_be_bytes());
    Sealed { key: 3, bytes }
}

/// A page's session of an account at the sample portal, in generation 1; its token is `sample::digest(n)`.
pub(super) fn session(n: u64, account: AccountId, at: DateTime<Utc>) -> SessionRow {
    SessionRow {
        id: sample::session_id(n),
        portal: sample::portal(),
        account,
        digest: sample::digest(n),
        kind: SessionKind::Page,
        generation: 1,
        memberships: vec![sample::membership_id(1), sample::membership_id(2)],
        opened_at: at,
        last_seen: at,
        idle: policy::PAGE_IDLE,
        at_most: Some(at + policy::PAGE_AT_MOST),
    }
}
