//! Yes or no to a request: by a super admin of its record, or by a clerk once it is theirs.

use crate::engine::{ATTEMPTS, Caller, Taken};
use crate::error::Error;
use crate::ports::{Actor, TokenPurpose, Versioned};
use crate::step::Step;
use crate::stories::activate::{Generated, Opening};
use crate::stories::apply::refused;
use crate::stories::complete::LostTo;
use crate::stories::roster::Company;
use crate::stories::session::SessionView;
use crate::{Onboarding, Portal};
use onboarding_core::{
    EmailAddress, Personal, Ref, RegistrationId, Uuid,
    audit::Audited,
    journey::PasswordOrigin,
    registration::{self, Command, Decider, Entitlement, Registration, Reply, Stage},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// A decision that was taken.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Decided {
    /// The registration's present state.
    pub state: String,
}

/// Who wants to decide.
#[derive(Clone, Copy)]
enum By<'a> {
    Session(&'a SessionView),
    Clerk(Uuid),
}

/// What is decided.
enum Verdict {
    Yes,
    No(Option<String>),
}

impl Onboarding {
    /// A super admin says yes to what was shown: `version` is the request's.
    ///
    /// # Errors
    /// [`Error::NotFound`] at a record of others; `Outdated`, `OwnRequest` as refusals of the registration.
    pub async fn approve(&self, caller: &Caller, session: &SessionView, id: RegistrationId, version: u32) -> Result<Decided, Error> {
        self.decide_request(&session.portal, caller, By::Session(session), id, version, &Verdict::Yes).await
    }

    /// A super admin says no. The reason goes to the applicant; at most 500 characters.
    ///
    /// # Errors
    /// As [`Onboarding::approve`]; a field to mend.
    pub async fn reject(
        &self,
        caller: &Caller,
        session: &SessionView,
        id: RegistrationId,
        version: u32,
        reason: Option<&str>,
    ) -> Result<Decided, Error> {
        let verdict = Verdict::No(reason_of(reason)?);
        self.decide_request(&session.portal, caller, By::Session(session), id, version, &verdict).await
    }

    /// A clerk says yes.
    ///
    /// # Errors
    /// [`Error::NotFound`]; `NotEntitled` while the record's super admins decide, `Outdated` as refusals of the registration.
    pub async fn approve_as_clerk(
        &self,
        caller: &Caller,
        portal: &str,
        clerk: Uuid,
        id: RegistrationId,
        version: u32,
    ) -> Result<Decided, Error> {
        self.decide_request(&self.portal(portal)?, caller, By::Clerk(clerk), id, version, &Verdict::Yes).await
    }

    /// A clerk says no. The reason goes to the applicant; at most 500 characters.
    ///
    /// # Errors
    /// As [`Onboarding::approve_as_clerk`]; a field to mend.
    pub async fn reject_as_clerk(
        &self,
        caller: &Caller,
        portal: &str,
        clerk: Uuid,
        id: RegistrationId,
        version: u32,
        reason: Option<&str>,
    ) -> Result<Decided, Error> {
        let verdict = Verdict::No(reason_of(reason)?);
        self.decide_request(&self.portal(portal)?, caller, By::Clerk(clerk), id, version, &verdict).await
    }

    async fn decide_request(
        &self,
        portal: &Arc<Portal>,
        caller: &Caller,
        by: By<'_>,
        id: RegistrationId,
        version: u32,
        verdict: &Verdict,
    ) -> Result<Decided, Error> {
        let _turn = self.turn(portal, caller).await;
        let mut generated: Option<Generated> = None;
        let mut lost = LostTo::default();
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = self.open_registration(id).await?;
            let dossier = before.value.dossier();
            // Nobody sees a request before its address was proved.
            let (Some((record, number)), Some(_), true) = (&dossier.record, &dossier.proved, dossier.portal == portal.slug) else {
                return Err(Error::NotFound);
            };
            if let By::Session(session) = by {
                session.decides_at(number)?;
            }
            // After the load: a repeat that was faster is either seen here, or makes the commit a conflict.
            if let Some(before) = self.replayed(portal, caller, now).await? {
                return Ok(before);
            }
            let company = self.company(portal, *record, number).await?;
            // Nobody is let into a record that was closed; no is no everywhere.
            if matches!(verdict, Verdict::Yes) && !company.is_open() {
                return Err(registration::Refusal::NotEntitled.into());
            }
            let mut step = self.step(portal, by.actor(), now);
            company.expected_by(&mut step);
            let decider = self.decider(by, &mut step, &company).await?;
            let request = passed_on(&mut step, before, &company, by)?;
            let fresh = self.link(&portal.slug, TokenPurpose::Completion, now);
            let link = fresh.link.digest;
            let (facts, existing) = self.complete_facts(portal, &mut step, &request.value, None, &lost).await?;
            let account = facts.account;
            let command = match verdict {
                Verdict::Yes => Command::Approve { by: decider, shown: version, fresh, facts },
                Verdict::No(reason) => {
                    Command::Reject { by: decider, shown: version, reason: reason.clone(), delivery: self.delivery(now) }
                }
            };
            let (after, reply) = step.decide(Some(&request), command).map_err(refused)?;
            let after = after.unwrap_or_else(|| request.value.clone());
            match reply {
                Reply::Activated => {
                    if portal.journey.password == PasswordOrigin::Mailed && existing.is_none() && generated.is_none() {
                        generated = Some(self.generate_password(now).await?);
                    }
                    let password = request.value.dossier().password.clone();
                    let opening = Opening { account, existing: existing.as_ref(), password, generated: generated.as_ref() };
                    Box::pin(self.activate(portal, &mut step, after.dossier(), opening)).await?;
                }
                Reply::Missing(_) => step.token(link, Ref::Registration(id)),
                Reply::Done | Reply::Repeated | Reply::CodeWrong(_) | Reply::Lost(_) => {}
            }
            let decided = Decided { state: after.word().to_owned() };
            self.remember(&mut step, portal, caller, &decided)?;
            match self.take(step).await? {
                Taken::Yes => return Ok(decided),
                Taken::Again => {}
                Taken::Lost(claim) => lost.to(&claim),
            }
        }
        Err(Error::Contended)
    }

    /// Who decides, as the core sees it: what the roster says is a fact, and the account's own state another.
    async fn decider(&self, by: By<'_>, step: &mut Step, company: &Company) -> Result<Decider, Error> {
        match by {
            By::Clerk(clerk) => Ok(Decider::Clerk(clerk)),
            By::Session(session) => {
                let account = self.account(session.account()).await?;
                session.lives_beside(&account.value)?;
                step.commit.expects.push((Ref::Account(session.account()), account.version));
                let entitlement = company.roster.as_ref().map_or(Entitlement::None, |roster| roster.value.entitlement(session.account()));
                let email: Personal<EmailAddress> = Personal(account.value.email().clone());
                Ok(Decider::SuperAdmin { account: session.account(), email, entitlement })
            }
        }
    }
}

impl By<'_> {
    fn actor(self) -> Actor {
        match self {
            Self::Session(session) => Actor::Account(session.account()),
            Self::Clerk(clerk) => Actor::Clerk(clerk),
        }
    }
}

/// The request as a clerk finds it: where nobody is left to decide it is theirs at once, whether or not the sweeper was there yet.
fn passed_on(step: &mut Step, before: Versioned<Registration>, company: &Company, by: By<'_>) -> Result<Versioned<Registration>, Error> {
    let waits = matches!(before.value.stage(), Stage::AwaitingApproval(stage) if !stage.with_clerks);
    if !matches!(by, By::Clerk(_)) || !waits || !company.approvers.is_empty() {
        return Ok(before);
    }
    let command = Command::Tick { approvers: Vec::new(), deliveries: Vec::new(), company: String::new() };
    // Decided aside, so that nobody is mailed of what is decided in the same step.
    let passed = registration::decide(Some(&before.value), command, &step.portal().journey, step.now).map_err(refused)?;
    step.commit.events.extend(passed.events.iter().map(|event| (Ref::Registration(before.value.id()), event.audit())));
    let value = passed.events.iter().fold(Some(before.value.clone()), registration::evolve);
    Ok(value.map_or(before.clone(), |value| Versioned { value, version: before.version }))
}

fn reason_of(reason: Option<&str>) -> Result<Option<String>, Error> {
    let Some(reason) = reason.map(str::trim).filter(|reason| !reason.is_empty()) else { return Ok(None) };
    crate::forms::sentences("reason", reason, LONGEST_REASON).map(Some).map_err(|fault| Error::Input(vec![fault]))
}
