//! Suspending, lifting it, closing.

use super::event::Event;
use super::state::Account;
use super::{Refusal, Reply};
use crate::{Claim, ClaimChange, Decision, DeliveryId, Journey, Mail, MailTemplate, Param};
use chrono::{DateTime, Utc};

fn told(account: &Account, delivery: DeliveryId, template: MailTemplate, now: DateTime<Utc>) -> Mail {
    Mail {
        id: delivery,
        template,
        to: account.email.0.clone(),
        language: account.language,
        params: account.display_name().map(Param::Name).into_iter().chain([Param::At(now)]).collect(),
        not_after: None,
        after: None,
    }
}

pub(super) fn suspend(account: &Account, delivery: DeliveryId, now: DateTime<Utc>) -> Decision<Event, Reply> {
    Decision::events(vec![Event::Suspended { at: now }], Reply::Done).mail(told(account, delivery, MailTemplate::AccountSuspended, now))
}

pub(super) fn unsuspend(account: &Account, delivery: DeliveryId, now: DateTime<Utc>) -> Decision<Event, Reply> {
    Decision::events(vec![Event::Unsuspended], Reply::Done).mail(told(account, delivery, MailTemplate::AccountUnsuspended, now))
}

pub(super) fn close(
    account: &Account,
    verified: bool,
    delivery: DeliveryId,
    journey: &Journey,
    now: DateTime<Utc>,
) -> Result<Decision<Event, Reply>, Refusal> {
    if !verified {
        return Err(Refusal::WrongPassword);
    }
    let mut decision =
        Decision::events(vec![Event::Closed { at: now }], Reply::Done).mail(told(account, delivery, MailTemplate::AccountClosed, now));
    decision.claims = Claim::of_account(journey, &account.email.key(), account.record()).into_iter().map(ClaimChange::Release).collect();
    Ok(decision)
}
