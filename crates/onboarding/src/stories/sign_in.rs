//! Signing in: limits first, then the hash, then the session; the same for logins that exist and logins that do not.

use crate::engine::{ATTEMPTS, Caller, Taken};
use crate::error::Error;
use crate::ports::{Actor, DigestPurpose, SessionChange, SessionKind, SessionRow, ThrottleKey};
use crate::step::Step;
use crate::stories::browser::bucket;
use crate::stories::session::{MembershipView, SignedIn};
use crate::{Onboarding, Portal};
use chrono::{DateTime, Utc};
use onboarding_core::{
    AccountId, Claim, EmailAddress, PasswordHash, RecordNumber, Ref, SessionId, Uuid,
    account::{self, Access, Account, Command, Reply},
    audit::{AuditEntry, Audited},
    journey::LoginWith,
    password, policy,
    record::RecordStatus,
};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// Longest password that is looked at, in bytes; longer ones fail without being hashed.
pub(crate) const LONGEST_PASSWORD: usize = 4096;

/// What a typed password is worth against one stored hash.
#[derive(Clone)]
struct Verdict {
    verified: bool,
    /// A hash with today's cost, where the stored one is outdated.
    rehashed: Option<PasswordHash>,
}

/// A sign-in that was counted as a failure before it was tried.
#[derive(Clone, Copy)]
pub(crate) struct CountedFailure {
    /// Of the login and the network, or of the login and a browser that it knows.
    network: ThrottleKey,
    everywhere: ThrottleKey,
}

impl Onboarding {
    /// Signs in and opens a session.
    ///
    /// # Errors
    /// [`Error::SignInFailed`] whatever was wrong; [`Error::Suspended`] and [`Error::InitialPasswordExpired`] only after the
    /// right password; [`Error::Throttled`] and [`Error::Overloaded`], where a later try helps.
    pub async fn sign_in(
        &self,
        portal: &str,
        caller: &Caller,
        kind: SessionKind,
        login: &str,
        typed: &SecretString,
    ) -> Result<SignedIn, Error> {
        let portal = self.portal(portal)?;
        let now = self.now().await?;
        let claim = login_claim(&portal, login);
        // What cannot be a login is counted like one, under its own text.
        let bucket = bucket(&portal, login);
        let counted = self.count_sign_in(&portal, caller, &bucket, now).await?;
        let found = self.account_by(claim.unwrap_or_else(|| nobody(&portal))).await?;
        let mut verdict = self.judge(found.as_ref().map(|found| &found.value), typed).await?;
        let Some(mut current) = found else {
            self.note_unknown(&portal).await?;
            return Err(Error::SignInFailed);
        };
        let id = current.value.id();
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let mut step = self.step(&portal, Actor::Account(id), now);
            let Verdict { verified, rehashed } = verdict.clone();
            let command = Command::SignIn { verified, rehashed, documents: portal.shown(current.value.language()) };
            let (after, reply) = step.decide(Some(&current), command)?;
            let opened = match reply {
                Reply::SignedIn(access) => {
                    // The verdict is about this hash and no other, whether or not the account itself changes.
                    if step.commit.writes.is_empty() {
                        step.commit.expects.push((Ref::Account(id), current.version));
                    }
                    let account = after.as_ref().unwrap_or(&current.value).clone();
                    Ok(self.open_session(&portal, &mut step, &account, kind, &access).await?)
                }
                Reply::Suspended => Err(Error::Suspended),
                Reply::InitialPasswordExpired => Err(Error::InitialPasswordExpired),
                Reply::Done | Reply::Repeated | Reply::Failed | Reply::EmailTaken => Err(Error::SignInFailed),
            };
            // Whoever may not sign in leaves the same trace as anybody who typed a wrong password.
            if !verified && step.commit.events.is_empty() {
                step.commit.events.push((Ref::Account(id), failure()));
            }
            match self.take(step).await? {
                Taken::Yes => {
                    if verified {
                        self.count_as_success(counted).await?;
                    }
                    return opened;
                }
                Taken::Again | Taken::Lost(_) => {
                    let reloaded = self.account(id).await?;
                    // Changed, or made anew by another sign-in: the verdict on the former hash is worth nothing any more.
                    if reloaded.value.credential().hash() != current.value.credential().hash() {
                        verdict = self.judge(Some(&reloaded.value), typed).await?;
                    }
                    current = reloaded;
                }
            }
        }
        Err(Error::Contended)
    }

    /// Counts a failure before it is known to be one. The caller forgets it after a success.
    pub(crate) async fn count_sign_in(
        &self,
        portal: &Portal,
        caller: &Caller,
        login: &str,
        now: DateTime<Utc>,
    ) -> Result<CountedFailure, Error> {
        let known = self.known_browser(portal, caller, login);
        let network = match known {
            None => self.throttle_key(&portal.slug, "sign-in-network", &[login, &caller.network]),
            Some(browser) => self.throttle_key(&portal.slug, "sign-in-browser", &[login, browser]),
        };
        self.limit(network, policy::SIGN_IN_PER_NETWORK, now).await?;
        // Over all networks nobody is ever refused: a stranger must not hold a lock on the owner. A delay is all.
        let window = policy::Limit::Window { most: u32::MAX, per: chrono::TimeDelta::hours(1) };
        let everywhere = self.throttle_key(&portal.slug, "sign-in-login", &[login]);
        let taken = self.ports.throttle.take(everywhere, window, now).await?;
        let delay = policy::sign_in_delay(taken.count);
        if let (None, true, Ok(delay)) = (known, delay > chrono::TimeDelta::zero(), delay.to_std()) {
            tokio::time::sleep(delay).await;
        }
        Ok(CountedFailure { network, everywhere })
    }

    /// It was no failure: forgotten here, and taken back from the count over all networks, where strangers' failures stay.
    pub(crate) async fn count_as_success(&self, counted: CountedFailure) -> Result<(), Error> {
        self.ports.throttle.forget(counted.network).await?;
        self.ports.throttle.give_back(counted.everywhere).await?;
        Ok(())
    }

    /// Compares a typed password with an account's, or with nobody's at the same cost. Right, and whether the stored hash is outdated.
    pub(crate) async fn compare(&self, account: Option<&Account>, typed: &SecretString) -> Result<(bool, bool), Error> {
        if typed.expose_secret().len() > LONGEST_PASSWORD {
            return Ok((false, false));
        }
        let (password, stored) = match account {
            Some(account) => (as_typed(account, typed), Some(account.credential().hash().clone())),
            None => (password::canonical(typed.expose_secret()), None),
        };
        let found = self.ports.hasher.verify(SecretString::from(password), stored).await?;
        Ok((found.matches, found.outdated))
    }

    /// Compares, and makes a right password's outdated hash anew.
    async fn judge(&self, account: Option<&Account>, typed: &SecretString) -> Result<Verdict, Error> {
        let (verified, outdated) = self.compare(account, typed).await?;
        let rehashed = match account {
            Some(account) if verified && outdated => Some(self.ports.hasher.hash(SecretString::from(as_typed(account, typed))).await?),
            Some(_) | None => None,
        };
        Ok(Verdict { verified, rehashed })
    }

    /// The trace of a failed sign-in at a login that nobody has: the same step as for one that somebody has.
    async fn note_unknown(&self, portal: &Arc<Portal>) -> Result<(), Error> {
        let mut step = self.step(portal, Actor::Anonymous, self.now().await?);
        step.commit.events.push((Ref::Account(AccountId(Uuid::nil())), failure()));
        self.take(step).await.map(|_| ())
    }

    /// Puts a fresh session into the step.
    pub(crate) async fn open_session(
        &self,
        portal: &Portal,
        step: &mut Step,
        account: &Account,
        kind: SessionKind,
        access: &Access,
    ) -> Result<SignedIn, Error> {
        let now = step.now;
        let token = self.token(&portal.slug, DigestPurpose::Session);
        let memberships = self.ports.sessions.memberships(account.id()).await?;
        let open: Vec<_> =
            memberships.iter().filter(|fact| fact.membership.value.is_active() && fact.record == RecordStatus::Open).collect();
        let rule = portal.journey.sessions;
        let row = SessionRow {
            id: SessionId(self.uuid(now)),
            portal: portal.slug.clone(),
            account: account.id(),
            digest: token.digest,
            kind,
            generation: account.generation(),
            memberships: open.iter().map(|fact| fact.membership.value.id()).collect(),
            opened_at: now,
            last_seen: now,
            idle: match kind {
                SessionKind::Bearer => rule.bearer_idle,
                SessionKind::Page => rule.page_idle,
            },
            at_most: match kind {
                SessionKind::Bearer => None,
                SessionKind::Page => Some(now + rule.page_at_most),
            },
        };
        let signed_in = SignedIn {
            token: token.plain,
            expires_at: row.expires_at(),
            must_change_password: access.must_change_password,
            must_accept: access.must_accept.clone(),
            member: !open.is_empty(),
            memberships: open.into_iter().map(MembershipView::of).collect(),
        };
        step.commit.sessions.push(SessionChange::Open(row));
        Ok(signed_in)
    }
}

/// The trace of a failed sign-in.
fn failure() -> AuditEntry {
    account::Event::SignInFailed.audit()
}

/// The password as this account reads it: a mailed one forgives blanks and case, an own one nothing.
fn as_typed(account: &Account, typed: &SecretString) -> String {
    if account.credential().is_mailed() { password::forgiving(typed.expose_secret()) } else { password::canonical(typed.expose_secret()) }
}

/// The claim behind a typed login; `None` for a text that cannot be one.
pub(crate) fn login_claim(portal: &Portal, login: &str) -> Option<Claim> {
    match portal.journey.login_with {
        LoginWith::Email => EmailAddress::parse(login).ok().map(|email| Claim::Email(portal.slug.clone(), email.key())),
        LoginWith::RecordNumber => RecordNumber::parse(login).ok().map(|number| Claim::Login(portal.slug.clone(), number)),
    }
}

/// A claim that nobody holds, looked up so that a login that cannot exist costs what any other does.
pub(crate) fn nobody(portal: &Portal) -> Claim {
    let text = "nobody@invalid.invalid";
    match (portal.journey.login_with, EmailAddress::parse(text), RecordNumber::parse("_")) {
        (LoginWith::Email, Ok(email), _) => Claim::Email(portal.slug.clone(), email.key()),
        (_, _, Ok(number)) => Claim::Login(portal.slug.clone(), number),
        (_, _, Err(_)) => unreachable!("`_` is a record number"),
    }
}
