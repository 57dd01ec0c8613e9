//! Invitations: by a super admin into the own record, or by the portal's own people, who name a record's super admins. Answered alike for an
//! address with an account: only its mail says so.

use crate::engine::{ATTEMPTS, Caller, Taken, only};
use crate::error::Error;
use crate::forms::{self, FieldError};
use crate::ports::{Actor, Relation, TokenPurpose, Versioned};
use crate::step::Step;
use crate::stories::apply::refused;
use crate::stories::session::SessionView;
use crate::{Onboarding, Portal};
use chrono::{DateTime, Utc};
use onboarding_core::{
    AccountId, EmailAddress, Language, PersonName, Record, RecordNumber, Ref, RegistrationId, Role, Uuid,
    account::Account,
    membership::{Membership, Standing},
    policy,
    record::RecordStatus,
    registration::{self, Command, InviteInput, Origin, Registration, Stage},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Whom a super admin invites, as typed.
#[derive(Clone, Debug, Default)]
pub struct InvitationForm {
    /// The record's number.
    pub record: String,
    /// The address.
    pub email: String,
    /// First name, if known.
    pub first_name: Option<String>,
    /// Last name, if known.
    pub last_name: Option<String>,
    /// The role to come: `member`, `super_admin`.
    pub role: String,
}

/// An invitation on its way.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Invited {
    /// Its id.
    pub id: RegistrationId,
}

/// An invitation, parsed.
struct Parsed {
    email: EmailAddress,
    first_name: Option<PersonName>,
    last_name: Option<PersonName>,
    role: Role,
    by: Option<AccountId>,
    language: Language,
}

impl Onboarding {
    /// Invites into the super admin's own record.
    ///
    /// # Errors
    /// Fields to mend, also for a member of this record; [`Error::NotFound`] for a record of others; [`Error::Throttled`].
    pub async fn invite(&self, caller: &Caller, session: &SessionView, form: &InvitationForm) -> Result<Invited, Error> {
        let portal = &session.portal;
        let mut faults = Vec::new();
        let number = forms::number("record", &form.record).map_err(|fault| faults.push(fault)).ok();
        let email = forms::email("email", &form.email).map_err(|fault| faults.push(fault)).ok();
        let role = Role::of(&form.role);
        if role.is_none() {
            faults.push(FieldError::new("role", "unknown_value"));
        }
        let mut name = |field: &str, text: Option<&String>| {
            let text = text.filter(|text| !text.trim().is_empty());
            text.and_then(|text| forms::name(field, text).map_err(|fault| faults.push(fault)).ok())
        };
        let first_name = name("first_name", form.first_name.as_ref());
        let last_name = name("last_name", form.last_name.as_ref());
        let (Some(number), Some(email), Some(role), true) = (number, email, role, faults.is_empty()) else {
            return Err(Error::Input(faults));
        };
        session.decides_at(&number)?;
        let _turn = self.turn(portal, caller).await;
        let now = self.now().await?;
        if let Some(before) = self.replayed(portal, caller, now).await? {
            return Ok(before);
        }
        let by_account = self.throttle_key(&portal.slug, "invitations", &[&session.account().to_string()]);
        self.limit(by_account, policy::INVITATIONS_PER_ACCOUNT, now).await?;
        let parsed = Parsed { email, first_name, last_name, role, by: Some(session.account()), language: caller.language };
        self.send_invitation(portal, Some((caller, session)), Actor::Account(session.account()), &number, &parsed).await
    }

    /// Invites a super admin for a record: adds, never replaces. For a clerk, or for the operator where there is no clerk.
    ///
    /// # Errors
    /// Fields to mend, also for somebody who decides there already; [`Error::NotFound`] for a number that is not in the books or closed;
    /// [`Error::Throttled`].
    pub async fn name_super_admin(&self, portal: &str, clerk: Option<Uuid>, number: &str, email: &str) -> Result<Invited, Error> {
        let portal = self.portal(portal)?;
        let number = forms::number("number", number).map_err(|fault| Error::Input(vec![fault]))?;
        let email = forms::email("email", email).map_err(|fault| Error::Input(vec![fault]))?;
        let actor = clerk.map_or(Actor::Operator, Actor::Clerk);
        let language = portal.journey.default_language();
        let parsed = Parsed { email, first_name: None, last_name: None, role: Role::SuperAdmin, by: None, language };
        self.send_invitation(&portal, None, actor, &number, &parsed).await
    }

    /// Sends an open invitation of an own record again, with a fresh link.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Throttled`].
    pub async fn resend_invitation(&self, caller: &Caller, session: &SessionView, id: RegistrationId) -> Result<(), Error> {
        let portal = &session.portal;
        let _turn = self.turn(portal, caller).await;
        let mut counted = false;
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = self.invitation(session, id).await?;
            if let Some(()) = self.replayed(portal, caller, now).await? {
                return Ok(());
            }
            let fresh = self.link(&portal.slug, TokenPurpose::Completion, now);
            let link = fresh.link.digest;
            let mut step = self.step(portal, Actor::Account(session.account()), now);
            if self.inviter_gone(portal, &mut step, &before.value).await? {
                return Err(Error::NotFound);
            }
            step.decide(Some(&before), Command::ResendInvitation { fresh }).map_err(refused)?;
            if !counted {
                self.count_invitation(portal, before.value.email(), now).await?;
                counted = true;
            }
            step.token(link, Ref::Registration(id));
            step.withdraw_mail_of(&before.value);
            self.remember(&mut step, portal, caller, &())?;
            if let Taken::Yes = self.take(step).await? {
                return Ok(());
            }
        }
        Err(Error::Contended)
    }

    /// Takes an open invitation of an own record back.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for one that is no longer open.
    pub async fn revoke_invitation(&self, session: &SessionView, id: RegistrationId) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let before = self.invitation(session, id).await?;
            let mut step = self.step(&session.portal, Actor::Account(session.account()), self.now().await?);
            step.decide(Some(&before), Command::Revoke).map_err(refused)?;
            step.withdraw_mail_of(&before.value);
            if let Taken::Yes = self.take(step).await? {
                return Ok(());
            }
        }
        Err(Error::Contended)
    }

    /// An open invitation of a record at which this session decides.
    async fn invitation(&self, session: &SessionView, id: RegistrationId) -> Result<Versioned<Registration>, Error> {
        let found = self.open_registration(id).await?;
        let number = found.value.record().filter(|_| is_open_invitation(&found.value)).ok_or(Error::NotFound)?;
        if found.value.portal() != &session.portal.slug {
            return Err(Error::NotFound);
        }
        session.decides_at(number)?;
        Ok(found)
    }

    async fn send_invitation(
        &self,
        portal: &Arc<Portal>,
        asked: Option<(&Caller, &SessionView)>,
        actor: Actor,
        number: &RecordNumber,
        parsed: &Parsed,
    ) -> Result<Invited, Error> {
        if !portal.journey.invites() {
            return Err(registration::Refusal::NotInThisJourney.into());
        }
        let mut counted = false;
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            if let Some((caller, _)) = asked
                && let Some(before) = self.replayed(portal, caller, now).await?
            {
                return Ok(before);
            }
            let record = self.ports.directory.find(&portal.slug, number).await?;
            let record = record.filter(|record| record.value.status == RecordStatus::Open).ok_or(Error::NotFound)?;
            let mut step = self.step(portal, actor, now);
            step.commit.expects.push((Ref::Record(record.value.id), record.version));
            let owner = self.account_by(onboarding_core::Claim::Email(portal.slug.clone(), parsed.email.key())).await?;
            self.refuse_member(owner.as_ref(), number, parsed, &mut step).await?;
            if let Some((_, session)) = asked {
                let account = self.account(session.account()).await?;
                session.lives_beside(&account.value)?;
                step.commit.expects.push((Ref::Account(session.account()), account.version));
            }
            if !counted {
                self.count_invitation(portal, &parsed.email, now).await?;
                counted = true;
            }
            self.revoke_older(portal, &mut step, number, &parsed.email).await?;
            let fresh = self.link(&portal.slug, TokenPurpose::Completion, now);
            let link = fresh.link.digest;
            let input = self.invite_input(&record.value, parsed, owner.as_ref().map(|owner| &owner.value), now);
            let invited = Invited { id: input.id };
            step.decide::<Registration>(None, Command::Invite { input: Box::new(input), fresh }).map_err(refused)?;
            step.token(link, Ref::Registration(invited.id));
            if let Some((caller, _)) = asked {
                self.remember(&mut step, portal, caller, &invited)?;
            }
            if let Taken::Yes = self.take(step).await? {
                return Ok(invited);
            }
        }
        Err(Error::Contended)
    }

    fn invite_input(&self, record: &Record, parsed: &Parsed, owner: Option<&Account>, now: DateTime<Utc>) -> InviteInput {
        InviteInput {
            id: RegistrationId(self.uuid(now)),
            // Mail never goes to a twin that was typed.
            email: owner.map_or_else(|| parsed.email.clone(), |owner| owner.email().clone()),
            first_name: parsed.first_name.clone(),
            last_name: parsed.last_name.clone(),
            record: (record.id, record.number.clone()),
            company: record.name.clone(),
            role: parsed.role,
            by: parsed.by,
            language: owner.map_or(parsed.language, Account::language),
            has_account: owner.is_some(),
        }
    }

    /// Whoever belongs to the record needs no invitation: its super admin sees the own team anyway. The portal's own people may invite a
    /// member for the role that nobody has any more.
    async fn refuse_member(
        &self,
        owner: Option<&Versioned<Account>>,
        number: &RecordNumber,
        parsed: &Parsed,
        step: &mut Step,
    ) -> Result<(), Error> {
        // The same look-up for an address without an account.
        let account = owner.map_or(AccountId(Uuid::nil()), |owner| owner.value.id());
        let all = only::<Membership>(self.ports.store.related(&Relation::MembershipsOf(account)).await?);
        let Some(found) = all.into_iter().find(|membership| membership.value.record() == number) else { return Ok(()) };
        step.commit.expects.push((Ref::Membership(found.value.id()), found.version));
        let belongs = match found.value.standing() {
            Standing::Active => parsed.by.is_some() || found.value.role() == Role::SuperAdmin,
            Standing::Suspended => true,
            Standing::Requested | Standing::Ended => false,
        };
        if belongs { Err(Error::Input(vec![FieldError::new("email", "already_member")])) } else { Ok(()) }
    }

    /// A second invitation of the same address replaces the first: one link, one role.
    async fn revoke_older(&self, portal: &Portal, step: &mut Step, number: &RecordNumber, email: &EmailAddress) -> Result<(), Error> {
        self.revoke_where(portal, step, number, |older| older.email().key() == email.key()).await
    }

    /// Whether whoever invited decides at the record no more. The step stands on the roster that says so.
    pub(crate) async fn inviter_gone(&self, portal: &Portal, step: &mut Step, registration: &Registration) -> Result<bool, Error> {
        let (Origin::Invited { by: Some(by), .. }, Some(number)) = (registration.dossier().origin, registration.record()) else {
            // The portal's own people need no place in the roster.
            return Ok(false);
        };
        let roster = self.roster_of(portal, number).await?;
        step.commit.expects.extend(roster.iter().map(|roster| (Ref::Roster(roster.value.id()), roster.version)));
        Ok(roster.is_none_or(|roster| !roster.value.admins().contains(&by)))
    }

    /// What somebody invited to a record ends with the right to invite there.
    pub(crate) async fn revoke_sent_by(
        &self,
        portal: &Portal,
        step: &mut Step,
        number: &RecordNumber,
        account: AccountId,
    ) -> Result<(), Error> {
        let sent = |open: &Registration| matches!(open.dossier().origin, Origin::Invited { by: Some(by), .. } if by == account);
        self.revoke_where(portal, step, number, sent).await
    }

    async fn revoke_where(
        &self,
        portal: &Portal,
        step: &mut Step,
        number: &RecordNumber,
        which: impl Fn(&Registration) -> bool + Send,
    ) -> Result<(), Error> {
        let open = self.ports.store.related(&Relation::OpenRegistrationsAt(portal.slug.clone(), number.clone())).await?;
        for older in only::<Registration>(open) {
            if is_open_invitation(&older.value) && which(&older.value) {
                match step.decide(Some(&older), Command::Revoke) {
                    Ok(_) => step.withdraw_mail_of(&older.value),
                    // Over by time; the sweeper has not been there yet.
                    Err(registration::Refusal::NotInThisState(_)) => {}
                    Err(other) => return Err(refused(other)),
                }
            }
        }
        Ok(())
    }

    /// Invitations have a share of their own at each address.
    async fn count_invitation(&self, portal: &Portal, email: &EmailAddress, now: DateTime<Utc>) -> Result<(), Error> {
        self.limit(self.throttle_key(&portal.slug, "mail-invitation", &[email.key().as_str()]), policy::MAILS_PER_ADDRESS, now).await
    }
}

/// Whether somebody was invited and has not come yet.
pub(crate) fn is_open_invitation(registration: &Registration) -> bool {
    matches!((registration.dossier().origin, registration.stage()), (Origin::Invited { .. }, Stage::AwaitingCompletion(_)))
}
