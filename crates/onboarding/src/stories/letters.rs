//! Letters in the clerks' hands: which wait, were printed, posted, came back; and what a clerk may do with one. The PIN is never shown.

use crate::engine::{ATTEMPTS, Caller, Taken};
use crate::error::Error;
use crate::ports::{Lookup, Versioned};
use crate::stories::backoffice::{Faults, ListPage, PAGE, page};
use crate::stories::pin_letter::{handling, requester};
use crate::stories::staff::StaffView;
use crate::{Onboarding, Portal};
use chrono::{DateTime, Utc};
use onboarding_core::{
    AccountId, DeliveryId, Ref,
    account::Account,
    membership::{self, Command, LetterFate, LetterMark, Membership},
    policy,
    record::RecordStatus,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A letter in a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LetterView {
    /// Its id.
    pub id: DeliveryId,
    /// `held`, `queued`, `printed`, `posted`, `returned`, `parked`.
    pub state: String,
    /// The record's number as the company writes it.
    pub record: String,
    /// The business's name.
    pub name: String,
    /// Whose request it is.
    pub account: AccountId,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// The last moment of its PIN.
    pub valid_until: DateTime<Utc>,
}

/// What a clerk does with a letter.
#[derive(Clone, Copy)]
enum Doing {
    Mark(LetterMark),
    Reissue,
    Release,
    Refuse,
}

impl Onboarding {
    /// Letters whose PIN is not redeemed, voided or dead, newest request first; a page at a time.
    ///
    /// # Errors
    /// An unknown state or cursor as field to mend.
    pub async fn staff_letters(&self, staff: &StaffView, state: Option<&str>, cursor: Option<&str>) -> Result<ListPage<LetterView>, Error> {
        let mut faults = Faults::default();
        let state = state.map(LetterFate::of);
        if state == Some(None) {
            faults.add("state", "unknown");
        }
        let after = faults.cursor(cursor);
        faults.none()?;
        let rows = self.ports.backoffice.letters(&staff.portal.slug, state.flatten(), after, PAGE + 1).await?;
        let page = page(rows, |row| row.place, |row| row.value);
        let mut views = Vec::with_capacity(page.rows.len());
        for membership in &page.rows {
            views.extend(self.letter_view(&staff.portal, membership).await?);
        }
        Ok(ListPage { rows: views, next: page.next })
    }

    /// A clerk says that the letter went to the post.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a letter that was replaced, redeemed or is another portal's; its state, where that forbids it.
    pub async fn letter_posted(&self, caller: &Caller, staff: &StaffView, id: DeliveryId) -> Result<LetterView, Error> {
        self.work_on_letter(caller, staff, id, Doing::Mark(LetterMark::Posted)).await
    }

    /// A clerk says that the letter came back.
    ///
    /// # Errors
    /// As [`Onboarding::letter_posted`].
    pub async fn letter_returned(&self, caller: &Caller, staff: &StaffView, id: DeliveryId) -> Result<LetterView, Error> {
        self.work_on_letter(caller, staff, id, Doing::Mark(LetterMark::Returned)).await
    }

    /// Another letter with another PIN, to the address that stands in the books now; one that still waits is not written.
    ///
    /// # Errors
    /// As [`Onboarding::letter_posted`]; [`Error::NotFound`] also for a record that is closed.
    pub async fn reissue_letter(&self, caller: &Caller, staff: &StaffView, id: DeliveryId) -> Result<LetterView, Error> {
        self.work_on_letter(caller, staff, id, Doing::Reissue).await
    }

    /// A held letter goes out, with a fresh PIN and date.
    ///
    /// # Errors
    /// As [`Onboarding::reissue_letter`].
    pub async fn release_letter(&self, caller: &Caller, staff: &StaffView, id: DeliveryId) -> Result<LetterView, Error> {
        self.work_on_letter(caller, staff, id, Doing::Release).await
    }

    /// A held letter does not go out.
    ///
    /// # Errors
    /// As [`Onboarding::letter_posted`].
    pub async fn refuse_letter(&self, caller: &Caller, staff: &StaffView, id: DeliveryId) -> Result<(), Error> {
        self.work_on_letter(caller, staff, id, Doing::Refuse).await.map(|_| ())
    }

    async fn work_on_letter(&self, caller: &Caller, staff: &StaffView, id: DeliveryId, doing: Doing) -> Result<LetterView, Error> {
        let portal = &staff.portal;
        let _turn = self.turn(portal, caller).await;
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            if let Some(done) = self.replayed(portal, caller, now).await? {
                return Ok(done);
            }
            let before = self.letter_behind(portal, id).await?;
            let mut step = self.step(portal, staff.actor(), now);
            let command = match doing {
                Doing::Mark(mark) => Command::MarkLetter { delivery: id, mark },
                Doing::Refuse => Command::RefuseLetter,
                Doing::Reissue | Doing::Release => {
                    let account = self.load::<Account>(Ref::Account(before.value.account())).await?.ok_or(Error::NotFound)?;
                    let record = self.ports.directory.by_id(before.value.record_id()).await?;
                    let record = record.filter(|record| record.value.status == RecordStatus::Open).ok_or(Error::NotFound)?;
                    step.commit.expects.push((Ref::Record(record.value.id), record.version));
                    let until = policy::pin_valid_until(now, handling(portal));
                    let letter = self.letter(portal, &record.value, before.value.id(), requester(&account.value), until, now);
                    if matches!(doing, Doing::Reissue) { Command::ReissueLetter { letter } } else { Command::ReleaseLetter { letter } }
                }
            };
            let (after, _) = step.decide(Some(&before), command).map_err(|refusal| refused(refusal, &before.value))?;
            let after = after.unwrap_or_else(|| before.value.clone());
            let shown = if matches!(doing, Doing::Refuse) { &before.value } else { &after };
            let view = self.letter_view(portal, shown).await?.ok_or(Error::NotFound)?;
            self.remember(&mut step, portal, caller, &view)?;
            if let Taken::Yes = self.take(step).await? {
                return Ok(view);
            }
        }
        Err(Error::Contended)
    }

    async fn letter_behind(&self, portal: &Arc<Portal>, id: DeliveryId) -> Result<Versioned<Membership>, Error> {
        let found = self.ports.store.find(&Lookup::Letter(id)).await?.ok_or(Error::NotFound)?;
        let membership = self.load::<Membership>(found).await?.ok_or(Error::NotFound)?;
        if membership.value.portal() == &portal.slug { Ok(membership) } else { Err(Error::NotFound) }
    }

    async fn letter_view(&self, portal: &Portal, membership: &Membership) -> Result<Option<LetterView>, Error> {
        let Some(pin) = membership.pin() else { return Ok(None) };
        let record = self.ports.directory.find(&portal.slug, membership.record()).await?;
        let (number, name) = match record {
            Some(record) => (record.value.written, record.value.name),
            None => (membership.record().as_str().to_owned(), String::new()),
        };
        Ok(Some(LetterView {
            id: pin.delivery,
            state: pin.fate.word().to_owned(),
            record: number,
            name,
            account: membership.account(),
            requested_at: pin.requested_at,
            valid_until: pin.valid_until,
        }))
    }
}

fn refused(refusal: membership::Refusal, membership: &Membership) -> Error {
    match refusal {
        membership::Refusal::NotInThisState => {
            let state = membership.pin().map_or("ended", |pin| pin.fate.word());
            onboarding_core::registration::Refusal::NotInThisState(state).into()
        }
        membership::Refusal::NotFound => Error::NotFound,
        membership::Refusal::AlreadyMember | membership::Refusal::PinExpired => Error::Internal(refusal.to_string()),
    }
}
