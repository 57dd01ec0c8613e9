//! Forgotten passwords: a link to the stored address, one use, one hour.

use super::event::Event;
use super::password::told;
use super::state::{Account, new_email_drops_at, reset_drops_at};
use super::{Refusal, Reply};
use crate::registration::NewPassword;
use crate::{Decision, DeliveryId, Expiring, Mail, MailTemplate, Minted, Page, Param, Presented, policy};
use chrono::{DateTime, Utc};

pub(super) fn request(account: &Account, link: Minted, delivery: DeliveryId, now: DateTime<Utc>) -> Decision<Event, Reply> {
    let expiring = Expiring { digest: link.digest, expires_at: now + policy::RESET_LIFE };
    let mail = Mail {
        id: delivery,
        template: MailTemplate::PasswordReset,
        to: account.email.0.clone(),
        language: account.language,
        params: account
            .display_name()
            .map(Param::Name)
            .into_iter()
            .chain([Param::Link(Page::PasswordReset, link.plain), Param::ValidUntil(expiring.expires_at)])
            .collect(),
        not_after: Some(expiring.expires_at),
        after: None,
    };
    Decision::events(vec![Event::ResetRequested { link: expiring }], Reply::Done).mail(mail)
}

/// Why a reset link cannot be used; told before a password is hashed for nothing.
pub(super) fn lives(account: &Account, token: &Presented, now: DateTime<Utc>) -> Result<(), Refusal> {
    match account.reset {
        Some(link) if token.matches(&link.digest) && link.expires_at > now => Ok(()),
        Some(link) if token.matches(&link.digest) => Err(Refusal::TokenExpired),
        Some(_) | None if account.used_reset.is_some_and(|used| token.matches(&used)) => Err(Refusal::TokenUsed),
        Some(_) | None if account.lapsed_reset.is_some_and(|lapsed| token.matches(&lapsed)) => Err(Refusal::TokenExpired),
        Some(_) | None => Err(Refusal::TokenSuperseded),
    }
}

impl Account {
    /// Whether this reset link can be used now.
    ///
    /// # Errors
    /// Why not. A newer link helps.
    pub fn reset_lives(&self, token: &Presented, now: DateTime<Utc>) -> Result<(), Refusal> {
        match self.standing {
            super::Standing::Active => lives(self, token, now),
            super::Standing::Suspended { .. } | super::Standing::Closed { .. } => Err(Refusal::TokenSuperseded),
        }
    }
}

pub(super) fn confirm(
    account: &Account,
    token: &Presented,
    new: NewPassword,
    delivery: DeliveryId,
    now: DateTime<Utc>,
) -> Result<Decision<Event, Reply>, Refusal> {
    lives(account, token, now)?;
    let Some(link) = account.reset else { return Err(Refusal::TokenSuperseded) };
    let events = vec![Event::ResetUsed { link: link.digest }, Event::PasswordChanged { hash: new.hash, met: new.met }];
    Ok(Decision::events(events, Reply::Done).mail(told(account, delivery, now)))
}

/// Each pending thing goes at its own time.
pub(super) fn tick(account: &Account, now: DateTime<Utc>) -> Decision<Event, Reply> {
    let due = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at <= now);
    let mut events = Vec::new();
    if due(reset_drops_at(account)) {
        events.push(Event::ResetDropped);
    }
    if due(new_email_drops_at(account)) {
        events.push(Event::PendingDropped);
    }
    if events.is_empty() { Decision::answer(Reply::Repeated) } else { Decision::events(events, Reply::Done) }
}
