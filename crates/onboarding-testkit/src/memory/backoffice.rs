//! Lists for clerks: newest first, within a portal, after a place.

use super::{MemoryStore, Row, State, length};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding::Aggregate;
use onboarding::ports::{
    AuditFilter, AuditListed, Backoffice, Counted, DeliveryKind, DeliveryListed, DeliveryStatus, Listed, Needle, Place, RegistrationFilter,
    StoreError, Tally,
};
use onboarding_core::{
    PortalSlug, Ref, Uuid,
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

    async fn deliveries(
        &self,
        portal: &PortalSlug,
        status: Option<DeliveryStatus>,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<DeliveryListed>, StoreError> {
        self.with(|state| {
            let mut rows: Vec<DeliveryListed> = state
                .outbox
                .values()
                .filter_map(|entry| entry.listed(portal))
                .filter(|row| status.is_none_or(|status| row.status == status))
                .map(|row| DeliveryListed { place: Place { at: row.created_at, id: row.id.0 }, row })
                .filter(|listed| after.is_none_or(|after| listed.place < after))
                .collect();
            rows.sort_by_key(|listed| std::cmp::Reverse(listed.place));
            rows.truncate(length(limit));
            rows
        })
    }

    async fn tally(&self, portal: &PortalSlug, marks: &[DateTime<Utc>]) -> Result<Tally, StoreError> {
        self.with(|state| {
            let mut tally = Tally { approvals: vec![0; marks.len()], ..Tally::default() };
            for row in state.rows.values().filter(|row| row.index.portal == *portal) {
                if matches!(row.index.id, Ref::Registration(_)) && Tally::WAITING.contains(&row.index.state) {
                    count(&mut tally.registrations, row.index.state, row.created_at);
                    let asks = row.index.state == "awaiting_approval";
                    for (before, mark) in tally.approvals.iter_mut().zip(marks) {
                        *before += u64::from(asks && row.created_at < *mark);
                    }
                }
                if let Some((_, letter)) = row.index.letter {
                    count(&mut tally.letters, letter, row.created_at);
                }
            }
            for row in state.outbox.values().filter_map(|entry| entry.listed(portal)) {
                if Tally::DELIVERIES.contains(&row.status) {
                    count_delivery(&mut tally.deliveries, row.kind, row.status.word(), row.created_at);
                }
            }
            tally.registrations.sort_by(|one, other| one.state.cmp(&other.state));
            tally.letters.sort_by(|one, other| one.state.cmp(&other.state));
            tally.deliveries.sort_by(|one, other| (one.0.word(), &one.1.state).cmp(&(other.0.word(), &other.1.state)));
            tally
        })
    }
}

fn count(counted: &mut Vec<Counted>, state: &str, at: DateTime<Utc>) {
    match counted.iter_mut().find(|counted| counted.state == state) {
        Some(counted) => {
            counted.count += 1;
            counted.oldest = counted.oldest.min(at);
        }
        None => counted.push(Counted { state: state.to_owned(), count: 1, oldest: at }),
    }
}

fn count_delivery(counted: &mut Vec<(DeliveryKind, Counted)>, kind: DeliveryKind, state: &str, at: DateTime<Utc>) {
    match counted.iter_mut().find(|(of, counted)| *of == kind && counted.state == state) {
        Some((_, counted)) => {
            counted.count += 1;
            counted.oldest = counted.oldest.min(at);
        }
        None => counted.push((kind, Counted { state: state.to_owned(), count: 1, oldest: at })),
    }
}
