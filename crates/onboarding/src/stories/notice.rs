//! PINs for the yearly notice: one for each number of a batch, told once, kept as digests. All numbers must be in the books, or nothing happens.

use crate::engine::{ATTEMPTS, Taken};
use crate::error::Error;
use crate::forms::{self, FieldError};
use crate::minting::PinOf;
use crate::ports::{Actor, Versioned};
use crate::step::Step;
use crate::stories::pin_letter::posted;
use crate::{Onboarding, Portal};
use chrono::{DateTime, NaiveDate, Utc};
use onboarding_core::{
    Record, RecordNumber, Ref, code, policy,
    record::RecordStatus,
    roster::{self, NoticePin},
};
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashSet;
use std::sync::Arc;

/// Numbers whose PINs are kept by one commit. A batch that fails in between tells which older PINs are void by then, and is issued anew as a
/// whole: what was kept before was told to nobody, and the next issue voids it.
const A_COMMIT: usize = 200;

/// The PIN of one notice; told once.
#[derive(Clone, Debug)]
pub struct IssuedNotice {
    /// The number as the company writes it.
    pub number: String,
    /// The business's name.
    pub name: String,
    /// The PIN in three groups of four.
    pub pin: SecretString,
    /// Its last moment.
    pub valid_until: DateTime<Utc>,
}

impl Onboarding {
    /// Issues a PIN for each of these numbers, good to the end of `last_day` (`YYYY-MM-DD`), without it for a year; an older notice's PIN is
    /// void.
    ///
    /// # Errors
    /// A field to mend for each number that is none, twice in the list, not in the books or closed (`numbers[3]`), and for a date that has passed or
    /// is more than 400 days away; [`Error::Partly`] where the store fails between two commits of a long list.
    pub async fn issue_notices(
        &self,
        portal: &str,
        actor: Actor,
        numbers: &[String],
        last_day: Option<&str>,
    ) -> Result<Vec<IssuedNotice>, Error> {
        let portal = self.portal(portal)?;
        posted(&portal)?;
        let now = self.now().await?;
        let valid_until = match last_day {
            None => policy::end_of_day((now + policy::NOTICE_PIN_LIFE).date_naive()),
            Some(text) => {
                let fault = |code| Error::Input(vec![FieldError::new("valid_until", code)]);
                let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| fault("format"))?;
                // Looked at before it is reckoned with: the calendar ends somewhere.
                if day > (now + policy::NOTICE_PIN_AT_MOST).date_naive() {
                    return Err(fault("not_real"));
                }
                policy::end_of_day(day)
            }
        };
        let records = self.notified(&portal, numbers, valid_until, now).await?;
        let mut issued = Vec::with_capacity(records.len());
        for some in records.chunks(A_COMMIT) {
            match self.keep_notices(&portal, actor, some, valid_until).await {
                Ok(kept) => issued.extend(kept),
                Err(cause) if issued.is_empty() => return Err(cause),
                Err(cause) => {
                    let voided = issued.into_iter().map(|notice: IssuedNotice| notice.number).collect();
                    return Err(Error::Partly { voided, cause: Box::new(cause) });
                }
            }
        }
        Ok(issued)
    }

    /// Every record of the list, or every fault.
    async fn notified(
        &self,
        portal: &Portal,
        numbers: &[String],
        valid_until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Versioned<Record>>, Error> {
        let mut faults = Vec::new();
        if numbers.is_empty() {
            faults.push(FieldError::new("numbers", "required"));
        }
        if numbers.len() > policy::NOTICES_AT_ONCE {
            return Err(Error::Input(vec![FieldError {
                field: "numbers".to_owned(),
                code: "too_long",
                args: vec![("max", policy::NOTICES_AT_ONCE.to_string())],
            }]));
        }
        if valid_until <= now || valid_until > now + policy::NOTICE_PIN_AT_MOST {
            faults.push(FieldError::new("valid_until", "not_real"));
        }
        let mut seen: HashSet<RecordNumber> = HashSet::new();
        let mut records = Vec::with_capacity(numbers.len());
        for (at, typed) in numbers.iter().enumerate() {
            let field = format!("numbers[{at}]");
            match forms::number(&field, typed) {
                Err(fault) => faults.push(fault),
                Ok(number) if !seen.insert(number.clone()) => faults.push(FieldError::new(field, "repeated")),
                Ok(number) => match self.ports.directory.find(&portal.slug, &number).await? {
                    Some(record) if record.value.status == RecordStatus::Open => records.push(record),
                    Some(_) | None => faults.push(FieldError::new(field, "unknown")),
                },
            }
        }
        if faults.is_empty() { Ok(records) } else { Err(Error::Input(faults)) }
    }

    async fn keep_notices(
        &self,
        portal: &Arc<Portal>,
        actor: Actor,
        records: &[Versioned<Record>],
        valid_until: DateTime<Utc>,
    ) -> Result<Vec<IssuedNotice>, Error> {
        for _ in 0..ATTEMPTS {
            let mut step = self.step(portal, actor, self.now().await?);
            let mut issued = Vec::with_capacity(records.len());
            for record in records {
                issued.push(self.issue_notice(portal, &mut step, record, valid_until).await?);
            }
            if let Taken::Yes = self.take(step).await? {
                return Ok(issued);
            }
        }
        Err(Error::Contended)
    }

    async fn issue_notice(
        &self,
        portal: &Portal,
        step: &mut Step,
        record: &Versioned<Record>,
        valid_until: DateTime<Utc>,
    ) -> Result<IssuedNotice, Error> {
        let book = &record.value;
        step.commit.expects.push((Ref::Record(book.id), record.version));
        let roster = match self.roster_of(portal, &book.number).await? {
            Some(roster) => Some(roster),
            None => self.found_roster(step, &book.number)?,
        };
        let Some(roster) = roster else { return Err(Error::Internal("a roster was not begun".to_owned())) };
        let pin = self.pin(PinOf::Notice(roster.value.id()));
        let command = roster::Command::IssueNotice { pin: NoticePin { digest: pin.digest, valid_until } };
        step.decide(Some(&roster), command).map_err(|refusal| Error::Internal(refusal.to_string()))?;
        Ok(IssuedNotice {
            number: book.written.clone(),
            name: book.name.clone(),
            pin: code::grouped(pin.plain.expose_secret()),
            valid_until,
        })
    }
}
