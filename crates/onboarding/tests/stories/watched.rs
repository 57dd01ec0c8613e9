//! The memory fakes under watch: every call is counted, and a test may step in between two of them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding::Aggregate;
use onboarding::core::{
    AccountId, DeliveryId, Digest, PasswordHash, PortalSlug, Presented, Record, RecordId, RecordNumber, Ref, SessionId,
    account::Account,
    consent::ConsentGiven,
    membership::Membership,
    policy::{Limit, Retention},
    registration::Registration,
};
use onboarding::ports::{
    AuditFilter, AuditListed, AuditRow, Backoffice, Commit, CommitError, DeliveryListed, DeliveryStatus, DigestPurpose, Directory,
    DirectoryError, Entropy, HasherError, ImportId, ImportNote, ImportReport, Kept, Leased, Listed, Lookup, MembershipFact, Needle, Outbox,
    OutboxFilter, OutboxRow, PasswordHasher, Place, RegistrationFilter, Relation, Replay, Sealed, SessionFacts, SessionRow, Sessions,
    StaffFacts, Store, StoreError, Taken, Tally, Throttle, ThrottleKey, Vault, VaultError, Verification, Versioned,
};
use onboarding_testkit::{Bench, CheapHasher, MemoryStore, PlainVault, SeededEntropy};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Barrier;

type Hand = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How often each thing was done.
pub(crate) type Ledger = BTreeMap<&'static str, usize>;

/// Every port but the clock, over the fakes of a bench.
pub(crate) struct Watched {
    store: Arc<MemoryStore>,
    hasher: Arc<CheapHasher>,
    vault: Arc<PlainVault>,
    entropy: Arc<SeededEntropy>,
    ledger: Mutex<Ledger>,
    hands: Mutex<Vec<(&'static str, Hand)>>,
    gate: Mutex<Option<(usize, Arc<Barrier>)>>,
    broken: Mutex<Option<Ref>>,
    unready: AtomicBool,
}

impl Watched {
    pub(crate) fn new(bench: &Bench) -> Self {
        Self {
            store: bench.store.clone(),
            hasher: bench.hasher.clone(),
            vault: bench.vault.clone(),
            entropy: bench.entropy.clone(),
            ledger: Mutex::default(),
            hands: Mutex::default(),
            gate: Mutex::default(),
            broken: Mutex::default(),
            unready: AtomicBool::default(),
        }
    }

    /// What was done since the last look.
    pub(crate) fn take_ledger(&self) -> Ledger {
        std::mem::take(&mut *self.ledger.lock().unwrap())
    }

    /// Once, as soon as this call has been answered and before its caller goes on.
    pub(crate) fn after(&self, call: &'static str, hand: impl Future<Output = ()> + Send + 'static) {
        self.hands.lock().unwrap().push((call, Box::pin(hand)));
    }

    /// From now on it works, and says that it is not ready; or no longer.
    pub(crate) fn set_unready(&self, unready: bool) {
        self.unready.store(unready, Ordering::SeqCst);
    }

    /// The next `many` loads wait for one another: all of them see the same state.
    pub(crate) fn gather_loads(&self, many: usize) {
        *self.gate.lock().unwrap() = Some((many, Arc::new(Barrier::new(many))));
    }

    /// Nobody can read this row any more.
    pub(crate) fn break_row(&self, row: Ref) {
        *self.broken.lock().unwrap() = Some(row);
    }

    fn note(&self, what: &'static str, many: usize) {
        if many > 0 {
            *self.ledger.lock().unwrap().entry(what).or_default() += many;
        }
    }

    async fn lend_a_hand(&self, call: &'static str) {
        let hand = {
            let mut hands = self.hands.lock().unwrap();
            let at = hands.iter().position(|(awaited, _)| *awaited == call);
            at.map(|at| hands.remove(at).1)
        };
        if let Some(hand) = hand {
            hand.await;
        }
    }

    async fn wait_at_gate(&self) {
        let barrier = {
            let mut gate = self.gate.lock().unwrap();
            match gate.as_mut() {
                Some((left, barrier)) if *left > 0 => {
                    *left -= 1;
                    Some(barrier.clone())
                }
                Some(_) | None => None,
            }
        };
        if let Some(barrier) = barrier {
            barrier.wait().await;
        }
    }
}

#[async_trait]
impl Store for Watched {
    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        self.note("store.now", 1);
        let now = self.store.now().await;
        self.lend_a_hand("now").await;
        now
    }

    async fn load(&self, what: Ref) -> Result<Option<Versioned<Aggregate>>, StoreError> {
        self.note("store.load", 1);
        if *self.broken.lock().unwrap() == Some(what) {
            return Err(StoreError::Corrupt("broken by the test".to_owned()));
        }
        let found = self.store.load(what).await;
        self.wait_at_gate().await;
        self.lend_a_hand("load").await;
        found
    }

    async fn find(&self, by: &Lookup) -> Result<Option<Ref>, StoreError> {
        self.note("store.find", 1);
        Store::find(&*self.store, by).await
    }

    async fn related(&self, relation: &Relation) -> Result<Vec<Versioned<Aggregate>>, StoreError> {
        self.note("store.related", 1);
        self.store.related(relation).await
    }

    async fn replay(&self, key: &Presented, now: DateTime<Utc>) -> Result<Option<Replay>, StoreError> {
        self.note("store.replay", 1);
        let found = self.store.replay(key, now).await;
        self.lend_a_hand("replay").await;
        found
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        self.note("store.commit", 1);
        // A version that is checked, one that is raised and a claim that is looked at are one row each.
        self.note("commit.rows", commit.writes.len() + commit.expects.len() + commit.expects_free.len());
        self.note("commit.events", commit.events.len());
        self.note("commit.claims", commit.claims.len());
        self.note("commit.tokens", commit.tokens.len());
        self.note("commit.outbox", commit.outbox.len());
        self.note("commit.sessions", commit.sessions.len());
        self.note("commit.consents", commit.consents.len());
        let done = self.store.commit(commit).await;
        self.lend_a_hand("commit").await;
        done
    }

    async fn due(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<Ref>, StoreError> {
        self.note("store.due", 1);
        self.store.due(now, limit).await
    }

    async fn history(&self, of: Ref) -> Result<Vec<AuditRow>, StoreError> {
        self.note("store.history", 1);
        self.store.history(of).await
    }

    async fn consents(&self, of: Ref) -> Result<Vec<ConsentGiven>, StoreError> {
        self.note("store.consents", 1);
        self.store.consents(of).await
    }

    async fn purge(&self, now: DateTime<Utc>, keep: &Retention, limit: u32) -> Result<u64, StoreError> {
        Store::purge(&*self.store, now, keep, limit).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        if self.unready.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("the clocks are apart".to_owned()));
        }
        self.store.ready().await
    }
}

#[async_trait]
impl Sessions for Watched {
    async fn look_up(&self, portal: &PortalSlug, token: &Presented, now: DateTime<Utc>) -> Result<Option<SessionFacts>, StoreError> {
        self.note("sessions.look_up", 1);
        self.store.look_up(portal, token, now).await
    }

    async fn touch(&self, id: SessionId, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.note("sessions.touch", 1);
        self.store.touch(id, now).await
    }

    async fn list(&self, account: AccountId, generation: u64, now: DateTime<Utc>) -> Result<Vec<SessionRow>, StoreError> {
        self.note("sessions.list", 1);
        Sessions::list(&*self.store, account, generation, now).await
    }

    async fn memberships(&self, account: AccountId) -> Result<Vec<MembershipFact>, StoreError> {
        self.note("sessions.memberships", 1);
        self.store.memberships(account).await
    }

    async fn look_up_staff(&self, portal: &PortalSlug, token: &Presented, now: DateTime<Utc>) -> Result<Option<StaffFacts>, StoreError> {
        self.note("sessions.look_up_staff", 1);
        self.store.look_up_staff(portal, token, now).await
    }

    async fn touch_staff(&self, id: SessionId, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.note("sessions.touch_staff", 1);
        self.store.touch_staff(id, now).await
    }

    async fn purge(&self, now: DateTime<Utc>, limit: u32) -> Result<u64, StoreError> {
        Sessions::purge(&*self.store, now, limit).await
    }
}

#[async_trait]
impl Outbox for Watched {
    async fn lease(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<Leased>, StoreError> {
        self.store.lease(now, limit).await
    }

    async fn lease_of(&self, id: DeliveryId, now: DateTime<Utc>) -> Result<Option<Leased>, StoreError> {
        self.store.lease_of(id, now).await
    }

    async fn next_due(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.store.next_due(now).await
    }

    async fn kept(&self, id: DeliveryId) -> Result<Option<Kept>, StoreError> {
        Outbox::kept(&*self.store, id).await
    }

    async fn statuses(&self, ids: &[DeliveryId]) -> Result<Vec<(DeliveryId, DeliveryStatus)>, StoreError> {
        self.store.statuses(ids).await
    }

    async fn list(&self, filter: &OutboxFilter, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        Outbox::list(&*self.store, filter, limit).await
    }

    async fn purge(&self, before: DateTime<Utc>, limit: u32) -> Result<u64, StoreError> {
        Outbox::purge(&*self.store, before, limit).await
    }
}

#[async_trait]
impl Directory for Watched {
    async fn find(&self, portal: &PortalSlug, number: &RecordNumber) -> Result<Option<Versioned<Record>>, StoreError> {
        self.note("directory.find", 1);
        let found = Directory::find(&*self.store, portal, number).await;
        self.lend_a_hand("record").await;
        found
    }

    async fn by_id(&self, id: RecordId) -> Result<Option<Versioned<Record>>, StoreError> {
        self.note("directory.by_id", 1);
        self.store.by_id(id).await
    }

    async fn stage(&self, import: ImportId, portal: &PortalSlug, first_row: u64, rows: Vec<Record>) -> Result<(), DirectoryError> {
        self.store.stage(import, portal, first_row, rows).await
    }

    async fn merge(&self, import: ImportId, portal: &PortalSlug) -> Result<ImportReport, DirectoryError> {
        self.store.merge(import, portal).await
    }

    async fn discard(&self, import: ImportId) -> Result<(), StoreError> {
        self.store.discard(import).await
    }

    async fn note(&self, note: ImportNote) -> Result<(), StoreError> {
        Directory::note(&*self.store, note).await
    }

    async fn noted(&self, portal: &PortalSlug, import: ImportId) -> Result<Option<ImportNote>, StoreError> {
        self.store.noted(portal, import).await
    }
}

#[async_trait]
impl Backoffice for Watched {
    async fn registrations(
        &self,
        portal: &PortalSlug,
        filter: &RegistrationFilter,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Listed<Registration>>, StoreError> {
        self.note("backoffice.registrations", 1);
        self.store.registrations(portal, filter, after, limit).await
    }

    async fn accounts(
        &self,
        portal: &PortalSlug,
        q: Option<Needle>,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Listed<Account>>, StoreError> {
        self.note("backoffice.accounts", 1);
        self.store.accounts(portal, q, after, limit).await
    }

    async fn letters(
        &self,
        portal: &PortalSlug,
        state: Option<onboarding::core::membership::LetterFate>,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Listed<Membership>>, StoreError> {
        self.note("backoffice.letters", 1);
        self.store.letters(portal, state, after, limit).await
    }

    async fn audit(
        &self,
        portal: &PortalSlug,
        filter: &AuditFilter,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<AuditListed>, StoreError> {
        self.note("backoffice.audit", 1);
        self.store.audit(portal, filter, after, limit).await
    }

    async fn deliveries(
        &self,
        portal: &PortalSlug,
        status: Option<DeliveryStatus>,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<DeliveryListed>, StoreError> {
        self.note("backoffice.deliveries", 1);
        self.store.deliveries(portal, status, after, limit).await
    }

    async fn tally(&self, portal: &PortalSlug, marks: &[DateTime<Utc>]) -> Result<Tally, StoreError> {
        self.note("backoffice.tally", 1);
        self.store.tally(portal, marks).await
    }
}

#[async_trait]
impl Throttle for Watched {
    async fn take(&self, key: ThrottleKey, limit: Limit, now: DateTime<Utc>) -> Result<Taken, StoreError> {
        self.note("throttle.take", 1);
        self.store.take(key, limit, now).await
    }

    async fn take_all(&self, takes: &[(ThrottleKey, Limit)], now: DateTime<Utc>) -> Result<Vec<Taken>, StoreError> {
        self.note("throttle.take_all", 1);
        self.note("throttle.take", takes.len());
        self.store.take_all(takes, now).await
    }

    async fn look(&self, takes: &[(ThrottleKey, Limit)], now: DateTime<Utc>) -> Result<Vec<Taken>, StoreError> {
        self.note("throttle.look", takes.len());
        self.store.look(takes, now).await
    }

    async fn take_beside(
        &self,
        room: &[(ThrottleKey, Limit)],
        takes: &[(ThrottleKey, Limit)],
        now: DateTime<Utc>,
    ) -> Result<Vec<Taken>, StoreError> {
        self.note("throttle.take_beside", 1);
        self.note("throttle.look", room.len());
        self.note("throttle.take", takes.len());
        self.store.take_beside(room, takes, now).await
    }

    async fn give_back_all(&self, keys: &[ThrottleKey]) -> Result<(), StoreError> {
        self.note("throttle.give_back_all", 1);
        self.note("throttle.give_back", keys.len());
        self.store.give_back_all(keys).await
    }

    async fn give_back(&self, key: ThrottleKey) -> Result<(), StoreError> {
        self.note("throttle.give_back", 1);
        self.store.give_back(key).await
    }

    async fn forget(&self, key: ThrottleKey) -> Result<(), StoreError> {
        self.note("throttle.forget", 1);
        self.store.forget(key).await
    }

    async fn purge(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        Throttle::purge(&*self.store, now).await
    }
}

#[async_trait]
impl PasswordHasher for Watched {
    async fn hash(&self, password: SecretString) -> Result<PasswordHash, HasherError> {
        self.note("hasher.hash", 1);
        let hash = self.hasher.hash(password).await;
        self.lend_a_hand("hash").await;
        hash
    }

    async fn verify(&self, password: SecretString, stored: Option<PasswordHash>) -> Result<Verification, HasherError> {
        self.note("hasher.verify", 1);
        let found = self.hasher.verify(password, stored).await;
        self.lend_a_hand("verify").await;
        found
    }
}

impl Vault for Watched {
    fn digest(&self, purpose: DigestPurpose, parts: &[&[u8]]) -> Digest {
        self.note("vault.digest", 1);
        self.vault.digest(purpose, parts)
    }

    fn presented(&self, purpose: DigestPurpose, parts: &[&[u8]]) -> Presented {
        self.note("vault.presented", 1);
        self.vault.presented(purpose, parts)
    }

    fn seal(&self, context: &[u8], plain: &[u8]) -> Sealed {
        self.note("vault.seal", 1);
        self.vault.seal(context, plain)
    }

    fn open(&self, context: &[u8], sealed: &Sealed) -> Result<zeroize::Zeroizing<Vec<u8>>, VaultError> {
        self.vault.open(context, sealed)
    }
}

impl Entropy for Watched {
    fn fill(&self, bytes: &mut [u8]) {
        self.note("entropy.fill", 1);
        self.entropy.fill(bytes);
    }
}
