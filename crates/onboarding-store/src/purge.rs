//! What the retention rules no longer keep. Accounts, memberships and rosters stay: they end by their own stories.

use crate::SqlStore;
use crate::aggregates::statement;
use crate::column::{micros, signed};
use crate::database::Flush;
use crate::entity::consent_proof;
use crate::error::Doing;
use crate::sql::Sql;
use chrono::{DateTime, TimeDelta, Utc};
use onboarding::ports::StoreError;
use onboarding_core::policy::{self, Retention};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait};
use std::sync::PoisonError;
use uuid::Uuid;

/// An import that was neither merged nor discarded by then was given up by whoever began it.
const IMPORT_LIFE: TimeDelta = TimeDelta::days(1);

/// Rows in one statement.
const CHUNK: usize = 500;

// In each of these `$1` is the end of what is old, `$2` the most rows.
/// By the condition of its index, word for word. Not as a list, for which SQLite makes a table at each change of such a row.
pub(crate) const ENDED: &str = "SELECT id FROM registrations WHERE (state = 'active' OR state = 'rejected' OR state = 'expired' OR \
     state = 'closed') AND updated_at <= $1 ORDER BY updated_at, id LIMIT $2";
pub(crate) const COMMANDS: &str =
    "DELETE FROM commands WHERE (digest, digest_key) IN (SELECT digest, digest_key FROM commands WHERE at <= $1 ORDER BY at LIMIT $2)";
/// With `$3` the portal.
pub(crate) const AUDIT: &str = "DELETE FROM audit WHERE portal = $3 AND (at, id) IN \
     (SELECT at, id FROM audit WHERE portal = $3 AND at <= $1 ORDER BY at, id LIMIT $2)";
/// The portals that have a trail, each found behind the one before: those that are not served any more too.
pub(crate) const TRAILS: &str = "WITH RECURSIVE trails (portal) AS (SELECT MIN(portal) FROM audit UNION ALL \
     SELECT (SELECT MIN(portal) FROM audit WHERE portal > trails.portal) FROM trails WHERE trails.portal IS NOT NULL) \
     SELECT portal FROM trails WHERE portal IS NOT NULL";
/// Tokens of accounts and clerks, dead for weeks: they lived a day at most. Those of registrations go with them.
pub(crate) const TOKENS: &str = "DELETE FROM tokens WHERE (digest, digest_key) IN \
     (SELECT digest, digest_key FROM tokens WHERE (owner_kind = 'account' OR owner_kind = 'clerk') AND at <= $1 ORDER BY at LIMIT $2)";
/// What was told of imports.
const NOTES: &str = "DELETE FROM import_notes WHERE id IN (SELECT id FROM import_notes WHERE at <= $1 ORDER BY at LIMIT $2)";
const IMPORTS: &str = "DELETE FROM imports WHERE id IN (SELECT id FROM imports WHERE started_at <= $1 ORDER BY started_at LIMIT $2)";
/// The next proofs of that age, by their ids: from `$3`, the last one that was looked at, to `$4`, the last id of that time. A row is
/// never older than its proof, and ids are made of times. `gone`: there is an owner, and nobody has an account any more; while somebody
/// has one, a consent can be proved.
pub(crate) const PROOFS: &str = "SELECT id, at <= $1 AND owner_id IS NOT NULL \
     AND NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.id = proof.owner_id AND accounts.state <> 'closed') \
     AND NOT EXISTS (SELECT 1 FROM registrations WHERE registrations.id = proof.owner_id) AS gone \
     FROM consent_proofs AS proof WHERE id > $3 AND id <= $4 ORDER BY id LIMIT $2";

/// Removes at most `limit` rows of each kind; tells how many.
pub(crate) async fn purge(store: &SqlStore, now: DateTime<Utc>, keep: Retention, limit: u32) -> Result<u64, StoreError> {
    let unowned = unowned(store, now - keep.consents, limit).await?;
    store
        .inner
        .database
        .write(Flush::Now, move |txn| {
            let unowned = unowned.clone();
            Box::pin(async move { remove(&txn, &unowned, now, keep, limit).await })
        })
        .await
}

async fn remove(db: &impl Sql, unowned: &[Uuid], now: DateTime<Utc>, keep: Retention, limit: u32) -> Result<u64, StoreError> {
    // Not counted: nothing is removed but the tie to a person.
    pseudonymise(db, unowned).await?;
    let registrations = purge_registrations(db, micros(now - keep.registrations), limit).await?;
    let commands = delete(db, COMMANDS, micros(now - policy::REPLAY_LIFE), limit).await?;
    let audit = purge_audit(db, micros(now - keep.audit), limit).await?;
    let tokens = delete(db, TOKENS, micros(now - policy::RETAIN_TOKENS), limit).await?;
    let notes = delete(db, NOTES, micros(now - policy::RETAIN_IMPORTS), limit).await?;
    let imports = delete(db, IMPORTS, micros(now - IMPORT_LIFE), limit).await?;
    Ok(registrations + commands + audit + tokens + notes + imports)
}

/// Looks at so many old proofs: those whose owner is gone. Those of living accounts are many and stay, so that each round looks at the next
/// ones, and begins anew when it has seen all. By a reader: nobody who writes waits for it.
async fn unowned(store: &SqlStore, old: DateTime<Utc>, limit: u32) -> Result<Vec<Uuid>, StoreError> {
    const DOING: &str = "find old proofs of consent";
    let db = store.readers();
    let from = *store.inner.proof_seen.lock().unwrap_or_else(PoisonError::into_inner);
    let values = [micros(old).into(), i64::from(limit).into(), from.into(), last_of(old).into()];
    let rows = db.rows(statement(db, PROOFS, values)).await.doing(DOING)?;
    let seen = if rows.len() as u64 == u64::from(limit) { rows.last() } else { None };
    let seen = seen.map(|row| row.get::<Uuid>("id")).transpose().doing(DOING)?.unwrap_or_default();
    *store.inner.proof_seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
    let mut unowned = Vec::new();
    for row in rows {
        if row.get("gone").doing(DOING)? {
            unowned.push(row.get("id").doing(DOING)?);
        }
    }
    Ok(unowned)
}

async fn purge_audit(db: &impl Sql, before: i64, limit: u32) -> Result<u64, StoreError> {
    let mut gone = 0;
    for row in db.rows(statement(db, TRAILS, [])).await.doing("find the trails")? {
        let portal: String = row.get("portal").doing("find the trails")?;
        let values = [before.into(), (i64::from(limit) - signed(gone)).into(), portal.into()];
        gone += db.execute(statement(db, AUDIT, values)).await.doing("purge")?;
    }
    Ok(gone)
}

/// The last id that can be of this time.
fn last_of(time: DateTime<Utc>) -> Uuid {
    let millis = u64::try_from(time.timestamp_millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &[0xff; 10]).into_uuid()
}

async fn delete(db: &impl Sql, sql: &str, before: i64, limit: u32) -> Result<u64, StoreError> {
    let done = db.execute(statement(db, sql, [before.into(), i64::from(limit).into()])).await.doing("purge")?;
    Ok(done)
}

/// Ended registrations, with the digests of their dead tokens.
async fn purge_registrations(db: &impl Sql, before: i64, limit: u32) -> Result<u64, StoreError> {
    delete(db, &format!("DELETE FROM tokens WHERE owner_kind = 'registration' AND owner_id IN ({ENDED})"), before, limit).await?;
    delete(db, &format!("DELETE FROM claims WHERE owner_kind = 'registration' AND owner_id IN ({ENDED})"), before, limit).await?;
    delete(db, &format!("DELETE FROM registrations WHERE id IN ({ENDED})"), before, limit).await
}

async fn pseudonymise(db: &impl Sql, proofs: &[Uuid]) -> Result<(), StoreError> {
    for some in proofs.chunks(CHUNK) {
        let without = consent_proof::Entity::update_many()
            .col_expr(consent_proof::Column::OwnerId, Expr::value(None::<Uuid>))
            .filter(consent_proof::Column::Id.is_in(some.iter().copied()));
        db.execute(without.build(db.backend())).await.doing("pseudonymise proofs of consent")?;
    }
    Ok(())
}
