//! Counters that all replicas share.

use super::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding_core::{Digest, policy::Limit};

/// What is counted: a keyed digest, so that the counters tell nobody's address or number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleKey(pub Digest);

/// What a take found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// How many were taken in this window, this one included if it was allowed.
    pub count: u32,
    /// Refused until then; nothing was taken. `None`: allowed and counted.
    pub refused_until: Option<DateTime<Utc>>,
}

/// Counts, atomically over all replicas.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Throttle: Send + Sync {
    /// Counts one if the limit allows it. Counted before the answer is known: otherwise parallel tries are free.
    async fn take(&self, key: ThrottleKey, limit: Limit, now: DateTime<Utc>) -> Result<Taken, StoreError>;

    /// Counts one of each, in this order, or none of them: at the first refusal the list ends with it, and what was
    /// counted before it is given back.
    async fn take_all(&self, takes: &[(ThrottleKey, Limit)], now: DateTime<Utc>) -> Result<Vec<Taken>, StoreError> {
        let mut found = Vec::with_capacity(takes.len());
        for (place, (key, limit)) in takes.iter().enumerate() {
            let taken = self.take(*key, *limit, now).await?;
            found.push(taken);
            if taken.refused_until.is_some() {
                let counted: Vec<ThrottleKey> = takes.iter().take(place).map(|(key, _)| *key).collect();
                self.give_back_all(&counted).await?;
                break;
            }
        }
        Ok(found)
    }

    /// Takes one back: the try was none.
    async fn give_back(&self, key: ThrottleKey) -> Result<(), StoreError>;

    /// Takes one back of each; no key stands twice.
    async fn give_back_all(&self, keys: &[ThrottleKey]) -> Result<(), StoreError> {
        for key in keys {
            self.give_back(*key).await?;
        }
        Ok(())
    }

    /// Whether each has room for one more at this moment, in this order; nothing is counted, and others may be faster. The
    /// counts are what they would be. At the first that has none the list ends with it.
    async fn look(&self, takes: &[(ThrottleKey, Limit)], now: DateTime<Utc>) -> Result<Vec<Taken>, StoreError> {
        let found = self.take_all(takes, now).await?;
        if found.len() == takes.len() && found.iter().all(|taken| taken.refused_until.is_none()) {
            let counted: Vec<ThrottleKey> = takes.iter().map(|(key, _)| *key).collect();
            self.give_back_all(&counted).await?;
        }
        Ok(found)
    }

    /// Counts one of each of `takes`, or none of them, if each of `room` has room for one more, which is not counted: for what
    /// would have been counted had it been wrong. It waits its turn behind those who count there. Where there is no room, the
    /// list is that one refusal. No key stands on both sides.
    async fn take_beside(
        &self,
        room: &[(ThrottleKey, Limit)],
        takes: &[(ThrottleKey, Limit)],
        now: DateTime<Utc>,
    ) -> Result<Vec<Taken>, StoreError> {
        let looked = self.look(room, now).await?;
        match looked.into_iter().find(|taken| taken.refused_until.is_some()) {
            Some(refused) => Ok(vec![refused]),
            None => self.take_all(takes, now).await,
        }
    }

    /// Forgets the counter: after a success.
    async fn forget(&self, key: ThrottleKey) -> Result<(), StoreError>;

    /// Drops counters whose window or memory ended before `now`; tells how many.
    async fn purge(&self, now: DateTime<Utc>) -> Result<u64, StoreError>;
}
