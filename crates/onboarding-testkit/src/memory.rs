//! A store in memory that behaves like a database: a commit is taken as a whole or not at all, and every replica of a
//! test may hold the same one. It forgets everything when it is dropped.

mod backoffice;
mod commit;
mod directory;
mod outbox;
mod sessions;
mod store;
mod throttle;

use chrono::{DateTime, Utc};
use onboarding::ports::{AuditRow, Clock, ImportNote, Sealed, SessionRow, StaffSessionRow, StoreError, Version, Versioned};
use onboarding::{Aggregate, Index};
use onboarding_core::{Claim, DeliveryId, Digest, PortalSlug, Record, RecordId, RecordNumber, Ref, SessionId, Uuid, consent::ConsentGiven};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// `Store`, `Sessions`, `Outbox`, `Directory`, `Throttle` and `Backoffice` over one lock.
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    state: State,
    down: bool,
    conflicts: u32,
}

/// Everything stored.
#[derive(Default)]
struct State {
    rows: HashMap<Ref, Row>,
    claims: HashMap<Claim, Ref>,
    /// Where each leads, and since when.
    tokens: HashMap<DigestKey, (Ref, DateTime<Utc>)>,
    audit: HashMap<Ref, Vec<AuditEntry>>,
    consents: HashMap<Ref, Vec<ConsentGiven>>,
    commands: HashMap<DigestKey, Command>,
    outbox: HashMap<DeliveryId, outbox::Entry>,
    sessions: HashMap<SessionId, SessionRow>,
    staff_sessions: HashMap<SessionId, StaffSessionRow>,
    records: HashMap<RecordId, (PortalSlug, Versioned<Record>)>,
    numbers: HashMap<(PortalSlug, RecordNumber), RecordId>,
    staged: HashMap<Uuid, Vec<directory::Staged>>,
    notes: HashMap<Uuid, ImportNote>,
    counters: HashMap<DigestKey, throttle::Counter>,
    /// Numbers rows in the order in which they came: times can be equal.
    serial: u64,
}

/// One aggregate with what is indexed of it.
struct Row {
    aggregate: Aggregate,
    index: Index,
    version: Version,
    serial: u64,
    created_at: DateTime<Utc>,
    written_at: DateTime<Utc>,
}

/// A line of the audit trail, with what no aggregate knows of it.
struct AuditEntry {
    portal: PortalSlug,
    serial: u64,
    row: AuditRow,
}

/// A repeatable command.
struct Command {
    body: Digest,
    reply: Sealed,
    at: DateTime<Utc>,
}

/// A digest as a key: the index of a database compares it the same way.
type DigestKey = (u32, [u8; 32]);

fn digest_key(digest: &Digest) -> DigestKey {
    (digest.key, digest.bytes)
}

impl State {
    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// The version of an aggregate or a record; 0 where there is none.
    fn version_of(&self, what: Ref) -> Version {
        match what {
            Ref::Record(id) => self.records.get(&id).map_or(Version(0), |(_, record)| record.version),
            Ref::Registration(_) | Ref::Account(_) | Ref::Membership(_) | Ref::Roster(_) | Ref::Clerk(_) => {
                self.rows.get(&what).map_or(Version(0), |row| row.version)
            }
        }
    }
}

impl MemoryStore {
    /// An empty store that takes its time from this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, inner: Mutex::default() }
    }

    /// Every call fails with [`StoreError::Unavailable`] while the store is down; what it holds stays.
    pub fn set_down(&self, down: bool) {
        self.inner().down = down;
    }

    /// The next `times` commits are refused with a conflict, as if somebody else had been faster.
    pub fn conflict_next(&self, times: u32) {
        self.inner().conflicts = times;
    }

    /// The sealed text that an outbox row still holds: `None` once it is wiped, or without such a row.
    pub fn sealed_text(&self, id: DeliveryId) -> Option<Sealed> {
        self.inner().state.outbox.get(&id).and_then(|entry| entry.sealed.clone())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Every change is checked before the first of it is made, so a panic leaves nothing half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on the state, unless the store is down.
    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> Result<T, StoreError> {
        let mut inner = self.inner();
        if inner.down { Err(StoreError::Unavailable("it was taken down by the test".to_owned())) } else { Ok(work(&mut inner.state)) }
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryStore({} aggregates)", self.inner().state.rows.len())
    }
}

/// A port's count as a length of memory.
fn length(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
