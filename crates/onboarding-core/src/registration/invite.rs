//! Invitations: a registration that begins at its completion.

use super::apply::Applicant;
use super::complete;
use super::event::Event;
use super::state::{AwaitingCompletion, Closure, Dossier, Origin};
use super::{FreshLink, Refusal, Reply};
use crate::consent::Consents;
use crate::roster::Role;
use crate::{
    AccountId, Decision, EmailAddress, Expiring, Journey, Language, Mail, MailTemplate, Page, Param, PersonName, Personal, RecordId,
    RecordNumber, RegistrationId, policy,
};
use chrono::{DateTime, Utc};
use std::fmt;

/// Whom, where and as what.
#[derive(Clone)]
pub struct InviteInput {
    /// The registration's id, minted by the driver.
    pub id: RegistrationId,
    /// The address; it stays, whatever a later call says.
    pub email: EmailAddress,
    /// First name, if known.
    pub first_name: Option<PersonName>,
    /// Last name, if known.
    pub last_name: Option<PersonName>,
    /// The record.
    pub record: (RecordId, RecordNumber),
    /// The company's name in the master data: the mail names it, not the inviter.
    pub company: String,
    /// The role to come.
    pub role: Role,
    /// The inviting account; `None` for a clerk or the operator.
    pub by: Option<AccountId>,
    /// The mail's language.
    pub language: Language,
    /// Whether the address has an account already: the mail says so, the caller is not told.
    pub has_account: bool,
}

impl fmt::Debug for InviteInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InviteInput").field("id", &self.id).field("role", &self.role).field("by", &self.by).finish_non_exhaustive()
    }
}

pub(super) fn invite(
    input: InviteInput,
    fresh: FreshLink,
    journey: &Journey,
    now: DateTime<Utc>,
) -> Result<Decision<Event, Reply>, Refusal> {
    if !journey.invites() {
        return Err(Refusal::NotInThisJourney);
    }
    let link = Expiring { digest: fresh.link.digest, expires_at: now + policy::COMPLETION_LINK_LIFE };
    let mail = Mail {
        id: fresh.delivery,
        template: if input.has_account { MailTemplate::InvitationExisting } else { MailTemplate::Invitation },
        to: input.email.clone(),
        language: input.language,
        params: vec![Param::Company(input.company), Param::Link(Page::Invite, fresh.link.plain), Param::ValidUntil(link.expires_at)],
        not_after: Some(link.expires_at),
        after: None,
    };
    let (record, number) = input.record;
    let dossier = Dossier {
        id: input.id,
        portal: journey.portal.clone(),
        origin: Origin::Invited { by: input.by, role: input.role },
        language: input.language,
        created_at: now,
        email: Personal(input.email),
        applicant: Personal(Applicant { first_name: input.first_name, last_name: input.last_name, birth_date: None }),
        record: Some((record, Personal(number))),
        consents: Consents::default(),
        password: None,
        mail: None,
        proved: None,
        spent: None,
        completion: None,
        revision: 1,
    };
    Ok(Decision::events(vec![Event::Invited { dossier: Box::new(dossier), link, delivery: fresh.delivery, at: now }], Reply::Done)
        .mail(mail))
}

pub(super) fn revoke(dossier: &Dossier, now: DateTime<Utc>) -> Result<Decision<Event, Reply>, Refusal> {
    match dossier.origin {
        Origin::Invited { .. } => Ok(Decision::events(vec![Event::Closed { why: Closure::Revoked, at: now }], Reply::Done)),
        Origin::Applied => Err(Refusal::NotInThisState("awaiting_completion")),
    }
}

pub(super) fn resend(dossier: &Dossier, stage: &AwaitingCompletion, fresh: FreshLink, now: DateTime<Utc>) -> Decision<Event, Reply> {
    complete::mail_link(dossier, stage, fresh, now)
}
