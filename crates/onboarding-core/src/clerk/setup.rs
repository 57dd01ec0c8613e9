//! The one-use token: what it still opens, and what becomes of it.

use super::event::Event;
use super::state::Clerk;
use super::{Refusal, Reply};
use crate::registration::NewPassword;
use crate::{Decision, Presented};
use chrono::{DateTime, Utc};

impl Clerk {
    /// Whether this token can be used now; asked before a password is hashed for nothing.
    ///
    /// # Errors
    /// Why not. A newer token helps.
    pub fn setup_lives(&self, token: &Presented, now: DateTime<Utc>) -> Result<(), Refusal> {
        match self.setup {
            Some(setup) if token.matches(&setup.digest) && setup.expires_at > now => Ok(()),
            Some(setup) if token.matches(&setup.digest) => Err(Refusal::TokenExpired),
            Some(_) | None if self.used_setup.is_some_and(|used| token.matches(&used)) => Err(Refusal::TokenUsed),
            Some(_) | None if self.lapsed_setup.is_some_and(|lapsed| token.matches(&lapsed)) => Err(Refusal::TokenExpired),
            Some(_) | None => Err(Refusal::TokenSuperseded),
        }
    }
}

pub(super) fn set_up(clerk: &Clerk, token: &Presented, new: NewPassword, now: DateTime<Utc>) -> Result<Decision<Event, Reply>, Refusal> {
    clerk.setup_lives(token, now)?;
    Ok(Decision::events(vec![Event::SetUp { hash: new.hash, met: new.met, at: now }], Reply::SignedIn))
}

pub(super) fn tick(clerk: &Clerk, now: DateTime<Utc>) -> Decision<Event, Reply> {
    match clerk.setup {
        Some(setup) if setup.expires_at <= now => Decision::events(vec![Event::SetupLapsed], Reply::Done),
        Some(_) | None => Decision::answer(Reply::Repeated),
    }
}
