//! The set-up behind an approval or invitation: in parts, until nothing is missing. The link proves the mailbox, never an account: one that
//! is there already signs in first.

use crate::engine::{ATTEMPTS, Caller, Taken};
use crate::error::Error;
use crate::forms::{self, FieldError};
use crate::ports::{Actor, DigestPurpose, Versioned};
use crate::step::Step;
use crate::stories::activate::{Generated, Opening};
use crate::stories::apply::refused;
use crate::stories::session::SessionView;
use crate::{Onboarding, Portal};
use chrono::{DateTime, Utc};
use onboarding_core::{
    AccountId, Claim, EmailAddress, Language, PersonName, Presented, Ref, RegistrationId, Role,
    account::Account,
    consent::ConsentInput,
    journey::{ConsentStage, PasswordOrigin},
    password::Privilege,
    registration::{
        self, Command, CompleteFacts, CompletionInput, ExistingAccount, LostClaim, Missing, NewPassword, Origin, Registration, Reply,
    },
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is given in one call, as typed.
#[derive(Clone, Debug, Default)]
pub struct CompletionForm {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Decisions on documents.
    pub consents: Vec<ConsentInput>,
    /// The password.
    pub password: Option<SecretString>,
}

/// How far the set-up has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Completed {
    /// The registration's present state.
    pub state: String,
    /// What is missing yet: `sign_in`, `consent:<document>`, `first_name`, `last_name`, `password`.
    pub missing: Vec<String>,
    /// The shortest password that the role to come may have, in characters. `None` in replies of before this was told.
    #[serde(default)]
    pub min_length: Option<u32>,
}

/// What a set-up link leads to, without using it up.
#[derive(Clone, Debug)]
pub struct SetupView {
    /// The registration's present state.
    pub state: &'static str,
    /// The address it was mailed to.
    pub email: EmailAddress,
    /// The company's name; empty where the books have none.
    pub company: String,
    /// The person's language.
    pub language: Language,
    /// Whether somebody invited, rather than the person applied.
    pub invited: bool,
    /// The first name, as far as it is known: whoever invited may have typed it.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// What is missing yet.
    pub missing: Vec<Missing>,
    /// Documents that may be decided on, and were not: nothing waits for them.
    pub offered: Vec<String>,
    /// The shortest password, in characters.
    pub min_length: u32,
    /// The link dies then.
    pub expires_at: Option<DateTime<Utc>>,
    /// Why it cannot be used, if it cannot.
    pub refusal: Option<registration::Refusal>,
}

/// Claims that former tries of the same step ran into.
#[derive(Default)]
pub(crate) struct LostTo {
    record: bool,
}

impl LostTo {
    /// An address that was taken is found as an account in the next round; only a record has to be remembered.
    pub(crate) fn to(&mut self, claim: &Claim) {
        match claim {
            Claim::Email(..) | Claim::Staff(..) => {}
            Claim::Login(..) | Claim::Record(..) => self.record = true,
        }
    }
}

/// The form, parsed.
#[derive(Default)]
struct Parsed {
    first_name: Option<PersonName>,
    last_name: Option<PersonName>,
    password: Option<SecretString>,
}

/// What a committed completion is answered with.
#[derive(Serialize, Deserialize)]
enum Outcome {
    Completed(Completed),
    RecordTaken,
}

impl Outcome {
    fn answer(self) -> Result<Completed, Error> {
        match self {
            Self::Completed(completed) => Ok(completed),
            Self::RecordTaken => Err(Error::RecordTaken),
        }
    }
}

impl Onboarding {
    /// Takes note of what was given, and tells what is missing; opens the account, or adds to the one that is signed in, once nothing is.
    ///
    /// # Errors
    /// Fields to mend; `token_unknown`, `token_expired`, `token_superseded`, `token_used`, `WrongAccount` as refusals of the registration;
    /// [`Error::RecordTaken`].
    pub async fn complete(
        &self,
        portal: &str,
        caller: &Caller,
        token: &SecretString,
        form: &CompletionForm,
        session: Option<&SessionView>,
    ) -> Result<Completed, Error> {
        let portal = self.portal(portal)?;
        let id = self.registration_behind(&portal, DigestPurpose::Completion, token).await?;
        let presented = self.presented(&portal.slug, DigestPurpose::Completion, token).ok_or(registration::Refusal::TokenUnknown)?;
        let _turn = self.turn(&portal, caller).await;
        if let Some(before) = self.replayed::<Outcome>(&portal, caller, self.now().await?).await? {
            return before.answer();
        }
        let input = self.read_completion(&portal, id, &presented, form, session, caller.language).await?;
        let mut generated: Option<Generated> = None;
        let mut lost = LostTo::default();
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = self.open_registration(id).await?;
            if let Some(before) = self.replayed::<Outcome>(&portal, caller, now).await? {
                return before.answer();
            }
            let actor = session.map_or(Actor::Anonymous, |session| Actor::Account(session.account()));
            let mut step = self.step(&portal, actor, now);
            let (mut facts, existing) = self.complete_facts(&portal, &mut step, &before.value, session, &lost).await?;
            facts.documents = portal.shown(caller.language);
            let account = facts.account;
            let command = Command::Complete { token: presented.clone(), input: Box::new(input.clone()), facts };
            let (after, reply) = step.decide(Some(&before), command).map_err(refused)?;
            let after = after.unwrap_or_else(|| before.value.clone());
            let completed = |missing: &[Missing]| {
                Outcome::Completed(Completed {
                    state: after.word().to_owned(),
                    missing: missing.iter().map(Missing::word).collect(),
                    min_length: Some(portal.journey.password_policy.min_for(privilege(&before.value))),
                })
            };
            let outcome = match reply {
                Reply::Activated => {
                    if portal.journey.password == PasswordOrigin::Mailed && existing.is_none() && generated.is_none() {
                        generated = Some(self.generate_password(now).await?);
                    }
                    // The registration keeps no password once the account has it.
                    let password = input.password.clone().or_else(|| before.value.dossier().password.clone());
                    let opening = Opening { account, existing: existing.as_ref(), password, generated: generated.as_ref() };
                    Box::pin(self.activate(&portal, &mut step, after.dossier(), opening)).await?;
                    completed(&[])
                }
                Reply::Missing(missing) => completed(&missing),
                Reply::Lost(_) => Outcome::RecordTaken,
                Reply::Done | Reply::Repeated | Reply::CodeWrong(_) => completed(&[]),
            };
            self.remember(&mut step, &portal, caller, &outcome)?;
            match self.take(step).await? {
                Taken::Yes => return outcome.answer(),
                Taken::Again => {}
                Taken::Lost(claim) => lost.to(&claim),
            }
        }
        Err(Error::Contended)
    }

    /// What a set-up link shows to whoever is signed in, or to nobody, without changing anything.
    ///
    /// # Errors
    /// `token_unknown`.
    pub async fn setup_link(&self, portal: &str, token: &SecretString, session: Option<&SessionView>) -> Result<SetupView, Error> {
        let portal = self.portal(portal)?;
        let id = self.registration_behind(&portal, DigestPurpose::Completion, token).await?;
        let presented = self.presented(&portal.slug, DigestPurpose::Completion, token).ok_or(registration::Refusal::TokenUnknown)?;
        let found = self.open_registration(id).await?;
        let now = self.now().await?;
        let mut looked = self.step(&portal, Actor::Anonymous, now);
        let (facts, _) = self.complete_facts(&portal, &mut looked, &found.value, session, &LostTo::default()).await?;
        let missing = registration::missing(found.value.dossier(), &portal.journey, &facts);
        let command = Command::Complete { token: presented, input: Box::default(), facts };
        let refusal = registration::decide(Some(&found.value), command, &portal.journey, now).err();
        let dossier = found.value.dossier();
        let record = match &dossier.record {
            Some((id, _)) => self.ports.directory.by_id(*id).await?,
            None => None,
        };
        Ok(SetupView {
            state: found.value.word(),
            email: found.value.email().clone(),
            company: record.map(|record| record.value.name).unwrap_or_default(),
            language: dossier.language,
            invited: matches!(dossier.origin, Origin::Invited { .. }),
            first_name: dossier.applicant.first_name.as_ref().map(|name| name.as_str().to_owned()),
            last_name: dossier.applicant.last_name.as_ref().map(|name| name.as_str().to_owned()),
            offered: offered(&portal, &found.value, &missing),
            missing,
            min_length: portal.journey.password_policy.min_for(privilege(&found.value)),
            expires_at: found.value.expires_at(),
            refusal,
        })
    }

    /// What is known at approval and completion, and the account behind the address. The step stands on both as they are now.
    pub(crate) async fn complete_facts(
        &self,
        portal: &Portal,
        step: &mut Step,
        registration: &Registration,
        session: Option<&SessionView>,
        lost: &LostTo,
    ) -> Result<(CompleteFacts, Option<Versioned<Account>>), Error> {
        let existing = self.account_by(Claim::Email(portal.slug.clone(), registration.email().key())).await?;
        if let (Some(session), Some(existing)) = (session, &existing)
            && session.account() == existing.value.id()
        {
            session.lives_beside(&existing.value)?;
        }
        step.commit.expects.extend(existing.iter().map(|existing| (Ref::Account(existing.value.id()), existing.version)));
        let inviter_gone = self.inviter_gone(portal, step, registration).await?;
        let facts = CompleteFacts {
            account: AccountId(self.uuid(step.now)),
            existing: existing
                .as_ref()
                .map(|account| ExistingAccount { id: account.value.id(), consents: account.value.consents().clone() }),
            signed_in: session.map(SessionView::account),
            documents: portal.shown(registration.dossier().language),
            lost: lost.record.then_some(LostClaim::Record),
            inviter_gone,
        };
        Ok((facts, existing))
    }

    /// Reads the form, tells every fault at once, and hashes the password: once, outside the transaction, and for nobody with a dead link.
    async fn read_completion(
        &self,
        portal: &Arc<Portal>,
        id: RegistrationId,
        token: &Presented,
        form: &CompletionForm,
        session: Option<&SessionView>,
        language: Language,
    ) -> Result<CompletionInput, Error> {
        let found = self.open_registration(id).await?.value;
        let now = self.now().await?;
        let mut looked = self.step(portal, Actor::Anonymous, now);
        let (mut facts, _) = self.complete_facts(portal, &mut looked, &found, session, &LostTo::default()).await?;
        facts.documents = portal.shown(language);
        let decide = |input: CompletionInput, facts: CompleteFacts| {
            let command = Command::Complete { token: token.clone(), input: Box::new(input), facts };
            registration::decide(Some(&found), command, &portal.journey, now).map(|decision| decision.reply)
        };
        let reply = decide(CompletionInput::default(), facts.clone()).map_err(refused)?;
        // Whoever must sign in first is told that alone; what came with the call is not taken note of.
        if reply == Reply::Missing(vec![Missing::SignIn]) {
            return Ok(CompletionInput::default());
        }
        let (parsed, mut faults) = read(portal, &found, form);
        let placeholder = form.password.as_ref().map(|_| NewPassword { hash: onboarding_core::PasswordHash::new(String::new()), met: 0 });
        let rehearsed = CompletionInput {
            first_name: parsed.first_name.clone(),
            last_name: parsed.last_name.clone(),
            consents: form.consents.clone(),
            password: placeholder,
        };
        match decide(rehearsed, facts).map_err(refused) {
            Err(Error::Input(more)) => {
                // One sentence a field: the first one says what to do.
                let news: Vec<_> = more.into_iter().filter(|fault| faults.iter().all(|told| told.field != fault.field)).collect();
                faults.extend(news);
            }
            Err(other) => return Err(other),
            Ok(_) => {}
        }
        if !faults.is_empty() {
            return Err(Error::Input(faults));
        }
        let password = match parsed.password {
            Some(password) => {
                let met = forms::minimum_met(portal, &password);
                Some(NewPassword { hash: self.ports.hasher.hash(password).await?, met })
            }
            None => None,
        };
        Ok(CompletionInput { first_name: parsed.first_name, last_name: parsed.last_name, consents: form.consents.clone(), password })
    }
}

/// The privilege of the role to come: its minimum is asked for at once.
fn privilege(registration: &Registration) -> Privilege {
    match registration.dossier().origin {
        Origin::Invited { role: Role::SuperAdmin, .. } => Privilege::Privileged,
        Origin::Invited { role: Role::Member, .. } | Origin::Applied => Privilege::Common,
    }
}

/// Optional documents of the steps that this link stands for: an invited person never saw the register form.
fn offered(portal: &Portal, registration: &Registration, missing: &[Missing]) -> Vec<String> {
    let dossier = registration.dossier();
    if missing == [Missing::SignIn] {
        return Vec::new();
    }
    let invited = matches!(dossier.origin, Origin::Invited { .. });
    let rules = portal.journey.consents.iter().filter(|rule| !rule.required && (invited || rule.stage == ConsentStage::Completion));
    rules.map(|rule| rule.document.clone()).filter(|document| !dossier.consents.0.contains_key(document)).collect()
}

fn read(portal: &Portal, registration: &Registration, form: &CompletionForm) -> (Parsed, Vec<FieldError>) {
    let mut faults = Vec::new();
    let mut name =
        |field: &str, text: Option<&String>| text.and_then(|text| forms::name(field, text).map_err(|fault| faults.push(fault)).ok());
    let first_name = name("first_name", form.first_name.as_ref());
    let last_name = name("last_name", form.last_name.as_ref());
    let person = &registration.dossier().applicant;
    let names = [first_name.as_ref().or(person.first_name.as_ref()), last_name.as_ref().or(person.last_name.as_ref())];
    let context: Vec<&str> = names
        .into_iter()
        .flatten()
        .map(PersonName::as_str)
        .chain(registration.record().map(onboarding_core::RecordNumber::as_str))
        .chain([registration.email().as_str()])
        .collect();
    let password = match &form.password {
        None => None,
        Some(typed) => match forms::new_password("password", typed, portal, privilege(registration), &context) {
            Ok(password) => Some(password),
            Err(refused) => {
                faults.extend(refused);
                None
            }
        },
    };
    (Parsed { first_name, last_name, password }, faults)
}
