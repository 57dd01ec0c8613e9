//! What the holder of a handle sees and may do: look, resend, correct the address.

use crate::Onboarding;
use crate::engine::{ATTEMPTS, Caller, Taken};
use crate::error::Error;
use crate::forms;
use crate::ports::{Actor, DeliveryStatus, DigestPurpose, Versioned};
use crate::stories::apply::refused;
use chrono::{DateTime, Utc};
use onboarding_core::{
    DeliveryId, EmailAddress, Ref, RegistrationId,
    registration::{self, Command, MailFate, Registration, Stage},
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// A registration as its holder sees it: no name, no address, no record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RegistrationView {
    /// The state's word.
    pub state: String,
    /// When the current code, link or stage dies.
    pub expires_at: Option<DateTime<Utc>>,
    /// When another mail may be asked for.
    pub resend_at: Option<DateTime<Utc>>,
    /// Tries left at the code's door.
    pub attempts_left: Option<u32>,
    /// What became of the latest mail: `queued`, `sent`, `failed`.
    pub mail: String,
    /// Who decided: `super_admin`, `clerk`.
    pub decided_by: Option<String>,
    /// Why it was rejected, or closed.
    pub reason: Option<String>,
}

impl RegistrationView {
    pub(crate) fn of(registration: &Registration, mail: MailFate, now: DateTime<Utc>) -> Self {
        // What is overdue *is* over, whether or not the sweeper was there.
        let over = registration.overdue(now);
        let (decided_by, reason) = match registration.stage() {
            Stage::AwaitingCompletion(stage) => (stage.decided_by.map(|by| by.word().to_owned()), None),
            Stage::Rejected { reason, by, .. } => (Some(by.word().to_owned()), reason.as_ref().map(|reason| reason.0.clone())),
            Stage::Closed { why, .. } => (None, Some(why.word().to_owned())),
            Stage::AwaitingEmail(_) | Stage::AwaitingApproval(_) | Stage::Active { .. } | Stage::Expired { .. } => (None, None),
        };
        Self {
            state: present_word(registration, now).to_owned(),
            expires_at: registration.expires_at().filter(|_| !over),
            resend_at: registration.resend_at().filter(|_| !over),
            attempts_left: registration.attempts_left().filter(|_| !over),
            mail: mail.word().to_owned(),
            decided_by,
            reason,
        }
    }
}

/// What the outbox says of mails.
pub(super) struct MailFates(Vec<(DeliveryId, DeliveryStatus)>);

impl MailFates {
    /// One that is not kept any more went out long ago: what failed would have been seen by then.
    pub(super) fn of(&self, registration: &Registration) -> MailFate {
        let Some(latest) = registration.dossier().mail else { return MailFate::Queued };
        match self.0.iter().find(|(id, _)| *id == latest.delivery).map(|(_, status)| *status) {
            Some(DeliveryStatus::Queued) => MailFate::Queued,
            Some(DeliveryStatus::Sent) | None => MailFate::Sent,
            // Withdrawn, as nothing waits for it any more: no fault.
            Some(DeliveryStatus::Expired) if registration.expires_at().is_none() => MailFate::Queued,
            Some(DeliveryStatus::Failed | DeliveryStatus::Parked | DeliveryStatus::Expired) => MailFate::Failed,
        }
    }
}

/// The state's word at this moment.
pub(super) fn present_word(registration: &Registration, now: DateTime<Utc>) -> &'static str {
    if registration.overdue(now) { "expired" } else { registration.word() }
}

/// Whether the mail would go elsewhere if the address had an account: to the stored spelling, not to the twin that was typed. Only one of them
/// may fail to arrive, and whoever typed it is not to learn which.
fn may_be_a_twin(registration: &Registration) -> bool {
    let email = registration.email();
    matches!(registration.stage(), Stage::AwaitingEmail(_)) && !email.as_str().eq_ignore_ascii_case(email.key().as_str())
}

/// What sends the mail again.
enum Again {
    Resend,
    Correct(EmailAddress),
}

impl Onboarding {
    /// A registration, for the holder of its handle.
    pub async fn registration(&self, portal: &str, handle: &SecretString) -> Result<RegistrationView, Error> {
        let portal = self.portal(portal)?;
        let id = self.registration_behind(&portal, DigestPurpose::Handle, handle).await.map_err(not_found)?;
        let mut found = self.open_registration(id).await?;
        let mut mails = self.mail_fates(std::iter::once(&found.value)).await?;
        if mails.of(&found.value) == MailFate::Failed {
            // Perhaps withdrawn this moment, as another took its place.
            found = self.open_registration(id).await?;
            mails = self.mail_fates(std::iter::once(&found.value)).await?;
        }
        let mail = match mails.of(&found.value) {
            MailFate::Failed if may_be_a_twin(&found.value) => MailFate::Sent,
            fate => fate,
        };
        Ok(RegistrationView::of(&found.value, mail, self.now().await?))
    }

    /// Another code and link; the older ones are void.
    ///
    /// # Errors
    /// [`Error::Throttled`] before `resend_at` and beyond the address's daily share.
    pub async fn resend(&self, portal: &str, caller: &Caller, handle: &SecretString) -> Result<RegistrationView, Error> {
        self.again(portal, caller, handle, &Again::Resend).await
    }

    /// The address was mistyped: before its proof only.
    ///
    /// # Errors
    /// As [`Onboarding::resend`].
    pub async fn correct_address(
        &self,
        portal: &str,
        caller: &Caller,
        handle: &SecretString,
        email: &str,
    ) -> Result<RegistrationView, Error> {
        let email = forms::email("email", email).map_err(|fault| Error::Input(vec![fault]))?;
        self.again(portal, caller, handle, &Again::Correct(email)).await
    }

    async fn again(&self, portal: &str, caller: &Caller, handle: &SecretString, what: &Again) -> Result<RegistrationView, Error> {
        let portal = self.portal(portal)?;
        let _turn = self.turn(&portal, caller).await;
        let now = self.now().await?;
        if let Some(before) = self.replayed(&portal, caller, now).await? {
            return Ok(before);
        }
        let id = self.registration_behind(&portal, DigestPurpose::Handle, handle).await.map_err(not_found)?;
        let mut counted = false;
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = self.open_registration(id).await?;
            // After the load: a repeat that was faster is either seen here, or makes the commit a conflict.
            if let Some(before) = self.replayed(&portal, caller, now).await? {
                return Ok(before);
            }
            let email = match what {
                Again::Resend => before.value.email().clone(),
                Again::Correct(email) => email.clone(),
            };
            let owner = self.owner_of(&portal, &email).await?;
            let fresh = self.proof(&portal.slug, id, now);
            let link = fresh.link.digest;
            let mut step = self.step(&portal, Actor::Anonymous, now);
            let owner = owner.stated_in(&mut step);
            let command = match what {
                Again::Resend => Command::Resend { owner, fresh },
                Again::Correct(email) => Command::CorrectAddress { email: email.clone(), owner, fresh },
            };
            let (after, _) = step.decide(Some(&before), command).map_err(|refusal| too_soon(refusal, now))?;
            if !counted {
                self.count_proof_mail(&portal, caller, &email, now).await?;
                counted = true;
            }
            step.token(link, Ref::Registration(id));
            step.withdraw_mail_of(&before.value);
            let view = RegistrationView::of(after.as_ref().unwrap_or(&before.value), MailFate::Queued, now);
            self.remember(&mut step, &portal, caller, &view)?;
            if let Taken::Yes = self.take(step).await? {
                return Ok(view);
            }
        }
        Err(Error::Contended)
    }

    /// What became of the latest mail of each.
    pub(super) async fn mail_fates(&self, registrations: impl Iterator<Item = &Registration>) -> Result<MailFates, Error> {
        let latest: Vec<DeliveryId> =
            registrations.filter_map(|registration| registration.dossier().mail).map(|mail| mail.delivery).collect();
        Ok(MailFates(self.ports.outbox.statuses(&latest).await?))
    }

    pub(crate) async fn open_registration(&self, id: RegistrationId) -> Result<Versioned<Registration>, Error> {
        self.load(Ref::Registration(id)).await?.ok_or(Error::NotFound)
    }
}

/// A handle that leads nowhere is a thing that does not exist, not a dead link.
pub(super) fn not_found(error: Error) -> Error {
    match error {
        Error::Registration(registration::Refusal::TokenUnknown) => Error::NotFound,
        other => other,
    }
}

pub(super) fn too_soon(refusal: registration::Refusal, now: DateTime<Utc>) -> Error {
    match refusal {
        registration::Refusal::TooSoon(until) => Error::Throttled { until, now },
        other => refused(other),
    }
}
