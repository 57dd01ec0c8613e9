//! The register form.

use crate::engine::{ATTEMPTS, Caller, Taken, narrowed};
use crate::error::Error;
use crate::forms::{self, ParsedRegistration, RegistrationForm};
use crate::ports::{Actor, DigestPurpose, Lookup, Versioned};
use crate::stories::claim::Guess;
use crate::{Onboarding, Portal};
use chrono::{DateTime, Utc};
use onboarding_core::{
    DeliveryId, Digest, EmailAddress, Language, Minted, PersonName, Ref, RegistrationId, Uuid,
    journey::EmailProof,
    policy,
    registration::{self, Applicant, ApplyFacts, ApplyInput, NewPassword, Registration},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A registration that waits for the proof of its address. The same for an address that has an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Applied {
    /// The handle: whoever holds it may resend, correct the address and type the code. 256 bit.
    pub registration: String,
    /// The state's word.
    pub state: String,
    /// The ways to prove the address.
    pub email_proof: Vec<EmailProof>,
    /// Code and link die then.
    pub expires_at: DateTime<Utc>,
    /// Another mail may be asked for then.
    pub resend_at: DateTime<Utc>,
}

impl Onboarding {
    /// Somebody fills in the register form.
    ///
    /// # Errors
    /// Fields to mend; [`Error::ClaimMismatch`]; [`Error::Throttled`] and [`Error::Overloaded`], where a later try helps.
    pub async fn apply(&self, portal: &str, caller: &Caller, form: &RegistrationForm) -> Result<Applied, Error> {
        let portal = self.portal(portal)?;
        let _turn = self.turn(&portal, caller).await;
        let now = self.now().await?;
        if let Some(before) = self.replayed(&portal, caller, now).await? {
            return Ok(before);
        }
        if !portal.journey.registration_open {
            return Err(registration::Refusal::RegistrationClosed.into());
        }
        let parsed = self.faultless(&portal, form, caller.language, now)?;
        let language = parsed.language.unwrap_or(caller.language);
        let mut input = ApplyInput {
            id: RegistrationId(self.uuid(now)),
            email: parsed.email,
            applicant: parsed.applicant,
            consents: form.consents.clone(),
            language: Some(language),
            password: None,
        };
        let (mut record, guess) = self.guessed(&portal, caller, form.claim.as_ref(), form.last_name.as_deref(), now).await?;
        self.count_mail_for(&portal, caller, guess.as_ref(), &input.email, now).await?;
        // Once, after everything cheap, and outside the transaction.
        input.password = match parsed.password {
            Some(password) => {
                let met = forms::minimum_met(&portal, &password);
                Some(NewPassword { hash: self.ports.hasher.hash(password).await?, met })
            }
            None => None,
        };
        let handle = self.token(&portal.slug, DigestPurpose::Handle);
        for attempt in 0..ATTEMPTS {
            let now = self.now().await?;
            if let Some(before) = self.replayed(&portal, caller, now).await? {
                return Ok(before);
            }
            if attempt > 0 {
                // The record may have changed meanwhile, and may no longer fit.
                record = self.claimed(&portal, caller, form.claim.as_ref(), form.last_name.as_deref(), now).await?;
            }
            let mut step = self.step(&portal, Actor::Anonymous, now);
            step.commit.expects.extend(record.iter().map(|record| (Ref::Record(record.value.id), record.version)));
            let facts = ApplyFacts {
                record: record.as_ref().map(|record| (record.value.id, record.value.number.clone())),
                owner: self.owner_of(&portal, &input.email).await?.stated_in(&mut step),
                documents: portal.shown(language),
            };
            let fresh = self.proof(&portal.slug, input.id, now);
            let (code_link, id) = (fresh.link.digest, input.id);
            let command = registration::Command::Apply { input: Box::new(input.clone()), facts, fresh };
            let (after, _) = step.decide::<Registration>(None, command).map_err(refused)?;
            let after = after.ok_or_else(|| Error::Internal("an application left no registration".to_owned()))?;
            step.token(handle.digest, Ref::Registration(id));
            step.token(code_link, Ref::Registration(id));
            let reply = Applied {
                registration: handle.plain.expose_secret().to_owned(),
                state: after.word().to_owned(),
                email_proof: portal.journey.email_proof.clone(),
                expires_at: after.expires_at().unwrap_or(now),
                resend_at: after.resend_at().unwrap_or(now),
            };
            self.remember(&mut step, &portal, caller, &reply)?;
            if let Taken::Yes = self.take(step).await? {
                return Ok(reply);
            }
        }
        Err(Error::Contended)
    }

    /// The form, parsed, or every fault at once: those of its texts, of the claim, and those that only the journey knows.
    /// Nothing is counted, looked up or hashed before.
    fn faultless(
        &self,
        portal: &Arc<Portal>,
        form: &RegistrationForm,
        language: Language,
        now: DateTime<Utc>,
    ) -> Result<ParsedRegistration, Error> {
        let token = form.claim.as_ref().and_then(|claim| claim.token.as_deref());
        let sealed = token.map(|token| self.unsealed(portal, token, now)).transpose();
        let parsed = forms::registration(portal, form, sealed.as_ref().ok().and_then(Option::as_ref));
        let mut faults = parsed.as_ref().err().cloned().unwrap_or_default();
        if let (Some(_), Some(claim)) = (token, &form.claim) {
            // The ticket stands for all three; a second word beside it would be another claim.
            let beside =
                [("claim.number", &claim.number), ("claim.last_name", &claim.last_name), ("claim.postal_code", &claim.postal_code)];
            faults.extend(
                beside.into_iter().filter(|(_, text)| text.is_some()).map(|(field, _)| forms::FieldError::new(field, "unexpected")),
            );
            match &sealed {
                Ok(Some(sealed)) => faults.extend(forms::beside(&portal.journey, sealed, form.last_name.as_deref())),
                Ok(None) => {}
                Err(dead) => faults.push(dead.clone()),
            }
        } else {
            faults.extend(forms::claim(&portal.journey, form.claim.as_ref(), form.last_name.as_deref()).err().unwrap_or_default());
        }
        match Self::rehearse(portal, form, parsed.as_ref().ok(), language, now) {
            Ok(()) => {}
            Err(Error::Input(more)) => faults.extend(more),
            Err(other) => return Err(other),
        }
        let mut told: Vec<forms::FieldError> = Vec::new();
        for fault in faults {
            // One sentence a field: the first one says what to do.
            if !told.iter().any(|before| before.field == fault.field) {
                told.push(fault);
            }
        }
        match parsed {
            Ok(parsed) if told.is_empty() => Ok(parsed),
            Ok(_) | Err(_) => Err(Error::Input(told)),
        }
    }

    /// Decides once without facts from outside, with something in the place of every text that could not be read: what is
    /// refused here is refused whatever is known.
    fn rehearse(
        portal: &Arc<Portal>,
        form: &RegistrationForm,
        parsed: Option<&ParsedRegistration>,
        language: Language,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let unreadable = || Error::Internal("a placeholder could not be read".to_owned());
        let some = |given: bool| given.then(|| PersonName::parse("X").map_err(|_| unreadable())).transpose();
        let applicant = match parsed {
            Some(parsed) => parsed.applicant.clone(),
            None => Applicant {
                first_name: some(form.first_name.is_some())?,
                last_name: some(form.last_name.is_some())?,
                birth_date: form.birth_date.as_ref().and_then(|_| chrono::NaiveDate::from_ymd_opt(2000, 1, 1)),
            },
        };
        let hash = onboarding_core::PasswordHash::new(String::new());
        let input = ApplyInput {
            id: RegistrationId(Uuid::nil()),
            email: EmailAddress::parse("nobody@invalid.invalid").map_err(|_| unreadable())?,
            applicant,
            consents: form.consents.clone(),
            language: Some(language),
            password: form.password.is_some().then_some(NewPassword { hash, met: 0 }),
        };
        let number = onboarding_core::RecordNumber::parse("0").map_err(|_| unreadable())?;
        let record = portal.journey.claim.is_some().then_some((onboarding_core::RecordId(Uuid::nil()), number));
        let facts = ApplyFacts { record, owner: None, documents: portal.shown(language) };
        // What would be mailed is not drawn for nothing.
        let nothing = || Minted { plain: SecretString::default(), digest: Digest { key: 0, bytes: [0; 32] } };
        let fresh = registration::Fresh { code: nothing(), link: nothing(), delivery: DeliveryId(Uuid::nil()) };
        let command = registration::Command::Apply { input: Box::new(input), facts, fresh };
        registration::decide(None, command, &portal.journey, now).map(|_| ()).map_err(refused)
    }

    /// Mails that strangers can start: per network, and per address for this purpose alone, so that nobody uses up the
    /// reset's share.
    pub(crate) async fn count_proof_mail(
        &self,
        portal: &Portal,
        caller: &Caller,
        email: &EmailAddress,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        self.count_mail_for(portal, caller, None, email, now).await
    }

    /// As [`Self::count_proof_mail`], once the guess that was right has passed.
    async fn count_mail_for(
        &self,
        portal: &Portal,
        caller: &Caller,
        guess: Option<&Guess>,
        email: &EmailAddress,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let by_network = self.throttle_key(&portal.slug, "mail-network", &[&caller.network]);
        let by_address = self.throttle_key(&portal.slug, "mail-proof", &[email.key().as_str()]);
        let takes = [(by_network, policy::MAILS_PER_NETWORK), (by_address, policy::MAILS_PER_ADDRESS)];
        self.pass(guess, &takes, now).await
    }

    /// The registration behind a token, in one look.
    pub(crate) async fn registration_at(
        &self,
        portal: &Portal,
        purpose: DigestPurpose,
        token: &SecretString,
    ) -> Result<Versioned<Registration>, Error> {
        let unknown = || Error::Registration(registration::Refusal::TokenUnknown);
        let presented = self.presented(&portal.slug, purpose, token).ok_or_else(unknown)?;
        self.ports.store.behind(&Lookup::Token(presented)).await?.and_then(narrowed).ok_or_else(unknown)
    }

    /// A handle as presented, and where it leads.
    pub(crate) async fn registration_behind(
        &self,
        portal: &Portal,
        purpose: DigestPurpose,
        token: &SecretString,
    ) -> Result<RegistrationId, Error> {
        let unknown = || Error::Registration(registration::Refusal::TokenUnknown);
        let presented = self.presented(&portal.slug, purpose, token).ok_or_else(unknown)?;
        match self.behind(presented).await? {
            Some(Ref::Registration(id)) => Ok(id),
            Some(_) | None => Err(unknown()),
        }
    }
}

pub(super) fn refused(refusal: registration::Refusal) -> Error {
    match refusal {
        registration::Refusal::Input(faults) => Error::Input(forms::input_faults(faults)),
        other => Error::Registration(other),
    }
}
