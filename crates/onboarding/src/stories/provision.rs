//! Accounts that the company opens for records in its books: mail 1 with the number, mail 2 with the initial password, never the other way
//! round; and another initial password, where the first one was lost or grew too old.

use crate::engine::{ATTEMPTS, Caller, Taken};
use crate::error::Error;
use crate::forms::{self, FieldError};
use crate::ports::{Actor, DeliveryStatus, Lookup, OutboxChange, OutboxFilter, Versioned};
use crate::stories::activate::Generated;
use crate::stories::staff::StaffView;
use crate::{Onboarding, Portal};
use chrono::TimeDelta;
use onboarding_core::{
    AccountId, Claim, DeliveryId, EmailAddress, MailTemplate, PersonName, Record, Ref, Role,
    account::{self, Account, Credential, ProvisionInput},
    journey::Start,
    record::RecordStatus,
    registration::Applicant,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How many mails of one account are looked through: more than its caps let wait at once.
const WAITING_MAILS: u32 = 100;

/// An account that was opened for a record.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Provisioned {
    /// Its id.
    pub account: AccountId,
}

/// A record whose account may open.
struct Candidate {
    record: Versioned<Record>,
    email: EmailAddress,
}

impl Onboarding {
    /// Whether this record's account may open: looked at, not taken. For whoever checks a whole list before the first mail leaves.
    ///
    /// # Errors
    /// As [`Onboarding::provision`].
    pub async fn may_provision(&self, portal: &str, number: &str) -> Result<(), Error> {
        let portal = self.portal(portal)?;
        self.candidate(&portal, number).await.map(|_| ())
    }

    /// Opens the account of a record: two mails leave, the password's only once the mail server took the number's.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a number that is not in the books, or closed; [`Error::AlreadyProvisioned`]; a field to mend where the record has
    /// no address; [`Error::Overloaded`], where a later try helps.
    pub async fn provision(&self, caller: &Caller, portal: &str, actor: Actor, number: &str) -> Result<Provisioned, Error> {
        let portal = self.portal(portal)?;
        let _turn = self.turn(&portal, caller).await;
        let mut initial: Option<Generated> = None;
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            if let Some(done) = self.replayed(&portal, caller, now).await? {
                return Ok(done);
            }
            let Candidate { record, email } = self.candidate(&portal, number).await?;
            let generated = match initial.take() {
                Some(generated) => generated,
                None => self.generate_password(now).await?,
            };
            let account = AccountId(self.uuid(now));
            let mut step = self.step(&portal, actor, now);
            step.commit.expects.push((Ref::Record(record.value.id), record.version));
            let book = &record.value;
            let name = |text: &str| PersonName::parse(text).ok();
            let input = ProvisionInput {
                id: account,
                email,
                person: Applicant { first_name: name(&book.first_name), last_name: name(&book.last_name), birth_date: None },
                language: book
                    .language
                    .filter(|language| portal.journey.languages.contains(language))
                    .unwrap_or(portal.journey.default_language()),
                record: book.number.clone(),
                written: book.written.clone(),
                password: generated.password.clone(),
                hash: generated.hash.clone(),
                // Ids sort by time, and so do mails in a folder: the second one's is a moment later.
                deliveries: [self.delivery(now), self.delivery(now + TimeDelta::milliseconds(1))],
            };
            step.decide::<Account>(None, account::Command::Provision { input: Box::new(input) })?;
            Self::join(&mut step, account, (book.id, &book.number), Role::Member, None)?;
            let reply = Provisioned { account };
            self.remember(&mut step, &portal, caller, &reply)?;
            match self.take(step).await? {
                Taken::Yes => return Ok(reply),
                Taken::Again => initial = Some(generated),
                Taken::Lost(_) => return Err(Error::AlreadyProvisioned),
            }
        }
        Err(Error::Contended)
    }

    /// A clerk issues another initial password: the former credential, every session and every link are dead.
    ///
    /// # Errors
    /// [`Error::NotFound`]; the account's state as its refusal; [`Error::Overloaded`], where a later try helps.
    pub async fn reissue_initial_password(&self, caller: &Caller, staff: &StaffView, id: AccountId) -> Result<(), Error> {
        let portal = &staff.portal;
        let _turn = self.turn(portal, caller).await;
        let mut initial: Option<Generated> = None;
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = self.account_of(staff, id).await?;
            if let Some(()) = self.replayed(portal, caller, now).await? {
                return Ok(());
            }
            let generated = match initial.take() {
                Some(generated) => generated,
                None => self.generate_password(now).await?,
            };
            let mut step = self.step(portal, staff.actor(), now);
            let command = account::Command::IssueInitialPassword {
                password: generated.password.clone(),
                hash: generated.hash.clone(),
                delivery: self.delivery(now),
                after: self.number_under_way(id).await?,
            };
            step.decide(Some(&before), command)?;
            // One that still waits, perhaps behind a mail that never left, would only hand over a dead password.
            if let Credential::Initial { delivery, .. } = before.value.credential() {
                step.commit.outbox.push(OutboxChange::Withdraw { id: *delivery });
            }
            self.remember(&mut step, portal, caller, &())?;
            match self.take(step).await? {
                Taken::Yes => return Ok(()),
                Taken::Again | Taken::Lost(_) => initial = Some(generated),
            }
        }
        Err(Error::Contended)
    }

    /// The mail with the number, while the mail server has not answered for it. One that it refused, or that waits for a clerk, keeps nothing
    /// back any more: the clerks were told, and have decided.
    async fn number_under_way(&self, account: AccountId) -> Result<Option<DeliveryId>, Error> {
        let filter = OutboxFilter { owner: Some(Ref::Account(account)), status: Some(DeliveryStatus::Queued), ..OutboxFilter::default() };
        let waiting = self.ports.outbox.list(&filter, WAITING_MAILS).await?;
        Ok(waiting.into_iter().find(|row| row.template == MailTemplate::CustomerNumber.word()).map(|row| row.id))
    }

    async fn candidate(&self, portal: &Arc<Portal>, number: &str) -> Result<Candidate, Error> {
        if portal.journey.start != Start::Company {
            return Err(account::Refusal::NotInThisJourney.into());
        }
        let number = forms::number("number", number).map_err(|fault| Error::Input(vec![fault]))?;
        let record = self.ports.directory.find(&portal.slug, &number).await?;
        let record = record.filter(|record| record.value.status == RecordStatus::Open).ok_or(Error::NotFound)?;
        if self.ports.store.find(&Lookup::Claim(Claim::Record(portal.slug.clone(), number))).await?.is_some() {
            return Err(Error::AlreadyProvisioned);
        }
        let email = record.value.email.clone().ok_or_else(|| Error::Input(vec![FieldError::new("number", "no_email")]))?;
        Ok(Candidate { record, email })
    }
}
