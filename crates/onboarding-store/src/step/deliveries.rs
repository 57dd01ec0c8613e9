//! What a commit does to the outbox: orders, attempts, settlements, each under the fence of a living lease.

use crate::aggregates::statement;
use crate::batch::{Batch, numbered};
use crate::column::micros;
use crate::error::Doing;
use crate::sql::Sql;
use chrono::{DateTime, Utc};
use onboarding::ports::{CommitError, Delivery, DeliveryStatus, FIRST_FENCE, LEASE, OutboxChange, Settlement, StoreError};
use onboarding_core::DeliveryId;
use sea_orm::{Statement, Value};

/// Attempts, settlements and withdrawals, in their order.
pub(super) async fn settle_all(db: &impl Sql, changes: &[OutboxChange], at: DateTime<Utc>) -> Result<(), CommitError> {
    for change in changes {
        match change {
            OutboxChange::Enqueue(_) | OutboxChange::HandOver(_) => {}
            OutboxChange::Attempt { id, fence } => held(db, attempted(*id, *fence)).await?,
            OutboxChange::Settle { id, fence, result } => held(db, settled(*id, *fence, result.clone(), at)).await?,
            OutboxChange::Withdraw { id } => withdraw(db, *id, at).await?,
            OutboxChange::Unpark { id } => unpark(db, *id, at).await?,
        }
    }
    Ok(())
}

/// Orders.
pub(super) fn enqueue_all(batch: &mut Batch, changes: Vec<OutboxChange>, at: DateTime<Utc>) {
    let ordered = changes.into_iter().filter_map(|change| match change {
        OutboxChange::Enqueue(delivery) => Some(ordered(delivery, None, at)),
        OutboxChange::HandOver(delivery) => Some(ordered(delivery, Some(at + LEASE), at)),
        OutboxChange::Attempt { .. } | OutboxChange::Settle { .. } | OutboxChange::Withdraw { .. } | OutboxChange::Unpark { .. } => None,
    });
    batch.insert(
        "outbox (id, portal, owner_kind, owner_id, kind, template, language, not_before, not_after, after_id, priority, message_id, sealed, \
         sealed_key, status, attempts, unknowns, attempting, fence, held_until, due_at, reason, created_at, settled_at)",
        ordered,
        "ON CONFLICT DO NOTHING",
    );
}

/// As it waits, or as it is held and begun until then.
fn ordered(delivery: Delivery, held_until: Option<DateTime<Utc>>, at: DateTime<Utc>) -> [Value; 24] {
    let once_begun = || i64::from(held_until.is_some()).into();
    let not_before: Value = micros(delivery.not_before).into();
    [
        delivery.id.0.into(),
        delivery.portal.as_str().into(),
        delivery.owner.kind().into(),
        delivery.owner.uuid().into(),
        delivery.kind.word().into(),
        delivery.template.into(),
        delivery.language.tag().into(),
        not_before.clone(),
        delivery.not_after.map(micros).into(),
        delivery.after.map(|before| before.0).into(),
        delivery.priority.into(),
        delivery.message_id.into(),
        delivery.sealed.bytes.into(),
        i64::from(delivery.sealed.key).into(),
        DeliveryStatus::Queued.word().into(),
        once_begun(),
        once_begun(),
        held_until.is_some().into(),
        held_until.map_or(0_i64, |_| FIRST_FENCE.cast_signed()).into(),
        held_until.map(micros).into(),
        held_until.map_or(not_before, |end| micros(end).into()),
        None::<String>.into(),
        micros(at).into(),
        None::<i64>.into(),
    ]
}

/// Only while the lease lives: once settled, or leased again, its fence opens nothing.
const HELD: &str = "id = ? AND fence = ? AND status = 'queued' AND held_until IS NOT NULL";

/// A change of a row whose lease lives: its text with the values of its `?`.
type Fenced = (String, Vec<Value>);

fn fenced(set: &str, values: impl IntoIterator<Item = Value>, id: DeliveryId, fence: u64) -> Fenced {
    // A fence that no row can have opens nothing.
    let fence = i64::try_from(fence).unwrap_or(-1);
    (format!("UPDATE outbox SET {set} WHERE {HELD}"), values.into_iter().chain([id.0.into(), fence.into()]).collect())
}

async fn held(db: &impl Sql, (sql, values): Fenced) -> Result<(), CommitError> {
    let mut batch = Batch::default();
    batch.write(sql, values);
    if batch.run(db).await.doing("settle a delivery")? { Ok(()) } else { Err(CommitError::Fenced) }
}

/// An attempt or a settlement as the one statement that it is.
pub(super) fn one(db: &impl Sql, change: &OutboxChange, at: DateTime<Utc>) -> Option<Statement> {
    let (sql, values) = match change {
        OutboxChange::Attempt { id, fence } => attempted(*id, *fence),
        OutboxChange::Settle { id, fence, result } => settled(*id, *fence, result.clone(), at),
        OutboxChange::Enqueue(_) | OutboxChange::HandOver(_) | OutboxChange::Withdraw { .. } | OutboxChange::Unpark { .. } => return None,
    };
    Some(numbered(db, sql, values))
}

fn attempted(id: DeliveryId, fence: u64) -> Fenced {
    // Unknown from here on, until it is settled: a worker that dies now leaves the doubt behind.
    fenced("attempts = attempts + 1, unknowns = unknowns + 1, attempting = TRUE", [], id, fence)
}

fn settled(id: DeliveryId, fence: u64, result: Settlement, at: DateTime<Utc>) -> Fenced {
    /// The outcome of this lease's attempt is known after all; without an attempt there is nothing to forget.
    const KNOWN: &str = "unknowns = CASE WHEN attempting THEN unknowns - 1 ELSE unknowns END, attempting = FALSE";
    /// The lease ends and the delivery waits for its new time.
    const AGAIN: &str = "held_until = NULL, not_before = ?, due_at = ?, reason = ?";
    /// The secret dies with its purpose.
    const WIPED: &str = "sealed = NULL, sealed_key = NULL";
    const ENDED: &str = "status = ?, settled_at = ?, reason = COALESCE(?, reason), held_until = NULL";
    let again = |when: DateTime<Utc>, reason: String| [micros(when).into(), micros(when).into(), reason.into()];
    let ended = |status: DeliveryStatus, reason: Option<String>| [status.word().into(), micros(at).into(), reason.into()];
    let (set, values): (String, [Value; 3]) = match result {
        Settlement::Retry { at: when, reason } => (format!("{AGAIN}, {KNOWN}"), again(when, reason)),
        Settlement::RetryUnknown { at: when, reason } => (format!("{AGAIN}, attempting = FALSE"), again(when, reason)),
        Settlement::Parked { reason } => (format!("{ENDED}, attempting = FALSE"), ended(DeliveryStatus::Parked, Some(reason))),
        Settlement::Sent => (format!("{ENDED}, {WIPED}, {KNOWN}"), ended(DeliveryStatus::Sent, None)),
        Settlement::Failed { reason } => (format!("{ENDED}, {WIPED}, {KNOWN}"), ended(DeliveryStatus::Failed, Some(reason))),
        Settlement::Expired => (format!("{ENDED}, {WIPED}, attempting = FALSE"), ended(DeliveryStatus::Expired, None)),
    };
    fenced(&set, values, id, fence)
}

/// What is gone or settled cannot be withdrawn, and that is no fault: the new secret goes out all the same.
async fn withdraw(db: &impl Sql, id: DeliveryId, at: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "UPDATE outbox SET status = 'expired', settled_at = $2, held_until = NULL, attempting = FALSE, sealed = NULL, sealed_key = NULL \
               WHERE id = $1 AND status = 'queued'";
    db.execute(statement(db, sql, [id.0.into(), micros(at).into()])).await.doing("withdraw a delivery")?;
    Ok(())
}

/// Only what is parked; what a clerk saw parked and is no longer is decided anew.
async fn unpark(db: &impl Sql, id: DeliveryId, at: DateTime<Utc>) -> Result<(), CommitError> {
    let sql = "UPDATE outbox SET status = 'queued', settled_at = NULL, not_before = $2, due_at = $2, attempts = 0, \
               unknowns = CASE WHEN kind = 'mail' THEN 0 ELSE unknowns END WHERE id = $1 AND status = 'parked'";
    let done = db.execute(statement(db, sql, [id.0.into(), micros(at).into()])).await.doing("unpark a delivery")?;
    if done == 1 { Ok(()) } else { Err(CommitError::Conflict) }
}
