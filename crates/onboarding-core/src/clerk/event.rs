//! What can have happened to a clerk, and what that makes of it. No rules stand here.

use super::state::{Clerk, Credential};
use crate::audit::{AuditEntry, Audited};
use crate::{Expiring, PasswordHash};
use chrono::{DateTime, Utc};

/// What happened. The audit keeps no address.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are those of the states they make")]
pub enum Event {
    /// Named by an operator.
    Prepared { clerk: Box<Clerk> },
    /// Named again: the old password and every session died, an older token is void.
    Reset { setup: Expiring },
    /// The token was used: a password is there.
    SetUp { hash: PasswordHash, met: u32, at: DateTime<Utc> },
    /// The token was dropped, unused.
    SetupLapsed,
    /// Signed in.
    SignedIn { at: DateTime<Utc> },
    /// A wrong password was typed.
    SignInFailed,
    /// The stored hash was made anew with today's cost.
    Rehashed { hash: PasswordHash },
    /// Every session ended.
    SessionsEnded,
}

/// The state after an event. Total: an event that fits no state changes nothing.
pub fn evolve(state: Option<Clerk>, event: &Event) -> Option<Clerk> {
    if let Event::Prepared { clerk } = event {
        return Some((**clerk).clone());
    }
    let mut clerk = state?;
    match event {
        Event::Prepared { .. } | Event::SignInFailed => {}
        Event::Reset { setup } => {
            clerk.credential = None;
            clerk.generation += 1;
            clerk.setup = Some(*setup);
        }
        Event::SetUp { hash, met, at } => {
            clerk.credential = Some(Credential { hash: hash.clone(), met: *met });
            clerk.used_setup = clerk.setup.take().map(|setup| setup.digest).or(clerk.used_setup);
            clerk.last_sign_in = Some(*at);
        }
        Event::SetupLapsed => clerk.lapsed_setup = clerk.setup.take().map(|setup| setup.digest).or(clerk.lapsed_setup),
        Event::SignedIn { at } => clerk.last_sign_in = Some(*at),
        Event::Rehashed { hash } => {
            if let Some(credential) = &mut clerk.credential {
                credential.hash = hash.clone();
            }
        }
        Event::SessionsEnded => clerk.generation += 1,
    }
    Some(clerk)
}

impl Audited for Event {
    fn audit(&self) -> AuditEntry {
        AuditEntry::new(match self {
            Self::Prepared { .. } => "clerk.prepared",
            Self::Reset { .. } => "clerk.reset",
            Self::SetUp { .. } => "clerk.set_up",
            Self::SetupLapsed => "clerk.setup_lapsed",
            Self::SignedIn { .. } => "clerk.signed_in",
            Self::SignInFailed => "clerk.sign_in_failed",
            Self::Rehashed { .. } => "clerk.rehashed",
            Self::SessionsEnded => "clerk.sessions_ended",
        })
    }
}
