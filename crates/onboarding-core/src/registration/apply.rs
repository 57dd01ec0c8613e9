//! The register form, and everything that sends its mail again: resend, a corrected address, a renewed link.

use super::event::Event;
use super::state::{AwaitingEmail, Dossier, Origin, Secrets, Standing};
use super::{AddressOwner, Fresh, InputFault, Refusal, Reply, complete::NewPassword};
use crate::consent::{self, ConsentInput, Consents, DocumentVersion};
use crate::journey::{ConsentStage, EmailProof, FieldName, PasswordOrigin, Start};
use crate::{
    Decision, EmailAddress, Journey, Language, Mail, MailTemplate, Page, Param, PersonName, Personal, Presented, RecordId, RecordNumber,
    RegistrationId, code, policy,
};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use secrecy::ExposeSecret;

/// The person as typed.
#[derive(Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Applicant {
    /// First name.
    pub first_name: Option<PersonName>,
    /// Last name.
    pub last_name: Option<PersonName>,
    /// Birth date.
    pub birth_date: Option<NaiveDate>,
}

impl std::fmt::Debug for Applicant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Applicant(…)")
    }
}

/// What was typed, parsed.
#[derive(Clone, Debug)]
pub struct ApplyInput {
    /// The registration's id, minted by the driver.
    pub id: RegistrationId,
    /// The address.
    pub email: EmailAddress,
    /// The person.
    pub applicant: Applicant,
    /// The decisions.
    pub consents: Vec<ConsentInput>,
    /// The language asked for.
    pub language: Option<Language>,
    /// The password, checked against the policy and hashed by the driver.
    pub password: Option<NewPassword>,
}

/// What is known when somebody applies.
#[derive(Clone, Debug)]
pub struct ApplyFacts {
    /// The record whose number and second value match.
    pub record: Option<(RecordId, RecordNumber)>,
    /// The account that holds the address already.
    pub owner: Option<AddressOwner>,
    /// The documents as they stand now, in the person's language.
    pub documents: Vec<DocumentVersion>,
}

pub(super) fn apply(
    input: ApplyInput,
    facts: &ApplyFacts,
    fresh: Fresh,
    journey: &Journey,
    now: DateTime<Utc>,
) -> Result<Decision<Event, Reply>, Refusal> {
    if journey.start != Start::Person || !journey.registration_open {
        return Err(Refusal::RegistrationClosed);
    }
    let mut faults = fields(&input, journey, now);
    if journey.claim.is_some() && facts.record.is_none() {
        faults.push(InputFault::Required("claim"));
    }
    let given = match consent::read(&journey.consents, ConsentStage::Registration, &input.consents, &facts.documents, true, now) {
        Ok(given) => given,
        Err(refused) => {
            faults.extend(refused.into_iter().map(InputFault::Consent));
            Vec::new()
        }
    };
    if !faults.is_empty() {
        return Err(Refusal::Input(faults));
    }
    let mut consents = Consents::default();
    for decision in given {
        consents.record(decision);
    }
    let dossier = Dossier {
        id: input.id,
        portal: journey.portal.clone(),
        origin: Origin::Applied,
        language: input.language.filter(|language| journey.languages.contains(language)).unwrap_or(journey.default_language()),
        created_at: now,
        email: Personal(input.email),
        applicant: Personal(input.applicant),
        record: facts.record.clone().map(|(id, number)| (id, Personal(number))),
        consents,
        password: input.password,
        mail: None,
        proved: None,
        spent: None,
        completion: None,
        revision: 1,
    };
    let order = proof_mail(&dossier, facts.owner.as_ref(), true, &fresh, journey, now);
    let event = Event::Applied {
        standing: standing(facts.owner.as_ref()),
        secrets: secrets(&dossier, &fresh, now),
        dossier: Box::new(dossier),
        delivery: fresh.delivery,
        at: now,
    };
    Ok(Decision::events(vec![event], Reply::Done).mail(order))
}

fn fields(input: &ApplyInput, journey: &Journey, now: DateTime<Utc>) -> Vec<InputFault> {
    let mut faults = Vec::new();
    let given = [
        (FieldName::FirstName, input.applicant.first_name.is_some()),
        (FieldName::LastName, input.applicant.last_name.is_some()),
        (FieldName::BirthDate, input.applicant.birth_date.is_some()),
    ];
    for (name, given) in given {
        match journey.field(name) {
            Some(rule) if rule.required && !given => faults.push(InputFault::Required(name.word())),
            Some(_) => {}
            // A last name that opened the claim is the person's own.
            None if name == FieldName::LastName && journey.claim.is_some() => {}
            None if given => faults.push(InputFault::Unexpected(name.word())),
            None => {}
        }
    }
    if input.applicant.birth_date.is_some_and(|born| born >= now.date_naive() || born.year() < 1900) {
        faults.push(InputFault::BirthDate);
    }
    match (journey.password, input.password.is_some()) {
        (PasswordOrigin::AtRegistration, false) => faults.push(InputFault::Required("password")),
        (PasswordOrigin::AtCompletion | PasswordOrigin::Mailed | PasswordOrigin::Initial, true) => {
            faults.push(InputFault::Unexpected("password"));
        }
        (PasswordOrigin::AtRegistration, true)
        | (PasswordOrigin::AtCompletion | PasswordOrigin::Mailed | PasswordOrigin::Initial, false) => {}
    }
    faults
}

pub(super) fn resend(
    dossier: &Dossier,
    stage: &AwaitingEmail,
    owner: Option<&AddressOwner>,
    fresh: Fresh,
    journey: &Journey,
    now: DateTime<Utc>,
) -> Result<Decision<Event, Reply>, Refusal> {
    may_mail(stage, journey, now)?;
    Ok(mail_again(dossier, stage, owner, &fresh, journey, now))
}

pub(super) fn correct_address(
    dossier: &Dossier,
    stage: &AwaitingEmail,
    email: EmailAddress,
    owner: Option<&AddressOwner>,
    fresh: Fresh,
    journey: &Journey,
    now: DateTime<Utc>,
) -> Result<Decision<Event, Reply>, Refusal> {
    // A mistyped address is noticed at once: only the same address again waits like a resend. Each address has its own
    // daily share, so nobody is mailed more often than by as many registrations.
    if email.key() == dossier.email.key() {
        may_mail(stage, journey, now)?;
    } else {
        may_prove(stage, journey)?;
    }
    let dossier = Dossier { email: Personal(email.clone()), ..dossier.clone() };
    let order = proof_mail(&dossier, owner, stage.attempts_left() > 0, &fresh, journey, now);
    let event = Event::AddressCorrected {
        email: Personal(email),
        standing: standing(owner),
        secrets: secrets(&dossier, &fresh, now),
        delivery: fresh.delivery,
        at: now,
    };
    Ok(Decision::events(vec![event], Reply::Done).mail(order))
}

/// An expired link is no dead end; anything else is answered alike and does nothing.
pub(super) fn renew(
    dossier: &Dossier,
    stage: &AwaitingEmail,
    token: &Presented,
    owner: Option<&AddressOwner>,
    fresh: Fresh,
    journey: &Journey,
    now: DateTime<Utc>,
) -> Decision<Event, Reply> {
    let expired = token.matches(&stage.secrets.link) && stage.secrets.expires_at <= now && stage.standing == Standing::Genuine;
    if expired { mail_again(dossier, stage, owner, &fresh, journey, now) } else { Decision::answer(Reply::Repeated) }
}

fn may_mail(stage: &AwaitingEmail, journey: &Journey, now: DateTime<Utc>) -> Result<(), Refusal> {
    if stage.resend_at() > now {
        return Err(Refusal::TooSoon(stage.resend_at()));
    }
    may_prove(stage, journey)
}

/// Without tries a code is of no use; the link alone goes on, where there is one.
fn may_prove(stage: &AwaitingEmail, journey: &Journey) -> Result<(), Refusal> {
    if stage.attempts_left() == 0 && !journey.proves_by(EmailProof::Link) { Err(Refusal::CodeUsedUp) } else { Ok(()) }
}

fn mail_again(
    dossier: &Dossier,
    stage: &AwaitingEmail,
    owner: Option<&AddressOwner>,
    fresh: &Fresh,
    journey: &Journey,
    now: DateTime<Utc>,
) -> Decision<Event, Reply> {
    let order = proof_mail(dossier, owner, stage.attempts_left() > 0, fresh, journey, now);
    let event = Event::Resent { standing: standing(owner), secrets: secrets(dossier, fresh, now), delivery: fresh.delivery, at: now };
    Decision::events(vec![event], Reply::Done).mail(order)
}

fn standing(owner: Option<&AddressOwner>) -> Standing {
    if owner.is_some() { Standing::Shadow } else { Standing::Genuine }
}

fn secrets(dossier: &Dossier, fresh: &Fresh, now: DateTime<Utc>) -> Secrets {
    Secrets { code: fresh.code.digest, link: fresh.link.digest, expires_at: dies_at(dossier, now) }
}

/// No code outlives its registration.
fn dies_at(dossier: &Dossier, now: DateTime<Utc>) -> DateTime<Utc> {
    (now + policy::CODE_LIFE).min(dossier.created_at + policy::UNPROVEN_AT_MOST)
}

/// The mail that proves an address, or tells its owner that there is an account already. Neither greets by name nor
/// carries anything typed: nobody has proved yet that the reader is the writer.
fn proof_mail(
    dossier: &Dossier,
    owner: Option<&AddressOwner>,
    code_counts: bool,
    fresh: &Fresh,
    journey: &Journey,
    now: DateTime<Utc>,
) -> Mail {
    let expires_at = dies_at(dossier, now);
    if let Some(owner) = owner {
        return Mail {
            id: fresh.delivery,
            template: MailTemplate::AccountExists,
            to: owner.email.clone(),
            language: owner.language,
            params: vec![Param::PageLink(Page::Login), Param::PageLink(Page::PasswordForgot)],
            not_after: Some(expires_at),
            after: None,
        };
    }
    let by_code = journey.proves_by(EmailProof::Code) && code_counts;
    let mut params = Vec::new();
    if by_code {
        params.push(Param::Code(code::grouped(fresh.code.plain.expose_secret())));
    }
    if journey.proves_by(EmailProof::Link) {
        params.push(Param::Link(Page::Confirm, fresh.link.plain.clone()));
    }
    params.push(Param::ValidUntil(expires_at));
    Mail {
        id: fresh.delivery,
        template: if by_code { MailTemplate::ActivationCode } else { MailTemplate::ConfirmLink },
        to: dossier.email.0.clone(),
        language: dossier.language,
        params,
        not_after: Some(expires_at),
        after: None,
    }
}
