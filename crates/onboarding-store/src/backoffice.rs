//! The port `Backoffice`: lists that walk an index of their portal from a place on, and stop after a page.
//!
//! A search reads what it walks through until its page is full; nothing else does. The statement names only what is asked
//! for, so that the database chooses its index by that.

pub(crate) mod tally;

use crate::SqlStore;
use crate::aggregates::{Table, statement};
use crate::column::{micros, moment, reference};
use crate::error::{Doing, corrupt};
use crate::sql::Sql;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding::Aggregate;
use onboarding::ports::{
    AuditFilter, AuditListed, AuditRow, Backoffice, DeliveryListed, DeliveryStatus, Listed, Needle, Place, RegistrationFilter, StoreError,
    Tally,
};
use onboarding_core::{
    PortalSlug,
    account::Account,
    membership::{LetterFate, Membership},
    registration::Registration,
};
use sea_orm::Value;
use std::fmt::Write as _;

/// A statement that grows by what is asked for.
pub(crate) struct Select {
    sql: String,
    values: Vec<Value>,
}

impl Select {
    fn within(columns: &str, table: &str, portal: &PortalSlug) -> Self {
        Self { sql: format!("SELECT {columns} FROM {table} WHERE portal = $1"), values: vec![portal.as_str().into()] }
    }

    /// The same, by another condition's index: as an expression the portal has none.
    fn within_by(columns: &str, table: &str, portal: &PortalSlug) -> Self {
        Self { sql: format!("SELECT {columns} FROM {table} WHERE portal || '' = $1"), values: vec![portal.as_str().into()] }
    }

    /// Each `?` stands for the next value.
    fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push_str(" AND ");
        let mut pieces = condition.split('?');
        self.sql.push_str(pieces.next().unwrap_or_default());
        for (piece, value) in pieces.zip(values) {
            self.values.push(value);
            write!(self.sql, "${}{piece}", self.values.len()).expect("writing to a string cannot fail");
        }
    }

    fn found_by(&mut self, q: Option<&Needle>) {
        let Some(q) = q else { return };
        let texts: Vec<Value> = q.texts().map(|text| Value::from(format!("%{}%", literal(text)))).collect();
        let any = vec!["search LIKE ? ESCAPE '\\'"; texts.len()].join(" OR ");
        self.and(&format!("({any})"), texts);
    }

    /// Newest first, after a place, so many.
    fn page(&mut self, at: &str, after: Option<Place>, limit: u32) {
        if let Some(Place { at: moment, id }) = after {
            self.and(&format!("({at}, id) < (?, ?)"), [micros(moment).into(), id.into()]);
        }
        self.values.push(i64::from(limit).into());
        write!(self.sql, " ORDER BY {at} DESC, id DESC LIMIT ${}", self.values.len()).expect("writing to a string cannot fail");
    }

    #[cfg(test)]
    pub(crate) fn sql(self) -> String {
        self.sql
    }
}

/// The text as a pattern that fits nothing else.
fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

const AGGREGATE: &str = "id, version, data, created_at";

pub(crate) fn registrations(portal: &PortalSlug, filter: &RegistrationFilter, after: Option<Place>, limit: u32) -> Select {
    let mut select = Select::within(AGGREGATE, Table::Registrations.name(), portal);
    if let Some(state) = filter.state {
        // A word of ours and no value, so that the index of those that wait fits.
        select.and(&format!("state = '{state}'"), []);
    }
    if let Some(from) = filter.from {
        select.and("created_at >= ?", [micros(from).into()]);
    }
    if let Some(to) = filter.to {
        select.and("created_at < ?", [micros(to).into()]);
    }
    select.found_by(filter.q.as_ref());
    select.page("created_at", after, limit);
    select
}

pub(crate) fn accounts(portal: &PortalSlug, q: Option<&Needle>, after: Option<Place>, limit: u32) -> Select {
    let mut select = Select::within(AGGREGATE, Table::Accounts.name(), portal);
    select.found_by(q);
    select.page("created_at", after, limit);
    select
}

pub(crate) fn letters(portal: &PortalSlug, state: Option<&'static str>, after: Option<Place>, limit: u32) -> Select {
    let mut select = Select::within(AGGREGATE, Table::Memberships.name(), portal);
    match state {
        None => select.and("letter_state IS NOT NULL", []),
        Some(state) => select.and("letter_state = ?", [state.into()]),
    }
    select.page("created_at", after, limit);
    select
}

pub(crate) fn audit(portal: &PortalSlug, filter: &AuditFilter, after: Option<Place>, limit: u32) -> Select {
    let columns = "id, at, actor, subject_kind, subject_id, kind, details";
    let within = if filter.subject.is_some() { Select::within_by } else { Select::within };
    let mut select = within(columns, "audit", portal);
    if let Some(subject) = filter.subject {
        select.and("subject_id = ? AND subject_kind = ?", [subject.uuid().into(), subject.kind().into()]);
    }
    if let Some(actor) = &filter.actor {
        select.and("actor = ?", [actor.as_str().into()]);
    }
    if let Some(kind) = &filter.kind {
        select.and("kind LIKE ? ESCAPE '\\'", [format!("{}%", literal(kind)).into()]);
    }
    if let Some(from) = filter.from {
        select.and("at >= ?", [micros(from).into()]);
    }
    if let Some(to) = filter.to {
        select.and("at < ?", [micros(to).into()]);
    }
    select.page("at", after, limit);
    select
}

impl SqlStore {
    async fn listed<T>(&self, table: Table, select: Select) -> Result<Vec<Listed<T>>, StoreError>
    where
        T: TryFrom<Aggregate>,
    {
        let db = self.readers();
        let rows = db.rows(statement(db, &select.sql, select.values)).await.doing("read a list")?;
        rows.iter()
            .map(|row| {
                let found = table.read(row)?;
                let place = Place { at: moment(row.get("created_at").doing("read a list")?)?, id: row.get("id").doing("read a list")? };
                let value = T::try_from(found.value).map_err(|_| corrupt("a row of another kind"))?;
                Ok(Listed { place, version: found.version, value })
            })
            .collect()
    }
}

#[async_trait]
impl Backoffice for SqlStore {
    async fn registrations(
        &self,
        portal: &PortalSlug,
        filter: &RegistrationFilter,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Listed<Registration>>, StoreError> {
        self.listed(Table::Registrations, registrations(portal, filter, after, limit)).await
    }

    async fn accounts(
        &self,
        portal: &PortalSlug,
        q: Option<Needle>,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Listed<Account>>, StoreError> {
        self.listed(Table::Accounts, accounts(portal, q.as_ref(), after, limit)).await
    }

    async fn letters(
        &self,
        portal: &PortalSlug,
        state: Option<LetterFate>,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Listed<Membership>>, StoreError> {
        self.listed(Table::Memberships, letters(portal, state.map(LetterFate::word), after, limit)).await
    }

    async fn audit(
        &self,
        portal: &PortalSlug,
        filter: &AuditFilter,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<AuditListed>, StoreError> {
        const DOING: &str = "read the audit trail";
        let select = audit(portal, filter, after, limit);
        let db = self.readers();
        let rows = db.rows(statement(db, &select.sql, select.values)).await.doing(DOING)?;
        rows.iter()
            .map(|row| {
                let at = moment(row.get("at").doing(DOING)?)?;
                let kind: String = row.get("subject_kind").doing(DOING)?;
                let subject = reference(&kind, row.get("subject_id").doing(DOING)?)?;
                let text = |column| row.get::<String>(column).doing(DOING);
                let row_of = AuditRow { at, actor: text("actor")?, subject, kind: text("kind")?, details: text("details")? };
                Ok(AuditListed { place: Place { at, id: row.get("id").doing(DOING)? }, row: row_of })
            })
            .collect()
    }

    async fn deliveries(
        &self,
        portal: &PortalSlug,
        status: Option<DeliveryStatus>,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<DeliveryListed>, StoreError> {
        tally::deliveries(self, portal, status, after, limit).await
    }

    async fn tally(&self, portal: &PortalSlug, marks: &[DateTime<Utc>]) -> Result<Tally, StoreError> {
        tally::tally(self, portal, marks).await
    }
}
