//! Changing the password of an account that is signed in.

use crate::engine::{ATTEMPTS, Caller, Taken};
use crate::error::Error;
use crate::forms::FieldError;
use crate::ports::Actor;
use crate::stories::session::{Needs, SessionView, SignedIn};
use crate::{Onboarding, forms};
use onboarding_core::{
    PersonName,
    account::{Account, Command},
    journey::AfterFirstPassword,
    registration::NewPassword,
};
use secrecy::SecretString;

/// The password was changed; every other session ended.
#[derive(Clone, Debug)]
pub enum PasswordChanged {
    /// The caller's session goes on under a new token.
    Renewed(SignedIn),
    /// The caller's session ended too: one signs in with the new password.
    SignInAgain,
}

/// The words a password must not be made of.
pub(crate) fn context(account: &Account) -> Vec<String> {
    let person = account.person();
    let names = [&person.first_name, &person.last_name].into_iter().flatten().map(PersonName::as_str);
    names.chain([account.email().as_str()]).chain(account.record().map(onboarding_core::RecordNumber::as_str)).map(str::to_owned).collect()
}

/// The new password, or what is wrong with it, whatever the current one is.
fn judged(session: &SessionView, new: &SecretString) -> Result<SecretString, Vec<FieldError>> {
    let account = &session.facts.account.value;
    let words = context(account);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    forms::new_password("new", new, &session.portal, account.privilege(), &words)
}

impl Onboarding {
    /// What is wrong with a new password, before the current one is compared.
    pub fn new_password_faults(session: &SessionView, new: &SecretString) -> Vec<FieldError> {
        judged(session, new).err().unwrap_or_default()
    }

    /// Changes the password. The current one is asked for, and its failures are counted like those at sign-in.
    ///
    /// # Errors
    /// Fields to mend; a wrong current password as a refusal of the account; [`Error::Throttled`].
    pub async fn change_password(
        &self,
        caller: &Caller,
        session: &SessionView,
        current: &SecretString,
        new: &SecretString,
    ) -> Result<PasswordChanged, Error> {
        if !session.access.must_change_password {
            // Documents come before anything that can wait.
            session.may(Needs::Everything)?;
        }
        let portal = &session.portal;
        let account = &session.facts.account.value;
        let password = judged(session, new).map_err(Error::Input)?;
        let bucket = self.own_bucket(account);
        let counted = self.count_sign_in(portal, caller, &bucket, session.now).await?;
        let (verified, _) = self.compare(Some(account), current).await?;
        if !verified {
            return Err(onboarding_core::account::Refusal::WrongPassword.into());
        }
        // Whoever knows the password guessed nothing, whatever comes of the new one.
        self.count_as_success(counted).await?;
        let same = self.compare(Some(account), new).await?.0;
        if same {
            return Err(onboarding_core::account::Refusal::SamePassword.into());
        }
        let met = forms::minimum_met(portal, &password);
        let new = NewPassword { hash: self.ports.hasher.hash(password).await?, met };
        let was_initial = account.credential().is_initial();
        let again = was_initial && portal.journey.after_first_password == AfterFirstPassword::SignInAgain;
        for _ in 0..ATTEMPTS {
            let now = self.now().await?;
            let before = self.account(account.id()).await?;
            session.lives_beside(&before.value)?;
            if before.value.credential().hash() != account.credential().hash() {
                return Err(onboarding_core::account::Refusal::WrongPassword.into());
            }
            let mut step = self.step(portal, Actor::Account(account.id()), now);
            let command = Command::ChangePassword { verified, new: new.clone(), same, delivery: self.delivery(now) };
            let (after, _) = step.decide(Some(&before), command)?;
            let after = after.unwrap_or_else(|| before.value.clone());
            let changed = if again {
                PasswordChanged::SignInAgain
            } else {
                let access = after.access(&portal.journey, &portal.shown(after.language()));
                PasswordChanged::Renewed(self.open_session(portal, &mut step, &after, session.facts.session.kind, &access).await?)
            };
            if let Taken::Yes = self.take(step).await? {
                return Ok(changed);
            }
        }
        Err(Error::Contended)
    }

    /// The sign-in's own bucket of an account: the same limit at every door that asks for a password.
    pub(crate) fn own_bucket(&self, account: &Account) -> String {
        let portal = self.portals.get(account.portal());
        let claims = portal.map(|portal| onboarding_core::Claim::of_account(&portal.journey, &account.email().key(), account.record()));
        claims.and_then(|claims| claims.first().map(|claim| claim.value().to_owned())).unwrap_or_else(|| account.id().to_string())
    }

    /// Compares the password that a door asks a signed-in person for, counted like a sign-in.
    pub(crate) async fn confirm_identity(&self, caller: &Caller, session: &SessionView, typed: &SecretString) -> Result<bool, Error> {
        let account = &session.facts.account.value;
        let counted = self.count_sign_in(&session.portal, caller, &self.own_bucket(account), session.now).await?;
        let (verified, _) = self.compare(Some(account), typed).await?;
        if verified {
            self.count_as_success(counted).await?;
        }
        Ok(verified)
    }
}
