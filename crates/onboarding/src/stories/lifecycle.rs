//! Closing an account: memberships end, claims are released, every session ends, in one step.

use crate::Onboarding;
use crate::engine::{ATTEMPTS, Caller, Taken, only};
use crate::error::Error;
use crate::ports::{Actor, Lookup, Relation};
use crate::stories::session::SessionView;
use onboarding_core::{
    Effect, MailTemplate, Page, Param, Ref,
    account::{Account, Command},
    membership::{self, Membership, Standing},
    roster::{self, Roster},
};
use secrecy::SecretString;

impl Onboarding {
    /// Closes the caller's account. It always works; a record without a super admin falls to the clerks, who are mailed.
    ///
    /// # Errors
    /// A wrong password as a refusal of the account; [`Error::Throttled`].
    pub async fn close_account(&self, caller: &Caller, session: &SessionView, password: &SecretString) -> Result<(), Error> {
        let portal = &session.portal;
        let _turn = self.turn(portal, caller).await;
        if let Some(()) = self.replayed(portal, caller, session.now).await? {
            return Ok(());
        }
        let verified = self.confirm_identity(caller, session, password).await?;
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = self.account(session.account()).await?;
            session.lives_beside(&before.value)?;
            let mut step = self.step(portal, Actor::Account(session.account()), now);
            step.decide::<Account>(Some(&before), Command::Close { verified, delivery: self.delivery(now) })?;
            let memberships = self.ports.store.related(&Relation::MembershipsOf(session.account())).await?;
            for membership in only::<Membership>(memberships) {
                if membership.value.standing() == Standing::Ended {
                    continue;
                }
                step.decide(Some(&membership), membership::Command::End).map_err(|refusal| Error::Internal(refusal.to_string()))?;
                let lookup = Lookup::Roster(portal.slug.clone(), membership.value.record().clone());
                let Some(found) = self.ports.store.find(&lookup).await? else { continue };
                let Some(roster) = self.load::<Roster>(found).await? else { continue };
                self.revoke_sent_by(portal, &mut step, membership.value.record(), session.account()).await?;
                let had = !roster.value.admins().is_empty();
                let (after, _) = step
                    .decide(Some(&roster), roster::Command::LoseAdmin { account: session.account() })
                    .map_err(|refusal| Error::Internal(refusal.to_string()))?;
                let fell = had && after.is_some_and(|after| after.admins().is_empty());
                if fell && !self.hand_to_clerks(portal, &mut step, membership.value.record()).await? {
                    // No request speaks for the record: the clerks hear of it by itself.
                    step.effect(
                        Ref::Roster(roster.value.id()),
                        Effect::TellClerks(MailTemplate::ClerkApproval, vec![Param::PageLink(Page::Staff)]),
                    );
                }
            }
            self.remember(&mut step, portal, caller, &())?;
            if let Taken::Yes = self.take(step).await? {
                return Ok(());
            }
            if let Some(()) = self.replayed(portal, caller, now).await? {
                return Ok(());
            }
        }
        Err(Error::Contended)
    }

    /// The answer to a repeat of the call that closed the account: its session ended with it, and can no longer say whose it was.
    ///
    /// # Errors
    /// [`Error::SignInRequired`], unless this very command was carried out before.
    pub async fn closed_before(&self, portal: &str, caller: &Caller) -> Result<(), Error> {
        let portal = self.portal(portal)?;
        self.replayed(&portal, caller, self.now().await?).await?.ok_or(Error::SignInRequired)
    }
}
