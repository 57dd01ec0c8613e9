//! Joining a business with the PIN of a letter or a notice. Tries are counted per account and typed
//! number, alike for numbers that exist and numbers that do not, and before anything is told.

use crate::engine::{ATTEMPTS, Caller, Taken};
use crate::error::Error;
use crate::forms::{self, FieldError};
use crate::minting::{PinOf, membership_id};
use crate::ports::{Actor, DigestPurpose, Versioned};
use crate::step::Step;
use crate::stories::pin_letter::posted;
use crate::stories::session::SessionView;
use crate::{Onboarding, Portal};
use chrono::{DateTime, Utc};
use onboarding_core::{
    Effect, MailTemplate, MembershipId, Page, Param, Record, RecordId, RecordNumber, Ref, Uuid,
    account::{self, Account, PinBudget, TypedNumber},
    code::{self, CodeFault},
    membership::{self, LetterFate, Membership, NoticeVerdict, Place},
    policy,
    record::RecordStatus,
    roster::{self, Roster},
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An account that was linked to a business; every session has ended.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Redeemed {
    /// The membership.
    pub membership: MembershipId,
}

/// What a committed try is answered with, also when it is repeated.
#[derive(Serialize, Deserialize)]
enum Outcome {
    Redeemed(Redeemed),
    Mismatch(u32),
}

impl Outcome {
    fn answer(self) -> Result<Redeemed, Error> {
        match self {
            Self::Redeemed(redeemed) => Ok(redeemed),
            Self::Mismatch(attempts_left) => Err(Error::PinMismatch { attempts_left }),
        }
    }
}

/// What a typed PIN meets.
struct Met {
    record: Versioned<Record>,
    roster: Option<Versioned<Roster>>,
    membership: Option<Versioned<Membership>>,
}

impl Onboarding {
    /// Links the caller's account to a business. Every session of the account ends, this one too.
    ///
    /// # Errors
    /// Fields to mend, which cost no try; [`Error::PinMismatch`] with the tries left; [`Error::PinExpired`]; `PinUsedUp` as refusal of the account;
    /// [`Error::AlreadyMember`], which uses no PIN up; [`Error::Throttled`] beyond twenty numbers in 30 days.
    pub async fn redeem_pin(&self, caller: &Caller, session: &SessionView, number: &str, typed: &SecretString) -> Result<Redeemed, Error> {
        let portal = &session.portal;
        posted(portal)?;
        let (number, pin) = read(number, typed)?;
        let account_id = session.account();
        let _turn = self.turn(portal, caller).await;
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = self.account(session.account()).await?;
            session.lives_beside(&before.value)?;
            if let Some(before) = self.replayed::<Outcome>(portal, caller, now).await? {
                return before.answer();
            }
            let parts: [&[u8]; 3] = [portal.slug.as_str().as_bytes(), account_id.0.as_bytes(), number.as_str().as_bytes()];
            let counted = TypedNumber(self.ports.vault.presented(DigestPurpose::TypedNumber, &parts));
            let left = match before.value.pin_budget(&counted, now) {
                PinBudget::Left(left) => left,
                PinBudget::UsedUp => return Err(account::Refusal::PinUsedUp.into()),
                PinBudget::TooManyNumbers(until) => return Err(Error::Throttled { until, now }),
            };
            let mut step = self.step(portal, Actor::Account(session.account()), now);
            let met = self.met(session, &number).await?;
            let linked = match &met {
                Some(met) => self.judge_pin(&mut step, &before.value, met, &pin)?,
                None => None,
            };
            let outcome = if let Some(membership) = linked {
                step.decide(Some(&before), account::Command::EndSessions)?;
                Outcome::Redeemed(Redeemed { membership })
            } else {
                // Under the key of its counter, where there is one: a rotation must not give new tries.
                let known = counted.0.0.iter().find(|digest| before.value.counts_pins_of(digest)).copied();
                let number = known.unwrap_or_else(|| self.ports.vault.digest(DigestPurpose::TypedNumber, &parts));
                step.decide(Some(&before), account::Command::RejectPin { number })?;
                Outcome::Mismatch(left - 1)
            };
            self.remember(&mut step, portal, caller, &outcome)?;
            if let Taken::Yes = self.take(step).await? {
                if matches!(outcome, Outcome::Mismatch(_)) {
                    self.count_wrong_pin(portal, now).await?;
                }
                return outcome.answer();
            }
        }
        Err(Error::Contended)
    }

    /// The open record behind a number, with what its PINs are compared to.
    async fn met(&self, session: &SessionView, number: &RecordNumber) -> Result<Option<Met>, Error> {
        let portal = &session.portal;
        let record = self.ports.directory.find(&portal.slug, number).await?;
        let roster = self.roster_of(portal, number).await?;
        let membership = self.membership_at(session, number).await?;
        let open = record.filter(|record| record.value.status == RecordStatus::Open);
        Ok(open.map(|record| Met { record, roster, membership }))
    }

    /// What the PIN opens; `None`: nothing.
    fn judge_pin(&self, step: &mut Step, account: &Account, met: &Met, typed: &SecretString) -> Result<Option<MembershipId>, Error> {
        let (now, book) = (step.now, &met.record.value);
        let id = met.membership.as_ref().map_or_else(|| membership_id(account.id(), book.id), |membership| membership.value.id());
        let pin = self.presented_pin(PinOf::Letter(id), typed);
        let notice = met.roster.as_ref().map_or(NoticeVerdict::Mismatch, |roster| {
            let presented = self.presented_pin(PinOf::Notice(roster.value.id()), typed);
            roster.value.notice_verdict(&presented, now)
        });
        let by_letter = met
            .membership
            .as_ref()
            .and_then(|membership| membership.value.pin())
            .is_some_and(|kept| kept.fate != LetterFate::Held && pin.matches(&kept.digest) && kept.valid_until > now);
        let (delivery, told) = (self.delivery(now), (account.email().clone(), account.language()));
        let business = if book.name.is_empty() { book.written.clone() } else { book.name.clone() };
        let command = match (&met.membership, notice) {
            (None, NoticeVerdict::Matches) => membership::Command::RedeemNotice {
                place: Place { id, account: account.id(), record: (book.id, book.number.clone()) },
                delivery,
                told,
                business,
            },
            (Some(_), _) | (None, NoticeVerdict::Mismatch | NoticeVerdict::Expired) => {
                membership::Command::Redeem { pin, notice, delivery, told, business }
            }
        };
        let decided = step.decide::<Membership>(met.membership.as_ref(), command);
        let (_, reply) = decided.map_err(|refusal| match refusal {
            membership::Refusal::AlreadyMember => Error::AlreadyMember,
            membership::Refusal::PinExpired => Error::PinExpired,
            membership::Refusal::NotFound | membership::Refusal::NotInThisState => Error::Internal(refusal.to_string()),
        })?;
        match reply {
            membership::Reply::Mismatch => return Ok(None),
            membership::Reply::Done | membership::Reply::Repeated => {}
        }
        step.commit.expects.push((Ref::Record(book.id), met.record.version));
        if let (Some(roster), NoticeVerdict::Matches, false) = (&met.roster, notice, by_letter) {
            // One redemption: whoever comes second with the same notice meets another version.
            step.decide(Some(roster), roster::Command::UseNotice).map_err(|refusal| Error::Internal(refusal.to_string()))?;
        }
        Ok(Some(id))
    }

    /// Many wrong PINs over all accounts and numbers: somebody is trying. The clerks are told, once a day.
    async fn count_wrong_pin(&self, portal: &Arc<Portal>, now: DateTime<Utc>) -> Result<(), Error> {
        let key = self.throttle_key(&portal.slug, "pin-wrong", &[]);
        let window = policy::Limit::Window { most: u32::MAX, per: chrono::TimeDelta::hours(24) };
        if self.ports.throttle.take(key, window, now).await?.count != policy::PIN_ALARM {
            return Ok(());
        }
        let mut step = self.step(portal, Actor::System, now);
        let params = vec![Param::Count(policy::PIN_ALARM), Param::PageLink(Page::Staff)];
        step.effect(Ref::Record(RecordId(Uuid::nil())), Effect::TellClerks(MailTemplate::GuessingAlarm, params));
        self.take(step).await.map(|_| ())
    }
}

/// Number and PIN as typed, both faults at once.
fn read(number: &str, typed: &SecretString) -> Result<(RecordNumber, SecretString), Error> {
    use secrecy::ExposeSecret;
    let mut faults = Vec::new();
    let number = forms::number("number", number).map_err(|fault| faults.push(fault)).ok();
    let pin = code::normalise(typed.expose_secret(), policy::PIN_CHARS);
    let pin = pin.map_err(|fault| {
        faults.push(match fault {
            CodeFault::Empty => FieldError::new("pin", "required"),
            CodeFault::Length => {
                FieldError { field: "pin".to_owned(), code: "code_length", args: vec![("n", policy::PIN_CHARS.to_string())] }
            }
            CodeFault::Characters => {
                FieldError { field: "pin".to_owned(), code: "code_characters", args: vec![("chars", code::ABSENT.to_owned())] }
            }
        });
    });
    match (number, pin) {
        (Some(number), Ok(pin)) => Ok((number, SecretString::from(pin))),
        (_, _) => Err(Error::Input(faults)),
    }
}
