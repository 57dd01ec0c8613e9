//! What a commit does to the outbox: orders, attempts, settlements, each under the fence of a living lease.

use crate::aggregates::statement;
use crate::column::micros;
use crate::entity::outbox;
use crate::error::Doing;
use chrono::{DateTime, Utc};
use onboarding::ports::{CommitError, Delivery, DeliveryStatus, OutboxChange, Settlement, StoreError};
use onboarding_core::DeliveryId;
use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, Value};

pub(super) async fn change(db: &impl ConnectionTrait, change: OutboxChange, at: DateTime<Utc>) -> Result<(), CommitError> {
    match change {
        OutboxChange::Enqueue(delivery) => enqueue(db, delivery, at).await,
        OutboxChange::Attempt { id, fence } => attempt(db, id, fence).await,
        OutboxChange::Settle { id, fence, result } => settle(db, id, fence, result, at).await,
        OutboxChange::Withdraw { id } => Ok(withdraw(db, id, at).await?),
    }
}

async fn enqueue(db: &impl ConnectionTrait, delivery: Delivery, at: DateTime<Utc>) -> Result<(), CommitError> {
    let row = outbox::ActiveModel {
        id: Set(delivery.id.0),
        portal: Set(delivery.portal.as_str().to_owned()),
        owner_kind: Set(delivery.owner.kind().to_owned()),
        owner_id: Set(delivery.owner.uuid()),
        kind: Set(delivery.kind.word().to_owned()),
        template: Set(delivery.template),
        language: Set(delivery.language.tag().to_owned()),
        not_before: Set(micros(delivery.not_before)),
        not_after: Set(delivery.not_after.map(micros)),
        after_id: Set(delivery.after.map(|before| before.0)),
        priority: Set(delivery.priority),
        message_id: Set(delivery.message_id),
        sealed: Set(Some(delivery.sealed.bytes)),
        sealed_key: Set(Some(i64::from(delivery.sealed.key))),
        status: Set(DeliveryStatus::Queued.word().to_owned()),
        attempts: Set(0),
        unknowns: Set(0),
        attempting: Set(false),
        fence: Set(0),
        held_until: Set(None),
        due_at: Set(micros(delivery.not_before)),
        reason: Set(None),
        created_at: Set(micros(at)),
        settled_at: Set(None),
    };
    if super::insert(db, row, "order a delivery").await? { Ok(()) } else { Err(CommitError::Conflict) }
}

/// Only while the lease lives: once settled, or leased again, its fence opens nothing.
const HELD: &str = "id = $1 AND fence = $2 AND status = 'queued' AND held_until IS NOT NULL";

async fn fenced<const N: usize>(
    db: &impl ConnectionTrait,
    set: &str,
    id: DeliveryId,
    fence: u64,
    more: [Value; N],
) -> Result<(), CommitError> {
    let Ok(fence) = i64::try_from(fence) else { return Err(CommitError::Fenced) };
    let values = [id.0.into(), fence.into()].into_iter().chain(more);
    let done = db.execute_raw(statement(db, &format!("UPDATE outbox SET {set} WHERE {HELD}"), values)).await.doing("settle a delivery")?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(CommitError::Fenced) }
}

async fn attempt(db: &impl ConnectionTrait, id: DeliveryId, fence: u64) -> Result<(), CommitError> {
    // Unknown from here on, until it is settled: a worker that dies now leaves the doubt behind.
    fenced(db, "attempts = attempts + 1, unknowns = unknowns + 1, attempting = TRUE", id, fence, []).await
}

async fn settle(db: &impl ConnectionTrait, id: DeliveryId, fence: u64, result: Settlement, at: DateTime<Utc>) -> Result<(), CommitError> {
    /// The outcome of this lease's attempt is known after all; without an attempt there is nothing to forget.
    const KNOWN: &str = "unknowns = CASE WHEN attempting THEN unknowns - 1 ELSE unknowns END, attempting = FALSE";
    /// The lease ends and the delivery waits for its new time.
    const AGAIN: &str = "held_until = NULL, not_before = $3, due_at = $3, reason = $4";
    /// The secret dies with its purpose.
    const WIPED: &str = "sealed = NULL, sealed_key = NULL";
    const ENDED: &str = "status = $3, settled_at = $4, reason = COALESCE($5, reason), held_until = NULL";
    let ended = |status: DeliveryStatus, reason: Option<String>| [status.word().into(), micros(at).into(), reason.into()];
    match result {
        Settlement::Retry { at: when, reason } => {
            fenced(db, &format!("{AGAIN}, {KNOWN}"), id, fence, [micros(when).into(), reason.into()]).await
        }
        Settlement::RetryUnknown { at: when, reason } => {
            fenced(db, &format!("{AGAIN}, attempting = FALSE"), id, fence, [micros(when).into(), reason.into()]).await
        }
        Settlement::Parked { reason } => {
            fenced(db, &format!("{ENDED}, attempting = FALSE"), id, fence, ended(DeliveryStatus::Parked, Some(reason))).await
        }
        Settlement::Sent => fenced(db, &format!("{ENDED}, {WIPED}, {KNOWN}"), id, fence, ended(DeliveryStatus::Sent, None)).await,
        Settlement::Failed { reason } => {
            fenced(db, &format!("{ENDED}, {WIPED}, {KNOWN}"), id, fence, ended(DeliveryStatus::Failed, Some(reason))).await
        }
        Settlement::Expired => {
            fenced(db, &format!("{ENDED}, {WIPED}, attempting = FALSE"), id, fence, ended(DeliveryStatus::Expired, None)).await
        }
    }
}

/// What is gone or settled cannot be withdrawn, and that is no fault: the new secret goes out all the same.
async fn withdraw(db: &impl ConnectionTrait, id: DeliveryId, at: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "UPDATE outbox SET status = 'expired', settled_at = $2, held_until = NULL, attempting = FALSE, sealed = NULL, sealed_key = NULL \
               WHERE id = $1 AND status = 'queued'";
    db.execute_raw(statement(db, sql, [id.0.into(), micros(at).into()])).await.doing("withdraw a delivery")?;
    Ok(())
}
