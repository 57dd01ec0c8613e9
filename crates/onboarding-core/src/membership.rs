//! An account's standing at one record: the role, and the PIN letter that leads to it.
//!
//! ```text
//!  RequestPin ──▶ requested ──right PIN──▶ active ◀──▶ suspended
//!  Grant ───────────────────────────────────▲ └──▶ ended
//! ```

mod event;
mod pin;
mod redeem;
mod suspend;

pub use event::{Event, deadline, evolve};
pub use pin::{LetterFate, LetterMark, LetterPin};
pub use redeem::NoticeVerdict;

use crate::{
    AccountId, Decision, DeliveryId, Journey, Language, MembershipId, Minted, Personal, PortalSlug, Presented, RecordId, RecordNumber, Role,
};
use chrono::{DateTime, Utc};
use std::fmt;

/// An account at a record.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Membership {
    id: MembershipId,
    portal: PortalSlug,
    account: AccountId,
    record_id: RecordId,
    record: Personal<RecordNumber>,
    role: Role,
    standing: Standing,
    pin: Option<LetterPin>,
    since: DateTime<Utc>,
}

/// What it is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Standing {
    /// A letter is under way; nothing is open yet.
    Requested,
    /// Open.
    Active,
    /// Closed by a super admin, until lifted.
    Suspended,
    /// Left or removed.
    Ended,
}

/// Where an account belongs.
#[derive(Clone, Debug)]
pub struct Place {
    /// The membership's id, minted by the driver.
    pub id: MembershipId,
    /// Whose.
    pub account: AccountId,
    /// The record.
    pub record: (RecordId, RecordNumber),
}

/// A PIN letter as asked for.
#[derive(Clone, Debug)]
pub struct LetterInput {
    /// The PIN.
    pub pin: Minted,
    /// Id of the letter.
    pub delivery: DeliveryId,
    /// The letter's language.
    pub language: Language,
    /// Who asked for it; the letter names the person to the business. 1 to 161 characters.
    pub requester: Personal<String>,
    /// Whether a clerk issues it anew.
    pub reissued: bool,
    /// The last moment of the PIN, printed on the letter.
    pub valid_until: DateTime<Utc>,
    /// Whether a clerk must release it.
    pub held: bool,
}

/// Everything a membership can be asked. `Debug` gives the word alone: texts that somebody typed travel inside.
#[derive(Clone)]
pub enum Command {
    /// By a claim, an approval, a record or a notice's PIN.
    Grant {
        /// Where.
        place: Place,
        /// As what.
        role: Role,
    },
    /// A letter with a PIN, please. Makes the membership if there is none.
    RequestPin {
        /// Where.
        place: Place,
        /// The letter.
        letter: LetterInput,
    },
    /// The PIN of a letter or notice is typed. Where there is no membership yet, a notice's PIN that is right is
    /// [`Command::RedeemNotice`]: only that one says where.
    Redeem {
        /// What was typed.
        pin: Presented,
        /// What the record's notice PIN says to it.
        notice: NoticeVerdict,
        /// Id of the mail that tells.
        delivery: DeliveryId,
        /// Where that mail goes, and in which language.
        told: (crate::EmailAddress, Language),
        /// The business's name.
        business: String,
    },
    /// The PIN of the record's notice is right: it links also an account that never asked for a letter.
    RedeemNotice {
        /// Where.
        place: Place,
        /// Id of the mail that tells.
        delivery: DeliveryId,
        /// Where that mail goes, and in which language.
        told: (crate::EmailAddress, Language),
        /// The business's name.
        business: String,
    },
    /// A clerk lets a held letter go.
    ReleaseLetter {
        /// The letter, with a fresh PIN and date.
        letter: LetterInput,
    },
    /// A clerk keeps a held letter back.
    RefuseLetter,
    /// A clerk says what became of a letter that was printed.
    MarkLetter {
        /// Which.
        delivery: DeliveryId,
        /// What.
        mark: LetterMark,
    },
    /// A clerk has the letter written again, with a fresh PIN: the older one is void.
    ReissueLetter {
        /// The letter, with a fresh PIN and date.
        letter: LetterInput,
    },
    /// What became of the letter.
    SettleLetter {
        /// Which.
        delivery: DeliveryId,
        /// Its fate.
        fate: LetterFate,
    },
    /// Another role.
    ChangeRole {
        /// Which.
        role: Role,
    },
    /// Closed until lifted.
    Suspend,
    /// Lifted.
    Unsuspend,
    /// Left or removed.
    End,
    /// Time has passed.
    Tick,
}

impl Command {
    /// A stable word for each command, for tables and tests.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Grant { .. } => "grant",
            Self::RequestPin { .. } => "request_pin",
            Self::Redeem { .. } => "redeem",
            Self::RedeemNotice { .. } => "redeem_notice",
            Self::ReleaseLetter { .. } => "release_letter",
            Self::RefuseLetter => "refuse_letter",
            Self::MarkLetter { .. } => "mark_letter",
            Self::ReissueLetter { .. } => "reissue_letter",
            Self::SettleLetter { .. } => "settle_letter",
            Self::ChangeRole { .. } => "change_role",
            Self::Suspend => "suspend",
            Self::Unsuspend => "unsuspend",
            Self::End => "end",
            Self::Tick => "tick",
        }
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What the caller is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It happened.
    Done,
    /// Nothing to do.
    Repeated,
    /// The PIN is not this one.
    Mismatch,
}

/// Nothing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such membership.
    #[error("there is no such membership")]
    NotFound,
    /// There is one already.
    #[error("the account is a member already")]
    AlreadyMember,
    /// The state forbids it.
    #[error("the membership's state forbids it")]
    NotInThisState,
    /// The PIN is right and too old.
    #[error("the PIN has expired")]
    PinExpired,
}

/// One decision: what follows from this command in this state.
pub fn decide(
    state: Option<&Membership>,
    command: Command,
    journey: &Journey,
    now: DateTime<Utc>,
) -> Result<Decision<Event, Reply>, Refusal> {
    let Some(membership) = state else {
        return match command {
            Command::Grant { place, role } => Ok(suspend::grant(place, role, journey, now)),
            Command::RequestPin { place, letter } => Ok(pin::request(place, letter, journey, now)),
            Command::Redeem { notice, .. } => redeem::stranger(notice),
            Command::RedeemNotice { place, delivery, told, business } => {
                Ok(redeem::by_notice(place, delivery, told, business, journey, now))
            }
            Command::ReleaseLetter { .. }
            | Command::RefuseLetter
            | Command::MarkLetter { .. }
            | Command::ReissueLetter { .. }
            | Command::SettleLetter { .. }
            | Command::ChangeRole { .. }
            | Command::Suspend
            | Command::Unsuspend
            | Command::End
            | Command::Tick => Err(Refusal::NotFound),
        };
    };
    match membership.standing {
        Standing::Requested => match command {
            Command::Grant { role, .. } => {
                Ok(Decision::events(vec![Event::Granted { membership: Box::new(membership.granted(role, now)) }], Reply::Done))
            }
            Command::RequestPin { letter, .. } => Ok(pin::again(membership, letter, now)),
            Command::Redeem { pin, notice, delivery, told, business } => {
                redeem::redeem(membership, &pin, notice, delivery, told, business, now)
            }
            Command::RedeemNotice { delivery, told, business, .. } => Ok(redeem::linked(delivery, told, business, now)),
            Command::ReleaseLetter { letter } => pin::release(membership, letter, now),
            Command::RefuseLetter => pin::refuse(membership),
            Command::MarkLetter { delivery, mark } => pin::mark(membership, delivery, mark),
            Command::ReissueLetter { letter } => pin::reissue(membership, letter, now),
            Command::SettleLetter { delivery, fate } => Ok(pin::settle(membership, delivery, fate)),
            Command::End => Ok(Decision::events(vec![Event::Ended { at: now }], Reply::Done)),
            Command::Tick => Ok(pin::tick(membership, now)),
            Command::ChangeRole { .. } | Command::Suspend | Command::Unsuspend => Err(Refusal::NotInThisState),
        },
        Standing::Active => match command {
            // The PIN is not used up.
            Command::Grant { .. } | Command::RequestPin { .. } | Command::Redeem { .. } | Command::RedeemNotice { .. } => {
                Err(Refusal::AlreadyMember)
            }
            Command::SettleLetter { delivery, fate } => Ok(pin::settle(membership, delivery, fate)),
            Command::ChangeRole { role } => Ok(suspend::change_role(membership, role)),
            Command::Suspend => Ok(Decision::events(vec![Event::Suspended { at: now }], Reply::Done)),
            Command::Unsuspend | Command::Tick => Ok(Decision::answer(Reply::Repeated)),
            Command::End => Ok(Decision::events(vec![Event::Ended { at: now }], Reply::Done)),
            Command::ReleaseLetter { .. } | Command::RefuseLetter | Command::MarkLetter { .. } | Command::ReissueLetter { .. } => {
                Err(Refusal::NotInThisState)
            }
        },
        Standing::Suspended => match command {
            // A suspended member does not get in by another letter.
            Command::Grant { .. } | Command::RequestPin { .. } | Command::Redeem { .. } | Command::RedeemNotice { .. } => {
                Err(Refusal::AlreadyMember)
            }
            Command::SettleLetter { delivery, fate } => Ok(pin::settle(membership, delivery, fate)),
            Command::Unsuspend => Ok(Decision::events(vec![Event::Unsuspended { at: now }], Reply::Done)),
            Command::Suspend | Command::Tick => Ok(Decision::answer(Reply::Repeated)),
            Command::End => Ok(Decision::events(vec![Event::Ended { at: now }], Reply::Done)),
            Command::ChangeRole { .. }
            | Command::ReleaseLetter { .. }
            | Command::RefuseLetter
            | Command::MarkLetter { .. }
            | Command::ReissueLetter { .. } => Err(Refusal::NotInThisState),
        },
        Standing::Ended => match command {
            Command::Grant { role, .. } => {
                Ok(Decision::events(vec![Event::Granted { membership: Box::new(membership.granted(role, now)) }], Reply::Done))
            }
            Command::RequestPin { place, letter } => Ok(pin::request(Place { id: membership.id, ..place }, letter, journey, now)),
            Command::Redeem { notice: NoticeVerdict::Matches, delivery, told, business, .. }
            | Command::RedeemNotice { delivery, told, business, .. } => {
                Ok(redeem::by_notice(membership.place(), delivery, told, business, journey, now))
            }
            Command::Redeem { notice: notice @ (NoticeVerdict::Mismatch | NoticeVerdict::Expired), .. } => redeem::stranger(notice),
            Command::SettleLetter { .. } | Command::End | Command::Tick => Ok(Decision::answer(Reply::Repeated)),
            Command::ReleaseLetter { .. }
            | Command::RefuseLetter
            | Command::MarkLetter { .. }
            | Command::ReissueLetter { .. }
            | Command::ChangeRole { .. }
            | Command::Suspend
            | Command::Unsuspend => Err(Refusal::NotInThisState),
        },
    }
}

impl Membership {
    fn granted(&self, role: Role, now: DateTime<Utc>) -> Self {
        Self { role, standing: Standing::Active, since: now, pin: None, ..self.clone() }
    }

    fn place(&self) -> Place {
        Place { id: self.id, account: self.account, record: (self.record_id, self.record.0.clone()) }
    }

    /// Its id.
    pub fn id(&self) -> MembershipId {
        self.id
    }

    /// Whose portal.
    pub fn portal(&self) -> &PortalSlug {
        &self.portal
    }

    /// Whose membership.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The record's id.
    pub fn record_id(&self) -> RecordId {
        self.record_id
    }

    /// The record's number.
    pub fn record(&self) -> &RecordNumber {
        &self.record
    }

    /// As what.
    pub fn role(&self) -> Role {
        self.role
    }

    /// What it is worth.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// The latest letter's PIN.
    pub fn pin(&self) -> Option<&LetterPin> {
        self.pin.as_ref()
    }

    /// Since when it stands so.
    pub fn since(&self) -> DateTime<Utc> {
        self.since
    }

    /// Whether it opens doors.
    pub fn is_active(&self) -> bool {
        self.standing == Standing::Active
    }

    /// The state's stable word: `requested`, `active`, `suspended`, `ended`.
    pub fn word(&self) -> &'static str {
        match self.standing {
            Standing::Requested => "requested",
            Standing::Active => "active",
            Standing::Suspended => "suspended",
            Standing::Ended => "ended",
        }
    }
}
