//! A record's super admin and the own team: who belongs, who asks, who is invited; another role, suspension, removal.
//!
//! What belongs to a record of others does not exist here. The last super admin stays, also when two leave at once: both meet at the roster's
//! version.

use crate::engine::{ATTEMPTS, Taken, only};
use crate::error::Error;
use crate::ports::{Actor, MembershipFact, Relation, Versioned};
use crate::step::Step;
use crate::stories::activate::told;
use crate::stories::invite::is_open_invitation;
use crate::stories::session::SessionView;
use crate::{Onboarding, Portal};
use chrono::{DateTime, Utc};
use onboarding_core::{
    AccountId, MailTemplate, MembershipId, Param, RecordNumber, Ref, RegistrationId, Role,
    account::{self, Account},
    membership::{self, Membership, Standing},
    record::RecordStatus,
    registration::{Origin, Registration, Stage},
    roster::{self, Roster},
};
use std::sync::Arc;

/// Everything about the records at which somebody decides.
#[derive(Clone, Debug)]
pub struct TeamView {
    /// The records.
    pub records: Vec<TeamRecord>,
    /// Who belongs to them.
    pub members: Vec<TeamMember>,
    /// Who waits for a decision.
    pub requests: Vec<TeamRequest>,
    /// Who was invited and has not come yet.
    pub invitations: Vec<TeamInvitation>,
}

/// A record at which somebody decides.
#[derive(Clone, Debug)]
pub struct TeamRecord {
    /// Its number as the company writes it.
    pub number: String,
    /// Its name.
    pub name: String,
}

/// Somebody who belongs to a record.
#[derive(Clone, Debug)]
pub struct TeamMember {
    /// The membership's id.
    pub id: MembershipId,
    /// The record's number as the company writes it.
    pub record: String,
    /// The address.
    pub email: String,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// As what.
    pub role: Role,
    /// Whether it is closed until lifted.
    pub suspended: bool,
}

/// Somebody who waits for a decision.
#[derive(Clone, Debug)]
pub struct TeamRequest {
    /// The registration's id.
    pub id: RegistrationId,
    /// What is decided on: it changes with what is shown.
    pub version: u32,
    /// The record's number as the company writes it.
    pub record: String,
    /// The proved address.
    pub email: String,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Since when it waits.
    pub requested_at: DateTime<Utc>,
}

/// Somebody who was invited.
#[derive(Clone, Debug)]
pub struct TeamInvitation {
    /// The invitation's id.
    pub id: RegistrationId,
    /// The record's number as the company writes it.
    pub record: String,
    /// The address.
    pub email: String,
    /// The role to come.
    pub role: Role,
    /// The link dies then; it can be sent again.
    pub expires_at: Option<DateTime<Utc>>,
}

/// What is changed of a member.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemberChange {
    /// Another role.
    pub role: Option<Role>,
    /// Closed until lifted, or lifted.
    pub suspended: Option<bool>,
}

/// Whether somebody decides on others before and after a change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    Same,
    Gains,
    Loses,
}

/// A member with everything that a change of it touches.
struct Touched {
    membership: Versioned<Membership>,
    account: Versioned<Account>,
    roster: Option<Versioned<Roster>>,
    /// Whether the account decides at another record too.
    elsewhere: bool,
    company: String,
}

impl Onboarding {
    /// The own team.
    ///
    /// # Errors
    /// As [`SessionView::may_decide`].
    pub async fn team(&self, session: &SessionView) -> Result<TeamView, Error> {
        session.may_decide()?;
        let mut team = TeamView { records: Vec::new(), members: Vec::new(), requests: Vec::new(), invitations: Vec::new() };
        let now = self.now().await?;
        for fact in session.scope() {
            self.add_record(session, fact, now, &mut team).await?;
        }
        Ok(team)
    }

    async fn add_record(&self, session: &SessionView, fact: &MembershipFact, now: DateTime<Utc>, team: &mut TeamView) -> Result<(), Error> {
        let (slug, number) = (session.portal.slug.clone(), fact.membership.value.record().clone());
        team.records.push(TeamRecord { number: fact.written.clone(), name: fact.name.clone() });
        for member in only::<Membership>(self.ports.store.related(&Relation::MembershipsAt(slug.clone(), number.clone())).await?) {
            if !belongs(&member.value) {
                continue;
            }
            let Some(account) = self.load::<Account>(Ref::Account(member.value.account())).await? else { continue };
            team.members.push(member_view(&member.value, &account.value, fact.written.clone()));
        }
        for open in only::<Registration>(self.ports.store.related(&Relation::OpenRegistrationsAt(slug, number)).await?) {
            let registration = &open.value;
            // What is overdue *is* over, whether or not the sweeper was there.
            if registration.overdue(now) {
                continue;
            }
            let dossier = registration.dossier();
            let (record, email) = (fact.written.clone(), registration.email().as_str().to_owned());
            // An invitation of an address that has an account is kept under that account's spelling; the list shows neither.
            let folded = registration.email().key().as_str().to_owned();
            match (registration.stage(), dossier.origin) {
                (Stage::AwaitingApproval(stage), _) => team.requests.push(TeamRequest {
                    id: registration.id(),
                    version: dossier.revision,
                    record,
                    email,
                    first_name: dossier.applicant.first_name.as_ref().map(|name| name.as_str().to_owned()),
                    last_name: dossier.applicant.last_name.as_ref().map(|name| name.as_str().to_owned()),
                    requested_at: stage.since,
                }),
                (Stage::AwaitingCompletion(_), Origin::Invited { role, .. }) if is_open_invitation(registration) => {
                    team.invitations.push(TeamInvitation {
                        id: registration.id(),
                        record,
                        email: folded,
                        role,
                        expires_at: registration.expires_at(),
                    });
                }
                (
                    Stage::AwaitingEmail(_)
                    | Stage::AwaitingCompletion(_)
                    | Stage::Active { .. }
                    | Stage::Rejected { .. }
                    | Stage::Expired { .. }
                    | Stage::Closed { .. },
                    Origin::Applied | Origin::Invited { .. },
                ) => {}
            }
        }
        Ok(())
    }

    /// Another role, suspension, or the end of one. Hand over the last role by promoting somebody first.
    ///
    /// # Errors
    /// [`Error::NotFound`] for members of others; [`Error::LastSuperAdmin`]; a suspended member's role stays as it is (409).
    pub async fn change_member(&self, session: &SessionView, id: MembershipId, change: MemberChange) -> Result<TeamMember, Error> {
        for _ in 0..ATTEMPTS {
            let touched = self.touched(session, id).await?;
            let mut step = self.step_of(session, &touched).await?;
            let before = &touched.membership.value;
            let mut state = touched.membership.clone();
            let mut commands = Vec::new();
            // Lifted before the role changes, closed after it: so both may come in one call.
            commands.extend((change.suspended == Some(false)).then_some(membership::Command::Unsuspend));
            commands.extend(change.role.map(|role| membership::Command::ChangeRole { role }));
            commands.extend((change.suspended == Some(true)).then_some(membership::Command::Suspend));
            for command in commands {
                let (after, _) = step.decide(Some(&state), command).map_err(|refusal| refused(refusal, &state.value))?;
                state = Step::then(Some(&state), after).unwrap_or(state);
            }
            let after = &state.value;
            self.weigh(&session.portal, &mut step, &touched, weight(before, Some(after))).await?;
            let tell = |step: &mut Step, template, params: Vec<Param>| {
                let mail = told(&touched.account.value, self.delivery(step.now), template, params);
                step.mail(Ref::Membership(id), mail);
            };
            if before.role() != after.role() {
                let params = vec![Param::Company(touched.company.clone()), Param::Role(after.role())];
                tell(&mut step, MailTemplate::RoleChanged, params);
            }
            if before.is_active() && after.standing() == Standing::Suspended {
                tell(&mut step, MailTemplate::MemberSuspended, vec![Param::Company(touched.company.clone())]);
            }
            let written = session.decides_at(before.record())?.written.clone();
            let view = member_view(after, &touched.account.value, written);
            if let Taken::Yes = self.take(step).await? {
                return Ok(view);
            }
        }
        Err(Error::Contended)
    }

    /// Removes a member, or oneself.
    ///
    /// # Errors
    /// [`Error::NotFound`] for members of others; [`Error::LastSuperAdmin`].
    pub async fn remove_member(&self, session: &SessionView, id: MembershipId) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let touched = self.touched(session, id).await?;
            let mut step = self.step_of(session, &touched).await?;
            let before = &touched.membership;
            step.decide(Some(before), membership::Command::End).map_err(|refusal| refused(refusal, &before.value))?;
            self.weigh(&session.portal, &mut step, &touched, weight(&before.value, None)).await?;
            let company = Param::Company(touched.company.clone());
            let mail = told(&touched.account.value, self.delivery(step.now), MailTemplate::MemberRemoved, [company]);
            step.mail(Ref::Membership(id), mail);
            if let Taken::Yes = self.take(step).await? {
                return Ok(());
            }
        }
        Err(Error::Contended)
    }

    /// The caller leaves a record: as a super admin only where another one stays.
    ///
    /// # Errors
    /// [`Error::NotFound`] for memberships of others; [`Error::LastSuperAdmin`]; `NotInThisJourney` where the account is the record's own.
    pub async fn leave(&self, session: &SessionView, id: MembershipId) -> Result<(), Error> {
        if !session.portal.journey.may_leave() {
            return Err(account::Refusal::NotInThisJourney.into());
        }
        for _ in 0..ATTEMPTS {
            let membership = self.load::<Membership>(Ref::Membership(id)).await?.ok_or(Error::NotFound)?;
            if !belongs(&membership.value) || membership.value.account() != session.account() {
                return Err(Error::NotFound);
            }
            let account = self.account(session.account()).await?;
            session.lives_beside(&account.value)?;
            let number = membership.value.record();
            let roster = self.roster_of(&session.portal, number).await?;
            let elsewhere = self.decides_elsewhere(&session.portal, session.account(), number).await?;
            let mut step = self.step(&session.portal, Actor::Account(session.account()), self.now().await?);
            step.decide(Some(&membership), membership::Command::End).map_err(|refusal| refused(refusal, &membership.value))?;
            let lost = weight(&membership.value, None);
            let touched = Touched { membership, account, roster, elsewhere, company: String::new() };
            self.weigh(&session.portal, &mut step, &touched, lost).await?;
            if let Taken::Yes = self.take(step).await? {
                return Ok(());
            }
        }
        Err(Error::Contended)
    }

    /// A member of a record at which this session decides.
    async fn touched(&self, session: &SessionView, id: MembershipId) -> Result<Touched, Error> {
        let membership = self.load::<Membership>(Ref::Membership(id)).await?.ok_or(Error::NotFound)?;
        if !belongs(&membership.value) || membership.value.portal() != &session.portal.slug {
            return Err(Error::NotFound);
        }
        let fact = session.decides_at(membership.value.record())?;
        let account = self.account(membership.value.account()).await?;
        let roster = self.roster_of(&session.portal, membership.value.record()).await?;
        let elsewhere = self.decides_elsewhere(&session.portal, account.value.id(), membership.value.record()).await?;
        Ok(Touched { account, roster, elsewhere, company: fact.name.clone(), membership })
    }

    /// Whether an account decides at a record other than this one.
    async fn decides_elsewhere(&self, portal: &Arc<Portal>, account: AccountId, number: &RecordNumber) -> Result<bool, Error> {
        let all = self.ports.sessions.memberships(account).await?;
        let decides = |fact: &MembershipFact| {
            let membership = &fact.membership.value;
            membership.is_active() && membership.role() == Role::SuperAdmin && fact.record == RecordStatus::Open
        };
        let elsewhere = |fact: &MembershipFact| {
            decides(fact) && fact.membership.value.record() != number && fact.membership.value.portal() == &portal.slug
        };
        Ok(all.iter().any(elsewhere))
    }

    /// A step of this session, which stands on the super admin's own role: two who remove each other meet at the roster.
    async fn step_of(&self, session: &SessionView, touched: &Touched) -> Result<Step, Error> {
        let now = self.now().await?;
        let mut step = self.step(&session.portal, Actor::Account(session.account()), now);
        let own = self.account(session.account()).await?;
        session.lives_beside(&own.value)?;
        step.commit.expects.push((Ref::Account(session.account()), own.version));
        let entitled = touched.roster.as_ref().is_some_and(|roster| roster.value.admins().contains(&session.account()));
        if !entitled {
            return Err(Error::NotFound);
        }
        step.commit.expects.extend(touched.roster.iter().map(|roster| (Ref::Roster(roster.value.id()), roster.version)));
        Ok(step)
    }

    /// What a change means to the roster and to the account: gaining or losing the role ends what was opened before, and losing it what
    /// was sent out by it.
    async fn weigh(&self, portal: &Portal, step: &mut Step, touched: &Touched, weight: Weight) -> Result<(), Error> {
        let account = touched.account.value.id();
        let command = match weight {
            Weight::Same => return Ok(()),
            Weight::Gains => {
                self.enrol(step, account, touched.membership.value.record(), touched.roster.as_ref())?;
                if touched.account.value.is_privileged() { account::Command::EndSessions } else { account::Command::GainPrivilege }
            }
            Weight::Loses => {
                self.revoke_sent_by(portal, step, touched.membership.value.record(), account).await?;
                step.decide(touched.roster.as_ref(), roster::Command::RemoveAdmin { account }).map_err(|refusal| match refusal {
                    roster::Refusal::LastSuperAdmin => Error::LastSuperAdmin,
                    other @ (roster::Refusal::NotFound | roster::Refusal::Exists | roster::Refusal::NoNotice) => {
                        Error::Internal(other.to_string())
                    }
                })?;
                if touched.elsewhere || !touched.account.value.is_privileged() {
                    account::Command::EndSessions
                } else {
                    account::Command::LosePrivilege
                }
            }
        };
        match touched.account.value.standing() {
            account::Standing::Closed { .. } => return Ok(()),
            // Nobody is signed in; a role that is gained waits for the suspension's end.
            account::Standing::Suspended { .. } if weight == Weight::Gains => {
                return Err(account::Refusal::NotInThisState(touched.account.value.word()).into());
            }
            account::Standing::Suspended { .. } | account::Standing::Active => {}
        }
        step.decide(Some(&touched.account), command)?;
        Ok(())
    }
}

/// Whether a membership is one of the team's: active, or closed for a while.
pub(crate) fn belongs(membership: &Membership) -> bool {
    matches!(membership.standing(), Standing::Active | Standing::Suspended)
}

fn weight(before: &Membership, after: Option<&Membership>) -> Weight {
    let decides = |membership: &Membership| membership.is_active() && membership.role() == Role::SuperAdmin;
    match (decides(before), after.is_some_and(decides)) {
        (true, false) => Weight::Loses,
        (false, true) => Weight::Gains,
        (true, true) | (false, false) => Weight::Same,
    }
}

fn refused(refusal: membership::Refusal, state: &Membership) -> Error {
    match refusal {
        membership::Refusal::NotInThisState => onboarding_core::registration::Refusal::NotInThisState(state.word()).into(),
        membership::Refusal::NotFound => Error::NotFound,
        membership::Refusal::AlreadyMember | membership::Refusal::PinExpired => Error::Internal(refusal.to_string()),
    }
}

fn member_view(membership: &Membership, account: &Account, record: String) -> TeamMember {
    let person = account.person();
    TeamMember {
        id: membership.id(),
        record,
        email: account.email().as_str().to_owned(),
        first_name: person.first_name.as_ref().map(|name| name.as_str().to_owned()),
        last_name: person.last_name.as_ref().map(|name| name.as_str().to_owned()),
        role: membership.role(),
        suspended: membership.standing() == Standing::Suspended,
    }
}
