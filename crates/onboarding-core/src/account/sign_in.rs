//! Signing in: what a right password is worth, and the duties that come with the session.

use super::Reply;
use super::event::Event;
use super::state::{Account, Credential};
use crate::consent::DocumentVersion;
use crate::password::Privilege;
use crate::{Decision, Journey, PasswordHash};
use chrono::{DateTime, Utc};

/// What a session of this account may do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Nothing but changing the password.
    pub must_change_password: bool,
    /// Documents to agree to before anything else.
    pub must_accept: Vec<String>,
}

impl Account {
    /// The duties of this account's sessions. The password comes before documents.
    pub fn access(&self, journey: &Journey, documents: &[DocumentVersion]) -> Access {
        let must_change_password = match &self.credential {
            Credential::Initial { .. } => true,
            Credential::Own { met, .. } => self.privileged && *met < journey.password_policy.min_for(Privilege::Privileged),
            Credential::Generated { .. } => self.privileged,
        };
        Access { must_change_password, must_accept: self.consents.missing(journey.consents.iter(), documents) }
    }

    /// The privilege whose minimum a new password must meet.
    pub fn privilege(&self) -> Privilege {
        if self.privileged { Privilege::Privileged } else { Privilege::Common }
    }
}

pub(super) fn sign_in(
    account: &Account,
    verified: bool,
    rehashed: Option<PasswordHash>,
    documents: &[DocumentVersion],
    journey: &Journey,
    now: DateTime<Utc>,
) -> Decision<Event, Reply> {
    if !verified {
        return Decision::events(vec![Event::SignInFailed], Reply::Failed);
    }
    let dead = match &account.credential {
        Credential::Own { .. } | Credential::Generated { used: true, .. } => false,
        Credential::Generated { expires_at, used: false, .. } | Credential::Initial { expires_at, .. } => {
            expires_at.is_some_and(|end| end <= now)
        }
    };
    if dead {
        return Decision::answer(Reply::InitialPasswordExpired);
    }
    let mut events = vec![Event::SignedIn { at: now }];
    events.extend(rehashed.map(|hash| Event::Rehashed { hash }));
    Decision::events(events, Reply::SignedIn(account.access(journey, documents)))
}
