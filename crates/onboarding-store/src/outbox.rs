//! The port `Outbox`: leases under a rising fence, lists without anything sealed.

use crate::SqlStore;
use crate::aggregates::statement;
use crate::column::{micros, moment, portal, reference, sealed, small, unsigned};
use crate::database::Flush;
use crate::entity::outbox;
use crate::error::{Doing, corrupt};
use crate::sql::{self, Read, Sql};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding::ports::{Delivery, DeliveryKind, DeliveryStatus, Kept, LEASE, Leased, Outbox, OutboxFilter, OutboxRow, StoreError};
use onboarding_core::{DeliveryId, Language};
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Queued, and nothing it waits for is outstanding. A row that nobody can send any more is leased as well: its holder
/// settles it as expired.
const READY: &str =
    "o.status = 'queued' AND (o.after_id IS NULL OR EXISTS (SELECT 1 FROM outbox p WHERE p.id = o.after_id AND p.status = 'sent'))";

pub(crate) fn next_due() -> String {
    format!("SELECT o.due_at FROM outbox o WHERE {READY} ORDER BY o.due_at LIMIT 1")
}

/// With `$1` the present. The limit stands in the text: as a parameter it has SQLite plan the statement anew each time.
pub(crate) fn due(limit: u32) -> String {
    format!("SELECT o.id FROM outbox o WHERE {READY} AND o.due_at <= $1 ORDER BY o.priority DESC, o.created_at, o.id LIMIT {limit}")
}

/// With `$2` the end of the lease beside what [`due`] takes. An attempt of the former holder that was never settled stays
/// unknown. Where several may write at once, whoever comes second finds the delivery due later.
pub(crate) fn lease(limit: u32) -> String {
    format!(
        "UPDATE outbox SET fence = fence + 1, held_until = $2, due_at = $2, attempting = FALSE \
         WHERE id IN ({}) AND status = 'queued' AND due_at <= $1 RETURNING *",
        due(limit)
    )
}

/// The same where workers lease at the same time: what another has just looked at is passed over, not waited for.
fn lease_skipping(limit: u32) -> String {
    format!(
        "WITH due AS MATERIALIZED ({} FOR UPDATE OF o SKIP LOCKED) \
         UPDATE outbox SET fence = fence + 1, held_until = $2, due_at = $2, attempting = FALSE FROM due WHERE outbox.id = due.id \
         RETURNING outbox.*",
        due(limit)
    )
}

/// With `$3` the delivery beside what [`lease`] takes: one that nobody holds, whatever its time.
fn lease_of() -> String {
    format!(
        "UPDATE outbox SET fence = fence + 1, held_until = $2, due_at = $2, attempting = FALSE \
         WHERE id IN (SELECT o.id FROM outbox o WHERE o.id = $3 AND {READY}) AND status = 'queued' AND COALESCE(held_until, 0) <= $1 \
         RETURNING *"
    )
}

/// With `$1` the end of what is old.
pub(crate) const ORPHANS: &str = "DELETE FROM outbox WHERE status = 'queued' AND after_id IS NOT NULL AND created_at < $1 \
     AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.id = outbox.after_id)";

#[async_trait]
impl Outbox for SqlStore {
    async fn lease(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<Leased>, StoreError> {
        // Asked of a reader first: an idle worker disturbs nobody who writes.
        if limit == 0 || self.next_due(now).await?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let values = [micros(now).into(), micros(now + LEASE).into()];
        let db = self.readers();
        let sql = if db.backend() == DbBackend::Postgres { lease_skipping(limit) } else { lease(limit) };
        let rows = db.write_returning(Flush::Later, statement(db, &sql, values), "lease deliveries").await?;
        let rows = rows.iter().map(outbox::Model::read).collect::<Result<Vec<_>, _>>();
        let mut rows = rows.doing("read a delivery")?;
        // What an update returns has no order of its own.
        rows.sort_by_key(|row| (std::cmp::Reverse(row.priority), row.created_at, row.id));
        rows.into_iter().map(held).collect()
    }

    async fn lease_of(&self, id: DeliveryId, now: DateTime<Utc>) -> Result<Option<Leased>, StoreError> {
        let db = self.readers();
        let values = [micros(now).into(), micros(now + LEASE).into(), id.0.into()];
        let rows = db.write_returning(Flush::Later, statement(db, &lease_of(), values), "lease a delivery").await?;
        let row = rows.first().map(outbox::Model::read).transpose().doing("read a delivery")?;
        row.map(held).transpose()
    }

    async fn next_due(&self, _now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
        let db = self.readers();
        let row = db.row(statement(db, &next_due(), [])).await.doing("find the next delivery")?;
        let due: Option<i64> = row.map(|row| row.get("due_at")).transpose().doing("find the next delivery")?;
        due.map(moment).transpose()
    }

    async fn kept(&self, id: DeliveryId) -> Result<Option<Kept>, StoreError> {
        let rows: Vec<outbox::Model> = sql::all(self.readers(), &outbox::Entity::find_by_id(id.0)).await.doing("find a delivery")?;
        rows.into_iter().next().map(kept).transpose()
    }

    async fn statuses(&self, ids: &[DeliveryId]) -> Result<Vec<(DeliveryId, DeliveryStatus)>, StoreError> {
        const DOING: &str = "find what became of deliveries";
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let places = (1..=ids.len()).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT id, status FROM outbox WHERE id IN ({places})");
        let rows = self.readers().rows(statement(self.readers(), &sql, ids.iter().map(|id| id.0.into()))).await.doing(DOING)?;
        rows.iter()
            .map(|row| {
                let id = DeliveryId(row.get("id").doing(DOING)?);
                Ok((id, status(id, &row.get::<String>("status").doing(DOING)?)?))
            })
            .collect()
    }

    async fn list(&self, filter: &OutboxFilter, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
        let mut rows = outbox::Entity::find();
        if let Some(portal) = &filter.portal {
            rows = rows.filter(outbox::Column::Portal.eq(portal.as_str()));
        }
        if let Some(owner) = filter.owner {
            rows = rows.filter(outbox::Column::OwnerId.eq(owner.uuid())).filter(outbox::Column::OwnerKind.eq(owner.kind()));
        }
        if let Some(status) = filter.status {
            rows = rows.filter(outbox::Column::Status.eq(status.word()));
        }
        let rows = rows.order_by_desc(outbox::Column::CreatedAt).order_by_desc(outbox::Column::Id).limit(u64::from(limit));
        let rows: Vec<outbox::Model> = sql::all(self.readers(), &rows).await.doing("list deliveries")?;
        rows.into_iter().map(listed).collect()
    }

    async fn purge(&self, before: DateTime<Utc>, limit: u32) -> Result<u64, StoreError> {
        self.inner.database.write(Flush::Now, move |txn| Box::pin(async move { purge(&txn, before, limit).await })).await
    }
}

/// A row as its lease left it.
fn held(row: outbox::Model) -> Result<Leased, StoreError> {
    let id = DeliveryId(row.id);
    let (Some(key), Some(bytes)) = (row.sealed_key, row.sealed) else {
        return Err(corrupt(format_args!("delivery {id} is queued without its text")));
    };
    let delivery = Delivery {
        id,
        portal: portal(&row.portal)?,
        owner: reference(&row.owner_kind, row.owner_id)?,
        kind: kind(id, &row.kind)?,
        template: row.template,
        language: language(id, &row.language)?,
        not_before: moment(row.not_before)?,
        not_after: row.not_after.map(moment).transpose()?,
        after: row.after_id.map(DeliveryId),
        priority: row.priority,
        message_id: row.message_id,
        sealed: sealed(key, bytes)?,
    };
    let (attempts, unknowns) = (small(row.attempts)?, small(row.unknowns)?);
    Ok(Leased { delivery, fence: unsigned(row.fence)?, attempts, unknowns, created_at: moment(row.created_at)? })
}

fn kept(mut row: outbox::Model) -> Result<Kept, StoreError> {
    let sealed = row.sealed_key.zip(row.sealed.take()).map(|(key, bytes)| sealed(key, bytes)).transpose()?;
    let (portal, not_after) = (portal(&row.portal)?, row.not_after.map(moment).transpose()?);
    Ok(Kept { portal, row: listed(row)?, not_after, sealed })
}

pub(crate) fn listed(row: outbox::Model) -> Result<OutboxRow, StoreError> {
    let id = DeliveryId(row.id);
    Ok(OutboxRow {
        id,
        owner: reference(&row.owner_kind, row.owner_id)?,
        kind: kind(id, &row.kind)?,
        template: row.template,
        language: language(id, &row.language)?,
        status: status(id, &row.status)?,
        attempts: small(row.attempts)?,
        reason: row.reason,
        created_at: moment(row.created_at)?,
        settled_at: row.settled_at.map(moment).transpose()?,
    })
}

fn kind(id: DeliveryId, word: &str) -> Result<DeliveryKind, StoreError> {
    DeliveryKind::of(word).ok_or_else(|| corrupt(format_args!("delivery {id}: its kind")))
}

fn status(id: DeliveryId, word: &str) -> Result<DeliveryStatus, StoreError> {
    DeliveryStatus::of(word).ok_or_else(|| corrupt(format_args!("delivery {id}: its status")))
}

fn language(id: DeliveryId, tag: &str) -> Result<Language, StoreError> {
    Language::from_tag(tag).ok_or_else(|| corrupt(format_args!("delivery {id}: its language")))
}

async fn purge(db: &impl Sql, before: DateTime<Utc>, limit: u32) -> Result<u64, StoreError> {
    // What was sent stays while something queued waits for it: without it that would never become due.
    let settled = "DELETE FROM outbox WHERE id IN (SELECT o.id FROM outbox o WHERE o.settled_at < $1 \
                   AND NOT (o.status = 'sent' AND EXISTS (SELECT 1 FROM outbox w WHERE w.after_id = o.id AND w.status = 'queued')) \
                   ORDER BY o.settled_at, o.id LIMIT $2)";
    let settled = db.execute(statement(db, settled, [micros(before).into(), i64::from(limit).into()])).await.doing("purge the outbox")?;
    // What waits for something that failed and is gone would wait for ever, with its secret.
    let orphans = db.execute(statement(db, ORPHANS, [micros(before).into()])).await.doing("purge the outbox")?;
    Ok(settled + orphans)
}
