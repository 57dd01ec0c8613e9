//! The outbox as clerks see it, and what waits at a portal, counted: by the indexes of what waits, never by walking what is done.

use super::Select;
use crate::SqlStore;
use crate::aggregates::statement;
use crate::column::{micros, moment, unsigned};
use crate::entity::outbox;
use crate::error::{Doing, corrupt};
use crate::outbox::listed;
use crate::sql::{Read, Row, Sql};
use chrono::{DateTime, Utc};
use onboarding::ports::{Counted, DeliveryKind, DeliveryListed, DeliveryStatus, Place, StoreError, Tally};
use onboarding_core::PortalSlug;
use sea_orm::Value;

const DOING: &str = "count what waits";

/// One state at a time: each has its stretch of the index in the list's order, all of them together have none.
pub(crate) fn page(portal: &PortalSlug, status: DeliveryStatus, after: Option<Place>, limit: u32) -> Select {
    let mut select = Select::within("*", "outbox", portal);
    select.and("status = ?", [status.word().into()]);
    select.page("created_at", after, limit);
    select
}

pub(super) async fn deliveries(
    store: &SqlStore,
    portal: &PortalSlug,
    status: Option<DeliveryStatus>,
    after: Option<Place>,
    limit: u32,
) -> Result<Vec<DeliveryListed>, StoreError> {
    let db = store.readers();
    let mut found = Vec::new();
    for status in DeliveryStatus::ALL.into_iter().filter(|one| status.is_none_or(|status| status == *one)) {
        let select = page(portal, status, after, limit);
        for row in db.rows(statement(db, &select.sql, select.values)).await.doing("list deliveries")? {
            let row = listed(outbox::Model::read(&row).doing("list deliveries")?)?;
            found.push(DeliveryListed { place: Place { at: row.created_at, id: row.id.0 }, row });
        }
    }
    found.sort_by_key(|listed| std::cmp::Reverse(listed.place));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// With `$1` the portal.
pub(crate) fn waiting() -> String {
    counted("registrations", "state", &Tally::WAITING)
}

/// With `$1` the portal.
pub(crate) const LETTERS: &str = "SELECT letter_state AS state, COUNT(*) AS many, MIN(created_at) AS oldest FROM memberships \
     WHERE portal = $1 AND letter_state IS NOT NULL GROUP BY letter_state ORDER BY letter_state";

/// With `$1` the portal.
pub(crate) fn outgoing() -> String {
    let words: Vec<String> = Tally::DELIVERIES.iter().map(|status| format!("'{}'", status.word())).collect();
    format!(
        "SELECT kind, status AS state, COUNT(*) AS many, MIN(created_at) AS oldest FROM outbox \
         WHERE portal = $1 AND status IN ({}) GROUP BY kind, status ORDER BY kind, status",
        words.join(", ")
    )
}

/// With `$1` the portal and `$2` the mark.
pub(crate) const ASKED: &str =
    "SELECT COUNT(*) AS many FROM registrations WHERE portal = $1 AND state = 'awaiting_approval' AND created_at < $2";

/// Words of ours and no values, so that a partial index fits.
fn counted(table: &str, column: &str, words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    format!(
        "SELECT {column} AS state, COUNT(*) AS many, MIN(created_at) AS oldest FROM {table} \
         WHERE portal = $1 AND {column} IN ({}) GROUP BY {column} ORDER BY {column}",
        words.join(", ")
    )
}

pub(super) async fn tally(store: &SqlStore, portal: &PortalSlug, marks: &[DateTime<Utc>]) -> Result<Tally, StoreError> {
    let asked = |sql: &str| rows(store, sql.to_owned(), vec![portal.as_str().into()]);
    let registrations = asked(&waiting()).await?.iter().map(count).collect::<Result<_, _>>()?;
    let letters = asked(LETTERS).await?.iter().map(count).collect::<Result<_, _>>()?;
    let mut deliveries = Vec::new();
    for row in asked(&outgoing()).await? {
        let kind: String = row.get("kind").doing(DOING)?;
        let kind = DeliveryKind::of(&kind).ok_or_else(|| corrupt("a delivery of an unknown kind"))?;
        deliveries.push((kind, count(&row)?));
    }
    let mut approvals = Vec::with_capacity(marks.len());
    for mark in marks {
        let rows = rows(store, ASKED.to_owned(), vec![portal.as_str().into(), micros(*mark).into()]).await?;
        let row = rows.first().ok_or_else(|| corrupt("a count without a row"))?;
        approvals.push(unsigned(row.get("many").doing(DOING)?)?);
    }
    Ok(Tally { registrations, approvals, letters, deliveries })
}

async fn rows(store: &SqlStore, sql: String, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
    let db = store.readers();
    db.rows(statement(db, &sql, values)).await.doing(DOING)
}

fn count(row: &Row) -> Result<Counted, StoreError> {
    Ok(Counted {
        state: row.get("state").doing(DOING)?,
        count: unsigned(row.get("many").doing(DOING)?)?,
        oldest: moment(row.get("oldest").doing(DOING)?)?,
    })
}
