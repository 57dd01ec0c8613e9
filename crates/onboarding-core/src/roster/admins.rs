//! Who decides at a record.

use super::{Event, Refusal, Reply, Roster};
use crate::{AccountId, Decision};

pub(super) fn add(roster: &Roster, account: AccountId) -> Decision<Event, Reply> {
    if roster.admins.contains(&account) {
        Decision::answer(Reply::Repeated)
    } else {
        Decision::events(vec![Event::AdminAdded { account }], Reply::Done)
    }
}

pub(super) fn remove(roster: &Roster, account: AccountId) -> Result<Decision<Event, Reply>, Refusal> {
    if !roster.admins.contains(&account) {
        return Ok(Decision::answer(Reply::Repeated));
    }
    if roster.admins.len() == 1 {
        return Err(Refusal::LastSuperAdmin);
    }
    Ok(Decision::events(vec![Event::AdminRemoved { account }], Reply::Done))
}

/// Closing one's account always works; without a super admin the record falls to the clerks.
pub(super) fn lose(roster: &Roster, account: AccountId) -> Decision<Event, Reply> {
    if !roster.admins.contains(&account) {
        return Decision::answer(Reply::Repeated);
    }
    let mut events = vec![Event::AdminRemoved { account }];
    if roster.admins.len() == 1 {
        events.push(Event::FellToClerks);
    }
    Decision::events(events, Reply::Done)
}
