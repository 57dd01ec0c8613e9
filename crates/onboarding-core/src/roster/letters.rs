//! How many letters and approval mails one record gets.

use super::{Event, Reply, Roster};
use crate::{Decision, policy};
use chrono::{DateTime, Utc};

/// Beyond ten letters in 30 days the next ones wait for a clerk: a stranger may not flood a business, nor block its owner.
pub(super) fn count(roster: &Roster, now: DateTime<Utc>) -> Decision<Event, Reply> {
    let held = roster.letters_since(now) >= policy::PIN_LETTERS_PER_RECORD;
    let event = Event::LetterCounted { at: now, forget_before: now - policy::PIN_WINDOW };
    Decision::events(vec![event], if held { Reply::Hold } else { Reply::Done })
}

/// Beyond five approval mails a day the rest become a digest.
pub(super) fn count_mail(roster: &Roster, now: DateTime<Utc>) -> Decision<Event, Reply> {
    let today = now.date_naive();
    let so_far = roster.asked.filter(|(day, _)| *day == today).map_or(0, |(_, count)| count);
    let reply = if so_far >= policy::APPROVER_MAILS_PER_DAY { Reply::Digest } else { Reply::Done };
    Decision::events(vec![Event::ApprovalMailCounted { on: today }], reply)
}
