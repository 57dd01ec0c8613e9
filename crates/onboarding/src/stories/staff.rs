//! Clerks: named by an operator, set up by a one-use token, signed in and out. They share no table, token or door with accounts.
//!
//! What a clerk may do stands in the stories of what it is done to; a [`StaffView`] is the proof that one is asking.

use crate::engine::{ATTEMPTS, Caller, Taken};
use crate::error::Error;
use crate::forms::{self, FieldError};
use crate::ports::{Actor, DigestPurpose, Lookup, SessionChange, StaffFacts, StaffSessionRow, TokenPurpose, Versioned};
use crate::step::Step;
use crate::stories::sign_in::LONGEST_PASSWORD;
use crate::{Onboarding, Portal};
use chrono::{DateTime, Utc};
use onboarding_core::{
    Claim, ClerkId, EmailAddress, PasswordHash, Ref, SessionId, Uuid,
    audit::{AuditEntry, Audited},
    clerk::{self, Clerk, Command, Refusal, Reply},
    password::{self, Privilege},
    policy,
    registration::NewPassword,
};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// A clerk that waits to be set up; the token is told once.
#[derive(Clone, Debug)]
pub struct StaffPrepared {
    /// Who.
    pub id: ClerkId,
    /// The one-use token. 256 bit.
    pub token: SecretString,
    /// It dies then.
    pub expires_at: DateTime<Utc>,
    /// Whether the address had a clerk already, who begins anew.
    pub reset: bool,
}

/// A clerk's session that was just opened; its token is told once.
#[derive(Clone, Debug)]
pub struct StaffSignedIn {
    /// The token. 256 bit.
    pub token: SecretString,
    /// The session dies then if nobody uses it.
    pub expires_at: DateTime<Utc>,
    /// Who.
    pub id: ClerkId,
}

/// A clerk with a living session.
#[derive(Clone, Debug)]
pub struct StaffView {
    /// Everything the store knows.
    pub facts: StaffFacts,
    /// Whose portal.
    pub portal: Arc<Portal>,
    /// When it was looked up.
    pub now: DateTime<Utc>,
}

impl StaffView {
    /// Who.
    pub fn id(&self) -> ClerkId {
        self.facts.clerk.value.id()
    }

    /// The clerk's address.
    pub fn email(&self) -> &EmailAddress {
        self.facts.clerk.value.email()
    }

    /// How the audit names it.
    pub fn actor(&self) -> Actor {
        Actor::Clerk(self.id().0)
    }
}

impl Onboarding {
    /// Names a clerk. For an address that has one everything begins anew: password, sessions and older tokens are dead at once.
    ///
    /// # Errors
    /// [`Error::UnknownPortal`]; what is no address as [`Error::Input`].
    pub async fn prepare_clerk(&self, portal: &str, email: &str) -> Result<StaffPrepared, Error> {
        let portal = self.portal(portal)?;
        let email = forms::email("email", email).map_err(|fault| Error::Input(vec![fault]))?;
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = self.clerk_of(&portal, &email).await?;
            let setup = self.token(&portal.slug, TokenPurpose::StaffSetup.digest());
            let id = before.as_ref().map_or_else(|| ClerkId(self.uuid(now)), |found| found.value.id());
            let mut step = self.step(&portal, Actor::Operator, now);
            step.decide(before.as_ref(), Command::Prepare { id, email: email.clone(), setup: setup.digest })?;
            step.token(setup.digest, Ref::Clerk(id));
            if let Taken::Yes = self.take(step).await? {
                let expires_at = now + policy::STAFF_SETUP_LIFE;
                return Ok(StaffPrepared { id, token: setup.plain, expires_at, reset: before.is_some() });
            }
        }
        Err(Error::Contended)
    }

    /// Uses the one-use token: the clerk's password is set, and a session opens.
    ///
    /// # Errors
    /// A dead or unknown token, told before anything is hashed; [`Error::Input`] for a password that does not do.
    pub async fn set_up_clerk(&self, portal: &str, token: &SecretString, typed: &SecretString) -> Result<StaffSignedIn, Error> {
        let portal = self.portal(portal)?;
        let presented = self.presented(&portal.slug, TokenPurpose::StaffSetup.digest(), token).ok_or(Refusal::TokenUnknown)?;
        let Some(Ref::Clerk(id)) = self.behind(presented.clone()).await? else { return Err(Refusal::TokenUnknown.into()) };
        let mut current = self.clerk(id).await?;
        current.value.setup_lives(&presented, self.now().await?)?;
        let context = [current.value.email().as_str()];
        let password = forms::new_password("password", typed, &portal, Privilege::Privileged, &context).map_err(Error::Input)?;
        let met = portal.journey.password_policy.min_for(Privilege::Privileged);
        let new = NewPassword { hash: self.ports.hasher.hash(password).await?, met };
        for _ in 0..ATTEMPTS {
            let mut step = self.step(&portal, Actor::Clerk(id.0), self.now().await?);
            let (after, _) = step.decide(Some(&current), Command::SetUp { token: presented.clone(), new: new.clone() })?;
            let opened = self.open_staff_session(&portal, &mut step, after.as_ref().unwrap_or(&current.value));
            if let Taken::Yes = self.take(step).await? {
                return Ok(opened);
            }
            current = self.clerk(id).await?;
        }
        Err(Error::Contended)
    }

    /// Signs a clerk in. Limits come first, then the hash, alike for addresses that are no clerk's.
    ///
    /// # Errors
    /// [`Error::SignInFailed`] whatever was wrong; [`Error::Input`] for a code, as there is no second factor;
    /// [`Error::Throttled`] and [`Error::Overloaded`], where a later try helps.
    pub async fn sign_in_clerk(
        &self,
        portal: &str,
        caller: &Caller,
        login: &str,
        typed: &SecretString,
        code: Option<&str>,
    ) -> Result<StaffSignedIn, Error> {
        let portal = self.portal(portal)?;
        if code.is_some() {
            return Err(Error::Input(vec![FieldError::new("code", "unexpected")]));
        }
        let now = self.now().await?;
        let email = EmailAddress::parse(login).ok();
        let text = email.as_ref().map_or_else(|| login.trim().chars().take(100).collect(), |email| email.key().as_str().to_owned());
        // A bucket apart from the customers': who guesses at one door holds nobody up at the other.
        let counted = self.count_sign_in(&portal, caller, &format!("staff {text}"), now).await?;
        // The same look-ups for what cannot be a login.
        let Some(asked) = email.or_else(|| EmailAddress::parse("nobody@invalid.invalid").ok()) else { return Err(Error::SignInFailed) };
        let found = self.clerk_of(&portal, &asked).await?;
        let mut verdict = self.judge_clerk(found.as_ref().map(|found| &found.value), typed).await?;
        let Some(mut current) = found else {
            let mut step = self.step(&portal, Actor::Anonymous, self.now().await?);
            step.commit.events.push((Ref::Clerk(ClerkId(Uuid::nil())), clerk::Event::SignInFailed.audit()));
            self.take(step).await?;
            return Err(Error::SignInFailed);
        };
        let id = current.value.id();
        for _ in 0..ATTEMPTS {
            let (verified, rehashed) = verdict.clone();
            let mut step = self.step(&portal, if verified { Actor::Clerk(id.0) } else { Actor::Anonymous }, self.now().await?);
            let (after, reply) = step.decide(Some(&current), Command::SignIn { verified, rehashed })?;
            let opened = match reply {
                Reply::SignedIn => {
                    // The verdict is about this hash and no other, whether or not the clerk itself changes.
                    if step.commit.writes.is_empty() {
                        step.commit.expects.push((Ref::Clerk(id), current.version));
                    }
                    Ok(self.open_staff_session(&portal, &mut step, after.as_ref().unwrap_or(&current.value)))
                }
                Reply::Done | Reply::Repeated | Reply::Failed => Err(Error::SignInFailed),
            };
            match self.take(step).await? {
                Taken::Yes => {
                    if opened.is_ok() {
                        self.count_as_success(counted).await?;
                    }
                    return opened;
                }
                Taken::Again | Taken::Lost(_) => {
                    let reloaded = self.clerk(id).await?;
                    if reloaded.value.credential() != current.value.credential() {
                        verdict = self.judge_clerk(Some(&reloaded.value), typed).await?;
                    }
                    current = reloaded;
                }
            }
        }
        Err(Error::Contended)
    }

    /// The clerk behind a token.
    ///
    /// # Errors
    /// [`Error::SignInRequired`] for anything but a living session of a clerk of this portal.
    pub async fn staff_session(&self, portal: &str, token: &SecretString) -> Result<StaffView, Error> {
        let portal = self.portal(portal)?;
        let now = self.now().await?;
        let presented = self.presented(&portal.slug, DigestPurpose::StaffSession, token).ok_or(Error::SignInRequired)?;
        let mut facts = self.ports.sessions.look_up_staff(&portal.slug, &presented, now).await?.ok_or(Error::SignInRequired)?;
        if now - facts.session.last_seen >= policy::TOUCH_EVERY {
            self.ports.sessions.touch_staff(facts.session.id, now).await?;
            facts.session.last_seen = now;
        }
        Ok(StaffView { facts, portal, now })
    }

    /// Ends the clerk's own session.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn sign_out_clerk(&self, staff: &StaffView) -> Result<(), Error> {
        let mut step = self.step(&staff.portal, staff.actor(), staff.now);
        step.commit.sessions.push(SessionChange::CloseStaff(staff.id(), staff.facts.session.id));
        let ended = AuditEntry::new("clerk.session_ended").with("session", staff.facts.session.id);
        step.commit.events.push((Ref::Clerk(staff.id()), ended));
        self.take(step).await.map(|_| ())
    }

    async fn clerk(&self, id: ClerkId) -> Result<Versioned<Clerk>, Error> {
        self.load(Ref::Clerk(id)).await?.ok_or(Error::NotFound)
    }

    async fn clerk_of(&self, portal: &Portal, email: &EmailAddress) -> Result<Option<Versioned<Clerk>>, Error> {
        let found = self.ports.store.find(&Lookup::Claim(Claim::Staff(portal.slug.clone(), email.key()))).await?;
        // Two look-ups whether or not there is one: nobody learns it from our time.
        self.load(found.unwrap_or(Ref::Clerk(ClerkId(Uuid::nil())))).await
    }

    /// Compares a typed password with a clerk's, or with nobody's at the same cost; a right one's outdated hash is made anew.
    async fn judge_clerk(&self, clerk: Option<&Clerk>, typed: &SecretString) -> Result<(bool, Option<PasswordHash>), Error> {
        if typed.expose_secret().len() > LONGEST_PASSWORD {
            return Ok((false, None));
        }
        let stored = clerk.and_then(Clerk::credential).map(|credential| credential.hash.clone());
        let known = stored.is_some();
        let canonical = || SecretString::from(password::canonical(typed.expose_secret()));
        let found = self.ports.hasher.verify(canonical(), stored).await?;
        let rehashed = if known && found.matches && found.outdated { Some(self.ports.hasher.hash(canonical()).await?) } else { None };
        Ok((known && found.matches, rehashed))
    }

    /// Puts a fresh session into the step.
    fn open_staff_session(&self, portal: &Portal, step: &mut Step, clerk: &Clerk) -> StaffSignedIn {
        let now = step.now;
        let token = self.token(&portal.slug, DigestPurpose::StaffSession);
        let row = StaffSessionRow {
            id: SessionId(self.uuid(now)),
            portal: portal.slug.clone(),
            clerk: clerk.id(),
            digest: token.digest,
            generation: clerk.generation(),
            opened_at: now,
            last_seen: now,
            idle: policy::STAFF_IDLE,
            at_most: now + policy::STAFF_AT_MOST,
        };
        let signed_in = StaffSignedIn { token: token.plain, expires_at: row.expires_at(), id: clerk.id() };
        step.commit.sessions.push(SessionChange::OpenStaff(row));
        signed_in
    }
}
