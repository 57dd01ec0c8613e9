//! Sessions: alive within their times and their account's generation, with the memberships they stand on.

use super::{MemoryStore, Row, State, length};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding::Aggregate;
use onboarding::ports::{MembershipFact, SessionFacts, SessionRow, Sessions, StaffFacts, StaffSessionRow, StoreError, Versioned};
use onboarding_core::account::Account;
use onboarding_core::clerk::Clerk;
use onboarding_core::record::RecordStatus;
use onboarding_core::{AccountId, ClerkId, PortalSlug, Presented, Ref, SessionId};

impl State {
    fn account(&self, id: AccountId) -> Option<Versioned<Account>> {
        let row = self.rows.get(&Ref::Account(id))?;
        match &row.aggregate {
            Aggregate::Account(account) => Some(Versioned { value: (**account).clone(), version: row.version }),
            Aggregate::Registration(_) | Aggregate::Membership(_) | Aggregate::Roster(_) | Aggregate::Clerk(_) => None,
        }
    }

    fn clerk(&self, id: ClerkId) -> Option<Versioned<Clerk>> {
        let row = self.rows.get(&Ref::Clerk(id))?;
        match &row.aggregate {
            Aggregate::Clerk(clerk) => Some(Versioned { value: (**clerk).clone(), version: row.version }),
            Aggregate::Registration(_) | Aggregate::Account(_) | Aggregate::Membership(_) | Aggregate::Roster(_) => None,
        }
    }

    fn look_up_staff(&self, portal: &PortalSlug, token: &Presented, now: DateTime<Utc>) -> Option<StaffFacts> {
        let session = self.staff_sessions.values().find(|session| session.portal == *portal && token.matches(&session.digest))?;
        let clerk = self.clerk(session.clerk)?;
        let alive = now < session.expires_at() && clerk.value.generation() == session.generation;
        alive.then(|| StaffFacts { session: session.clone(), clerk })
    }

    fn is_dead_staff(&self, session: &StaffSessionRow, now: DateTime<Utc>) -> bool {
        let generation = self.clerk(session.clerk).map(|clerk| clerk.value.generation());
        session.expires_at() <= now || generation != Some(session.generation)
    }

    fn memberships(&self, account: AccountId) -> Vec<MembershipFact> {
        let mut rows: Vec<&Row> = self.rows.values().filter(|row| row.index.account == Some(account)).collect();
        rows.sort_by_key(|row| row.serial);
        let fact = |row: &Row| match &row.aggregate {
            Aggregate::Membership(membership) => {
                let place = (row.index.portal.clone(), membership.record().clone());
                let record = self.numbers.get(&place).and_then(|id| self.records.get(id)).map(|(_, record)| &record.value);
                Some(MembershipFact {
                    membership: Versioned { value: (**membership).clone(), version: row.version },
                    // A record that is not in the books opens no doors.
                    record: record.map_or(RecordStatus::Closed, |record| record.status),
                    written: record.map_or_else(|| place.1.as_str().to_owned(), |record| record.written.clone()),
                    name: record.map_or_else(String::new, |record| record.name.clone()),
                })
            }
            Aggregate::Registration(_) | Aggregate::Account(_) | Aggregate::Roster(_) | Aggregate::Clerk(_) => None,
        };
        rows.into_iter().filter_map(fact).collect()
    }

    fn look_up(&self, portal: &PortalSlug, token: &Presented, now: DateTime<Utc>) -> Option<SessionFacts> {
        let session = self.sessions.values().find(|session| session.portal == *portal && token.matches(&session.digest))?;
        let account = self.account(session.account)?;
        let alive = now < session.expires_at() && account.value.generation() == session.generation;
        alive.then(|| SessionFacts { session: session.clone(), account, memberships: self.memberships(session.account) })
    }

    fn is_dead(&self, session: &SessionRow, now: DateTime<Utc>) -> bool {
        let generation = self.account(session.account).map(|account| account.value.generation());
        session.expires_at() <= now || generation != Some(session.generation)
    }
}

#[async_trait]
impl Sessions for MemoryStore {
    async fn look_up(&self, portal: &PortalSlug, token: &Presented, now: DateTime<Utc>) -> Result<Option<SessionFacts>, StoreError> {
        self.with(|state| state.look_up(portal, token, now))
    }

    async fn touch(&self, id: SessionId, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.with(|state| {
            // A dead session stays dead: a late note of its use must not revive it.
            if let Some(session) = state.sessions.get_mut(&id).filter(|session| now < session.expires_at()) {
                session.last_seen = session.last_seen.max(now);
            }
        })
    }

    async fn list(&self, account: AccountId, generation: u64, now: DateTime<Utc>) -> Result<Vec<SessionRow>, StoreError> {
        self.with(|state| {
            let listed =
                |session: &&SessionRow| session.account == account && session.generation == generation && now < session.expires_at();
            let mut sessions: Vec<SessionRow> = state.sessions.values().filter(listed).cloned().collect();
            sessions.sort_by_key(|session| std::cmp::Reverse((session.opened_at, session.id)));
            sessions
        })
    }

    async fn memberships(&self, account: AccountId) -> Result<Vec<MembershipFact>, StoreError> {
        self.with(|state| state.memberships(account))
    }

    async fn look_up_staff(&self, portal: &PortalSlug, token: &Presented, now: DateTime<Utc>) -> Result<Option<StaffFacts>, StoreError> {
        self.with(|state| state.look_up_staff(portal, token, now))
    }

    async fn touch_staff(&self, id: SessionId, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.with(|state| {
            if let Some(session) = state.staff_sessions.get_mut(&id).filter(|session| now < session.expires_at()) {
                session.last_seen = session.last_seen.max(now);
            }
        })
    }

    async fn purge(&self, now: DateTime<Utc>, limit: u32) -> Result<u64, StoreError> {
        self.with(|state| {
            let dead: Vec<SessionId> = state
                .sessions
                .values()
                .filter(|session| state.is_dead(session, now))
                .map(|session| session.id)
                .take(length(limit))
                .collect();
            for id in &dead {
                state.sessions.remove(id);
            }
            let staff: Vec<SessionId> = state
                .staff_sessions
                .values()
                .filter(|session| state.is_dead_staff(session, now))
                .map(|session| session.id)
                .take(length(limit) - dead.len())
                .collect();
            for id in &staff {
                state.staff_sessions.remove(id);
            }
            (dead.len() + staff.len()) as u64
        })
    }
}
