//! Forgotten passwords: asked for by anybody, answered alike; used by the mailbox's holder, once.

use crate::engine::{ATTEMPTS, Caller, Taken};
use crate::error::Error;
use crate::ports::{Actor, DigestPurpose, SessionKind, TokenPurpose, Version};
use crate::stories::password::context;
use crate::stories::session::SignedIn;
use crate::stories::sign_in::{login_claim, nobody};
use crate::{Onboarding, Portal, forms};
use chrono::{DateTime, Utc};
use onboarding_core::{
    AccountId, MailTemplate, Ref, Uuid,
    account::{Account, Command, Refusal, Reply},
    journey::AfterReset,
    policy,
    registration::NewPassword,
};
use secrecy::SecretString;
use std::sync::Arc;

/// The new password is set, every session ended.
#[derive(Clone, Debug)]
pub struct ResetDone {
    /// A fresh session, where the portal signs in at once.
    pub signed_in: Option<SignedIn>,
}

/// What a reset link leads to, without using it up.
#[derive(Clone, Debug)]
pub struct ResetView {
    /// The account's login, for password managers.
    pub login: String,
    /// The shortest new password, in characters.
    pub min_length: u32,
    /// Why it cannot be used, if it cannot.
    pub refusal: Option<Refusal>,
}

impl Onboarding {
    /// Somebody forgot the password. Answered alike, with the same work, whether or not there is such an account: for
    /// nobody a row is written that is never sent.
    ///
    /// # Errors
    /// [`Error::Throttled`] per network; otherwise only where the store fails.
    pub async fn request_reset(&self, portal: &str, caller: &Caller, login: &str) -> Result<(), Error> {
        let portal = self.portal(portal)?;
        let _turn = self.turn(&portal, caller).await;
        let now = self.now().await?;
        if let Some(()) = self.replayed(&portal, caller, now).await? {
            return Ok(());
        }
        let claim = login_claim(&portal, login);
        let bucket = claim.as_ref().map_or_else(|| login.trim().chars().take(100).collect(), |claim| claim.value().to_owned());
        self.limit(self.throttle_key(&portal.slug, "mail-network", &[&caller.network]), policy::MAILS_PER_NETWORK, now).await?;
        let share = self.throttle_key(&portal.slug, "mail-reset", &[&bucket]);
        let within = self.ports.throttle.take(share, policy::MAILS_PER_ADDRESS, now).await?.refused_until.is_none();
        if !within {
            return Ok(());
        }
        let claim = claim.unwrap_or_else(|| nobody(&portal));
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = self.account_by(claim.clone()).await?;
            let link = self.token(&portal.slug, TokenPurpose::PasswordReset.digest());
            let digest = link.digest;
            let delivery = self.delivery(now);
            let mut step = self.step(&portal, Actor::Anonymous, now);
            let mut owner = Ref::Account(AccountId(Uuid::nil()));
            let mut mailed = false;
            if let Some(before) = &before {
                owner = Ref::Account(before.value.id());
                mailed = matches!(step.decide(Some(before), Command::RequestReset { link, delivery })?.1, Reply::Done);
            }
            if !mailed {
                step.commit.expects.push((owner, before.as_ref().map_or(Version(0), |before| before.version)));
                let entry = onboarding_core::audit::AuditEntry::new("account.reset_requested");
                step.commit.events.push((owner, entry));
                step.decoy(owner, delivery, MailTemplate::PasswordReset);
            }
            step.token(digest, owner);
            self.remember(&mut step, &portal, caller, &())?;
            if let Taken::Yes = self.take(step).await? {
                return Ok(());
            }
            if let Some(()) = self.replayed(&portal, caller, now).await? {
                return Ok(());
            }
        }
        Err(Error::Contended)
    }

    /// What a reset link shows, without changing anything.
    ///
    /// # Errors
    /// `token_unknown`.
    pub async fn reset_link(&self, portal: &str, token: &SecretString) -> Result<ResetView, Error> {
        let portal = self.portal(portal)?;
        let (account, now) = self.account_behind_reset(&portal, token).await?;
        let presented = self.presented(&portal.slug, DigestPurpose::PasswordReset, token).ok_or(Refusal::TokenUnknown)?;
        Ok(ResetView {
            login: account
                .record()
                .filter(|_| portal.journey.login_with == onboarding_core::journey::LoginWith::RecordNumber)
                .map_or_else(|| account.email().as_str().to_owned(), |number| number.as_str().to_owned()),
            min_length: portal.journey.password_policy.min_for(account.privilege()),
            refusal: account.reset_lives(&presented, now).err(),
        })
    }

    /// Uses a reset link.
    ///
    /// # Errors
    /// Fields to mend; `token_unknown`, `token_expired`, `token_superseded`, `token_used` as refusals of the account.
    pub async fn confirm_reset(
        &self,
        portal: &str,
        kind: SessionKind,
        token: &SecretString,
        new: &SecretString,
    ) -> Result<ResetDone, Error> {
        let portal = self.portal(portal)?;
        let presented = self.presented(&portal.slug, DigestPurpose::PasswordReset, token).ok_or(Refusal::TokenUnknown)?;
        let (account, now) = self.account_behind_reset(&portal, token).await?;
        // A dead link is told before anything is hashed.
        account.reset_lives(&presented, now)?;
        let words = context(&account);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let password = forms::new_password("new", new, &portal, account.privilege(), &words).map_err(Error::Input)?;
        let met = forms::minimum_met(&portal, &password);
        let new = NewPassword { hash: self.ports.hasher.hash(password).await?, met };
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = self.account(account.id()).await?;
            let mut step = self.step(&portal, Actor::Account(account.id()), now);
            let command = Command::ConfirmReset { token: presented.clone(), new: new.clone(), delivery: self.delivery(now) };
            let (after, _) = step.decide(Some(&before), command)?;
            let after = after.unwrap_or_else(|| before.value.clone());
            let signed_in = match portal.journey.after_reset {
                AfterReset::SignedIn => {
                    let access = after.access(&portal.journey, &portal.shown(after.language()));
                    Some(self.open_session(&portal, &mut step, &after, kind, &access).await?)
                }
                AfterReset::SignIn => None,
            };
            if let Taken::Yes = self.take(step).await? {
                // The owner proved the mailbox: failures that strangers piled up no longer slow the sign-in.
                let bucket = self.own_bucket(&after);
                self.ports.throttle.forget(self.throttle_key(&portal.slug, "sign-in-login", &[&bucket])).await?;
                return Ok(ResetDone { signed_in });
            }
        }
        Err(Error::Contended)
    }

    async fn account_behind_reset(&self, portal: &Arc<Portal>, token: &SecretString) -> Result<(Account, DateTime<Utc>), Error> {
        let presented = self.presented(&portal.slug, DigestPurpose::PasswordReset, token).ok_or(Refusal::TokenUnknown)?;
        let Some(Ref::Account(id)) = self.behind(presented).await? else { return Err(Refusal::TokenUnknown.into()) };
        let found = self.load::<Account>(Ref::Account(id)).await?.ok_or(Refusal::TokenUnknown)?;
        Ok((found.value, self.now().await?))
    }
}
