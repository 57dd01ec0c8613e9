//! What concerns all accounts of one record: its super admins, how many letters it gets, its notice PIN.
//!
//! A small aggregate of its own, so that two super admins who leave at once meet at one version, and the last one stays.

mod admins;
mod letters;
mod notice;

pub use notice::NoticePin;

use crate::audit::{AuditEntry, Audited};
use crate::membership::NoticeVerdict;
use crate::registration::{Approver, Entitlement};
use crate::{AccountId, Decision, DeliveryId, Journey, Personal, PortalSlug, Presented, RecordNumber, RosterId, policy};
use chrono::{DateTime, NaiveDate, Utc};

/// As what somebody belongs to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Role {
    /// For itself.
    Member,
    /// Decides on others.
    SuperAdmin,
}

impl Role {
    /// A stable word: `member`, `super_admin`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::SuperAdmin => "super_admin",
        }
    }

    /// The inverse of `word`.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Member, Self::SuperAdmin].into_iter().find(|role| role.word() == word)
    }
}

/// One record's roster.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Roster {
    id: RosterId,
    portal: PortalSlug,
    record: Personal<RecordNumber>,
    /// Active super admins.
    admins: Vec<AccountId>,
    /// When letters went out in the last 30 days, oldest first.
    letters: Vec<DateTime<Utc>>,
    notice: Option<NoticePin>,
    /// Approval mails on one day.
    asked: Option<(NaiveDate, u32)>,
    /// When the super admins are told of the requests for which there was no mail of their own.
    #[cfg_attr(feature = "serde", serde(default))]
    digest: Option<DateTime<Utc>>,
}

/// Everything a roster can be asked.
#[derive(Clone, Debug)]
pub enum Command {
    /// Begins, empty.
    Found {
        /// Its id.
        id: RosterId,
        /// The record.
        record: RecordNumber,
    },
    /// Somebody decides here from now on.
    AddAdmin {
        /// Who.
        account: AccountId,
    },
    /// Somebody leaves, is demoted or suspended.
    RemoveAdmin {
        /// Who.
        account: AccountId,
    },
    /// An account was closed: it always may.
    LoseAdmin {
        /// Whose.
        account: AccountId,
    },
    /// A letter is asked for.
    CountLetter,
    /// A yearly notice carries a PIN.
    IssueNotice {
        /// The PIN.
        pin: NoticePin,
    },
    /// The notice's PIN was used.
    UseNotice,
    /// Super admins are about to be mailed.
    CountApprovalMail,
    /// Time has passed.
    Tick {
        /// Whether requests wait, and for whom.
        waiting: Waiting,
    },
}

/// What a digest is made of. `Debug` gives the numbers alone.
#[derive(Clone, Default)]
pub struct Waiting {
    /// How many requests wait for a decision.
    pub requests: usize,
    /// Who can decide now.
    pub approvers: Vec<Approver>,
    /// Ids for the mails; as many as approvers.
    pub deliveries: Vec<DeliveryId>,
    /// The company's name, for the mails.
    pub company: String,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Waiting").field("requests", &self.requests).field("approvers", &self.approvers.len()).finish_non_exhaustive()
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are those of the states they make")]
pub enum Event {
    /// Began.
    Founded { roster: Box<Roster> },
    /// Somebody decides here.
    AdminAdded { account: AccountId },
    /// Somebody no longer does.
    AdminRemoved { account: AccountId },
    /// Nobody decides here any more: the clerks do.
    FellToClerks,
    /// A letter was counted.
    LetterCounted { at: DateTime<Utc>, forget_before: DateTime<Utc> },
    /// A notice's PIN was issued; an older one is void.
    NoticeIssued { pin: NoticePin },
    /// The notice's PIN was used.
    NoticeUsed,
    /// The notice's PIN died.
    NoticeDied,
    /// Super admins were mailed.
    ApprovalMailCounted { on: NaiveDate },
    /// The day had enough mails: the rest goes into one tomorrow.
    DigestPlanned { due: DateTime<Utc> },
    /// Its time came.
    DigestDone,
}

/// What the caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It happened.
    Done,
    /// Nothing to do.
    Repeated,
    /// It happened, and the letter waits for a clerk: the record had ten in 30 days.
    Hold,
    /// It happened, and this mail goes into a digest: the record had five today.
    Digest,
}

/// Nothing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no roster yet.
    #[error("there is no such roster")]
    NotFound,
    /// There is one already.
    #[error("the roster exists already")]
    Exists,
    /// Somebody must decide: hand the role on first.
    #[error("the last super admin stays")]
    LastSuperAdmin,
    /// No notice PIN waits.
    #[error("no notice PIN waits")]
    NoNotice,
}

/// One decision: what follows from this command in this state.
pub fn decide(state: Option<&Roster>, command: Command, journey: &Journey, now: DateTime<Utc>) -> Result<Decision<Event, Reply>, Refusal> {
    let Some(roster) = state else {
        return match command {
            Command::Found { id, record } => {
                let roster = Roster {
                    id,
                    portal: journey.portal.clone(),
                    record: Personal(record),
                    admins: Vec::new(),
                    letters: Vec::new(),
                    notice: None,
                    asked: None,
                    digest: None,
                };
                Ok(Decision::events(vec![Event::Founded { roster: Box::new(roster) }], Reply::Done))
            }
            Command::AddAdmin { .. }
            | Command::RemoveAdmin { .. }
            | Command::LoseAdmin { .. }
            | Command::CountLetter
            | Command::IssueNotice { .. }
            | Command::UseNotice
            | Command::CountApprovalMail
            | Command::Tick { .. } => Err(Refusal::NotFound),
        };
    };
    match command {
        Command::Found { .. } => Err(Refusal::Exists),
        Command::AddAdmin { account } => Ok(admins::add(roster, account)),
        Command::RemoveAdmin { account } => admins::remove(roster, account),
        Command::LoseAdmin { account } => Ok(admins::lose(roster, account)),
        Command::CountLetter => Ok(letters::count(roster, now)),
        Command::IssueNotice { pin } => Ok(notice::issue(pin, now)),
        Command::UseNotice => notice::take(roster, now),
        Command::CountApprovalMail => Ok(letters::count_mail(roster, now)),
        Command::Tick { waiting } => Ok(tick(roster, &waiting, now)),
    }
}

/// Each of the roster's own times, whichever has come.
fn tick(roster: &Roster, waiting: &Waiting, now: DateTime<Utc>) -> Decision<Event, Reply> {
    let mut decision = letters::digest(roster, waiting, now);
    let notice = notice::tick(roster, now);
    decision.events.extend(notice.events);
    decision.reply = if decision.events.is_empty() { Reply::Repeated } else { Reply::Done };
    decision
}

/// The state after an event. Total: an event that fits no state changes nothing.
pub fn evolve(state: Option<Roster>, event: &Event) -> Option<Roster> {
    if let Event::Founded { roster } = event {
        return Some((**roster).clone());
    }
    let mut roster = state?;
    match event {
        Event::Founded { .. } | Event::FellToClerks => {}
        Event::AdminAdded { account } => roster.admins.push(*account),
        Event::AdminRemoved { account } => roster.admins.retain(|admin| admin != account),
        Event::LetterCounted { at, forget_before } => {
            roster.letters.retain(|at| at > forget_before);
            roster.letters.push(*at);
        }
        Event::NoticeIssued { pin } => roster.notice = Some(*pin),
        Event::NoticeUsed | Event::NoticeDied => roster.notice = None,
        Event::ApprovalMailCounted { on } => {
            let so_far = roster.asked.filter(|(day, _)| day == on).map_or(0, |(_, count)| count);
            roster.asked = Some((*on, so_far + 1));
        }
        Event::DigestPlanned { due } => roster.digest = Some(*due),
        Event::DigestDone => roster.digest = None,
    }
    Some(roster)
}

/// When time itself does something: a notice's PIN dies, a digest leaves.
pub fn deadline(state: &Roster) -> Option<DateTime<Utc>> {
    [notice::dies_at(state), state.digest].into_iter().flatten().min()
}

impl Audited for Event {
    fn audit(&self) -> AuditEntry {
        let entry = AuditEntry::new;
        match self {
            Self::Founded { .. } => entry("roster.founded"),
            Self::AdminAdded { account } => entry("roster.admin_added").with("account", account),
            Self::AdminRemoved { account } => entry("roster.admin_removed").with("account", account),
            Self::FellToClerks => entry("roster.fell_to_clerks"),
            Self::LetterCounted { .. } => entry("roster.letter_counted"),
            Self::NoticeIssued { .. } => entry("roster.notice_issued"),
            Self::NoticeUsed => entry("roster.notice_used"),
            Self::NoticeDied => entry("roster.notice_died"),
            Self::ApprovalMailCounted { .. } => entry("roster.approval_mail_counted"),
            Self::DigestPlanned { .. } => entry("roster.digest_planned"),
            Self::DigestDone => entry("roster.digest_done"),
        }
    }
}

impl Roster {
    /// Its id.
    pub fn id(&self) -> RosterId {
        self.id
    }

    /// Whose portal.
    pub fn portal(&self) -> &PortalSlug {
        &self.portal
    }

    /// The record's number.
    pub fn record(&self) -> &RecordNumber {
        &self.record
    }

    /// The active super admins.
    pub fn admins(&self) -> &[AccountId] {
        &self.admins
    }

    /// Whether this account decides here.
    pub fn entitlement(&self, account: AccountId) -> Entitlement {
        if self.admins.contains(&account) { Entitlement::Entitled } else { Entitlement::None }
    }

    /// What the notice's PIN says to a typed one.
    pub fn notice_verdict(&self, pin: &Presented, now: DateTime<Utc>) -> NoticeVerdict {
        match self.notice {
            Some(kept) if !pin.matches(&kept.digest) => NoticeVerdict::Mismatch,
            Some(kept) if kept.valid_until > now => NoticeVerdict::Matches,
            Some(_) => NoticeVerdict::Expired,
            None => NoticeVerdict::Mismatch,
        }
    }

    fn letters_since(&self, now: DateTime<Utc>) -> usize {
        self.letters.iter().filter(|at| **at > now - policy::PIN_WINDOW).count()
    }
}
