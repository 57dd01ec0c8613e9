//! A clerk of one portal: prepared by an operator, set up by a one-use token, signed in by a password of its own.
//!
//! Never an account: a clerk has no record, no consents and no mails of its own, and nothing that opens an account's door
//! opens a clerk's. Passwords reach the core as verdicts and hashes; what clerks may decide stands with what they decide on.

mod event;
mod setup;
mod state;

pub use event::{Event, evolve};
pub use state::{Clerk, Credential, deadline};

use crate::registration::NewPassword;
use crate::{Claim, ClaimChange, ClerkId, Decision, EmailAddress, Expiring, Journey, PasswordHash, Personal, Presented, Ref, policy};
use chrono::{DateTime, Utc};

/// Everything a clerk can be asked.
#[derive(Clone, Debug)]
pub enum Command {
    /// An operator names a clerk; for one that is there already everything begins anew.
    Prepare {
        /// Its id, if it is new.
        id: ClerkId,
        /// Its address, which signs in.
        email: EmailAddress,
        /// Digest of the fresh one-use token.
        setup: crate::Digest,
    },
    /// The one-use token is used.
    SetUp {
        /// The token.
        token: Presented,
        /// The password.
        new: NewPassword,
    },
    /// Somebody signs in; the password was compared.
    SignIn {
        /// Whether it was right.
        verified: bool,
        /// A hash with today's cost, where the stored one is outdated.
        rehashed: Option<PasswordHash>,
    },
    /// All sessions end.
    EndSessions,
    /// Time has passed.
    Tick,
}

/// What the caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It happened.
    Done,
    /// Nothing to do.
    Repeated,
    /// A session may open.
    SignedIn,
    /// The password was wrong, or there is none yet.
    Failed,
}

/// Nothing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such clerk.
    #[error("there is no such clerk")]
    NotFound,
    /// Never issued, or for something else.
    #[error("the token is unknown")]
    TokenUnknown,
    /// Dead by time.
    #[error("the token has expired")]
    TokenExpired,
    /// Replaced by a newer one.
    #[error("the token was replaced by a newer one")]
    TokenSuperseded,
    /// Used.
    #[error("the token was used")]
    TokenUsed,
}

/// One decision: what follows from this command in this state.
pub fn decide(state: Option<&Clerk>, command: Command, journey: &Journey, now: DateTime<Utc>) -> Result<Decision<Event, Reply>, Refusal> {
    let Some(clerk) = state else {
        return match command {
            Command::Prepare { id, email, setup } => Ok(prepare(id, email, setup, journey, now)),
            Command::SetUp { .. } | Command::SignIn { .. } | Command::EndSessions | Command::Tick => Err(Refusal::NotFound),
        };
    };
    match command {
        Command::Prepare { setup, .. } => Ok(Decision::events(vec![Event::Reset { setup: fresh(setup, now) }], Reply::Done)),
        Command::SetUp { token, new } => setup::set_up(clerk, &token, new, now),
        Command::SignIn { verified: true, rehashed } if clerk.credential().is_some() => {
            let mut events = vec![Event::SignedIn { at: now }];
            events.extend(rehashed.map(|hash| Event::Rehashed { hash }));
            Ok(Decision::events(events, Reply::SignedIn))
        }
        Command::SignIn { .. } => Ok(Decision::events(vec![Event::SignInFailed], Reply::Failed)),
        Command::EndSessions => Ok(Decision::events(vec![Event::SessionsEnded], Reply::Done)),
        Command::Tick => Ok(setup::tick(clerk, now)),
    }
}

fn prepare(id: ClerkId, email: EmailAddress, setup: crate::Digest, journey: &Journey, now: DateTime<Utc>) -> Decision<Event, Reply> {
    let claim = Claim::Staff(journey.portal.clone(), email.key());
    let clerk = Clerk {
        id,
        portal: journey.portal.clone(),
        email: Personal(email),
        credential: None,
        setup: Some(fresh(setup, now)),
        used_setup: None,
        lapsed_setup: None,
        generation: 1,
        created_at: now,
        last_sign_in: None,
    };
    Decision::events(vec![Event::Prepared { clerk: Box::new(clerk) }], Reply::Done).claim(ClaimChange::Take(claim, Ref::Clerk(id)))
}

fn fresh(digest: crate::Digest, now: DateTime<Utc>) -> Expiring {
    Expiring { digest, expires_at: now + policy::STAFF_SETUP_LIFE }
}
