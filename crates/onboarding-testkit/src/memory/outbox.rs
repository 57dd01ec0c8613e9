//! Outgoing mails and letters: who holds a delivery, what is known of its attempts, and when its text is wiped.

use super::{MemoryStore, State, length};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding::ports::{
    CommitError, Delivery, DeliveryKind, DeliveryStatus, FIRST_FENCE, Kept, LEASE, Leased, Outbox, OutboxChange, OutboxFilter, OutboxRow,
    Sealed, Settlement, StoreError,
};
use onboarding_core::{DeliveryId, PortalSlug};
use std::collections::HashMap;

/// One delivery.
#[derive(Clone)]
pub(super) struct Entry {
    /// As ordered; its text moves to `sealed`.
    delivery: Delivery,
    /// The text, until it is wiped.
    pub(super) sealed: Option<Sealed>,
    status: DeliveryStatus,
    attempts: u32,
    unknowns: u32,
    /// An attempt began under the present lease: it counts among the unknowns until it is settled.
    attempting: bool,
    fence: u64,
    held_until: Option<DateTime<Utc>>,
    not_before: DateTime<Utc>,
    reason: Option<String>,
    created_at: DateTime<Utc>,
    settled_at: Option<DateTime<Utc>>,
    serial: u64,
}

impl Entry {
    fn new(mut delivery: Delivery, at: DateTime<Utc>, serial: u64) -> Self {
        let bytes = std::mem::take(&mut delivery.sealed.bytes);
        Self {
            sealed: Some(Sealed { key: delivery.sealed.key, bytes }),
            status: DeliveryStatus::Queued,
            attempts: 0,
            unknowns: 0,
            attempting: false,
            fence: 0,
            held_until: None,
            not_before: delivery.not_before,
            reason: None,
            created_at: at,
            settled_at: None,
            serial,
            delivery,
        }
    }

    fn is_held_under(&self, fence: u64) -> bool {
        self.status == DeliveryStatus::Queued && self.held_until.is_some() && self.fence == fence
    }

    fn begin(&mut self) {
        self.attempts += 1;
        self.unknowns += 1;
        self.attempting = true;
    }

    fn settle(&mut self, result: Settlement, at: DateTime<Utc>) {
        let again = |entry: &mut Self, when| {
            entry.held_until = None;
            entry.not_before = when;
        };
        match result {
            Settlement::Sent => {
                self.forget_attempt();
                self.end(DeliveryStatus::Sent, None, at);
            }
            Settlement::Failed { reason } => {
                self.forget_attempt();
                self.end(DeliveryStatus::Failed, Some(reason), at);
            }
            Settlement::Retry { at: when, reason } => {
                self.forget_attempt();
                self.reason = Some(reason);
                again(self, when);
            }
            Settlement::RetryUnknown { at: when, reason } => {
                self.attempting = false;
                self.reason = Some(reason);
                again(self, when);
            }
            Settlement::Parked { reason } => self.end(DeliveryStatus::Parked, Some(reason), at),
            Settlement::Expired => self.end(DeliveryStatus::Expired, None, at),
        }
    }

    /// The outcome of this lease's attempt is known after all.
    fn forget_attempt(&mut self) {
        self.unknowns -= u32::from(self.attempting);
        self.attempting = false;
    }

    fn end(&mut self, status: DeliveryStatus, reason: Option<String>, at: DateTime<Utc>) {
        self.status = status;
        self.reason = reason.or(self.reason.take());
        self.held_until = None;
        self.attempting = false;
        self.settled_at = Some(at);
        if status != DeliveryStatus::Parked {
            self.sealed = None;
        }
    }

    fn unpark(&mut self, at: DateTime<Utc>) {
        self.status = DeliveryStatus::Queued;
        self.attempts = 0;
        if self.delivery.kind == DeliveryKind::Mail {
            self.unknowns = 0;
        }
        self.not_before = at;
        self.settled_at = None;
    }

    /// What lists show of a portal's row.
    pub(super) fn listed(&self, portal: &PortalSlug) -> Option<OutboxRow> {
        (self.delivery.portal == *portal).then(|| self.row())
    }

    fn row(&self) -> OutboxRow {
        OutboxRow {
            id: self.delivery.id,
            owner: self.delivery.owner,
            kind: self.delivery.kind,
            template: self.delivery.template.clone(),
            language: self.delivery.language,
            status: self.status,
            attempts: self.attempts,
            reason: self.reason.clone(),
            created_at: self.created_at,
            settled_at: self.settled_at,
        }
    }
}

/// Works one change out on copies in `changed`; the commit takes them over once everything else stands.
pub(super) fn change(
    state: &mut State,
    changed: &mut HashMap<DeliveryId, Entry>,
    change: OutboxChange,
    at: DateTime<Utc>,
) -> Result<(), CommitError> {
    let id = match change {
        OutboxChange::Enqueue(delivery) => {
            if state.outbox.contains_key(&delivery.id) || changed.contains_key(&delivery.id) {
                return Err(CommitError::Conflict);
            }
            let serial = state.next_serial();
            changed.insert(delivery.id, Entry::new(delivery, at, serial));
            return Ok(());
        }
        OutboxChange::HandOver(delivery) => {
            let id = delivery.id;
            self::change(state, changed, OutboxChange::Enqueue(delivery), at)?;
            if let Some(entry) = changed.get_mut(&id) {
                entry.fence = FIRST_FENCE;
                entry.held_until = Some(at + LEASE);
                entry.begin();
            }
            return Ok(());
        }
        OutboxChange::Attempt { id, .. }
        | OutboxChange::Settle { id, .. }
        | OutboxChange::Withdraw { id }
        | OutboxChange::Unpark { id } => id,
    };
    let Some(mut entry) = changed.remove(&id).or_else(|| state.outbox.get(&id).cloned()) else {
        return match change {
            // What is gone cannot be withdrawn, and nobody holds a lease on it.
            OutboxChange::Withdraw { .. } => Ok(()),
            OutboxChange::Unpark { .. } => Err(CommitError::Conflict),
            OutboxChange::Enqueue(_) | OutboxChange::HandOver(_) | OutboxChange::Attempt { .. } | OutboxChange::Settle { .. } => {
                Err(CommitError::Fenced)
            }
        };
    };
    match change {
        OutboxChange::Enqueue(_) | OutboxChange::HandOver(_) => {}
        OutboxChange::Attempt { fence, .. } => {
            if !entry.is_held_under(fence) {
                return Err(CommitError::Fenced);
            }
            entry.begin();
        }
        OutboxChange::Settle { fence, result, .. } => {
            if !entry.is_held_under(fence) {
                return Err(CommitError::Fenced);
            }
            entry.settle(result, at);
        }
        OutboxChange::Unpark { .. } => {
            if entry.status != DeliveryStatus::Parked {
                return Err(CommitError::Conflict);
            }
            entry.unpark(at);
        }
        OutboxChange::Withdraw { .. } => {
            if entry.status == DeliveryStatus::Queued {
                entry.end(DeliveryStatus::Expired, None, at);
            }
        }
    }
    changed.insert(id, entry);
    Ok(())
}

impl State {
    /// When this delivery becomes due by itself; `None` if it never does as things stand.
    fn due_at(&self, entry: &Entry) -> Option<DateTime<Utc>> {
        let sent = |id: &DeliveryId| self.outbox.get(id).is_some_and(|before| before.status == DeliveryStatus::Sent);
        let waits = entry.status == DeliveryStatus::Queued && entry.delivery.after.as_ref().is_none_or(sent);
        waits.then(|| entry.held_until.unwrap_or(entry.not_before))
    }

    fn lease(&mut self, now: DateTime<Utc>, limit: usize) -> Vec<Leased> {
        let mut due: Vec<&Entry> = self.outbox.values().filter(|entry| self.due_at(entry).is_some_and(|due| due <= now)).collect();
        due.sort_by_key(|entry| (std::cmp::Reverse(entry.delivery.priority), entry.created_at, entry.serial));
        let due: Vec<DeliveryId> = due.into_iter().take(limit).map(|entry| entry.delivery.id).collect();
        self.hold(now, due)
    }

    fn lease_of(&mut self, id: DeliveryId, now: DateTime<Utc>) -> Option<Leased> {
        let entry = self.outbox.get(&id)?;
        let is_free = self.due_at(entry).is_some() && entry.held_until.is_none_or(|end| end <= now);
        if is_free { self.hold(now, vec![id]).pop() } else { None }
    }

    fn hold(&mut self, now: DateTime<Utc>, due: Vec<DeliveryId>) -> Vec<Leased> {
        let mut leased = Vec::with_capacity(due.len());
        for id in due {
            let Some(entry) = self.outbox.get_mut(&id) else { continue };
            entry.fence += 1;
            entry.held_until = Some(now + LEASE);
            // An attempt of the former holder that was never settled stays unknown.
            entry.attempting = false;
            let mut delivery = entry.delivery.clone();
            delivery.not_before = entry.not_before;
            if let Some(sealed) = &entry.sealed {
                delivery.sealed = sealed.clone();
            }
            leased.push(Leased {
                delivery,
                fence: entry.fence,
                attempts: entry.attempts,
                unknowns: entry.unknowns,
                created_at: entry.created_at,
            });
        }
        leased
    }
}

#[async_trait]
impl Outbox for MemoryStore {
    async fn lease(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<Leased>, StoreError> {
        self.with(|state| state.lease(now, length(limit)))
    }

    async fn lease_of(&self, id: DeliveryId, now: DateTime<Utc>) -> Result<Option<Leased>, StoreError> {
        self.with(|state| state.lease_of(id, now))
    }

    async fn next_due(&self, _now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.with(|state| state.outbox.values().filter_map(|entry| state.due_at(entry)).min())
    }

    async fn kept(&self, id: DeliveryId) -> Result<Option<Kept>, StoreError> {
        self.with(|state| {
            state.outbox.get(&id).map(|entry| Kept {
                portal: entry.delivery.portal.clone(),
                row: entry.row(),
                not_after: entry.delivery.not_after,
                sealed: entry.sealed.clone(),
            })
        })
    }

    async fn statuses(&self, ids: &[DeliveryId]) -> Result<Vec<(DeliveryId, DeliveryStatus)>, StoreError> {
        self.with(|state| ids.iter().filter_map(|id| state.outbox.get(id).map(|entry| (*id, entry.status))).collect())
    }

    async fn list(&self, filter: &OutboxFilter, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        self.with(|state| {
            let shown = |entry: &&Entry| {
                filter.portal.as_ref().is_none_or(|portal| entry.delivery.portal == *portal)
                    && filter.owner.is_none_or(|owner| entry.delivery.owner == owner)
                    && filter.status.is_none_or(|status| entry.status == status)
            };
            let mut entries: Vec<&Entry> = state.outbox.values().filter(shown).collect();
            entries.sort_by_key(|entry| std::cmp::Reverse((entry.created_at, entry.serial)));
            entries.into_iter().take(length(limit)).map(Entry::row).collect()
        })
    }

    async fn purge(&self, before: DateTime<Utc>, limit: u32) -> Result<u64, StoreError> {
        self.with(|state| {
            let mut old: Vec<_> = state
                .outbox
                .values()
                .filter_map(|entry| {
                    entry.settled_at.filter(|settled| *settled < before).map(|settled| (settled, entry.serial, entry.delivery.id))
                })
                .collect();
            old.sort_unstable();
            old.truncate(length(limit));
            for (_, _, id) in &old {
                state.outbox.remove(id);
            }
            old.len() as u64
        })
    }
}
