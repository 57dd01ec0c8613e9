//! PIN letters: asked for by an account, for a number; answered from the request alone, whether or not the number exists. The letter goes to
//! the address in the books, never to one that was typed.

use crate::engine::{ATTEMPTS, Caller, Taken, only};
use crate::error::Error;
use crate::forms;
use crate::minting::{PinOf, membership_id};
use crate::ports::{Actor, Relation, Versioned};
use crate::step::Step;
use crate::stories::session::SessionView;
use crate::stories::team::belongs;
use crate::{Onboarding, Portal};
use chrono::{DateTime, TimeDelta, Utc};
use onboarding_core::{
    Language, MembershipId, Personal, Record, RecordNumber, Ref,
    account::{self, Account},
    journey::MembershipBy,
    membership::{self, LetterInput, Membership, Place},
    policy,
    record::RecordStatus,
    roster::{self, Roster},
};
use serde::{Deserialize, Serialize};

/// A letter as its account sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinLetterView {
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// The last moment of its PIN.
    pub valid_until: DateTime<Utc>,
    /// When the account may ask for another; `None`: at once.
    pub next_at: Option<DateTime<Utc>>,
}

/// How long printing and posting take at a portal.
pub(crate) fn handling(portal: &Portal) -> TimeDelta {
    TimeDelta::days(i64::from(portal.letters.handling_days))
}

impl Onboarding {
    /// Asks for a letter with a PIN.
    ///
    /// # Errors
    /// A field to mend; [`Error::AlreadyMember`] for the account's own record; [`Error::Throttled`] per account: one letter in 7 days, four in 30.
    pub async fn request_pin_letter(&self, caller: &Caller, session: &SessionView, number: &str) -> Result<PinLetterView, Error> {
        let portal = &session.portal;
        posted(portal)?;
        let number = forms::number("number", number).map_err(|fault| Error::Input(vec![fault]))?;
        let _turn = self.turn(portal, caller).await;
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = self.account(session.account()).await?;
            session.lives_beside(&before.value)?;
            if let Some(done) = self.replayed(portal, caller, now).await? {
                return Ok(done);
            }
            let record = self.ports.directory.find(&portal.slug, &number).await?;
            let roster = self.roster_of(portal, &number).await?;
            let membership = self.membership_at(session, &number).await?;
            // Told before anything is counted; a membership is nothing that its own account does not know.
            if membership.as_ref().is_some_and(|membership| belongs(&membership.value)) {
                return Err(Error::AlreadyMember);
            }
            let mut step = self.step(portal, Actor::Account(session.account()), now);
            let (after, _) = step.decide(Some(&before), account::Command::RequestLetter).map_err(|refusal| too_soon(refusal, now))?;
            let after = after.unwrap_or_else(|| before.value.clone());
            let valid_until = policy::pin_valid_until(now, handling(portal));
            if let Some(record) = record.filter(|record| record.value.status == RecordStatus::Open) {
                self.write_letter(&mut step, portal, &after, &record, roster.as_ref(), membership.as_ref(), valid_until)?;
            } else {
                // Nobody's number: the same answer, and a row that is never printed.
                let id = self.delivery(now);
                step.decoy_letter(Ref::Account(session.account()), id, portal.journey.default_language(), valid_until);
            }
            let view = PinLetterView { requested_at: now, valid_until, next_at: after.next_letter_at(now) };
            self.remember(&mut step, portal, caller, &view)?;
            if let Taken::Yes = self.take(step).await? {
                return Ok(view);
            }
        }
        Err(Error::Contended)
    }

    /// The letters the account asked for in the last 30 days, oldest first.
    ///
    /// # Errors
    /// Where the journey has no letters.
    pub fn pin_letters(session: &SessionView) -> Result<Vec<PinLetterView>, Error> {
        let portal = &session.portal;
        posted(portal)?;
        let account = &session.facts.account.value;
        let next_at = account.next_letter_at(session.now);
        let view =
            |requested_at| PinLetterView { requested_at, valid_until: policy::pin_valid_until(requested_at, handling(portal)), next_at };
        Ok(account.letters_since(session.now).map(view).collect())
    }

    /// The membership of a session's account at a number, whatever it is worth.
    pub(crate) async fn membership_at(&self, session: &SessionView, number: &RecordNumber) -> Result<Option<Versioned<Membership>>, Error> {
        let all = only::<Membership>(self.ports.store.related(&Relation::MembershipsOf(session.account())).await?);
        Ok(all.into_iter().find(|membership| membership.value.record() == number))
    }

    /// Counts the letter at its record and orders it; held where the record had enough.
    #[expect(clippy::too_many_arguments, reason = "a letter stands on everything that is known of its record")]
    fn write_letter(
        &self,
        step: &mut Step,
        portal: &Portal,
        account: &Account,
        record: &Versioned<Record>,
        roster: Option<&Versioned<Roster>>,
        membership: Option<&Versioned<Membership>>,
        valid_until: DateTime<Utc>,
    ) -> Result<(), Error> {
        let (id, number) = (record.value.id, record.value.number.clone());
        step.commit.expects.push((Ref::Record(id), record.version));
        let place = Place {
            id: membership.map_or_else(|| membership_id(account.id(), id), |membership| membership.value.id()),
            account: account.id(),
            record: (id, number.clone()),
        };
        let founded = match roster {
            Some(_) => None,
            None => self.found_roster(step, &number)?,
        };
        let counted = step.decide(roster.or(founded.as_ref()), roster::Command::CountLetter);
        let held = counted.map_err(|refusal| Error::Internal(refusal.to_string()))?.1 == roster::Reply::Hold;
        let letter = LetterInput { held, ..self.letter(portal, &record.value, place.id, requester(account), valid_until, step.now) };
        step.decide(membership, membership::Command::RequestPin { place, letter }).map_err(|refusal| match refusal {
            membership::Refusal::AlreadyMember => Error::AlreadyMember,
            membership::Refusal::NotFound | membership::Refusal::NotInThisState | membership::Refusal::PinExpired => {
                Error::Internal(refusal.to_string())
            }
        })?;
        Ok(())
    }

    /// A letter with a fresh PIN, in the language of the record it goes to.
    pub(crate) fn letter(
        &self,
        portal: &Portal,
        record: &Record,
        membership: MembershipId,
        requester: String,
        valid_until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> LetterInput {
        LetterInput {
            pin: self.pin(PinOf::Letter(membership)),
            delivery: self.delivery(now),
            language: language_of(portal, record),
            requester: Personal(requester),
            reissued: false,
            valid_until,
            held: false,
        }
    }
}

/// Only where letters lead to memberships.
pub(crate) fn posted(portal: &Portal) -> Result<(), Error> {
    match portal.journey.membership {
        MembershipBy::PostedPin => Ok(()),
        MembershipBy::Claim | MembershipBy::Approval | MembershipBy::Record => Err(account::Refusal::NotInThisJourney.into()),
    }
}

/// As the letter names the person to the business.
pub(crate) fn requester(account: &Account) -> String {
    account.display_name().unwrap_or_else(|| account.email().as_str().to_owned())
}

fn language_of(portal: &Portal, record: &Record) -> Language {
    record.language.filter(|language| portal.journey.languages.contains(language)).unwrap_or(portal.journey.default_language())
}

fn too_soon(refusal: account::Refusal, now: DateTime<Utc>) -> Error {
    match refusal {
        account::Refusal::TooSoon(until) => Error::Throttled { until, now },
        other => other.into(),
    }
}
