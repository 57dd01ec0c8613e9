//! Time: when it does something by itself, and what.

use super::Reply;
use super::approve::greeting;
use super::event::{Event, evolve};
use super::state::{Dossier, ExpiredAt, Registration, Stage};
use crate::{Decision, DeliveryId, Mail, MailTemplate, Param, policy};
use chrono::{DateTime, Utc};

/// When time itself does something to this registration; `None` when it never will.
pub fn deadline(state: &Registration) -> Option<DateTime<Utc>> {
    let dossier = state.dossier();
    match state.stage() {
        Stage::AwaitingEmail(stage) => {
            Some((stage.mailed_at + policy::UNPROVEN_AFTER_MAIL).min(dossier.created_at + policy::UNPROVEN_AT_MOST))
        }
        Stage::AwaitingApproval(stage) => Some(
            stage.since
                + match (stage.reminded, stage.with_clerks) {
                    (false, _) => policy::APPROVAL_REMINDER,
                    (true, false) => policy::APPROVAL_ESCALATION,
                    (true, true) => policy::APPROVAL_EXPIRY,
                },
        ),
        Stage::AwaitingCompletion(stage) => Some(stage.since + policy::COMPLETION_EXPIRY),
        Stage::Active { .. } | Stage::Rejected { .. } | Stage::Expired { .. } | Stage::Closed { .. } => None,
    }
}

/// The registration as the sweeper will leave it, where its end has come before the sweeper; `None` when only a reminder
/// is due. An old link is so answered alike before and after the sweep.
pub(super) fn overdue(state: &Registration, now: DateTime<Utc>) -> Option<Registration> {
    let stage = match state.stage() {
        Stage::AwaitingEmail(_) => deadline(state).is_some_and(|due| due <= now).then_some(ExpiredAt::Proof),
        Stage::AwaitingApproval(stage) => (now >= stage.since + policy::APPROVAL_EXPIRY).then_some(ExpiredAt::Approval),
        Stage::AwaitingCompletion(stage) => (now >= stage.since + policy::COMPLETION_EXPIRY).then_some(ExpiredAt::Completion),
        Stage::Active { .. } | Stage::Rejected { .. } | Stage::Expired { .. } | Stage::Closed { .. } => None,
    }?;
    evolve(Some(state.clone()), &Event::Expired { stage, at: now })
}

pub(super) fn tick_awaiting_email(state: &Registration, now: DateTime<Utc>) -> Decision<Event, Reply> {
    if deadline(state).is_some_and(|due| due <= now) {
        // No mail: the address was never proved, and may be a stranger's.
        expired(state.dossier(), ExpiredAt::Proof, None, now)
    } else {
        Decision::answer(Reply::Repeated)
    }
}

/// Ends the registration; a proved address is told where an id for the mail is at hand.
pub(super) fn expired(dossier: &Dossier, stage: ExpiredAt, delivery: Option<DeliveryId>, now: DateTime<Utc>) -> Decision<Event, Reply> {
    let decision = Decision::events(vec![Event::Expired { stage, at: now }], Reply::Done);
    let (template, days) = match stage {
        ExpiredAt::Proof => return decision,
        ExpiredAt::Approval => (MailTemplate::ExpiredApproval, policy::APPROVAL_EXPIRY),
        ExpiredAt::Completion => (MailTemplate::ExpiredCompletion, policy::COMPLETION_EXPIRY),
    };
    let (Some(delivery), Some(_)) = (delivery, &dossier.proved) else { return decision };
    let days = u32::try_from(days.num_days()).unwrap_or(u32::MAX);
    decision.mail(Mail {
        id: delivery,
        template,
        to: dossier.email.0.clone(),
        language: dossier.language,
        params: greeting(dossier).into_iter().chain([Param::Days(days)]).collect(),
        not_after: None,
        after: None,
    })
}
