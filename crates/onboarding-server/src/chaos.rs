//! Ends the process at chosen moments and takes guards away, so that `cargo xtask chaos` can prove what a crash costs and that it would
//! see a guard missing. Only with the feature `chaos`, which no build for use has.
//!
//! What it does comes from the variable `CHAOS_PLAN`: words with a chance in a thousand, as `before-commit=10,after-lease=20`, and
//! guards that are missing, as `split-commit`. Which moments those are, the ports decide: it stands between the engine and the store.

use anyhow::{Context as _, Result, bail};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding::ports::{
    AuditRow, Commit, CommitError, DeliveryStatus, Kept, Leased, Lookup, Outbox, OutboxChange, OutboxFilter, OutboxRow, Relation, Replay,
    Store, StoreError, Versioned,
};
use onboarding::{Aggregate, Ports};
use onboarding_core::{Presented, Ref, consent::ConsentGiven, policy::Retention};
use std::sync::Arc;

/// The variable that says what goes wrong.
const PLAN: &str = "CHAOS_PLAN";

/// What goes wrong.
#[derive(Clone, Copy, Default)]
struct Plan {
    before_commit: u32,
    after_commit: u32,
    after_lease: u32,
    /// The step goes to the store in two: what is written, then what is to be sent.
    split_commit: bool,
    /// What a dead worker held stays held.
    no_takeover: bool,
    /// A repeated command is carried out again.
    no_replay: bool,
}

impl Plan {
    fn of(words: &str) -> Result<Self> {
        let mut plan = Self::default();
        for word in words.split(',').filter(|word| !word.is_empty()) {
            match word.split_once('=') {
                Some((moment, chance)) => {
                    let chance = chance.parse().with_context(|| format!("{PLAN}: `{chance}` is no chance in a thousand"))?;
                    match moment {
                        "before-commit" => plan.before_commit = chance,
                        "after-commit" => plan.after_commit = chance,
                        "after-lease" => plan.after_lease = chance,
                        _ => bail!("{PLAN}: there is no moment `{moment}`"),
                    }
                }
                None => match word {
                    "split-commit" => plan.split_commit = true,
                    "no-takeover" => plan.no_takeover = true,
                    "no-replay" => plan.no_replay = true,
                    _ => bail!("{PLAN}: there is no guard `{word}`"),
                },
            }
        }
        Ok(plan)
    }
}

/// The same ports, with what goes wrong between engine and store.
///
/// # Errors
/// A word in the variable that means nothing.
#[expect(clippy::disallowed_methods, reason = "read once, where the ports are put together")]
pub(crate) fn between(mut ports: Ports) -> Result<Ports> {
    let plan = Plan::of(&std::env::var(PLAN).unwrap_or_default())?;
    let chaos = Arc::new(Chaos { plan, ports: ports.clone() });
    ports.store = chaos.clone();
    ports.outbox = chaos;
    Ok(ports)
}

/// Stands before the store and the outbox.
struct Chaos {
    plan: Plan,
    ports: Ports,
}

impl Chaos {
    /// Ends the process, by chance: nothing is finished, closed or told.
    fn perhaps_die(&self, in_a_thousand: u32) {
        let mut chance = [0; 4];
        self.ports.entropy.fill(&mut chance);
        if u32::from_le_bytes(chance) % 1_000 < in_a_thousand {
            std::process::abort();
        }
    }
}

#[async_trait]
impl Store for Chaos {
    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        self.ports.store.now().await
    }

    async fn load(&self, what: Ref) -> Result<Option<Versioned<Aggregate>>, StoreError> {
        self.ports.store.load(what).await
    }

    async fn find(&self, by: &Lookup) -> Result<Option<Ref>, StoreError> {
        self.ports.store.find(by).await
    }

    async fn behind(&self, by: &Lookup) -> Result<Option<Versioned<Aggregate>>, StoreError> {
        self.ports.store.behind(by).await
    }

    async fn related(&self, relation: &Relation) -> Result<Vec<Versioned<Aggregate>>, StoreError> {
        self.ports.store.related(relation).await
    }

    async fn replay(&self, key: &Presented, now: DateTime<Utc>) -> Result<Option<Replay>, StoreError> {
        if self.plan.no_replay {
            return Ok(None);
        }
        self.ports.store.replay(key, now).await
    }

    async fn commit(&self, mut commit: Commit) -> Result<(), CommitError> {
        self.perhaps_die(self.plan.before_commit);
        if self.plan.no_replay {
            commit.command = None;
        }
        if self.plan.split_commit {
            let (later, at_once) =
                commit.outbox.drain(..).partition(|change| matches!(change, OutboxChange::Enqueue(_) | OutboxChange::HandOver(_)));
            commit.outbox = at_once;
            let mut second = Commit::new(commit.at, commit.portal.clone(), commit.actor);
            second.outbox = later;
            self.ports.store.commit(commit).await?;
            self.perhaps_die(self.plan.after_commit);
            self.ports.store.commit(second).await?;
        } else {
            self.ports.store.commit(commit).await?;
        }
        self.perhaps_die(self.plan.after_commit);
        Ok(())
    }

    async fn due(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<Ref>, StoreError> {
        self.ports.store.due(now, limit).await
    }

    async fn history(&self, of: Ref) -> Result<Vec<AuditRow>, StoreError> {
        self.ports.store.history(of).await
    }

    async fn consents(&self, of: Ref) -> Result<Vec<ConsentGiven>, StoreError> {
        self.ports.store.consents(of).await
    }

    async fn purge(&self, now: DateTime<Utc>, keep: &Retention, limit: u32) -> Result<u64, StoreError> {
        self.ports.store.purge(now, keep, limit).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.ports.store.ready().await
    }
}

#[async_trait]
impl Outbox for Chaos {
    async fn lease(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<Leased>, StoreError> {
        let mut leased = self.ports.outbox.lease(now, limit).await?;
        if !leased.is_empty() {
            self.perhaps_die(self.plan.after_lease);
        }
        if self.plan.no_takeover {
            // Every lease that was settled left an attempt behind. One that did not was a dead worker's.
            leased.retain(|lease| u64::from(lease.attempts) + 1 == lease.fence && lease.unknowns == 0);
        }
        Ok(leased)
    }

    async fn lease_of(&self, id: onboarding_core::DeliveryId, now: DateTime<Utc>) -> Result<Option<Leased>, StoreError> {
        self.ports.outbox.lease_of(id, now).await
    }

    async fn next_due(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.ports.outbox.next_due(now).await
    }

    async fn kept(&self, id: onboarding_core::DeliveryId) -> Result<Option<Kept>, StoreError> {
        self.ports.outbox.kept(id).await
    }

    async fn statuses(
        &self,
        ids: &[onboarding_core::DeliveryId],
    ) -> Result<Vec<(onboarding_core::DeliveryId, DeliveryStatus)>, StoreError> {
        self.ports.outbox.statuses(ids).await
    }

    async fn list(&self, filter: &OutboxFilter, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        self.ports.outbox.list(filter, limit).await
    }

    async fn purge(&self, before: DateTime<Utc>, limit: u32) -> Result<u64, StoreError> {
        self.ports.outbox.purge(before, limit).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_means_nothing_is_refused() {
        assert!(Plan::of("before-commit=10,split-commit,no-takeover,no-replay").is_ok());
        for words in ["before-lunch=10", "before-commit=often", "split-hairs"] {
            assert!(Plan::of(words).is_err(), "{words}");
        }
    }
}
