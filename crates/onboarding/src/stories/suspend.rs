//! What a clerk does to an account or a registration without deciding on it: suspend, lift it, send the mail again.
//!
//! Approving stands with the approvals. A suspended account's role at its records is lost to their rosters for that long.

use crate::Onboarding;
use crate::engine::{ATTEMPTS, Caller, Taken, only};
use crate::error::Error;
use crate::ports::{Lookup, Relation, TokenPurpose, Versioned};
use crate::step::Step;
use crate::stories::backoffice::ClerkAccount;
use crate::stories::registration::too_soon;
use crate::stories::staff::StaffView;
use onboarding_core::{
    AccountId, Effect, MailTemplate, Page, Param, Ref, RegistrationId, Role,
    account::{Account, Command},
    membership::Membership,
    policy,
    registration::{self, Stage},
    roster::{self, Roster},
};

/// What is done to the account's place in rosters.
#[derive(Clone, Copy)]
enum Place {
    Lost,
    Back,
}

impl Onboarding {
    /// Suspends an account, or lifts it. Sessions end with the commit; the person is told. A super admin leaves the rosters, and
    /// comes back when it is lifted; a record left without one falls to the clerks.
    ///
    /// # Errors
    /// [`Error::NotFound`], of another portal too; a closed account refuses.
    pub async fn suspend_account(&self, staff: &StaffView, id: AccountId, suspended: bool) -> Result<ClerkAccount, Error> {
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = self.account_of(staff, id).await?;
            let mut step = self.step(&staff.portal, staff.actor(), now);
            let delivery = self.delivery(now);
            let command = if suspended { Command::Suspend { delivery } } else { Command::Unsuspend { delivery } };
            step.decide::<Account>(Some(&before), command)?;
            let changed = !step.commit.writes.is_empty();
            if changed {
                let place = if suspended { Place::Lost } else { Place::Back };
                self.move_in_rosters(staff, &mut step, id, place).await?;
            }
            if !changed || matches!(self.take(step).await?, Taken::Yes) {
                return self.staff_account(staff, id).await;
            }
        }
        Err(Error::Contended)
    }

    async fn move_in_rosters(&self, staff: &StaffView, step: &mut Step, account: AccountId, place: Place) -> Result<(), Error> {
        let internal = |refusal: roster::Refusal| Error::Internal(refusal.to_string());
        let memberships = only::<Membership>(self.ports.store.related(&Relation::MembershipsOf(account)).await?);
        for membership in memberships.iter().filter(|found| found.value.role() == Role::SuperAdmin && found.value.is_active()) {
            // Whoever changes the role meanwhile must not be overtaken.
            step.commit.expects.push((Ref::Membership(membership.value.id()), membership.version));
            let lookup = Lookup::Roster(staff.portal.slug.clone(), membership.value.record().clone());
            let Some(found) = self.ports.store.find(&lookup).await? else { continue };
            let Some(roster): Option<Versioned<Roster>> = self.load(found).await? else { continue };
            let command = match place {
                Place::Lost => roster::Command::LoseAdmin { account },
                Place::Back => roster::Command::AddAdmin { account },
            };
            let had = !roster.value.admins().is_empty();
            let (after, _) = step.decide(Some(&roster), command).map_err(internal)?;
            if had && after.is_some_and(|after| after.admins().is_empty()) {
                let told = Effect::TellClerks(MailTemplate::ClerkApproval, vec![Param::PageLink(Page::Staff)]);
                step.effect(Ref::Roster(roster.value.id()), told);
            }
        }
        Ok(())
    }

    /// Sends a registration's mail again: code and link before the proof, the completion link after it. Older ones are void.
    ///
    /// # Errors
    /// [`Error::NotFound`], of another portal too; [`Error::Throttled`] within a minute and beyond the address's daily share; a state
    /// that waits for no mail refuses.
    pub async fn resend_as_clerk(&self, staff: &StaffView, caller: &Caller, id: RegistrationId) -> Result<(), Error> {
        let portal = &staff.portal;
        let _turn = self.turn(portal, caller).await;
        let mut counted = false;
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = self.registration_of(staff, id).await?;
            // After the load: a repeat that was faster is either seen here, or makes the commit a conflict.
            if self.replayed::<()>(portal, caller, now).await?.is_some() {
                return Ok(());
            }
            let mut step = self.step(portal, staff.actor(), now);
            let token = if matches!(before.value.stage(), Stage::AwaitingCompletion(_)) {
                if self.inviter_gone(portal, &mut step, &before.value).await? {
                    return Err(registration::Refusal::NotInThisState("closed").into());
                }
                let fresh = self.link(&portal.slug, TokenPurpose::Completion, now);
                let token = fresh.link.digest;
                step.decide(Some(&before), registration::Command::ResendInvitation { fresh }).map_err(|refusal| too_soon(refusal, now))?;
                token
            } else {
                let owner = self.owner_of(portal, before.value.email()).await?;
                let fresh = self.proof(&portal.slug, id, now);
                let token = fresh.link.digest;
                let owner = owner.stated_in(&mut step);
                step.decide(Some(&before), registration::Command::Resend { owner, fresh }).map_err(|refusal| too_soon(refusal, now))?;
                token
            };
            if !counted {
                // Strangers have no part in this share: what they may start must not keep a clerk from helping.
                let key = self.throttle_key(&portal.slug, "mail-clerk", &[before.value.email().key().as_str()]);
                self.limit(key, policy::MAILS_PER_ADDRESS, now).await?;
                counted = true;
            }
            step.token(token, Ref::Registration(id));
            step.withdraw_mail_of(&before.value);
            self.remember(&mut step, portal, caller, &())?;
            if let Taken::Yes = self.take(step).await? {
                return Ok(());
            }
        }
        Err(Error::Contended)
    }
}
