//! The outbox worker: lease → open → write → attempt → send → settle.
//!
//! No database transaction is open while something is sent. An attempt is committed under the lease's fence just before
//! the text goes out, so that a crash in between is known as an attempt of unknown outcome: a mail is sent once more
//! under the same Message-ID, and parked after the second. A mail that somebody waits for comes leased and begun, if the
//! worker was idle when it was ordered.

mod print;
mod run;
mod waiting;

pub use waiting::PrintedNow;

use crate::engine::ATTEMPTS;
use crate::error::Error;
use crate::portal::LetterDispatch;
use crate::ports::{
    Actor, Commit, CommitError, Delivery, DeliveryKind, LEASE, LONGEST_DELIVERY, Leased, LetterPress, MailError, MailOrder, Mailer,
    OutboxChange, RenderedLetter, Settlement, Stationery, VaultError,
};
use crate::sealing::{self, OpenError, Payload};
use crate::{Onboarding, Portal};
use chrono::{DateTime, TimeDelta, Utc};
use onboarding_core::{
    Effect, MailTemplate, Page, Param, PinLetterOrder, Record, Ref,
    account::{self, Account},
    membership::{self, LetterFate, Membership},
    registration::MailFate,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Attempts of unknown outcome after which a delivery is parked: a mail goes out at most twice.
const UNKNOWNS_AT_MOST: u32 = 2;
/// Known failures after which a delivery is parked: about three days with the waits below.
const ATTEMPTS_AT_MOST: u32 = 80;
/// The first wait; it doubles with each attempt.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(10);
/// The longest wait.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);
/// Deliveries leased at a time: at most this many wait for a crashed worker's lease to run out.
const BATCH: u32 = 16;

/// Writes the letters; kept apart from the mails, which every portal has.
pub trait LetterWriter: Send + Sync {
    /// Writes one letter to the address of the record in the master data, as it stands when the letter is written.
    ///
    /// # Errors
    /// A text for the operator, without personal data; a retry does not help.
    fn pin_letter(&self, portal: &Portal, record: &Record, order: &PinLetterOrder) -> Result<RenderedLetter, String>;
}

/// Carries out what commits ordered.
#[derive(Clone)]
pub struct Worker {
    engine: Onboarding,
    stationery: Arc<dyn Stationery>,
    mailer: Arc<dyn Mailer>,
    letters: Option<(Arc<dyn LetterWriter>, Arc<dyn LetterPress>)>,
}

/// How an attempt ended, before it is written down.
struct Ending {
    result: Settlement,
    /// What the owner hears, if its fate is known.
    fate: Option<Fate>,
    /// Whether a clerk must look at it.
    alarm: bool,
}

/// Whether it is written down that a delivery has begun.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    ToBeNoted,
    Noted,
}

#[derive(Clone, Copy)]
enum Fate {
    Delivered,
    Failed,
    Parked,
}

impl Ending {
    fn parked(reason: impl Into<String>) -> Self {
        Self { result: Settlement::Parked { reason: reason.into() }, fate: Some(Fate::Parked), alarm: true }
    }
}

impl Worker {
    /// A worker that sends mails.
    pub fn new(engine: Onboarding, stationery: Arc<dyn Stationery>, mailer: Arc<dyn Mailer>) -> Self {
        Self { engine, stationery, mailer, letters: None }
    }

    /// Prints letters too.
    #[must_use]
    pub fn with_letters(mut self, writer: Arc<dyn LetterWriter>, press: Arc<dyn LetterPress>) -> Self {
        self.letters = Some((writer, press));
        self
    }

    /// Works on what is due now; tells how many deliveries it held.
    ///
    /// # Errors
    /// Where the store fails; what was held is taken over after 30 seconds.
    pub async fn run_once(&self) -> Result<usize, Error> {
        self.round(&AtomicBool::new(false)).await
    }

    async fn round(&self, stopping: &AtomicBool) -> Result<usize, Error> {
        let now = self.engine.now().await?;
        let leased = self.engine.ports.outbox.lease(now, BATCH).await?;
        let count = leased.len();
        for lease in leased {
            let id = lease.delivery.id;
            Self::told(id, self.work_or_give_back(lease, now, Attempt::ToBeNoted, stopping).await);
        }
        Ok(count)
    }

    fn told(id: onboarding_core::DeliveryId, worked: Result<(), Error>) {
        if let Err(error) = worked {
            // The lease runs out by itself, and another round takes it over.
            tracing::error!(delivery = %id, %error, "could not work on a delivery");
        }
    }

    async fn work_or_give_back(&self, lease: Leased, since: DateTime<Utc>, attempt: Attempt, stopping: &AtomicBool) -> Result<(), Error> {
        // What was before it took long: begun now, it might still be on its way when another worker begins.
        let is_late = self.engine.now().await? - since > LEASE - LONGEST_DELIVERY;
        if is_late || stopping.load(Ordering::Relaxed) { self.give_back(&lease).await } else { self.work(lease, attempt).await }
    }

    /// Ends a lease without an attempt.
    async fn give_back(&self, lease: &Leased) -> Result<(), Error> {
        let Some(portal) = self.engine.portals.get(&lease.delivery.portal).cloned() else {
            return Err(Error::UnknownPortal);
        };
        let result = Settlement::Retry { at: self.engine.now().await?, reason: "not_reached".to_owned() };
        self.settle(&portal, lease, Ending { result, fate: None, alarm: false }).await
    }

    async fn work(&self, lease: Leased, attempt: Attempt) -> Result<(), Error> {
        let delivery = &lease.delivery;
        let now = self.engine.now().await?;
        let Some(portal) = self.engine.portals.get(&delivery.portal).cloned() else {
            return Err(Error::UnknownPortal);
        };
        if delivery.not_after.is_some_and(|end| end <= now) {
            // Its secret is dead: a code that cannot be used is not sent.
            let ending = Ending { result: Settlement::Expired, fate: Some(Fate::Failed), alarm: false };
            return self.settle(&portal, &lease, ending).await;
        }
        let ending = match sealing::open(&*self.engine.ports.vault, delivery.id, &delivery.sealed) {
            Ok(Payload::Decoy) => Ending { result: Settlement::Expired, fate: None, alarm: false },
            Ok(Payload::Mail { to, params }) => {
                let Some(template) = MailTemplate::of(&delivery.template) else {
                    // Written by a newer version, which another replica may be: a person looks at it.
                    return self.settle(&portal, &lease, Ending::parked("unknown_template")).await;
                };
                let order = MailOrder {
                    portal: portal.slug.clone(),
                    template,
                    language: delivery.language,
                    to,
                    params,
                    message_id: delivery.message_id.clone(),
                    date: lease.created_at,
                };
                match self.send(&portal, &lease, attempt, &order).await? {
                    Some(ending) => ending,
                    None => return Ok(()),
                }
            }
            Ok(Payload::Letter(order)) => match self.print(&portal, &lease, &order).await? {
                Some(ending) => ending,
                None => return Ok(()),
            },
            // A replica that rotates its keys later: the next round may have the key.
            Err(OpenError::Vault(VaultError::UnknownKey)) => self.again(&lease, "unknown_key", now, None),
            Err(error) => {
                tracing::error!(delivery = %delivery.id, %error, "could not open a delivery");
                Ending::parked("unreadable")
            }
        };
        self.settle(&portal, &lease, ending).await
    }

    async fn send(&self, portal: &Arc<Portal>, lease: &Leased, attempt: Attempt, order: &MailOrder) -> Result<Option<Ending>, Error> {
        if lease.unknowns >= UNKNOWNS_AT_MOST {
            return Ok(Some(Ending::parked("unknown_twice")));
        }
        let mail = match self.stationery.mail(order) {
            Ok(mail) => mail,
            Err(error) => {
                tracing::error!(delivery = %lease.delivery.id, %error, "could not write a mail");
                return Ok(Some(Ending::parked("unwritable")));
            }
        };
        if let Some(wait) = self.mailer.hold(&order.to).and_then(|wait| TimeDelta::from_std(wait).ok()) {
            let at = self.engine.now().await? + wait;
            return Ok(Some(Ending { result: Settlement::Retry { at, reason: "paced".to_owned() }, fate: None, alarm: false }));
        }
        if attempt == Attempt::ToBeNoted && !self.attempt(portal, lease).await? {
            return Ok(None);
        }
        let sent = self.mailer.send(lease.delivery.id, &mail).await;
        let now = self.engine.now().await?;
        Ok(Some(match sent {
            Ok(_) => Ending { result: Settlement::Sent, fate: Some(Fate::Delivered), alarm: false },
            Err(MailError::Permanent { reason }) => {
                Ending { result: Settlement::Failed { reason }, fate: Some(Fate::Failed), alarm: is_missed_by_nobody(order.template) }
            }
            Err(MailError::Transient { reason, retry_after }) => self.again(lease, &reason, now, retry_after),
            Err(MailError::Unknown { reason }) if lease.unknowns + 1 >= UNKNOWNS_AT_MOST => {
                tracing::warn!(delivery = %lease.delivery.id, %reason, "nobody knows twice whether a mail was taken");
                Ending::parked("unknown_twice")
            }
            Err(MailError::Unknown { reason }) => {
                Ending { result: Settlement::RetryUnknown { at: now + self.wait(lease), reason }, fate: None, alarm: false }
            }
        }))
    }

    /// Notes under the fence that an attempt begins. `false`: the lease is another worker's by now.
    async fn attempt(&self, portal: &Arc<Portal>, lease: &Leased) -> Result<bool, Error> {
        let mut commit = Commit::new(self.engine.now().await?, portal.slug.clone(), Actor::System);
        commit.outbox.push(OutboxChange::Attempt { id: lease.delivery.id, fence: lease.fence });
        match self.engine.ports.store.commit(commit).await {
            Ok(()) => Ok(true),
            Err(CommitError::Fenced) => Ok(false),
            Err(CommitError::Store(error)) => Err(error.into()),
            Err(other) => Err(Error::Internal(other.to_string())),
        }
    }

    /// Again later, or a clerk's affair after too many.
    fn again(&self, lease: &Leased, reason: &str, now: DateTime<Utc>, retry_after: Option<Duration>) -> Ending {
        if lease.attempts + 1 >= ATTEMPTS_AT_MOST {
            return Ending::parked(reason);
        }
        let asked = retry_after.and_then(|wait| TimeDelta::from_std(wait).ok()).unwrap_or_default();
        let at = now + self.wait(lease).max(asked.min(LONGEST_WAIT));
        Ending { result: Settlement::Retry { at, reason: reason.chars().take(100).collect() }, fate: None, alarm: false }
    }

    /// Doubles with each attempt, with up to a quarter of chance, so that a crowd does not come back at once.
    fn wait(&self, lease: &Leased) -> TimeDelta {
        let doubled = FIRST_WAIT * 2_i32.pow(lease.attempts.min(9));
        let wait = doubled.min(LONGEST_WAIT);
        let mut chance = [0_u8; 1];
        self.engine.ports.entropy.fill(&mut chance);
        wait + wait * i32::from(chance[0]) / 1024
    }

    /// Writes the ending down, together with what it means to the owner.
    async fn settle(&self, portal: &Arc<Portal>, lease: &Leased, ending: Ending) -> Result<(), Error> {
        let delivery = &lease.delivery;
        for _ in 0..ATTEMPTS {
            let now = self.engine.now().await?;
            let mut step = self.engine.step(portal, Actor::System, now);
            // Without it the attempt, which was flushed, is one of unknown outcome. A letter would wait for a clerk then; a mail
            // goes out once more under its Message-ID.
            step.commit.redoable = delivery.kind == DeliveryKind::Mail;
            step.commit.outbox.push(OutboxChange::Settle { id: delivery.id, fence: lease.fence, result: ending.result.clone() });
            if let Some(fate) = ending.fate {
                self.tell_owner(&mut step, delivery, fate).await?;
            }
            // A parked alarm raises no alarm of its own.
            if ending.alarm && delivery.template != MailTemplate::MailParked.word() {
                step.effect(delivery.owner, Effect::TellClerks(MailTemplate::MailParked, vec![Param::PageLink(Page::Staff)]));
            }
            match self.engine.ports.store.commit(step.commit).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Conflict) => {}
                // Taken over by another worker meanwhile: it settles.
                Err(CommitError::Fenced) => return Ok(()),
                Err(CommitError::Store(error)) => return Err(error.into()),
                Err(other) => return Err(Error::Internal(other.to_string())),
            }
        }
        Err(Error::Contended)
    }

    async fn tell_owner(&self, step: &mut crate::step::Step, delivery: &Delivery, fate: Fate) -> Result<(), Error> {
        let internal = |error: &dyn std::fmt::Display| Error::Internal(error.to_string());
        match (delivery.owner, delivery.kind) {
            (Ref::Account(_), _) => {
                if let Some(owner) = self.engine.load::<Account>(delivery.owner).await? {
                    let fate = match fate {
                        Fate::Delivered => MailFate::Sent,
                        Fate::Failed | Fate::Parked => MailFate::Failed,
                    };
                    let command = account::Command::Settle { delivery: delivery.id, fate };
                    step.decide(Some(&owner), command).map_err(|error| internal(&error))?;
                }
            }
            (Ref::Membership(_), DeliveryKind::Letter) => {
                if let Some(owner) = self.engine.load::<Membership>(delivery.owner).await? {
                    let fate = match fate {
                        Fate::Delivered => handed_over(step.portal()),
                        Fate::Failed | Fate::Parked => LetterFate::Parked,
                    };
                    let command = membership::Command::SettleLetter { delivery: delivery.id, fate };
                    step.decide(Some(&owner), command).map_err(|error| internal(&error))?;
                }
            }
            // Whoever looks at a registration is told by the delivery itself.
            (Ref::Registration(_) | Ref::Roster(_) | Ref::Clerk(_) | Ref::Record(_), _) | (Ref::Membership(_), DeliveryKind::Mail) => {}
        }
        Ok(())
    }
}

/// Whether nobody sits at a screen and waits for this mail: without a word to the clerks its failure would be nobody's affair.
fn is_missed_by_nobody(template: MailTemplate) -> bool {
    matches!(template, MailTemplate::CustomerNumber | MailTemplate::InitialPassword | MailTemplate::GeneratedPassword)
}

/// What a letter is once the press has it: on its way, or in the tray of whoever posts it.
fn handed_over(portal: &Portal) -> LetterFate {
    match portal.letters.dispatch {
        LetterDispatch::WhenSpooled => LetterFate::Posted,
        LetterDispatch::WhenPosted => LetterFate::Printed,
    }
}
