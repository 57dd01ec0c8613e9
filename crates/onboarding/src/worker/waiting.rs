//! The letters of a portal that wait, handed to the press now: what somebody does once the printer works again.
//!
//! It decides which letters that are and when it is no use to go on. Each goes the worker's own way, under a lease of its own, so
//! that a server at work beside it prints none of them a second time.

use super::{Attempt, Worker};
use crate::error::Error;
use crate::ports::{DeliveryKind, DeliveryStatus, OutboxFilter, OutboxRow};
use onboarding_core::PortalSlug;

/// More rows than an outbox has while anybody looks after it.
const ROWS_AT_MOST: u32 = 100_000;

/// What became of letters that waited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrintedNow {
    /// Handed to the press.
    pub printed: u64,
    /// Of no use any more, or addressed to nobody.
    pub void: u64,
    /// Wait for a clerk.
    pub parked: u64,
    /// Wait still: the press does not take them, or another worker holds them.
    pub waiting: u64,
    /// Why the press did not take the first of them, a code.
    pub reason: Option<String>,
}

impl Worker {
    /// Hands over every letter of a portal that is queued, the oldest first and also before its next try is due. Ends with the first
    /// that the press does not take: it takes none of the others either.
    ///
    /// # Errors
    /// Where the store fails; what was held is taken over after 30 seconds.
    pub async fn print_waiting(&self, portal: &PortalSlug) -> Result<PrintedNow, Error> {
        let filter = OutboxFilter { portal: Some(portal.clone()), status: Some(DeliveryStatus::Queued), owner: None };
        let mut rows = self.engine.ports.outbox.list(&filter, ROWS_AT_MOST).await?;
        rows.retain(|row| row.kind == DeliveryKind::Letter);
        let mut told = PrintedNow::default();
        while let Some(row) = rows.pop() {
            let now = self.engine.now().await?;
            let Some(lease) = self.engine.ports.outbox.lease_of(row.id, now).await? else {
                told.count(self.seen(&row).await?.as_ref());
                continue;
            };
            self.work(lease, Attempt::ToBeNoted).await?;
            let seen = self.seen(&row).await?;
            told.count(seen.as_ref());
            if let Some(seen) = seen.filter(|seen| seen.status == DeliveryStatus::Queued) {
                told.reason = seen.reason;
                told.waiting += rows.len() as u64;
                break;
            }
        }
        Ok(told)
    }

    async fn seen(&self, row: &OutboxRow) -> Result<Option<OutboxRow>, Error> {
        Ok(self.engine.ports.outbox.kept(row.id).await?.map(|kept| kept.row))
    }
}

impl PrintedNow {
    fn count(&mut self, row: Option<&OutboxRow>) {
        let Some(row) = row else { return };
        match row.status {
            DeliveryStatus::Queued => self.waiting += 1,
            DeliveryStatus::Sent => self.printed += 1,
            DeliveryStatus::Parked => self.parked += 1,
            DeliveryStatus::Failed | DeliveryStatus::Expired => self.void += 1,
        }
    }
}
