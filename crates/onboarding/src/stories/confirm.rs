//! The proof of address, by code or link; what a link shows before anything is pressed; "that wasn't me"; renewing.

use crate::engine::{ATTEMPTS, Caller, Taken};
use crate::error::Error;
use crate::ports::{Actor, DigestPurpose, TokenPurpose, Versioned};
use crate::step::Step;
use crate::stories::activate::{Generated, Opening};
use crate::stories::apply::refused;
use crate::stories::registration::{not_found, present_word};
use crate::{Onboarding, Portal};
use onboarding_core::{
    AccountId, Claim, EmailAddress, Language, Ref, RegistrationId,
    account::Account,
    code::{self, CodeFault},
    journey::{Approval, PasswordOrigin},
    policy,
    registration::{self, Command, ConfirmFacts, Event, LostClaim, Proof, Registration, Reply},
    roster,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A proof that was accepted, now or before.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Confirmed {
    /// The registration's present state.
    pub state: String,
}

/// What a confirmation link leads to, without using it up.
#[derive(Clone, Debug)]
pub struct LinkView {
    /// The registration's present state.
    pub state: &'static str,
    /// The address that would be proved.
    pub email: EmailAddress,
    /// The person's language.
    pub language: Language,
    /// Why pressing the button would be refused, if it would.
    pub refusal: Option<registration::Refusal>,
    /// Whether it was used, and all is well.
    pub used: bool,
}

/// What was presented.
#[derive(Clone, Debug)]
enum Typed {
    Code(SecretString),
    Link(SecretString),
}

/// What a committed confirmation is answered with.
#[derive(Serialize, Deserialize)]
enum Outcome {
    Confirmed(Confirmed),
    CodeWrong(u32),
    EmailTaken,
    RecordTaken,
}

impl Outcome {
    fn answer(self) -> Result<Confirmed, Error> {
        match self {
            Self::Confirmed(confirmed) => Ok(confirmed),
            Self::CodeWrong(attempts_left) => Err(Error::CodeWrong { attempts_left }),
            Self::EmailTaken => Err(Error::EmailTaken),
            Self::RecordTaken => Err(Error::RecordTaken),
        }
    }
}

impl Onboarding {
    /// Proves the address by the code of the mail.
    ///
    /// # Errors
    /// [`Error::CodeWrong`] with the tries left; `code_expired` and `code_used_up` as refusals of the registration.
    pub async fn confirm_code(&self, portal: &str, caller: &Caller, handle: &SecretString, typed: &str) -> Result<Confirmed, Error> {
        let found = self.portal(portal)?;
        let code = code::normalise(typed, policy::CODE_CHARS).map_err(|fault| {
            Error::Input(vec![match fault {
                CodeFault::Empty => crate::forms::FieldError::new("code", "required"),
                CodeFault::Length => crate::forms::FieldError {
                    field: "code".to_owned(),
                    code: "code_length",
                    args: vec![("n", policy::CODE_CHARS.to_string())],
                },
                CodeFault::Characters => crate::forms::FieldError {
                    field: "code".to_owned(),
                    code: "code_characters",
                    args: vec![("chars", code::ABSENT.to_owned())],
                },
            }])
        })?;
        let seen = self.registration_at(&found, DigestPurpose::Handle, handle).await.map_err(not_found)?;
        self.confirm(&found, caller, seen, &Typed::Code(SecretString::from(code))).await
    }

    /// Proves the address by the link of the mail. A second time it is answered with the present state.
    ///
    /// # Errors
    /// `token_unknown`, `token_expired`, `token_superseded`, `token_used` as refusals of the registration.
    pub async fn confirm_link(&self, portal: &str, caller: &Caller, token: &SecretString) -> Result<Confirmed, Error> {
        let found = self.portal(portal)?;
        let seen = self.registration_at(&found, DigestPurpose::Confirmation, token).await?;
        self.confirm(&found, caller, seen, &Typed::Link(token.clone())).await
    }

    /// What a link shows, without changing anything: mail scanners open links.
    ///
    /// # Errors
    /// `token_unknown`.
    pub async fn confirmation(&self, portal: &str, token: &SecretString) -> Result<LinkView, Error> {
        let portal = self.portal(portal)?;
        let id = self.registration_behind(&portal, DigestPurpose::Confirmation, token).await?;
        let found = self.open_registration(id).await?;
        let now = self.now().await?;
        let presented = self.proof_of(&portal, id, &Typed::Link(token.clone()))?;
        let facts = ConfirmFacts {
            account: AccountId(self.uuid(now)),
            lost: None,
            approvers: Vec::new(),
            deliveries: self.deliveries(1, now),
            company: String::new(),
            digest: false,
        };
        let (used, refusal) =
            match registration::decide(Some(&found.value), Command::Confirm { proof: presented, facts }, &portal.journey, now) {
                Ok(decision) => (decision.reply == Reply::Repeated, None),
                Err(refusal) => (false, Some(refusal)),
            };
        // A shadow's link was never mailed; it leads nowhere.
        if refusal == Some(registration::Refusal::TokenUnknown) {
            return Err(registration::Refusal::TokenUnknown.into());
        }
        Ok(LinkView {
            state: present_word(&found.value, now),
            email: found.value.email().clone(),
            language: found.value.dossier().language,
            refusal,
            used,
        })
    }

    /// "That wasn't me": the registration ends.
    ///
    /// # Errors
    /// As [`Onboarding::confirm_link`].
    pub async fn deny(&self, portal: &str, caller: &Caller, token: &SecretString) -> Result<Confirmed, Error> {
        let portal = self.portal(portal)?;
        let id = self.registration_behind(&portal, DigestPurpose::Confirmation, token).await?;
        let presented = self
            .presented(&portal.slug, DigestPurpose::Confirmation, token)
            .ok_or(Error::Registration(registration::Refusal::TokenUnknown))?;
        let _turn = self.turn(&portal, caller).await;
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = self.open_registration(id).await?;
            // After the load: a repeat that was faster is either seen here, or makes the commit a conflict.
            if let Some(before) = self.replayed(&portal, caller, now).await? {
                return Ok(before);
            }
            let mut step = self.step(&portal, Actor::Anonymous, now);
            let (after, _) = step.decide(Some(&before), Command::Deny { token: presented.clone() }).map_err(refused)?;
            let reply = Confirmed { state: after.as_ref().unwrap_or(&before.value).word().to_owned() };
            self.remember(&mut step, &portal, caller, &reply)?;
            if let Taken::Yes = self.take(step).await? {
                return Ok(reply);
            }
        }
        Err(Error::Contended)
    }

    /// An expired link is no dead end: a new mail to the stored address, where there is something to renew. Answered
    /// alike in every case.
    ///
    /// # Errors
    /// Only where the store fails.
    pub async fn renew_link(&self, portal: &str, caller: &Caller, token: &SecretString) -> Result<(), Error> {
        let portal = self.portal(portal)?;
        let _turn = self.turn(&portal, caller).await;
        let now = self.now().await?;
        if let Some(()) = self.replayed(&portal, caller, now).await? {
            return Ok(());
        }
        self.limit(self.throttle_key(&portal.slug, "renew-network", &[&caller.network]), policy::MAILS_PER_NETWORK, now).await?;
        let mut counted = false;
        for _ in 0..ATTEMPTS {
            let mut step = self.renewal(&portal, token, &mut counted).await?;
            self.remember(&mut step, &portal, caller, &())?;
            if step.commit.writes.is_empty() && step.commit.command.is_none() {
                return Ok(());
            }
            let now = step.now;
            if let Taken::Yes = self.take(step).await? {
                return Ok(());
            }
            if let Some(()) = self.replayed(&portal, caller, now).await? {
                return Ok(());
            }
        }
        Err(Error::Contended)
    }

    /// The step that renews what the token leads to; an empty one, if there is nothing to renew.
    async fn renewal(&self, portal: &Arc<Portal>, token: &SecretString, counted: &mut bool) -> Result<Step, Error> {
        let now = self.now().await?;
        let nothing = || self.step(portal, Actor::Anonymous, now);
        for purpose in [TokenPurpose::Confirmation, TokenPurpose::Completion] {
            let Some(presented) = self.presented(&portal.slug, purpose.digest(), token) else { break };
            let Some(Ref::Registration(id)) = self.behind(presented.clone()).await? else { continue };
            let before = self.open_registration(id).await?;
            let owner = self.owner_of(portal, before.value.email()).await?;
            let fresh = self.proof(&portal.slug, id, now);
            let link = self.link(&portal.slug, TokenPurpose::Completion, now);
            let tokens = [fresh.link.digest, link.link.digest];
            let mut step = nothing();
            if self.inviter_gone(portal, &mut step, &before.value).await? {
                break;
            }
            let owner = owner.stated_in(&mut step);
            let command = Command::RenewLink { token: presented, owner, fresh, link };
            match step.decide(Some(&before), command) {
                Err(_) | Ok((_, Reply::Repeated)) => break,
                Ok(_) => {}
            }
            if !*counted {
                // A share for each purpose: proofs that strangers start never use up what an approved person needs.
                let share = if purpose == TokenPurpose::Completion { "mail-completion" } else { "mail-proof" };
                let key = self.throttle_key(&portal.slug, share, &[before.value.email().key().as_str()]);
                match self.limit(key, policy::MAILS_PER_ADDRESS, now).await {
                    Ok(()) => *counted = true,
                    // Beyond the address's share nothing is mailed, and nothing is told.
                    Err(Error::Throttled { .. }) => break,
                    Err(other) => return Err(other),
                }
            }
            for token in tokens {
                step.token(token, Ref::Registration(id));
            }
            return Ok(step);
        }
        Ok(nothing())
    }

    async fn confirm(
        &self,
        portal: &Arc<Portal>,
        caller: &Caller,
        seen: Versioned<Registration>,
        typed: &Typed,
    ) -> Result<Confirmed, Error> {
        let id = seen.value.id();
        let mut seen = Some(seen);
        let _turn = self.turn(portal, caller).await;
        let mut lost = None;
        let mut generated: Option<Generated> = None;
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = match seen.take() {
                Some(seen) => seen,
                None => self.open_registration(id).await?,
            };
            // After the load: a repeat that was faster is either seen here, or makes the commit a conflict.
            if let Some(before) = self.replayed::<Outcome>(portal, caller, now).await? {
                return before.answer();
            }
            let proof = self.proof_of(portal, id, typed)?;
            let mut step = self.step(portal, Actor::Anonymous, now);
            let facts = self.confirm_facts(portal, &mut step, &before, &proof, lost.clone()).await?;
            let account = facts.account;
            let (after, reply) = step.decide(Some(&before), Command::Confirm { proof, facts }).map_err(refused)?;
            let after = after.unwrap_or_else(|| before.value.clone());
            let outcome = match reply {
                Reply::CodeWrong(attempts_left) => Outcome::CodeWrong(attempts_left),
                Reply::Lost(LostClaim::Email) => Outcome::EmailTaken,
                Reply::Lost(LostClaim::Record) => Outcome::RecordTaken,
                Reply::Activated => {
                    if portal.journey.password == PasswordOrigin::Mailed && generated.is_none() {
                        generated = Some(self.generate_password(now).await?);
                    }
                    let password = before.value.dossier().password.clone();
                    let opening = Opening { account, existing: None, password, generated: generated.as_ref() };
                    Box::pin(self.activate(portal, &mut step, after.dossier(), opening)).await?;
                    Outcome::Confirmed(Confirmed { state: after.word().to_owned() })
                }
                Reply::Done | Reply::Repeated | Reply::Missing(_) => Outcome::Confirmed(Confirmed { state: after.word().to_owned() }),
            };
            self.remember(&mut step, portal, caller, &outcome)?;
            match self.take(step).await? {
                Taken::Yes => return outcome.answer(),
                Taken::Again => {}
                Taken::Lost(claim) => lost = self.lost_to(claim).await?,
            }
        }
        Err(Error::Contended)
    }

    fn proof_of(&self, portal: &Portal, id: RegistrationId, typed: &Typed) -> Result<Proof, Error> {
        match typed {
            Typed::Code(code) => {
                Ok(Proof::Code(self.ports.vault.presented(DigestPurpose::Code, &[id.0.as_bytes(), code.expose_secret().as_bytes()])))
            }
            Typed::Link(token) => self
                .presented(&portal.slug, DigestPurpose::Confirmation, token)
                .map(Proof::Link)
                .ok_or(Error::Registration(registration::Refusal::TokenUnknown)),
        }
    }

    /// What is known when an address is proved. Where somebody decides next, the mail that asks for it is counted at the record.
    async fn confirm_facts(
        &self,
        portal: &Portal,
        step: &mut Step,
        before: &Versioned<Registration>,
        proof: &Proof,
        lost: Option<(LostClaim, EmailAddress, Language)>,
    ) -> Result<ConfirmFacts, Error> {
        let now = step.now;
        let mut facts = ConfirmFacts {
            account: AccountId(self.uuid(now)),
            lost,
            approvers: Vec::new(),
            deliveries: self.deliveries(1, now),
            company: String::new(),
            digest: false,
        };
        let (Approval::SuperAdmin, Some((id, number))) = (portal.journey.approval, &before.value.dossier().record) else {
            return Ok(facts);
        };
        let company = self.company(portal, *id, number).await?;
        facts.deliveries = self.deliveries(company.approvers.len(), now);
        facts.company = company.name();
        facts.approvers.clone_from(&company.approvers);
        // Decided once for nothing: only a proof that is right costs the record a mail.
        let command = Command::Confirm { proof: proof.clone(), facts: facts.clone() };
        let asks = |event: &Event| matches!(event, Event::ApprovalRequested { .. });
        if registration::decide(Some(&before.value), command, &portal.journey, now).is_ok_and(|seen| seen.events.iter().any(asks)) {
            company.expected_by(step);
            if let (Some(roster), false) = (&company.roster, company.approvers.is_empty()) {
                let counted = step.decide(Some(roster), roster::Command::CountApprovalMail);
                facts.digest = counted.map_err(|refusal| Error::Internal(refusal.to_string()))?.1 == roster::Reply::Digest;
            }
        }
        Ok(facts)
    }

    /// Whom the race was lost to; the owner gets a mail.
    async fn lost_to(&self, claim: Claim) -> Result<Option<(LostClaim, EmailAddress, Language)>, Error> {
        let kind = match &claim {
            Claim::Email(..) => LostClaim::Email,
            // No account ever takes a clerk's.
            Claim::Login(..) | Claim::Record(..) | Claim::Staff(..) => LostClaim::Record,
        };
        let owner = self.account_by(claim).await?;
        // Gone again already: the next round tries once more.
        Ok(owner.map(|owner| (kind, owner.value.email().clone(), owner.value.language())))
    }

    /// Used by stories that have an account at hand already.
    pub(crate) async fn account(&self, id: AccountId) -> Result<Versioned<Account>, Error> {
        self.load(Ref::Account(id)).await?.ok_or(Error::NotFound)
    }
}
