//! Lists for clerks: newest first, within a portal, after a place.

use super::{MemoryStore, Row, State, length};
use async_trait::async_trait;
use onboarding::Aggregate;
use onboarding::ports::{AuditFilter, AuditListed, Backoffice, Listed, Needle, Place, RegistrationFilter, StoreError};
use onboarding_core::{
    PortalSlug, Uuid,
    account::Account,
    membership::{LetterFate, Membership},
    registration::Registration,
};

impl State {
    /// Rows that a condition selects, as a page.
    fn listed<T>(&self, portal: &PortalSlug, after: Option<Place>, limit: u32, select: impl Fn(&Row) -> Option<T>) -> Vec<Listed<T>> {
        let place = |row: &Row| Place { at: row.created_at, id: row.index.id.uuid() };
        let mut rows: Vec<Listed<T>> = self
            .rows
            .values()
            .filter(|row| row.index.portal == *portal && after.is_none_or(|after| place(row) < after))
            .filter_map(|row| Some(Listed { place: place(row), version: row.version, value: select(row)? }))
            .collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.place));
        rows.truncate(length(limit));
        rows
    }
}

fn is_found(row: &Row, q: Option<&Needle>) -> bool {
    q.is_none_or(|q| row.index.search.as_deref().is_some_and(|search| q.is_in(search)))
}

#[async_trait]
impl Backoffice for MemoryStore {
    async fn registrations(
        &self,
        portal: &PortalSlug,
        filter: &RegistrationFilter,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Listed<Registration>>, StoreError> {
        let wanted = |row: &Row| match &row.aggregate {
            Aggregate::Registration(state)
                if is_found(row, filter.q.as_ref())
                    && filter.state.is_none_or(|state| row.index.state == state)
                    && filter.from.is_none_or(|from| row.created_at >= from)
                    && filter.to.is_none_or(|to| row.created_at < to) =>
            {
                Some((**state).clone())
            }
            Aggregate::Registration(_) | Aggregate::Account(_) | Aggregate::Membership(_) | Aggregate::Roster(_) | Aggregate::Clerk(_) => {
                None
            }
        };
        self.with(|state| state.listed(portal, after, limit, wanted))
    }

    async fn accounts(
        &self,
        portal: &PortalSlug,
        q: Option<Needle>,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Listed<Account>>, StoreError> {
        let wanted = |row: &Row| match &row.aggregate {
            Aggregate::Account(state) if is_found(row, q.as_ref()) => Some((**state).clone()),
            Aggregate::Registration(_) | Aggregate::Account(_) | Aggregate::Membership(_) | Aggregate::Roster(_) | Aggregate::Clerk(_) => {
                None
            }
        };
        self.with(|state| state.listed(portal, after, limit, wanted))
    }

    async fn letters(
        &self,
        portal: &PortalSlug,
        wanted: Option<LetterFate>,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Listed<Membership>>, StoreError> {
        let fits = |row: &Row| match &row.aggregate {
            Aggregate::Membership(state)
                if row.index.letter.is_some_and(|(_, state)| wanted.is_none_or(|wanted| wanted.word() == state)) =>
            {
                Some((**state).clone())
            }
            Aggregate::Registration(_) | Aggregate::Account(_) | Aggregate::Membership(_) | Aggregate::Roster(_) | Aggregate::Clerk(_) => {
                None
            }
        };
        self.with(|state| state.listed(portal, after, limit, fits))
    }

    async fn audit(
        &self,
        portal: &PortalSlug,
        filter: &AuditFilter,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<AuditListed>, StoreError> {
        self.with(|state| {
            let mut rows: Vec<AuditListed> = state
                .audit
                .values()
                .flatten()
                .filter(|entry| entry.portal == *portal)
                .map(|entry| AuditListed {
                    place: Place { at: entry.row.at, id: Uuid::from_u128(u128::from(entry.serial)) },
                    row: entry.row.clone(),
                })
                .filter(|entry| after.is_none_or(|after| entry.place < after))
                .filter(|AuditListed { row, .. }| {
                    filter.subject.is_none_or(|subject| row.subject == subject)
                        && filter.actor.as_ref().is_none_or(|actor| row.actor == *actor)
                        && filter.kind.as_ref().is_none_or(|kind| row.kind.starts_with(kind.as_str()))
                        && filter.from.is_none_or(|from| row.at >= from)
                        && filter.to.is_none_or(|to| row.at < to)
                })
                .collect();
            rows.sort_by_key(|entry| std::cmp::Reverse(entry.place));
            rows.truncate(length(limit));
            rows
        })
    }
}
