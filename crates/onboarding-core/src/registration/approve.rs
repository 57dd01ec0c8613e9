//! Yes or no by those entitled, the reminders, and the way to the clerks.

use super::complete::{self, CompleteFacts};
use super::event::Event;
use super::state::{AwaitingApproval, DeciderWord, Dossier, ExpiredAt};
use super::{FreshLink, Refusal, Reply};
use crate::{
    AccountId, Decision, DeliveryId, Effect, EmailAddress, Expiring, Journey, Language, Mail, MailTemplate, Page, Param, PersonName,
    Personal, Uuid, journey::PasswordOrigin, policy,
};
use chrono::{DateTime, Utc};

/// What the roster says of somebody who wants to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entitlement {
    /// An active super admin of the registration's record.
    Entitled,
    /// Anybody else.
    None,
}

/// Who decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decider {
    /// An account that claims to be a super admin of the record.
    SuperAdmin {
        /// The account.
        account: AccountId,
        /// Its address: nobody decides on its own request.
        email: Personal<EmailAddress>,
        /// What the roster says.
        entitlement: Entitlement,
    },
    /// A clerk of the portal.
    Clerk(Uuid),
}

/// Somebody who can decide, for mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approver {
    /// Where the mail goes.
    pub email: EmailAddress,
    /// In which language.
    pub language: Language,
    /// The name, for the greeting.
    pub name: Option<PersonName>,
}

/// The mails that ask for a decision.
pub(crate) fn ask(
    approvers: &[Approver],
    deliveries: &[DeliveryId],
    company: &str,
    with_clerks: bool,
    to_admins: MailTemplate,
    to_clerks: MailTemplate,
) -> Vec<Effect> {
    if with_clerks {
        return vec![Effect::TellClerks(to_clerks, vec![Param::PageLink(Page::Staff)])];
    }
    approvers
        .iter()
        .zip(deliveries)
        .map(|(approver, delivery)| {
            let mut params: Vec<Param> = approver.name.iter().map(|name| Param::Name(name.as_str().to_owned())).collect();
            params.extend([Param::Company(company.to_owned()), Param::PageLink(Page::Team)]);
            Effect::SendMail(Mail {
                id: *delivery,
                template: to_admins,
                to: approver.email.clone(),
                language: approver.language,
                params,
                not_after: None,
                after: None,
            })
        })
        .collect()
}

fn may_decide(dossier: &Dossier, stage: &AwaitingApproval, by: &Decider, shown: u32, now: DateTime<Utc>) -> Result<(), Refusal> {
    // The clerks' time has come whether or not the sweeper was there yet.
    let with_clerks = stage.with_clerks || now >= stage.since + policy::APPROVAL_ESCALATION;
    match by {
        Decider::SuperAdmin { email, entitlement, .. } => {
            if *entitlement != Entitlement::Entitled {
                return Err(Refusal::NotEntitled);
            }
            if email.key() == dossier.email.key() {
                return Err(Refusal::OwnRequest);
            }
        }
        Decider::Clerk(_) if with_clerks => {}
        Decider::Clerk(_) => return Err(Refusal::NotEntitled),
    }
    // What is approved is what was shown.
    if shown == dossier.revision { Ok(()) } else { Err(Refusal::Outdated) }
}

#[expect(clippy::too_many_arguments, reason = "a decision names everything it stands on")]
pub(super) fn approve(
    dossier: &Dossier,
    stage: &AwaitingApproval,
    by: &Decider,
    shown: u32,
    fresh: FreshLink,
    facts: &CompleteFacts,
    journey: &Journey,
    now: DateTime<Utc>,
) -> Result<Decision<Event, Reply>, Refusal> {
    may_decide(dossier, stage, by, shown, now)?;
    let approved = Event::Approved { by: by.clone(), at: now };
    let missing = complete::missing(dossier, journey, facts);
    if missing.is_empty() {
        let account = facts.existing.as_ref().map_or(facts.account, |existing| existing.id);
        let decision = Decision::events(vec![approved, Event::Activated { account, at: now }], Reply::Activated);
        // A mailed password says it all; whoever has chosen one already would wait for ever.
        return Ok(if journey.password == PasswordOrigin::Mailed { decision } else { decision.mail(told_active(dossier, fresh.delivery)) });
    }
    let link = Expiring { digest: fresh.link.digest, expires_at: now + policy::COMPLETION_LINK_LIFE };
    let opened = Event::CompletionOpened { link, delivery: fresh.delivery, by: DeciderWord::from(by), at: now };
    let mail = Mail {
        id: fresh.delivery,
        template: MailTemplate::Approved,
        to: dossier.email.0.clone(),
        language: dossier.language,
        params: greeting(dossier)
            .into_iter()
            .chain([Param::Link(Page::Setup, fresh.link.plain), Param::ValidUntil(link.expires_at)])
            .collect(),
        not_after: Some(link.expires_at),
        after: None,
    };
    Ok(Decision::events(vec![approved, opened], Reply::Missing(missing)).mail(mail))
}

/// Approved, and nothing is missing: the way to the sign-in page.
fn told_active(dossier: &Dossier, id: DeliveryId) -> Mail {
    Mail {
        id,
        template: MailTemplate::ApprovedActive,
        to: dossier.email.0.clone(),
        language: dossier.language,
        params: greeting(dossier).into_iter().chain([Param::PageLink(Page::Login)]).collect(),
        not_after: None,
        after: None,
    }
}

pub(super) fn reject(
    dossier: &Dossier,
    stage: &AwaitingApproval,
    by: &Decider,
    shown: u32,
    reason: Option<String>,
    delivery: DeliveryId,
    now: DateTime<Utc>,
) -> Result<Decision<Event, Reply>, Refusal> {
    may_decide(dossier, stage, by, shown, now)?;
    let reason = reason.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let mail = Mail {
        id: delivery,
        template: MailTemplate::Rejected,
        to: dossier.email.0.clone(),
        language: dossier.language,
        params: greeting(dossier).into_iter().chain(reason.clone().map(Param::Reason)).collect(),
        not_after: None,
        after: None,
    };
    Ok(Decision::events(vec![Event::Rejected { by: by.clone(), reason: reason.map(Personal), at: now }], Reply::Done).mail(mail))
}

/// A proved address is greeted by the name its holder gave.
pub(super) fn greeting(dossier: &Dossier) -> Option<Param> {
    let applicant = &dossier.applicant;
    let name: Vec<&str> = [&applicant.first_name, &applicant.last_name].into_iter().flatten().map(PersonName::as_str).collect();
    (!name.is_empty() && dossier.proved.is_some()).then(|| Param::Name(name.join(" ")))
}

/// Reminder after 3 days, to the clerks after 7 or as soon as no super admin is left, the end after 30.
pub(super) fn tick(
    dossier: &Dossier,
    stage: &AwaitingApproval,
    approvers: &[Approver],
    deliveries: &[DeliveryId],
    company: &str,
    now: DateTime<Utc>,
) -> Decision<Event, Reply> {
    if now >= stage.since + policy::APPROVAL_EXPIRY {
        return super::expire::expired(dossier, ExpiredAt::Approval, deliveries.first().copied(), now);
    }
    if !stage.with_clerks && (now >= stage.since + policy::APPROVAL_ESCALATION || approvers.is_empty()) {
        // New to the clerks where nobody is left to decide; else it has waited for a week.
        let to_clerks = if approvers.is_empty() { MailTemplate::ClerkApproval } else { MailTemplate::ClerkReminder };
        let mut decision = Decision::events(vec![Event::PassedToClerks], Reply::Done);
        decision.effects = ask(approvers, deliveries, company, true, MailTemplate::ApprovalReminder, to_clerks);
        return decision;
    }
    if !stage.reminded && now >= stage.since + policy::APPROVAL_REMINDER {
        let mut decision = Decision::events(vec![Event::ApproversReminded], Reply::Done);
        decision.effects =
            ask(approvers, deliveries, company, stage.with_clerks, MailTemplate::ApprovalReminder, MailTemplate::ClerkReminder);
        return decision;
    }
    Decision::answer(Reply::Repeated)
}
