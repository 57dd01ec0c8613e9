//! Granting, another role.

use super::event::Event;
use super::{Membership, Place, Reply, Standing};
use crate::{Decision, Journey, Personal, Role};
use chrono::{DateTime, Utc};

pub(super) fn grant(place: Place, role: Role, journey: &Journey, now: DateTime<Utc>) -> Decision<Event, Reply> {
    let (record_id, record) = place.record;
    let membership = Membership {
        id: place.id,
        portal: journey.portal.clone(),
        account: place.account,
        record_id,
        record: Personal(record),
        role,
        standing: Standing::Active,
        pin: None,
        since: now,
    };
    Decision::events(vec![Event::Granted { membership: Box::new(membership) }], Reply::Done)
}

pub(super) fn change_role(membership: &Membership, role: Role) -> Decision<Event, Reply> {
    if membership.role == role {
        Decision::answer(Reply::Repeated)
    } else {
        Decision::events(vec![Event::RoleChanged { role }], Reply::Done)
    }
}
