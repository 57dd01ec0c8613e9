//! The PIN that a yearly notice carries: the record's own, with one redemption.

use super::{Event, Refusal, Reply, Roster};
use crate::{Decision, Digest, policy};
use chrono::{DateTime, Utc};

/// A notice's PIN, as kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NoticePin {
    /// Digest of the PIN.
    pub digest: Digest,
    /// Its last moment; at most 400 days after its issue.
    pub valid_until: DateTime<Utc>,
}

/// Whatever a batch says: no printed PIN lives longer than 400 days.
pub(super) fn issue(pin: NoticePin, now: DateTime<Utc>) -> Decision<Event, Reply> {
    let pin = NoticePin { valid_until: pin.valid_until.min(now + policy::NOTICE_PIN_AT_MOST), ..pin };
    Decision::events(vec![Event::NoticeIssued { pin }], Reply::Done)
}

pub(super) fn take(roster: &Roster, now: DateTime<Utc>) -> Result<Decision<Event, Reply>, Refusal> {
    match roster.notice {
        Some(pin) if pin.valid_until > now => Ok(Decision::events(vec![Event::NoticeUsed], Reply::Done)),
        Some(_) | None => Err(Refusal::NoNotice),
    }
}

pub(super) fn dies_at(roster: &Roster) -> Option<DateTime<Utc>> {
    roster.notice.map(|pin| pin.valid_until)
}

pub(super) fn tick(roster: &Roster, now: DateTime<Utc>) -> Decision<Event, Reply> {
    if dies_at(roster).is_some_and(|due| due <= now) {
        Decision::events(vec![Event::NoticeDied], Reply::Done)
    } else {
        Decision::answer(Reply::Repeated)
    }
}
