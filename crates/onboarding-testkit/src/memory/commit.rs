//! One step, as a whole or not at all: everything is checked before anything is changed.

use super::{AuditEntry, Command, Row, State, digest_key, outbox};
use onboarding::ports::{AuditRow, Commit, CommitError, SessionChange, Version, Write};
use onboarding_core::{ClaimChange, DeliveryId, Ref, policy};
use std::collections::{HashMap, HashSet};

impl State {
    pub(super) fn commit(&mut self, commit: Commit) -> Result<(), CommitError> {
        self.check_command(&commit)?;
        self.check_versions(&commit)?;
        self.check_rosters(&commit)?;
        self.check_claims(&commit)?;
        let mut outbox = HashMap::new();
        for change in commit.outbox.iter().cloned() {
            outbox::change(self, &mut outbox, change, commit.at)?;
        }
        self.apply(commit, outbox);
        Ok(())
    }

    /// First of all: whoever repeats a command wants its reply, and not a quarrel about versions.
    fn check_command(&self, commit: &Commit) -> Result<(), CommitError> {
        let Some(command) = &commit.command else { return Ok(()) };
        let known = self.commands.get(&digest_key(&command.key));
        if known.is_some_and(|known| commit.at < known.at + policy::REPLAY_LIFE) { Err(CommitError::Duplicate) } else { Ok(()) }
    }

    fn check_versions(&self, commit: &Commit) -> Result<(), CommitError> {
        let written = commit.writes.iter().map(|write| (write.aggregate.reference(), write.expected));
        let stands = |(what, expected): (Ref, Version)| self.version_of(what) == expected;
        let free = commit.expects_free.iter().all(|claim| !self.claims.contains_key(claim));
        if free && written.chain(commit.expects.iter().copied()).all(stands) { Ok(()) } else { Err(CommitError::Conflict) }
    }

    /// A record has one roster: who makes a second one has not seen the first.
    fn check_rosters(&self, commit: &Commit) -> Result<(), CommitError> {
        for write in &commit.writes {
            let index = write.aggregate.index();
            let twin = |row: &&Row| row.index.portal == index.portal && row.index.record == index.record && row.index.id != index.id;
            if matches!(index.id, Ref::Roster(_))
                && self.rows.values().filter(|row| matches!(row.index.id, Ref::Roster(_))).any(|row| twin(&row))
            {
                return Err(CommitError::Conflict);
            }
        }
        Ok(())
    }

    fn check_claims(&self, commit: &Commit) -> Result<(), CommitError> {
        let mut released = HashSet::new();
        for change in &commit.claims {
            if let ClaimChange::Release(claim) = change {
                released.insert(claim);
            }
        }
        let mut taken = HashSet::new();
        for change in &commit.claims {
            if let ClaimChange::Take(claim, _) = change {
                let held = self.claims.contains_key(claim) && !released.contains(claim);
                if held || !taken.insert(claim) {
                    return Err(CommitError::Claimed(claim.clone()));
                }
            }
        }
        Ok(())
    }

    fn apply(&mut self, commit: Commit, outbox: HashMap<DeliveryId, outbox::Entry>) {
        let at = commit.at;
        for Write { aggregate, expected } in commit.writes {
            let index = aggregate.index();
            let before = self.rows.get(&index.id).map(|row| (row.serial, row.created_at));
            let (serial, created_at) = before.unwrap_or_else(|| (self.next_serial(), at));
            self.rows.insert(index.id, Row { aggregate, index, version: Version(expected.0 + 1), serial, created_at, written_at: at });
        }
        let actor = commit.actor.word();
        for (subject, entry) in commit.events {
            let details: serde_json::Map<String, serde_json::Value> =
                entry.details.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
            let details = serde_json::Value::Object(details).to_string();
            let row = AuditRow { at, actor: actor.clone(), subject, kind: entry.kind.to_owned(), details };
            let (portal, serial) = (commit.portal.clone(), self.next_serial());
            self.audit.entry(subject).or_default().push(AuditEntry { portal, serial, row });
        }
        let (takes, releases): (Vec<_>, Vec<_>) = commit.claims.into_iter().partition(|change| matches!(change, ClaimChange::Take(..)));
        for change in releases.into_iter().chain(takes) {
            match change {
                ClaimChange::Release(claim) => self.claims.remove(&claim),
                ClaimChange::Take(claim, holder) => self.claims.insert(claim, holder),
            };
        }
        for token in commit.tokens {
            self.tokens.insert(digest_key(&token.digest), (token.owner, commit.at));
        }
        self.outbox.extend(outbox);
        for change in commit.sessions {
            match change {
                SessionChange::Open(session) => {
                    self.sessions.insert(session.id, session);
                }
                SessionChange::Close(account, id) => self.sessions.retain(|_, session| session.id != id || session.account != account),
                SessionChange::OpenStaff(session) => {
                    self.staff_sessions.insert(session.id, session);
                }
                SessionChange::CloseStaff(clerk, id) => self.staff_sessions.retain(|_, session| session.id != id || session.clerk != clerk),
            }
        }
        for (subject, given) in commit.consents {
            self.consents.entry(subject).or_default().push(given);
        }
        if let Some(command) = commit.command {
            self.commands.insert(digest_key(&command.key), Command { body: command.body, reply: command.reply, at });
        }
    }
}
