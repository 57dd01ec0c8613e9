//! The set-up behind an approval or invitation: in parts, until nothing is missing.

use super::approve::greeting;
use super::confirm::LostClaim;
use super::event::Event;
use super::state::{AwaitingCompletion, Dossier, ExpiredAt, Origin, Registration, Stage};
use super::{FreshLink, InputFault, Refusal, Reply};
use crate::consent::{self, ConsentInput, Consents, DocumentVersion};
use crate::journey::{ConsentStage, FieldName, PasswordOrigin};
use crate::{
    AccountId, Decision, DeliveryId, Expiring, Journey, Mail, MailTemplate, Page, Param, PasswordHash, PersonName, Personal, Presented,
    policy,
};
use chrono::{DateTime, Utc};

/// A password that met the policy, hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NewPassword {
    /// The hash.
    pub hash: PasswordHash,
    /// The minimum length it met, in characters.
    pub met: u32,
}

/// What is given in one call.
#[derive(Clone, Debug, Default)]
pub struct CompletionInput {
    /// First name.
    pub first_name: Option<PersonName>,
    /// Last name.
    pub last_name: Option<PersonName>,
    /// Decisions on documents.
    pub consents: Vec<ConsentInput>,
    /// The password, checked and hashed by the driver.
    pub password: Option<NewPassword>,
}

/// What is known at completion and approval.
#[derive(Clone, Debug)]
pub struct CompleteFacts {
    /// Id of the account that may open.
    pub account: AccountId,
    /// The account that holds the address already.
    pub existing: Option<ExistingAccount>,
    /// The account that is signed in.
    pub signed_in: Option<AccountId>,
    /// The documents as they stand now, in the person's language.
    pub documents: Vec<DocumentVersion>,
    /// A claim that the last try to open ran into. An address becomes `existing` instead.
    pub lost: Option<LostClaim>,
    /// Whoever invited decides at this record no more: the invitation is worth what its sender's word is.
    pub inviter_gone: bool,
}

/// The account behind the registration's address.
#[derive(Clone, Debug)]
pub struct ExistingAccount {
    /// Its id.
    pub id: AccountId,
    /// What it agreed to.
    pub consents: Consents,
}

/// What is missing yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The address has an account: sign in with it.
    SignIn,
    /// A document.
    Consent(String),
    /// First name.
    FirstName,
    /// Last name.
    LastName,
    /// Password.
    Password,
}

impl Missing {
    /// The word of the HTTP contract: `sign_in`, `consent:<document>`, `first_name`, `last_name`, `password`.
    pub fn word(&self) -> String {
        match self {
            Self::SignIn => "sign_in".to_owned(),
            Self::Consent(document) => format!("consent:{document}"),
            Self::FirstName => "first_name".to_owned(),
            Self::LastName => "last_name".to_owned(),
            Self::Password => "password".to_owned(),
        }
    }
}

/// Everything that stands between this registration and its account.
pub fn missing(dossier: &Dossier, journey: &Journey, facts: &CompleteFacts) -> Vec<Missing> {
    let mut missing = Vec::new();
    let invited = matches!(dossier.origin, Origin::Invited { .. });
    // An invited person never saw the register form: its documents are asked for here.
    let rules = || journey.consents.iter().filter(|rule| invited || rule.stage == ConsentStage::Completion);
    if let Some(existing) = &facts.existing {
        // What the account agreed to is told to nobody but its owner.
        if facts.signed_in != Some(existing.id) {
            return vec![Missing::SignIn];
        }
        let mut known = existing.consents.clone();
        known.merge(&dossier.consents);
        missing.extend(known.missing(rules(), &facts.documents).into_iter().map(Missing::Consent));
        return missing;
    }
    missing.extend(dossier.consents.missing(rules(), &facts.documents).into_iter().map(Missing::Consent));
    let needed = |name| invited || journey.field(name).is_some_and(|rule| rule.required);
    if needed(FieldName::FirstName) && dossier.applicant.first_name.is_none() {
        missing.push(Missing::FirstName);
    }
    if needed(FieldName::LastName) && dossier.applicant.last_name.is_none() {
        missing.push(Missing::LastName);
    }
    let chosen = match journey.password {
        PasswordOrigin::AtRegistration | PasswordOrigin::AtCompletion => dossier.password.is_some(),
        PasswordOrigin::Mailed | PasswordOrigin::Initial => true,
    };
    if !chosen {
        missing.push(Missing::Password);
    }
    missing
}

pub(super) fn complete(
    dossier: &Dossier,
    stage: &AwaitingCompletion,
    token: &Presented,
    input: CompletionInput,
    facts: &CompleteFacts,
    journey: &Journey,
    now: DateTime<Utc>,
) -> Result<Decision<Event, Reply>, Refusal> {
    if !token.matches(&stage.link.digest) {
        return Err(Refusal::TokenSuperseded);
    }
    if facts.inviter_gone {
        // As if it had been taken back: this is what it is to be taken for.
        return Err(Refusal::NotInThisState("closed"));
    }
    if stage.link.expires_at <= now {
        return Err(Refusal::TokenExpired);
    }
    if let Some(existing) = &facts.existing {
        match facts.signed_in {
            Some(account) if account == existing.id => {}
            Some(_) => return Err(Refusal::WrongAccount),
            // The link alone decides nothing for an account: what came with the call is not taken note of.
            None => return Ok(Decision::answer(Reply::Missing(vec![Missing::SignIn]))),
        }
    }
    let mut events = given(dossier, input, facts, journey, now)?;
    let after =
        events.iter().fold(Some(Registration::new(dossier.clone(), Stage::AwaitingCompletion(stage.clone()))), super::event::evolve);
    let missing = after.map_or_else(Vec::new, |after| missing(after.dossier(), journey, facts));
    if !missing.is_empty() {
        return Ok(Decision::events(events, Reply::Missing(missing)));
    }
    if facts.lost == Some(LostClaim::Record) {
        events.push(Event::Closed { why: super::Closure::Lost(LostClaim::Record), at: now });
        return Ok(Decision::events(events, Reply::Lost(LostClaim::Record)));
    }
    let account = facts.existing.as_ref().map_or(facts.account, |existing| existing.id);
    if dossier.proved.is_none() {
        // The invitation's link proves the address like any other mailed link.
        events.push(Event::EmailProved { by: crate::journey::EmailProof::Link, at: now });
    }
    events.push(Event::Activated { account, at: now });
    Ok(Decision::events(events, Reply::Activated))
}

fn given(
    dossier: &Dossier,
    input: CompletionInput,
    facts: &CompleteFacts,
    journey: &Journey,
    now: DateTime<Utc>,
) -> Result<Vec<Event>, Refusal> {
    let mut events = Vec::new();
    if input.first_name.is_some() || input.last_name.is_some() {
        events.push(Event::Named { first_name: input.first_name.map(Personal), last_name: input.last_name.map(Personal) });
    }
    if !input.consents.is_empty() {
        let stage = |document: &str| journey.consent(document).map_or(ConsentStage::Completion, |rule| rule.stage);
        let invited = matches!(dossier.origin, Origin::Invited { .. });
        let mut all = Vec::new();
        for of in [ConsentStage::Registration, ConsentStage::Completion] {
            let part: Vec<_> = input.consents.iter().filter(|input| stage(&input.document) == of).cloned().collect();
            if of == ConsentStage::Registration && !invited {
                // It was agreed to in the form: that may be said once more here, and is not taken back.
                let required = |document: &str| journey.consent(document).is_some_and(|rule| rule.required);
                let refused = part.iter().filter(|input| !input.granted && required(&input.document));
                let faults: Vec<_> =
                    refused.map(|input| InputFault::Consent(consent::ConsentFault::Required(input.document.clone()))).collect();
                if !faults.is_empty() {
                    return Err(Refusal::Input(faults));
                }
            }
            let read = consent::read(&journey.consents, of, &part, &facts.documents, false, now);
            all.extend(read.map_err(|faults| Refusal::Input(faults.into_iter().map(InputFault::Consent).collect()))?);
        }
        events.push(Event::Consented { given: all });
    }
    if let Some(password) = input.password {
        let asked = facts.existing.is_none() && matches!(journey.password, PasswordOrigin::AtRegistration | PasswordOrigin::AtCompletion);
        if !asked {
            return Err(Refusal::Input(vec![InputFault::Unexpected("password")]));
        }
        events.push(Event::PasswordChosen { password });
    }
    Ok(events)
}

/// A completion link that has expired is replaced, while the registration itself still lives.
pub(super) fn renew(
    dossier: &Dossier,
    stage: &AwaitingCompletion,
    token: &Presented,
    fresh: FreshLink,
    now: DateTime<Utc>,
) -> Decision<Event, Reply> {
    if token.matches(&stage.link.digest) && stage.link.expires_at <= now {
        mail_link(dossier, stage, fresh, now)
    } else {
        Decision::answer(Reply::Repeated)
    }
}

/// The page is that of the first mail: an invited person has never seen the other one.
pub(super) fn mail_link(dossier: &Dossier, stage: &AwaitingCompletion, fresh: FreshLink, now: DateTime<Utc>) -> Decision<Event, Reply> {
    let page = match dossier.origin {
        Origin::Invited { .. } => Page::Invite,
        Origin::Applied => Page::Setup,
    };
    let expires_at = (now + policy::COMPLETION_LINK_LIFE).min(stage.since + policy::COMPLETION_EXPIRY);
    let link = Expiring { digest: fresh.link.digest, expires_at };
    let mail = Mail {
        id: fresh.delivery,
        template: MailTemplate::CompletionReminder,
        to: dossier.email.0.clone(),
        language: dossier.language,
        params: greeting(dossier).into_iter().chain([Param::Link(page, fresh.link.plain), Param::ValidUntil(expires_at)]).collect(),
        not_after: Some(expires_at),
        after: None,
    };
    Decision::events(vec![Event::LinkRenewed { link, delivery: fresh.delivery }], Reply::Done).mail(mail)
}

/// Why a completion link that leads to an ended registration is dead.
pub(super) fn dead(state: &Registration, token: &Presented) -> Refusal {
    if !state.dossier().completion.is_some_and(|link| token.matches(&link)) {
        return Refusal::TokenSuperseded;
    }
    match state.stage() {
        Stage::Expired { .. } => Refusal::TokenExpired,
        Stage::Active { .. } => Refusal::TokenUsed,
        // Nobody used it: it was the invitation that was taken back, or the record that was lost.
        Stage::AwaitingEmail(_)
        | Stage::AwaitingApproval(_)
        | Stage::AwaitingCompletion(_)
        | Stage::Rejected { .. }
        | Stage::Closed { .. } => Refusal::NotInThisState(state.word()),
    }
}

pub(super) fn tick(dossier: &Dossier, stage: &AwaitingCompletion, deliveries: &[DeliveryId], now: DateTime<Utc>) -> Decision<Event, Reply> {
    if now >= stage.since + policy::COMPLETION_EXPIRY {
        super::expire::expired(dossier, ExpiredAt::Completion, deliveries.first().copied(), now)
    } else {
        Decision::answer(Reply::Repeated)
    }
}
