//! Changing a password, and issuing an initial one again.

use super::event::Event;
use super::provision::initial_password_mail;
use super::state::Account;
use super::{Refusal, Reply};
use crate::journey::PasswordOrigin;
use crate::registration::NewPassword;
use crate::{Decision, DeliveryId, Journey, Mail, MailTemplate, Minted, Param, PasswordHash};
use chrono::{DateTime, Utc};

pub(super) fn change(
    account: &Account,
    verified: bool,
    new: NewPassword,
    same: bool,
    delivery: DeliveryId,
    now: DateTime<Utc>,
) -> Result<Decision<Event, Reply>, Refusal> {
    if !verified {
        return Err(Refusal::WrongPassword);
    }
    if same {
        return Err(Refusal::SamePassword);
    }
    let event = Event::PasswordChanged { hash: new.hash, met: new.met };
    Ok(Decision::events(vec![event], Reply::Done).mail(told(account, delivery, now)))
}

pub(super) fn issue_initial(
    account: &Account,
    password: Minted,
    hash: PasswordHash,
    delivery: DeliveryId,
    after: Option<DeliveryId>,
    journey: &Journey,
) -> Result<Decision<Event, Reply>, Refusal> {
    if journey.password != PasswordOrigin::Initial {
        return Err(Refusal::NotInThisJourney);
    }
    let mail = initial_password_mail(delivery, account.email.0.clone(), account.language, password, after);
    Ok(Decision::events(vec![Event::InitialPasswordIssued { hash, delivery }], Reply::Done).mail(mail))
}

/// The mail that tells of a changed password.
pub(super) fn told(account: &Account, delivery: DeliveryId, now: DateTime<Utc>) -> Mail {
    Mail {
        id: delivery,
        template: MailTemplate::PasswordChanged,
        to: account.email.0.clone(),
        language: account.language,
        params: account.display_name().map(Param::Name).into_iter().chain([Param::At(now)]).collect(),
        not_after: None,
        after: None,
    }
}
