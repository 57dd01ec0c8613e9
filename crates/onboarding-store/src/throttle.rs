//! The port `Throttle`: counters that are read and raised in one write transaction, so that two takes at once are two.

use crate::SqlStore;
use crate::column::{micros, moment, small, span};
use crate::entity::throttle::{ActiveModel, Column, Entity, Model};
use crate::error::Doing;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding::ports::{StoreError, Taken, Throttle, ThrottleKey};
use onboarding_core::policy::Limit;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

type Key = (Vec<u8>, i64);

fn key_of(key: ThrottleKey) -> Key {
    (key.0.bytes.to_vec(), i64::from(key.0.key))
}

#[async_trait]
impl Throttle for SqlStore {
    async fn take(&self, key: ThrottleKey, limit: Limit, now: DateTime<Utc>) -> Result<Taken, StoreError> {
        self.inner.database.write(move |txn| Box::pin(async move { take(txn, key_of(key), limit, micros(now)).await })).await
    }

    async fn give_back(&self, key: ThrottleKey) -> Result<(), StoreError> {
        let (digest, digest_key) = key_of(key);
        // The wait goes back to the take before: what was no try makes nobody wait.
        let given_back = Entity::update_many()
            .col_expr(Column::Count, Expr::cust("count - 1"))
            .col_expr(Column::Last, Expr::cust("last_but_one"))
            .filter(Column::Digest.eq(digest))
            .filter(Column::DigestKey.eq(digest_key))
            .filter(Column::Count.gt(0));
        self.inner.database.write(move |txn| Box::pin(async move { given_back.exec(txn).await.doing("give a try back").map(drop) })).await
    }

    async fn forget(&self, key: ThrottleKey) -> Result<(), StoreError> {
        let key = key_of(key);
        self.inner
            .database
            .write(move |txn| Box::pin(async move { Entity::delete_by_id(key).exec(txn).await.doing("forget a counter").map(drop) }))
            .await
    }

    async fn purge(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let ended = Entity::delete_many().filter(Column::EndsAt.lte(micros(now)));
        self.inner
            .database
            .write(move |txn| Box::pin(async move { ended.exec(txn).await.doing("purge counters").map(|done| done.rows_affected) }))
            .await
    }
}

async fn take(db: &impl ConnectionTrait, key: Key, limit: Limit, now: i64) -> Result<Taken, StoreError> {
    let known = Entity::find_by_id(key.clone()).one(db).await.doing("read a counter")?;
    let fresh = || Model { digest: key.0, digest_key: key.1, count: 0, since: now, last: now, last_but_one: now, ends_at: now };
    let counter = known.filter(|counter| now < counter.ends_at).unwrap_or_else(fresh);
    if let Some(until) = refused_until(&counter, limit, now) {
        return Ok(Taken { count: small(counter.count)?, refused_until: Some(moment(until)?) });
    }
    let ends_at = match limit {
        Limit::Window { per, .. } => counter.since.saturating_add(span(per)),
        Limit::Backoff { forget, .. } => now.saturating_add(span(forget)),
    };
    let counter = Model { count: counter.count + 1, last: now, last_but_one: counter.last, ends_at, ..counter };
    let count = small(counter.count)?;
    let mut again = OnConflict::columns([Column::Digest, Column::DigestKey]);
    again.update_columns([Column::Count, Column::Since, Column::Last, Column::LastButOne, Column::EndsAt]);
    let row: ActiveModel = counter.into_active_model().reset_all();
    Entity::insert(row).on_conflict(again).exec_without_returning(db).await.doing("count a try")?;
    Ok(Taken { count, refused_until: None })
}

/// When the next take is allowed, if it is not now.
fn refused_until(counter: &Model, limit: Limit, now: i64) -> Option<i64> {
    match limit {
        Limit::Window { most, per } => (counter.count >= i64::from(most)).then(|| counter.since.saturating_add(span(per))),
        Limit::Backoff { free, first, longest, .. } => {
            let doublings = counter.count.checked_sub(i64::from(free)).filter(|beyond| *beyond >= 0)?;
            // Saturates long before it could wrap; `longest` is far below.
            let wait = span(first).saturating_mul(1_i64 << doublings.min(40)).min(span(longest));
            Some(counter.last.saturating_add(wait)).filter(|until| now < *until)
        }
    }
}
