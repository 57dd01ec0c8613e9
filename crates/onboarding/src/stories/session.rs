//! What a session may do, who is signed in where, and ending it.

use crate::engine::{ATTEMPTS, Taken};
use crate::error::Error;
use crate::ports::{Actor, DigestPurpose, MembershipFact, SessionChange, SessionFacts};
use crate::{Onboarding, Portal};
use chrono::{DateTime, Utc};
use onboarding_core::{
    AccountId, MembershipId, RecordNumber, Ref, Role, SessionId,
    account::{self, Access, Account, Standing},
    audit::AuditEntry,
    policy,
    record::RecordStatus,
    registration,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A session that was just opened; its token is told once.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The token. 256 bit.
    pub token: SecretString,
    /// The session dies then if nobody uses it.
    pub expires_at: DateTime<Utc>,
    /// Nothing but changing the password is open.
    pub must_change_password: bool,
    /// Documents to agree to before anything else.
    pub must_accept: Vec<String>,
    /// Whether the member area is open.
    pub member: bool,
    /// The active memberships.
    pub memberships: Vec<MembershipView>,
}

/// A membership as its account sees it.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct MembershipView {
    /// Its id.
    pub id: MembershipId,
    /// The record's number as the company writes it.
    pub record: String,
    /// The record's name.
    pub name: String,
    /// As what.
    pub role: Role,
}

impl MembershipView {
    pub(crate) fn of(fact: &MembershipFact) -> Self {
        let membership = &fact.membership.value;
        Self { id: membership.id(), record: fact.written.clone(), name: fact.name.clone(), role: membership.role() }
    }
}

/// A living session with its account and duties.
#[derive(Clone, Debug)]
pub struct SessionView {
    /// Everything the store knows.
    pub facts: SessionFacts,
    /// The duties.
    pub access: Access,
    /// Whether the member area is open: a membership was active when the session opened, and still is.
    pub member: bool,
    /// The active memberships.
    pub memberships: Vec<MembershipView>,
    /// Whose portal.
    pub portal: Arc<Portal>,
    /// When it was looked up.
    pub now: DateTime<Utc>,
}

/// A session in the list of devices.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionListEntry {
    /// Its id.
    pub id: SessionId,
    /// Whether it is the caller's own.
    pub current: bool,
    /// `bearer` or `page`.
    pub kind: String,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it was last used; at most a minute behind.
    pub last_seen: DateTime<Utc>,
    /// It dies then if nobody uses it.
    pub expires_at: DateTime<Utc>,
}

/// How much a session must be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Open to every living session: looking at itself, language, sign-out, changing the password.
    Nothing,
    /// A password that need not be changed first; documents may wait: agreeing, export, closing.
    Password,
    /// No duties at all.
    Everything,
}

impl SessionView {
    /// Whose session.
    pub fn account(&self) -> AccountId {
        self.facts.account.value.id()
    }

    /// Whether it still lives beside this state of its account, loaded after it was looked up: a reset or a change of
    /// password in between ended it, and with it every verdict on the old password.
    ///
    /// # Errors
    /// [`Error::SignInRequired`].
    pub(crate) fn lives_beside(&self, account: &Account) -> Result<(), Error> {
        let same = account.generation() == self.facts.session.generation && account.standing() == Standing::Active;
        if same { Ok(()) } else { Err(Error::SignInRequired) }
    }

    /// The open records at which this account decides on others.
    pub(crate) fn scope(&self) -> impl Iterator<Item = &MembershipFact> {
        let decides = |fact: &&MembershipFact| {
            let membership = &fact.membership.value;
            membership.is_active() && membership.role() == Role::SuperAdmin && fact.record == RecordStatus::Open
        };
        self.facts.memberships.iter().filter(decides)
    }

    /// Whether the account decides on others anywhere, and owes nothing before it may.
    ///
    /// # Errors
    /// As [`SessionView::may`]; a refusal of the registration where it decides nowhere.
    pub fn may_decide(&self) -> Result<(), Error> {
        self.may(Needs::Everything)?;
        if self.scope().next().is_some() { Ok(()) } else { Err(registration::Refusal::NotEntitled.into()) }
    }

    /// The record at which the account decides.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a record of others: nobody learns whether there is one.
    pub(crate) fn decides_at(&self, number: &RecordNumber) -> Result<&MembershipFact, Error> {
        self.may(Needs::Everything)?;
        self.scope().find(|fact| fact.membership.value.record() == number).ok_or(Error::NotFound)
    }

    /// Whether it may do this.
    ///
    /// # Errors
    /// [`Error::PasswordChangeRequired`], then [`Error::AcceptanceRequired`].
    pub fn may(&self, needs: Needs) -> Result<(), Error> {
        match needs {
            Needs::Nothing => Ok(()),
            Needs::Password | Needs::Everything if self.access.must_change_password => Err(Error::PasswordChangeRequired),
            Needs::Everything if !self.access.must_accept.is_empty() => Err(Error::AcceptanceRequired(self.access.must_accept.clone())),
            Needs::Password | Needs::Everything => Ok(()),
        }
    }
}

impl Onboarding {
    /// The living session behind a token.
    ///
    /// # Errors
    /// [`Error::SignInRequired`]; what [`SessionView::may`] says.
    pub async fn session(&self, portal: &str, token: &SecretString, needs: Needs) -> Result<SessionView, Error> {
        let portal = self.portal(portal)?;
        let now = self.now().await?;
        let presented = self.presented(&portal.slug, DigestPurpose::Session, token).ok_or(Error::SignInRequired)?;
        let mut facts = self.ports.sessions.look_up(&portal.slug, &presented, now).await?.ok_or(Error::SignInRequired)?;
        match facts.account.value.standing() {
            Standing::Active => {}
            Standing::Suspended { .. } | Standing::Closed { .. } => return Err(Error::SignInRequired),
        }
        if now - facts.session.last_seen >= policy::TOUCH_EVERY {
            self.ports.sessions.touch(facts.session.id, now).await?;
            facts.session.last_seen = now;
        }
        let account = &facts.account.value;
        let access = account.access(&portal.journey, &portal.shown(account.language()));
        let open = |fact: &&MembershipFact| fact.membership.value.is_active() && fact.record == RecordStatus::Open;
        let memberships: Vec<_> = facts.memberships.iter().filter(open).map(MembershipView::of).collect();
        let member = memberships.iter().any(|membership| facts.session.memberships.contains(&membership.id));
        let view = SessionView { facts, access, member, memberships, portal, now };
        view.may(needs)?;
        Ok(view)
    }

    /// Ends the caller's own session.
    pub async fn sign_out(&self, session: &SessionView) -> Result<(), Error> {
        self.end_session(session, session.facts.session.id).await
    }

    /// The account's living sessions, newest first.
    pub async fn sessions(&self, session: &SessionView) -> Result<Vec<SessionListEntry>, Error> {
        let account = &session.facts.account.value;
        let rows = self.ports.sessions.list(account.id(), account.generation(), session.now).await?;
        Ok(rows
            .into_iter()
            .map(|row| SessionListEntry {
                id: row.id,
                current: row.id == session.facts.session.id,
                kind: row.kind.word().to_owned(),
                opened_at: row.opened_at,
                last_seen: row.last_seen,
                expires_at: row.expires_at(),
            })
            .collect())
    }

    /// Ends one of the account's sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`] for anybody else's.
    pub async fn end_session(&self, session: &SessionView, id: SessionId) -> Result<(), Error> {
        let account = &session.facts.account.value;
        let own = self.ports.sessions.list(account.id(), account.generation(), session.now).await?;
        if !own.iter().any(|row| row.id == id) {
            return Err(Error::NotFound);
        }
        let mut step = self.step(&session.portal, Actor::Account(account.id()), session.now);
        step.commit.sessions.push(SessionChange::Close(account.id(), id));
        step.commit.events.push((Ref::Account(account.id()), AuditEntry::new("account.session_ended").with("session", id)));
        self.take(step).await.map(|_| ())
    }

    /// Ends every session of the account but the caller's, which is opened anew.
    pub async fn end_other_sessions(&self, session: &SessionView) -> Result<SignedIn, Error> {
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = self.account(session.account()).await?;
            session.lives_beside(&before.value)?;
            let mut step = self.step(&session.portal, Actor::Account(session.account()), now);
            let (after, _) = step.decide(Some(&before), account::Command::EndSessions)?;
            let after = after.unwrap_or(before.value);
            let opened = self.open_session(&session.portal, &mut step, &after, session.facts.session.kind, &session.access).await?;
            if let Taken::Yes = self.take(step).await? {
                return Ok(opened);
            }
        }
        Err(Error::Contended)
    }
}
