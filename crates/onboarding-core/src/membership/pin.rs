//! PIN letters: asked for, held, released, delivered, dead.

use super::event::{Event, deadline};
use super::{LetterInput, Membership, Place, Refusal, Reply, Standing};
use crate::{Decision, DeliveryId, Digest, Effect, Journey, Personal, PinLetterOrder, Role, code};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;

/// The PIN of a letter, as kept.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LetterPin {
    /// Digest of the PIN.
    pub digest: Digest,
    /// The letter.
    pub delivery: DeliveryId,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// The last moment of the PIN, as printed.
    pub valid_until: DateTime<Utc>,
    /// What became of the letter.
    pub fate: LetterFate,
}

/// What became of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LetterFate {
    /// Waits for a clerk.
    Held,
    /// Waits for the press.
    Queued,
    /// Lies in the spool or came out of the printer.
    Printed,
    /// Posted.
    Posted,
    /// Came back.
    Returned,
    /// Nobody knows, or the press gave up: a clerk looks at it.
    Parked,
}

impl LetterFate {
    /// The inverse of `word`.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Held, Self::Queued, Self::Printed, Self::Posted, Self::Returned, Self::Parked].into_iter().find(|fate| fate.word() == word)
    }

    /// A stable word, lower case.
    pub fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Queued => "queued",
            Self::Printed => "printed",
            Self::Posted => "posted",
            Self::Returned => "returned",
            Self::Parked => "parked",
        }
    }
}

/// What a clerk says of a letter in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterMark {
    /// It went to the post.
    Posted,
    /// It came back.
    Returned,
}

fn kept(letter: &LetterInput, now: DateTime<Utc>) -> LetterPin {
    LetterPin {
        digest: letter.pin.digest,
        delivery: letter.delivery,
        requested_at: now,
        valid_until: letter.valid_until,
        fate: if letter.held { LetterFate::Held } else { LetterFate::Queued },
    }
}

fn order(membership: &Membership, letter: &LetterInput, now: DateTime<Utc>) -> Effect {
    Effect::PrintPinLetter(PinLetterOrder {
        id: letter.delivery,
        record: membership.record.0.clone(),
        language: letter.language,
        pin: code::grouped(letter.pin.plain.expose_secret()),
        requester: letter.requester.clone(),
        requested_at: now,
        reissued: letter.reissued,
        valid_until: letter.valid_until,
        held: letter.held,
    })
}

pub(super) fn request(place: Place, letter: LetterInput, journey: &Journey, now: DateTime<Utc>) -> Decision<Event, Reply> {
    let (record_id, record) = place.record;
    let membership = Membership {
        id: place.id,
        portal: journey.portal.clone(),
        account: place.account,
        record_id,
        record: Personal(record),
        role: Role::Member,
        standing: Standing::Requested,
        pin: Some(kept(&letter, now)),
        since: now,
    };
    let print = order(&membership, &letter, now);
    Decision::events(vec![Event::PinRequested { membership: Box::new(membership) }], Reply::Done).with(print)
}

/// A newer letter of the same account voids its older PIN, and nobody else's.
pub(super) fn again(membership: &Membership, letter: LetterInput, now: DateTime<Utc>) -> Decision<Event, Reply> {
    let print = order(membership, &letter, now);
    let membership = Membership { pin: Some(kept(&letter, now)), since: now, ..membership.clone() };
    Decision::events(vec![Event::PinRequested { membership: Box::new(membership) }], Reply::Done).with(print)
}

pub(super) fn release(membership: &Membership, letter: LetterInput, now: DateTime<Utc>) -> Result<Decision<Event, Reply>, Refusal> {
    match &membership.pin {
        Some(pin) if pin.fate == LetterFate::Held => {
            let letter = LetterInput { held: false, ..letter };
            let print = order(membership, &letter, now);
            Ok(Decision::events(vec![Event::LetterReleased { pin: kept(&letter, now) }], Reply::Done).with(print))
        }
        Some(_) | None => Err(Refusal::NotInThisState),
    }
}

pub(super) fn refuse(membership: &Membership) -> Result<Decision<Event, Reply>, Refusal> {
    match &membership.pin {
        Some(pin) if pin.fate == LetterFate::Held => Ok(Decision::events(vec![Event::LetterRefused], Reply::Done)),
        Some(_) | None => Err(Refusal::NotInThisState),
    }
}

/// Only what was printed can be posted, and only what may have left can come back.
pub(super) fn mark(membership: &Membership, delivery: DeliveryId, mark: LetterMark) -> Result<Decision<Event, Reply>, Refusal> {
    let Some(pin) = membership.pin.as_ref().filter(|pin| pin.delivery == delivery) else { return Err(Refusal::NotInThisState) };
    let fate = match (mark, pin.fate) {
        (LetterMark::Posted, LetterFate::Posted) | (LetterMark::Returned, LetterFate::Returned) => {
            return Ok(Decision::answer(Reply::Repeated));
        }
        // A parked letter may lie in the tray all the same: whoever holds it in hand knows better than the press.
        (LetterMark::Posted, LetterFate::Printed | LetterFate::Parked) => LetterFate::Posted,
        (LetterMark::Returned, LetterFate::Printed | LetterFate::Posted | LetterFate::Parked) => LetterFate::Returned,
        (LetterMark::Posted, LetterFate::Held | LetterFate::Queued | LetterFate::Returned)
        | (LetterMark::Returned, LetterFate::Held | LetterFate::Queued) => return Err(Refusal::NotInThisState),
    };
    Ok(Decision::events(vec![Event::LetterSettled { delivery, fate }], Reply::Done))
}

/// Lost, returned or stuck: another letter with another PIN. What still waits for a clerk is released instead.
pub(super) fn reissue(membership: &Membership, letter: LetterInput, now: DateTime<Utc>) -> Result<Decision<Event, Reply>, Refusal> {
    match &membership.pin {
        Some(pin) if pin.fate != LetterFate::Held => {
            let letter = LetterInput { held: false, reissued: true, ..letter };
            let print = order(membership, &letter, now);
            Ok(Decision::events(vec![Event::LetterReissued { pin: kept(&letter, now) }], Reply::Done).with(print))
        }
        Some(_) | None => Err(Refusal::NotInThisState),
    }
}

pub(super) fn settle(membership: &Membership, delivery: DeliveryId, fate: LetterFate) -> Decision<Event, Reply> {
    match &membership.pin {
        Some(pin) if pin.delivery == delivery && pin.fate != fate => {
            Decision::events(vec![Event::LetterSettled { delivery, fate }], Reply::Done)
        }
        Some(_) | None => Decision::answer(Reply::Repeated),
    }
}

pub(super) fn tick(membership: &Membership, now: DateTime<Utc>) -> Decision<Event, Reply> {
    if deadline(membership).is_some_and(|due| due <= now) {
        Decision::events(vec![Event::PinDied], Reply::Done)
    } else {
        Decision::answer(Reply::Repeated)
    }
}
