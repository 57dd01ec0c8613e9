//! What a store answers: by id, by what leads somewhere, by what is due; and what it forgets in time.

use super::{MemoryStore, Row, State, digest_key, length};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding::Aggregate;
use onboarding::ports::{AuditRow, Commit, CommitError, Lookup, Relation, Replay, Store, StoreError, Versioned};
use onboarding_core::policy::{self, Retention};
use onboarding_core::{PortalSlug, Presented, RecordNumber, Ref, account::Standing, consent::ConsentGiven, registration::Stage};

impl Row {
    fn versioned(&self) -> Versioned<Aggregate> {
        Versioned { value: self.aggregate.clone(), version: self.version }
    }

    fn is_related(&self, relation: &Relation) -> bool {
        let at = |portal: &PortalSlug, number: &RecordNumber| self.index.portal == *portal && self.index.record.as_ref() == Some(number);
        match (relation, &self.aggregate) {
            (Relation::MembershipsOf(account), Aggregate::Membership(_)) => self.index.account == Some(*account),
            (Relation::MembershipsAt(portal, number), Aggregate::Membership(_)) => at(portal, number),
            (Relation::OpenRegistrationsAt(portal, number), Aggregate::Registration(state)) => {
                at(portal, number) && matches!(state.stage(), Stage::AwaitingApproval(_) | Stage::AwaitingCompletion(_))
            }
            (Relation::MembershipsOf(_) | Relation::MembershipsAt(..) | Relation::OpenRegistrationsAt(..), _) => false,
        }
    }

    fn has_ended(&self) -> bool {
        match &self.aggregate {
            Aggregate::Registration(state) => state.is_ended(),
            Aggregate::Account(_) | Aggregate::Membership(_) | Aggregate::Roster(_) | Aggregate::Clerk(_) => false,
        }
    }
}

impl State {
    fn find(&self, by: &Lookup) -> Option<Ref> {
        match by {
            Lookup::Claim(claim) => self.claims.get(claim).copied(),
            Lookup::Token(Presented(digests)) => {
                digests.iter().find_map(|digest| self.tokens.get(&digest_key(digest)).map(|(owner, _)| *owner))
            }
            Lookup::Letter(id) => {
                self.rows.values().find(|row| row.index.letter.is_some_and(|(letter, _)| letter == *id)).map(|row| row.index.id)
            }
            Lookup::Roster(portal, number) => {
                let mut rosters = self.rows.values().filter(|row| matches!(row.index.id, Ref::Roster(_)));
                rosters.find(|row| row.index.portal == *portal && row.index.record.as_ref() == Some(number)).map(|row| row.index.id)
            }
        }
    }

    fn purge(&mut self, now: DateTime<Utc>, keep: &Retention, limit: usize) -> u64 {
        let mut gone = 0_u64;
        let mut ended: Vec<&Row> = self.rows.values().filter(|row| row.has_ended() && row.written_at + keep.registrations <= now).collect();
        ended.sort_by_key(|row| row.serial);
        let ended: Vec<Ref> = ended.into_iter().take(limit).map(|row| row.index.id).collect();
        for id in ended {
            self.rows.remove(&id);
            self.tokens.retain(|_, (owner, _)| *owner != id);
            gone += 1;
        }
        let old = |owner: &Ref, at: DateTime<Utc>| matches!(owner, Ref::Account(_) | Ref::Clerk(_)) && at + policy::RETAIN_TOKENS <= now;
        let tokens: Vec<_> = self.tokens.iter().filter(|(_, (owner, at))| old(owner, *at)).map(|(key, _)| *key).take(limit).collect();
        for key in tokens {
            self.tokens.remove(&key);
            gone += 1;
        }
        let commands: Vec<_> =
            self.commands.iter().filter(|(_, command)| command.at + policy::REPLAY_LIFE <= now).map(|(key, _)| *key).take(limit).collect();
        for key in commands {
            self.commands.remove(&key);
            gone += 1;
        }
        let mut left = limit;
        self.audit.retain(|_, rows| {
            rows.retain(|entry| {
                let drop = left > 0 && entry.row.at + keep.audit <= now;
                left -= usize::from(drop);
                gone += u64::from(drop);
                !drop
            });
            !rows.is_empty()
        });
        let notes: Vec<_> =
            self.notes.values().filter(|note| note.at + policy::RETAIN_IMPORTS <= now).map(|note| note.id.0).take(limit).collect();
        for id in notes {
            self.notes.remove(&id);
            gone += 1;
        }
        // Not counted: nothing is removed but the tie to a person.
        let rows = &self.rows;
        self.consents.retain(|owner, given| {
            let owned = match rows.get(owner).map(|row| &row.aggregate) {
                Some(Aggregate::Account(account)) => !matches!(account.standing(), Standing::Closed { .. }),
                Some(Aggregate::Registration(_)) => true,
                Some(Aggregate::Membership(_) | Aggregate::Roster(_) | Aggregate::Clerk(_)) | None => false,
            };
            given.retain(|given| owned || given.at + keep.consents > now);
            !given.is_empty()
        });
        gone
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        self.with(|_| self.clock.now())
    }

    async fn load(&self, what: Ref) -> Result<Option<Versioned<Aggregate>>, StoreError> {
        self.with(|state| state.rows.get(&what).map(Row::versioned))
    }

    async fn find(&self, by: &Lookup) -> Result<Option<Ref>, StoreError> {
        self.with(|state| state.find(by))
    }

    async fn related(&self, relation: &Relation) -> Result<Vec<Versioned<Aggregate>>, StoreError> {
        self.with(|state| {
            let mut rows: Vec<&Row> = state.rows.values().filter(|row| row.is_related(relation)).collect();
            rows.sort_by_key(|row| row.serial);
            rows.into_iter().map(Row::versioned).collect()
        })
    }

    async fn replay(&self, key: &Presented, now: DateTime<Utc>) -> Result<Option<Replay>, StoreError> {
        self.with(|state| {
            let known = key.0.iter().filter_map(|digest| state.commands.get(&digest_key(digest)));
            let mut alive = known.filter(|command| now < command.at + policy::REPLAY_LIFE);
            alive.next().map(|command| Replay { body: command.body, reply: command.reply.clone() })
        })
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let mut inner = self.inner();
        if inner.down {
            return Err(StoreError::Unavailable("it was taken down by the test".to_owned()).into());
        }
        if inner.conflicts > 0 {
            inner.conflicts -= 1;
            return Err(CommitError::Conflict);
        }
        inner.state.commit(commit)
    }

    async fn due(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<Ref>, StoreError> {
        self.with(|state| {
            let mut due: Vec<_> = state
                .rows
                .values()
                .filter_map(|row| row.index.due_at.filter(|due| *due <= now).map(|due| (due, row.serial, row.index.id)))
                .collect();
            due.sort_unstable();
            due.into_iter().take(length(limit)).map(|(_, _, id)| id).collect()
        })
    }

    async fn history(&self, of: Ref) -> Result<Vec<AuditRow>, StoreError> {
        self.with(|state| state.audit.get(&of).into_iter().flatten().map(|entry| entry.row.clone()).collect())
    }

    async fn consents(&self, of: Ref) -> Result<Vec<ConsentGiven>, StoreError> {
        self.with(|state| state.consents.get(&of).cloned().unwrap_or_default())
    }

    async fn purge(&self, now: DateTime<Utc>, keep: &Retention, limit: u32) -> Result<u64, StoreError> {
        self.with(|state| state.purge(now, keep, length(limit)))
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.with(|_| ())
    }
}
