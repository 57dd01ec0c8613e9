//! Another address, effective when it is proved; name and language.

use super::event::Event;
use super::state::{Account, NewEmail};
use super::{Refusal, Reply};
use crate::journey::LoginWith;
use crate::registration::AddressOwner;
use crate::{
    Claim, ClaimChange, Decision, DeliveryId, EmailAddress, Expiring, Journey, Language, Mail, MailTemplate, Minted, Page, Param,
    PersonName, Personal, Presented, Ref, policy,
};
use chrono::{DateTime, Utc};

pub(super) fn request(
    account: &Account,
    email: EmailAddress,
    verified: bool,
    owner: Option<&AddressOwner>,
    link: Minted,
    deliveries: [DeliveryId; 2],
    now: DateTime<Utc>,
) -> Result<Decision<Event, Reply>, Refusal> {
    if !verified {
        return Err(Refusal::WrongPassword);
    }
    if email.key() == account.email.key() {
        return Err(Refusal::SameEmail);
    }
    let expiring = Expiring { digest: link.digest, expires_at: now + policy::NEW_EMAIL_LIFE };
    let to_new = match owner {
        // Answered alike; only the owner of the address is told.
        Some(owner) => Mail {
            id: deliveries[0],
            template: MailTemplate::AccountExists,
            to: owner.email.clone(),
            language: owner.language,
            params: vec![Param::PageLink(Page::Login), Param::PageLink(Page::PasswordForgot)],
            not_after: Some(expiring.expires_at),
            after: None,
        },
        None => Mail {
            id: deliveries[0],
            template: MailTemplate::NewEmailConfirm,
            to: email.clone(),
            language: account.language,
            params: vec![Param::Link(Page::ConfirmNewEmail, link.plain), Param::ValidUntil(expiring.expires_at)],
            not_after: Some(expiring.expires_at),
            after: None,
        },
    };
    let to_old = Mail {
        id: deliveries[1],
        template: MailTemplate::EmailChangeRequested,
        to: account.email.0.clone(),
        language: account.language,
        params: account.display_name().map(Param::Name).into_iter().chain([Param::At(now)]).collect(),
        not_after: None,
        after: None,
    };
    let pending = NewEmail { email: Personal(email), link: expiring };
    Ok(Decision::events(vec![Event::EmailRequested { pending }], Reply::Done).mail(to_new).mail(to_old))
}

pub(super) fn confirm(
    account: &Account,
    token: &Presented,
    delivery: DeliveryId,
    lost: bool,
    journey: &Journey,
    now: DateTime<Utc>,
) -> Result<Decision<Event, Reply>, Refusal> {
    let pending = match &account.new_email {
        Some(pending) if token.matches(&pending.link.digest) => pending,
        Some(_) | None if account.used_new_email.is_some_and(|used| token.matches(&used)) => return Ok(Decision::answer(Reply::Repeated)),
        Some(_) | None if account.lapsed_new_email.is_some_and(|lapsed| token.matches(&lapsed)) => return Err(Refusal::TokenExpired),
        Some(_) | None => return Err(Refusal::TokenSuperseded),
    };
    if pending.link.expires_at <= now {
        return Err(Refusal::TokenExpired);
    }
    if lost {
        return Ok(Decision::events(vec![Event::PendingDropped], Reply::EmailTaken));
    }
    let event = Event::EmailChanged { email: pending.email.clone(), link: pending.link.digest };
    let told = Mail {
        id: delivery,
        template: MailTemplate::EmailChanged,
        to: account.email.0.clone(),
        language: account.language,
        params: account.display_name().map(Param::Name).into_iter().chain([Param::Email(pending.email.as_str().to_owned())]).collect(),
        not_after: None,
        after: None,
    };
    let mut decision = Decision::events(vec![event], Reply::Done).mail(told);
    if journey.login_with == LoginWith::Email && pending.email.key() != account.email.key() {
        let claim = |email: &EmailAddress| Claim::Email(account.portal.clone(), email.key());
        decision = decision
            .claim(ClaimChange::Release(claim(&account.email)))
            .claim(ClaimChange::Take(claim(&pending.email), Ref::Account(account.id)));
    }
    Ok(decision)
}

pub(super) fn amend(
    account: &Account,
    first_name: Option<PersonName>,
    last_name: Option<PersonName>,
    language: Option<Language>,
    journey: &Journey,
) -> Decision<Event, Reply> {
    let language = language.filter(|language| journey.languages.contains(language) && *language != account.language);
    let first_name = first_name.filter(|name| account.person.first_name.as_ref() != Some(name)).map(Personal);
    let last_name = last_name.filter(|name| account.person.last_name.as_ref() != Some(name)).map(Personal);
    if first_name.is_none() && last_name.is_none() && language.is_none() {
        return Decision::answer(Reply::Repeated);
    }
    Decision::events(vec![Event::Amended { first_name, last_name, language }], Reply::Done)
}
