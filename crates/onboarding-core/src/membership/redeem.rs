//! A PIN is typed: the letter's own, or the yearly notice's.

use super::event::Event;
use super::pin::LetterFate;
use super::{Membership, Place, Refusal, Reply, suspend};
use crate::{Decision, DeliveryId, EmailAddress, Journey, Language, Mail, MailTemplate, Page, Param, Presented, Role};
use chrono::{DateTime, Utc};

/// What the record's notice PIN says to a typed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeVerdict {
    /// There is none, or it is another one.
    Mismatch,
    /// It is this one, and alive.
    Matches,
    /// It is this one, and dead.
    Expired,
}

pub(super) fn redeem(
    membership: &Membership,
    pin: &Presented,
    notice: NoticeVerdict,
    delivery: DeliveryId,
    told: (EmailAddress, Language),
    business: String,
    now: DateTime<Utc>,
) -> Result<Decision<Event, Reply>, Refusal> {
    let letter = membership.pin.as_ref().filter(|kept| kept.fate != LetterFate::Held && pin.matches(&kept.digest));
    match (letter, notice) {
        (Some(kept), _) if kept.valid_until > now => {}
        (_, NoticeVerdict::Matches) => {}
        (Some(_), NoticeVerdict::Mismatch | NoticeVerdict::Expired) | (None, NoticeVerdict::Expired) => return Err(Refusal::PinExpired),
        (None, NoticeVerdict::Mismatch) => return Ok(Decision::answer(Reply::Mismatch)),
    }
    Ok(linked(delivery, told, business, now))
}

/// Whoever asked for a letter is let in; the letter's PIN dies with it.
pub(super) fn linked(delivery: DeliveryId, told: (EmailAddress, Language), business: String, now: DateTime<Utc>) -> Decision<Event, Reply> {
    Decision::events(vec![Event::Redeemed { at: now }], Reply::Done).mail(mail(delivery, told, business))
}

/// Whoever asked for no letter has nothing to redeem but the notice's PIN; a dead one is told.
pub(super) fn stranger(notice: NoticeVerdict) -> Result<Decision<Event, Reply>, Refusal> {
    match notice {
        NoticeVerdict::Expired => Err(Refusal::PinExpired),
        NoticeVerdict::Matches | NoticeVerdict::Mismatch => Ok(Decision::answer(Reply::Mismatch)),
    }
}

/// Whoever never asked for a letter, or left, is let in as a plain member.
pub(super) fn by_notice(
    place: Place,
    delivery: DeliveryId,
    told: (EmailAddress, Language),
    business: String,
    journey: &Journey,
    now: DateTime<Utc>,
) -> Decision<Event, Reply> {
    suspend::grant(place, Role::Member, journey, now).mail(mail(delivery, told, business))
}

fn mail(delivery: DeliveryId, told: (EmailAddress, Language), business: String) -> Mail {
    let (to, language) = told;
    Mail {
        id: delivery,
        template: MailTemplate::Linked,
        to,
        language,
        params: vec![Param::Business(business), Param::PageLink(Page::Login)],
        not_after: None,
        after: None,
    }
}
