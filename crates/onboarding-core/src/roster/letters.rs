//! How many letters and approval mails one record gets, and the digest of those that were not sent.

use super::{Event, Reply, Roster, Waiting};
use crate::registration::ask;
use crate::{Decision, MailTemplate, policy};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

/// Beyond ten letters in 30 days the next ones wait for a clerk: a stranger may not flood a business, nor block its owner.
pub(super) fn count(roster: &Roster, now: DateTime<Utc>) -> Decision<Event, Reply> {
    let held = roster.letters_since(now) >= policy::PIN_LETTERS_PER_RECORD;
    let event = Event::LetterCounted { at: now, forget_before: now - policy::PIN_WINDOW };
    Decision::events(vec![event], if held { Reply::Hold } else { Reply::Done })
}

/// Beyond five approval mails a day the rest become a digest, which leaves when the day is over.
pub(super) fn count_mail(roster: &Roster, now: DateTime<Utc>) -> Decision<Event, Reply> {
    let today = now.date_naive();
    let so_far = roster.asked.filter(|(day, _)| *day == today).map_or(0, |(_, count)| count);
    let mut events = vec![Event::ApprovalMailCounted { on: today }];
    if so_far < policy::APPROVER_MAILS_PER_DAY {
        return Decision::events(events, Reply::Done);
    }
    if roster.digest.is_none() {
        let tomorrow = today.and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(1);
        events.push(Event::DigestPlanned { due: tomorrow });
    }
    Decision::events(events, Reply::Digest)
}

/// One mail to each super admin, where anything waits for them still.
pub(super) fn digest(roster: &Roster, waiting: &Waiting, now: DateTime<Utc>) -> Decision<Event, Reply> {
    if roster.digest.is_none_or(|due| due > now) {
        return Decision::answer(Reply::Repeated);
    }
    let mut decision = Decision::events(vec![Event::DigestDone], Reply::Done);
    if waiting.requests > 0 {
        let (reminder, to_clerks) = (MailTemplate::ApprovalReminder, MailTemplate::ClerkReminder);
        decision.effects = ask(&waiting.approvers, &waiting.deliveries, &waiting.company, false, reminder, to_clerks);
    }
    decision
}
