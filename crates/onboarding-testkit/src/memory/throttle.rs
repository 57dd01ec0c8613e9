//! Counters under the same lock as everything else: two takes at once are two takes.

use super::{MemoryStore, State, digest_key};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use onboarding::ports::{StoreError, Taken, Throttle, ThrottleKey};
use onboarding_core::policy::Limit;

/// What was counted under one key.
#[derive(Clone, Copy)]
pub(super) struct Counter {
    count: u32,
    /// When the window began.
    since: DateTime<Utc>,
    /// The latest take that was allowed.
    last: DateTime<Utc>,
    /// Forgotten from then on.
    ends_at: DateTime<Utc>,
}

/// The wait before the next take after `count`: `first`, doubled for each beyond the free ones, up to `longest`.
fn wait(count: u32, free: u32, first: TimeDelta, longest: TimeDelta) -> TimeDelta {
    let Some(beyond) = count.checked_sub(free) else { return TimeDelta::zero() };
    // 2^30 seconds are more than any longest wait.
    first.checked_mul(1 << beyond.min(30)).map_or(longest, |wait| wait.min(longest))
}

impl State {
    fn take(&mut self, key: ThrottleKey, limit: Limit, now: DateTime<Utc>) -> Taken {
        let key = digest_key(&key.0);
        let known = self.counters.get(&key).filter(|counter| now < counter.ends_at).copied();
        let counter = known.unwrap_or(Counter { count: 0, since: now, last: now, ends_at: now });
        let refused = match limit {
            Limit::Window { most, per } => (counter.count >= most).then(|| counter.since + per),
            Limit::Backoff { free, first, longest, .. } => {
                let until = counter.last + wait(counter.count, free, first, longest);
                (now < until).then_some(until)
            }
        };
        if refused.is_some() {
            return Taken { count: counter.count, refused_until: refused };
        }
        let ends_at = match limit {
            Limit::Window { per, .. } => counter.since + per,
            Limit::Backoff { forget, .. } => now + forget,
        };
        let count = counter.count.saturating_add(1);
        self.counters.insert(key, Counter { count, since: counter.since, last: now, ends_at });
        Taken { count, refused_until: None }
    }

    fn take_all(&mut self, takes: &[(ThrottleKey, Limit)], now: DateTime<Utc>) -> Vec<Taken> {
        let before = self.counters.clone();
        let mut found = Vec::with_capacity(takes.len());
        for (key, limit) in takes {
            let taken = self.take(*key, *limit, now);
            found.push(taken);
            if taken.refused_until.is_some() {
                self.counters = before;
                break;
            }
        }
        found
    }

    fn look(&mut self, takes: &[(ThrottleKey, Limit)], now: DateTime<Utc>) -> Vec<Taken> {
        let before = self.counters.clone();
        let found = self.take_all(takes, now);
        self.counters = before;
        found
    }
}

#[async_trait]
impl Throttle for MemoryStore {
    async fn take(&self, key: ThrottleKey, limit: Limit, now: DateTime<Utc>) -> Result<Taken, StoreError> {
        self.with(|state| state.take(key, limit, now))
    }

    async fn take_all(&self, takes: &[(ThrottleKey, Limit)], now: DateTime<Utc>) -> Result<Vec<Taken>, StoreError> {
        self.with(|state| state.take_all(takes, now))
    }

    async fn look(&self, takes: &[(ThrottleKey, Limit)], now: DateTime<Utc>) -> Result<Vec<Taken>, StoreError> {
        self.with(|state| state.look(takes, now))
    }

    async fn take_beside(
        &self,
        room: &[(ThrottleKey, Limit)],
        takes: &[(ThrottleKey, Limit)],
        now: DateTime<Utc>,
    ) -> Result<Vec<Taken>, StoreError> {
        self.with(|state| {
            let refused = state.look(room, now).into_iter().find(|taken| taken.refused_until.is_some());
            refused.map_or_else(|| state.take_all(takes, now), |refused| vec![refused])
        })
    }

    async fn give_back(&self, key: ThrottleKey) -> Result<(), StoreError> {
        self.give_back_all(&[key]).await
    }

    async fn give_back_all(&self, keys: &[ThrottleKey]) -> Result<(), StoreError> {
        self.with(|state| {
            for key in keys {
                if let Some(counter) = state.counters.get_mut(&digest_key(&key.0)) {
                    counter.count = counter.count.saturating_sub(1);
                }
            }
        })
    }

    async fn forget(&self, key: ThrottleKey) -> Result<(), StoreError> {
        self.with(|state| {
            state.counters.remove(&digest_key(&key.0));
        })
    }

    async fn purge(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        self.with(|state| {
            let before = state.counters.len();
            state.counters.retain(|_, counter| now < counter.ends_at);
            (before - state.counters.len()) as u64
        })
    }
}
