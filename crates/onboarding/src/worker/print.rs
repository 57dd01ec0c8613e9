//! Letters: printed at most once, and only while somebody may use what stands in them.

use super::{Ending, FIRST_WAIT, Fate, Worker};
use crate::Portal;
use crate::error::Error;
use crate::ports::{JobStatus, Leased, LetterError, Settlement};
use chrono::TimeDelta;
use onboarding_core::{
    PinLetterOrder, Ref,
    account::{self, Account},
    membership::Membership,
    record::RecordStatus,
};
use std::sync::Arc;

/// How long a press that does not answer is asked what became of a letter.
const ASKED_FOR: TimeDelta = TimeDelta::days(1);

impl Worker {
    pub(super) async fn print(&self, portal: &Arc<Portal>, lease: &Leased, order: &PinLetterOrder) -> Result<Option<Ending>, Error> {
        let Some((writer, press)) = &self.letters else { return Ok(Some(Ending::parked("no_letter_press"))) };
        let now = self.engine.now().await?;
        if lease.unknowns > 0 {
            // At most once: the press is asked, never given the letter again.
            return Ok(Some(match press.status(lease.delivery.id).await {
                Ok(JobStatus::Done | JobStatus::Pending) => Ending { result: Settlement::Sent, fate: Some(Fate::Delivered), alarm: false },
                // What broke the hand-over often keeps the press away for a while: it is asked again, ever later.
                Err(LetterError::Transient(reason) | LetterError::Unknown(reason)) if now - lease.created_at < ASKED_FOR => {
                    let at = now + FIRST_WAIT.max((now - lease.created_at) / 4);
                    Ending { result: Settlement::Retry { at, reason }, fate: None, alarm: false }
                }
                Ok(JobStatus::Unknown | JobStatus::Failed) | Err(_) => Ending::parked("letter_unknown"),
            }));
        }
        let Some(record) = self.engine.ports.directory.find(&portal.slug, &order.record).await? else {
            return Ok(Some(Ending::parked("no_record")));
        };
        if record.value.status == RecordStatus::Closed {
            // Its PIN would open nothing. Should the record open again, a clerk has another letter written.
            let result = Settlement::Failed { reason: "record_closed".to_owned() };
            return Ok(Some(Ending { result, fate: Some(Fate::Failed), alarm: false }));
        }
        if !self.may_have_letters(lease.delivery.owner).await? {
            // Once the account is open again a clerk has another letter written, with another PIN.
            let result = Settlement::Failed { reason: "account_suspended".to_owned() };
            return Ok(Some(Ending { result, fate: Some(Fate::Failed), alarm: false }));
        }
        let letter = match writer.pin_letter(portal, &record.value, order) {
            Ok(letter) => letter,
            Err(reason) => {
                tracing::error!(delivery = %lease.delivery.id, %reason, "could not write a letter");
                return Ok(Some(Ending::parked("unwritable")));
            }
        };
        if !self.attempt(portal, lease).await? {
            return Ok(None);
        }
        Ok(Some(match press.submit(lease.delivery.id, &letter).await {
            Ok(_) => Ending { result: Settlement::Sent, fate: Some(Fate::Delivered), alarm: false },
            Err(LetterError::Transient(reason)) => self.again(lease, &reason, now, None),
            Err(LetterError::Permanent(reason)) => Ending::parked(reason),
            Err(LetterError::Unknown(reason)) => {
                Ending { result: Settlement::RetryUnknown { at: now + self.wait(lease), reason }, fate: None, alarm: false }
            }
        }))
    }

    /// Whether the account behind a letter is open: the PIN of one that is suspended waits for nobody in a letter box.
    async fn may_have_letters(&self, owner: Ref) -> Result<bool, Error> {
        let Ref::Membership(_) = owner else { return Ok(true) };
        let Some(membership) = self.engine.load::<Membership>(owner).await? else { return Ok(true) };
        let account = self.engine.load::<Account>(Ref::Account(membership.value.account())).await?;
        Ok(account.is_none_or(|account| matches!(account.value.standing(), account::Standing::Active)))
    }
}
