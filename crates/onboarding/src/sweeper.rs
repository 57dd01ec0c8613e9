//! Time passes: aggregates whose deadline has come get a `Tick`, and what retention no longer keeps is removed.

use crate::engine::Taken;
use crate::error::Error;
use crate::ports::{Actor, StoreError};
use crate::{Aggregate, Onboarding, Portal};
use chrono::{DateTime, Utc};
use onboarding_core::{
    RecordNumber, Ref,
    account::{self, Account},
    clerk::{self, Clerk},
    membership::{self, Membership},
    registration::{self, Registration},
    roster::{self, Roster},
};
use std::collections::HashSet;
use std::time::Duration;

/// Aggregates looked at in one round.
const ROUND: u32 = 100;
/// Aggregates looked at in one round where none of them moves on.
const ROUND_AT_MOST: u32 = 25_600;
/// Rows removed in one round.
const PURGE: u32 = 1_000;
/// Between two rounds that found nothing.
const PAUSE: Duration = Duration::from_secs(20);

impl Onboarding {
    /// Sweeps until `stop` completes.
    pub async fn sweep(&self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            // Not by a clock that may be wrong: time would pass for everything at once.
            let swept = match self.ports.store.ready().await {
                Ok(()) => self.sweep_once().await,
                Err(error) => Err(error.into()),
            };
            let swept = match swept {
                Ok(swept) => swept,
                Err(error) => {
                    tracing::error!(%error, "could not sweep");
                    0
                }
            };
            let pause = if swept > 0 { Duration::from_millis(50) } else { PAUSE };
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// One round; tells how many aggregates moved on.
    ///
    /// # Errors
    /// Where the store fails; the next round does the rest.
    pub async fn sweep_once(&self) -> Result<u64, Error> {
        let now = self.now().await?;
        let mut moved = 0;
        let mut seen = HashSet::new();
        let mut round = ROUND;
        loop {
            let due = self.ports.store.due(now, round).await?;
            let whole = due.len() < length(round);
            for due in due {
                if !seen.insert(due) {
                    continue;
                }
                match self.tick(due).await {
                    Ok(true) => moved += 1,
                    Ok(false) => {}
                    Err(Error::Store(error @ StoreError::Unavailable(_))) => return Err(error.into()),
                    // One row that cannot be read or decided must not keep the others waiting.
                    Err(error) => tracing::error!(subject = ?due, %error, "could not let time pass"),
                }
            }
            // What does not move stays the longest overdue, and would hide the rest for ever: look beyond it.
            if moved > 0 || whole || round >= ROUND_AT_MOST {
                break;
            }
            round = round.saturating_mul(4);
        }
        self.ports.store.purge(now, &self.keep, PURGE).await?;
        self.ports.sessions.purge(now, PURGE).await?;
        self.ports.outbox.purge(now - self.keep.outbox, PURGE).await?;
        self.ports.throttle.purge(now).await?;
        Ok(moved)
    }

    /// One tick. Somebody who was faster has moved it on already, or the next round does.
    async fn tick(&self, what: Ref) -> Result<bool, Error> {
        let now = self.now().await?;
        let Some(found) = self.ports.store.load(what).await? else { return Ok(false) };
        let portal = found.value.index().portal;
        let Some(portal) = self.portals.get(&portal).cloned() else {
            // A portal that was taken out of the configuration keeps its data untouched.
            return Ok(false);
        };
        let version = found.version;
        let mut step = self.step(&portal, Actor::System, now);
        let internal = |error: &dyn std::fmt::Display| Error::Internal(error.to_string());
        match found.value {
            Aggregate::Registration(value) => {
                let before = crate::ports::Versioned { value: *value, version };
                let command = self.registration_tick(&portal, &before.value, now).await?;
                step.decide::<Registration>(Some(&before), command).map_err(|error| internal(&error))?;
            }
            Aggregate::Account(value) => {
                let before = crate::ports::Versioned { value: *value, version };
                step.decide::<Account>(Some(&before), account::Command::Tick).map_err(|error| internal(&error))?;
            }
            Aggregate::Membership(value) => {
                let before = crate::ports::Versioned { value: *value, version };
                step.decide::<Membership>(Some(&before), membership::Command::Tick).map_err(|error| internal(&error))?;
            }
            Aggregate::Roster(value) => {
                let before = crate::ports::Versioned { value: *value, version };
                let waiting = self.waiting_at(&portal, before.value.record(), now).await?;
                step.decide::<Roster>(Some(&before), roster::Command::Tick { waiting }).map_err(|error| internal(&error))?;
            }
            Aggregate::Clerk(value) => {
                let before = crate::ports::Versioned { value: *value, version };
                step.decide::<Clerk>(Some(&before), clerk::Command::Tick).map_err(|error| internal(&error))?;
            }
        }
        if step.commit.writes.is_empty() {
            return Ok(false);
        }
        Ok(matches!(self.take(step).await?, Taken::Yes))
    }
}

impl Onboarding {
    /// Time passes for a registration: while somebody must decide, with those who can.
    async fn registration_tick(
        &self,
        portal: &Portal,
        registration: &Registration,
        now: DateTime<Utc>,
    ) -> Result<registration::Command, Error> {
        let mut approvers = Vec::new();
        let mut name = String::new();
        if let (registration::Stage::AwaitingApproval(_), Some((id, number))) = (registration.stage(), &registration.dossier().record) {
            let company = self.company(portal, *id, number).await?;
            name = company.name();
            approvers = company.approvers;
        }
        let deliveries = self.deliveries(approvers.len(), now);
        Ok(registration::Command::Tick { approvers, deliveries, company: name })
    }

    /// What a record's digest is made of.
    async fn waiting_at(&self, portal: &Portal, number: &RecordNumber, now: DateTime<Utc>) -> Result<roster::Waiting, Error> {
        let requests = self.requests_at(portal, number).await?.len();
        let Some(record) = self.ports.directory.find(&portal.slug, number).await? else { return Ok(roster::Waiting::default()) };
        let company = self.company(portal, record.value.id, number).await?;
        let (name, deliveries) = (company.name(), self.deliveries(company.approvers.len(), now));
        Ok(roster::Waiting { requests, approvers: company.approvers, deliveries, company: name })
    }
}

/// A port's count as a length of memory.
fn length(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
