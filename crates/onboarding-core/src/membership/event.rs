//! What can have happened to a membership, and what that makes of it. No rules stand here.

use super::pin::{LetterFate, LetterPin};
use super::{Membership, Standing};
use crate::audit::{AuditEntry, Audited};
use crate::{DeliveryId, Role};
use chrono::{DateTime, Utc};

/// What happened.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are those of the states they make")]
pub enum Event {
    /// It opened.
    Granted { membership: Box<Membership> },
    /// A letter was asked for; an older PIN of this account is void.
    PinRequested { membership: Box<Membership> },
    /// A clerk let the held letter go.
    LetterReleased { pin: LetterPin },
    /// A clerk had it written again: the older PIN is void.
    LetterReissued { pin: LetterPin },
    /// A clerk kept the letter back.
    LetterRefused,
    /// What became of the letter.
    LetterSettled { delivery: DeliveryId, fate: LetterFate },
    /// The PIN was right.
    Redeemed { at: DateTime<Utc> },
    /// The PIN died unused.
    PinDied,
    /// Another role.
    RoleChanged { role: Role },
    /// Closed until lifted.
    Suspended { at: DateTime<Utc> },
    /// Lifted.
    Unsuspended { at: DateTime<Utc> },
    /// Left or removed.
    Ended { at: DateTime<Utc> },
}

/// The state after an event. Total: an event that fits no state changes nothing.
pub fn evolve(state: Option<Membership>, event: &Event) -> Option<Membership> {
    if let Event::Granted { membership } | Event::PinRequested { membership } = event {
        return Some((**membership).clone());
    }
    let mut membership = state?;
    match event {
        Event::Granted { .. } | Event::PinRequested { .. } => {}
        Event::LetterReleased { pin } | Event::LetterReissued { pin } => membership.pin = Some(pin.clone()),
        Event::LetterRefused | Event::PinDied => membership.pin = None,
        Event::LetterSettled { fate, .. } => {
            if let Some(pin) = &mut membership.pin {
                pin.fate = *fate;
            }
        }
        Event::Redeemed { at } => {
            membership.standing = Standing::Active;
            membership.since = *at;
            membership.pin = None;
        }
        Event::RoleChanged { role } => membership.role = *role,
        Event::Suspended { at } => {
            membership.standing = Standing::Suspended;
            membership.since = *at;
        }
        Event::Unsuspended { at } => {
            membership.standing = Standing::Active;
            membership.since = *at;
        }
        Event::Ended { at } => {
            membership.standing = Standing::Ended;
            membership.since = *at;
            membership.pin = None;
        }
    }
    Some(membership)
}

/// When time itself does something: a PIN dies.
pub fn deadline(state: &Membership) -> Option<DateTime<Utc>> {
    match state.standing {
        // A held letter's date is fixed when a clerk lets it go.
        Standing::Requested => state.pin.as_ref().filter(|pin| pin.fate != LetterFate::Held).map(|pin| pin.valid_until),
        Standing::Active | Standing::Suspended | Standing::Ended => None,
    }
}

impl Audited for Event {
    fn audit(&self) -> AuditEntry {
        let entry = AuditEntry::new;
        match self {
            Self::Granted { membership } => {
                entry("membership.granted").with("role", membership.role.word()).with("account", membership.account)
            }
            Self::PinRequested { membership } => entry("membership.pin_requested").with("account", membership.account),
            Self::LetterReleased { pin } => entry("membership.letter_released").with("delivery", pin.delivery),
            Self::LetterReissued { pin } => entry("membership.letter_reissued").with("delivery", pin.delivery),
            Self::LetterRefused => entry("membership.letter_refused"),
            Self::LetterSettled { delivery, fate } => {
                entry("membership.letter_settled").with("delivery", delivery).with("fate", fate.word())
            }
            Self::Redeemed { .. } => entry("membership.redeemed"),
            Self::PinDied => entry("membership.pin_died"),
            Self::RoleChanged { role } => entry("membership.role_changed").with("role", role.word()),
            Self::Suspended { .. } => entry("membership.suspended"),
            Self::Unsuspended { .. } => entry("membership.unsuspended"),
            Self::Ended { .. } => entry("membership.ended"),
        }
    }
}
