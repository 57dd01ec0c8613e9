//! The proof of address, by code or by link, and what a second click is told.

use super::approve::{self, Approver};
use super::event::Event;
use super::state::{AwaitingEmail, Closure, ExpiredAt, Registration, Stage, Standing};
use super::{Refusal, Reply};
use crate::journey::{Approval, EmailProof};
use crate::{AccountId, Decision, DeliveryId, EmailAddress, Journey, Language, Mail, MailTemplate, Page, Param, Presented};
use chrono::{DateTime, Utc};

/// What is presented.
#[derive(Clone, Debug)]
pub enum Proof {
    /// A code, typed in by whoever holds the registration's handle.
    Code(Presented),
    /// The token of the mailed link.
    Link(Presented),
}

/// A claim that another account won.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LostClaim {
    /// The address has an account by now.
    Email,
    /// The record has its one account by now.
    Record,
}

/// What is known when an address is proved.
#[derive(Clone, Debug)]
pub struct ConfirmFacts {
    /// Id of the account that may open.
    pub account: AccountId,
    /// A claim that the last try to open ran into, with the owner's address.
    pub lost: Option<(LostClaim, EmailAddress, Language)>,
    /// Who can decide, where somebody approves.
    pub approvers: Vec<Approver>,
    /// Ids for the mails that follow; as many as approvers, at least one.
    pub deliveries: Vec<DeliveryId>,
    /// The company's name, for the approvers' mail.
    pub company: String,
    /// Whether the approvers had enough mails today, and hear of it in a digest.
    pub digest: bool,
}

pub(super) fn confirm(
    stage: &AwaitingEmail,
    proof: Proof,
    facts: &ConfirmFacts,
    journey: &Journey,
    now: DateTime<Utc>,
) -> Result<Decision<Event, Reply>, Refusal> {
    let by = match proof {
        Proof::Code(code) => {
            if !journey.proves_by(EmailProof::Code) {
                return Err(Refusal::NotInThisJourney);
            }
            if stage.attempts_left() == 0 {
                return Err(Refusal::CodeUsedUp);
            }
            if stage.secrets.expires_at <= now {
                return Err(Refusal::CodeExpired);
            }
            // A shadow's code was never mailed: whoever presents it guessed.
            if !code.matches(&stage.secrets.code) || stage.standing == Standing::Shadow {
                return Ok(Decision::events(vec![Event::CodeRejected], Reply::CodeWrong(stage.attempts_left() - 1)));
            }
            EmailProof::Code
        }
        Proof::Link(token) => {
            link_lives(stage, &token, now)?;
            EmailProof::Link
        }
    };
    if let Some((claim, owner, language)) = &facts.lost {
        return Ok(lost(*claim, owner, *language, facts.deliveries[0], now));
    }
    let mut decision = Decision::events(vec![Event::EmailProved { by, at: now }], Reply::Done);
    if journey.approval == Approval::Nobody {
        decision.events.push(Event::Activated { account: facts.account, at: now });
        decision.reply = Reply::Activated;
        return Ok(decision);
    }
    let with_clerks = journey.approval == Approval::Clerk || facts.approvers.is_empty();
    decision.events.push(Event::ApprovalRequested { with_clerks, at: now });
    if with_clerks || !facts.digest {
        let (wanted, to_clerks) = (MailTemplate::ApprovalWanted, MailTemplate::ClerkApproval);
        decision.effects = approve::ask(&facts.approvers, &facts.deliveries, &facts.company, with_clerks, wanted, to_clerks);
    }
    Ok(decision)
}

/// The registration ends; the owner of what it wanted is told.
pub(super) fn lost(
    claim: LostClaim,
    owner: &EmailAddress,
    language: Language,
    delivery: DeliveryId,
    now: DateTime<Utc>,
) -> Decision<Event, Reply> {
    let (template, params) = match claim {
        LostClaim::Email => (MailTemplate::AccountExists, vec![Param::PageLink(Page::Login), Param::PageLink(Page::PasswordForgot)]),
        LostClaim::Record => (MailTemplate::RecordTaken, Vec::new()),
    };
    Decision::events(vec![Event::Closed { why: Closure::Lost(claim), at: now }], Reply::Lost(claim)).mail(Mail {
        id: delivery,
        template,
        to: owner.clone(),
        language,
        params,
        not_after: None,
        after: None,
    })
}

pub(super) fn deny(stage: &AwaitingEmail, token: &Presented, now: DateTime<Utc>) -> Result<Decision<Event, Reply>, Refusal> {
    link_lives(stage, token, now)?;
    Ok(Decision::events(vec![Event::Closed { why: Closure::Denied, at: now }], Reply::Done))
}

/// Whether the presented link is the current one and alive.
fn link_lives(stage: &AwaitingEmail, token: &Presented, now: DateTime<Utc>) -> Result<(), Refusal> {
    if !token.matches(&stage.secrets.link) {
        return Err(Refusal::TokenSuperseded);
    }
    if stage.standing == Standing::Shadow {
        return Err(Refusal::TokenUnknown);
    }
    if stage.secrets.expires_at <= now {
        return Err(Refusal::TokenExpired);
    }
    Ok(())
}

/// A proof presented after its stage: the one of the last mail is answered kindly, any other truthfully.
pub(super) fn again(state: &Registration, proof: &Proof) -> Result<Decision<Event, Reply>, Refusal> {
    let dossier = state.dossier();
    let was_right = dossier.proved.is_some() || matches!(state.stage(), Stage::Closed { why: Closure::Lost(_), .. });
    match proof {
        Proof::Code(code) if dossier.spent.is_some_and(|spent| code.matches(&spent.code)) && was_right => {
            Ok(Decision::answer(Reply::Repeated))
        }
        Proof::Code(_) => Err(Refusal::NotInThisState(state.word())),
        Proof::Link(token) => match dossier.spent {
            Some(spent) if token.matches(&spent.link) && matches!(state.stage(), Stage::Expired { stage: ExpiredAt::Proof, .. }) => {
                Err(Refusal::TokenExpired)
            }
            Some(spent) if token.matches(&spent.link) => Ok(Decision::answer(Reply::Repeated)),
            Some(_) | None => Err(Refusal::TokenSuperseded),
        },
    }
}

/// Why a confirmation link that leads here is dead.
pub(super) fn dead(state: &Registration, token: &Presented) -> Refusal {
    match (state.dossier().spent, state.stage()) {
        (Some(spent), Stage::Expired { stage: ExpiredAt::Proof, .. }) if token.matches(&spent.link) => Refusal::TokenExpired,
        (Some(spent), _) if token.matches(&spent.link) => Refusal::TokenUsed,
        (Some(_) | None, _) => Refusal::TokenSuperseded,
    }
}
