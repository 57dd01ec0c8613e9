//! Another address: asked for with the password, effective when proved, told to the old one twice.

use crate::engine::{ATTEMPTS, Caller, Taken};
use crate::error::Error;
use crate::forms;
use crate::ports::{Actor, DigestPurpose, TokenPurpose};
use crate::stories::session::SessionView;
use crate::{Onboarding, Portal};
use onboarding_core::{
    EmailAddress, Ref,
    account::{Account, Command, Refusal, Reply},
    policy,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the link to a new address leads to, without using it up.
#[derive(Clone, Debug)]
pub struct NewEmailView {
    /// The address that would take effect.
    pub email: Option<EmailAddress>,
    /// Why it would be refused, if it would.
    pub refusal: Option<Refusal>,
    /// Whether it was used, and all is well.
    pub used: bool,
}

/// What a committed confirmation is answered with.
#[derive(Serialize, Deserialize)]
enum Outcome {
    InEffect,
    Taken,
}

impl Outcome {
    fn answer(self) -> Result<(), Error> {
        match self {
            Self::InEffect => Ok(()),
            Self::Taken => Err(Error::EmailTaken),
        }
    }
}

impl Onboarding {
    /// Asks for another address. Answered alike for an address that has an account.
    ///
    /// # Errors
    /// A wrong password as a refusal of the account; fields to mend; [`Error::Throttled`].
    pub async fn request_email(&self, caller: &Caller, session: &SessionView, email: &str, password: &SecretString) -> Result<(), Error> {
        let portal = &session.portal;
        let email = forms::email("email", email).map_err(|fault| Error::Input(vec![fault]))?;
        let verified = self.confirm_identity(caller, session, password).await?;
        if verified && email.key() != session.facts.account.value.email().key() {
            // A share of its own: proofs that strangers start never use up what an account needs.
            let by_network = self.throttle_key(&portal.slug, "mail-network", &[&caller.network]);
            let by_address = self.throttle_key(&portal.slug, "mail-new-address", &[email.key().as_str()]);
            let takes = [(by_network, policy::MAILS_PER_NETWORK), (by_address, policy::MAILS_PER_ADDRESS)];
            self.limits(&takes, session.now).await?;
        }
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = self.account(session.account()).await?;
            session.lives_beside(&before.value)?;
            let owner = self.owner_of(portal, &email).await?;
            let link = self.token(&portal.slug, TokenPurpose::NewEmail.digest());
            let digest = link.digest;
            let mut step = self.step(portal, Actor::Account(session.account()), now);
            let owner = owner.stated_in(&mut step);
            let deliveries = [self.delivery(now), self.delivery(now)];
            match step.decide(Some(&before), Command::RequestEmail { email: email.clone(), verified, owner, link, deliveries }) {
                Ok(_) => {}
                // The address is in effect already: there is nothing to do, and the call is answered alike for every address.
                Err(Refusal::SameEmail) => return Ok(()),
                Err(refusal) => return Err(refusal.into()),
            }
            step.token(digest, Ref::Account(session.account()));
            if let Taken::Yes = self.take(step).await? {
                return Ok(());
            }
        }
        Err(Error::Contended)
    }

    /// What the link shows, without changing anything.
    ///
    /// # Errors
    /// `token_unknown`.
    pub async fn new_email_link(&self, portal: &str, token: &SecretString) -> Result<NewEmailView, Error> {
        let portal = self.portal(portal)?;
        let (account, presented) = self.account_behind_email(&portal, token).await?;
        let now = self.now().await?;
        let command = Command::ConfirmEmail { token: presented, delivery: self.delivery(now), lost: false };
        let email = account.new_email().map(|pending| pending.email.0.clone());
        Ok(match onboarding_core::account::decide(Some(&account), command, &portal.journey, now) {
            Ok(decision) => NewEmailView { email, refusal: None, used: decision.reply == Reply::Repeated },
            Err(refusal) => NewEmailView { email, refusal: Some(refusal), used: false },
        })
    }

    /// The new address is proved, and takes effect.
    ///
    /// # Errors
    /// [`Error::EmailTaken`]; `token_unknown`, `token_expired`, `token_superseded` as refusals of the account.
    pub async fn confirm_email(&self, portal: &str, caller: &Caller, token: &SecretString) -> Result<(), Error> {
        let portal = self.portal(portal)?;
        let _turn = self.turn(&portal, caller).await;
        let (account, presented) = self.account_behind_email(&portal, token).await?;
        let mut lost = false;
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = self.account(account.id()).await?;
            // After the load: a repeat that was faster is either seen here, or makes the commit a conflict.
            if let Some(before) = self.replayed::<Outcome>(&portal, caller, now).await? {
                return before.answer();
            }
            let mut step = self.step(&portal, Actor::Account(account.id()), now);
            let command = Command::ConfirmEmail { token: presented.clone(), delivery: self.delivery(now), lost };
            let (_, reply) = step.decide(Some(&before), command)?;
            let outcome = if reply == Reply::EmailTaken { Outcome::Taken } else { Outcome::InEffect };
            self.remember(&mut step, &portal, caller, &outcome)?;
            match self.take(step).await? {
                Taken::Yes => return outcome.answer(),
                Taken::Again => {}
                Taken::Lost(_) => lost = true,
            }
        }
        Err(Error::Contended)
    }

    async fn account_behind_email(
        &self,
        portal: &Arc<Portal>,
        token: &SecretString,
    ) -> Result<(Account, onboarding_core::Presented), Error> {
        let presented = self.presented(&portal.slug, DigestPurpose::NewEmail, token).ok_or(Refusal::TokenUnknown)?;
        let Some(Ref::Account(id)) = self.behind(presented.clone()).await? else { return Err(Refusal::TokenUnknown.into()) };
        let found = self.load::<Account>(Ref::Account(id)).await?.ok_or(Refusal::TokenUnknown)?;
        Ok((found.value, presented))
    }
}
