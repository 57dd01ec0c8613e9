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

// In each of these with values `$1` is the end of what is old, `$2` the most rows.
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
/// The next proofs by their ids: behind `$3` and up to `$4`. A row is never older than its proof, and ids are made of times; after a clock
/// that ran ahead they are later until it is caught up with. `gone`: there is an owner, and nobody has an account any more; while somebody has
/// one, a consent can be proved.
pub(crate) const PROOFS: &str = "SELECT id, at <= $1 AND owner_id IS NOT NULL \
     AND NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.id = proof.owner_id AND accounts.state <> 'closed') \
     AND NOT EXISTS (SELECT 1 FROM registrations WHERE registrations.id = proof.owner_id) AS gone \
     FROM (SELECT id, at, owner_id FROM consent_proofs WHERE id > $3 AND id <= $4 ORDER BY id LIMIT $2) AS proof";
/// The first of them.
const FIRST_PROOF: &str = "SELECT id AS first FROM consent_proofs ORDER BY id LIMIT 1";

/// Removes at most `limit` rows of each kind; tells how many.
pub(crate) async fn purge(store: &SqlStore, now: DateTime<Utc>, keep: Retention, limit: u32) -> Result<u64, StoreError> {
    let looked = look_at_proofs(store, now - keep.consents, limit).await?;
    let unowned = looked.gone;
    let removed = store
        .inner
        .database
        .write(Flush::Now, move |txn| {
            let unowned = unowned.clone();
            Box::pin(async move { remove(&txn, &unowned, now, keep, limit).await })
        })
        .await?;
    *store.inner.proof_seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(looked.last);
    Ok(removed)
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

/// Proofs that were looked at.
#[derive(Default)]
struct Looked {
    many: i64,
    /// Those whose owner is gone.
    gone: Vec<Uuid>,
    last: Uuid,
}

/// Looks at so many old proofs. Those of living accounts are many and stay, so that each round looks at the next ones, and behind the last one
/// begins anew. By a reader: nobody who writes waits for it.
async fn look_at_proofs(store: &SqlStore, old: DateTime<Utc>, limit: u32) -> Result<Looked, StoreError> {
    let db = store.readers();
    let seen = *store.inner.proof_seen.lock().unwrap_or_else(PoisonError::into_inner);
    let from = match seen {
        Some(seen) => seen,
        None => somewhere(store, old).await?,
    };
    let (end, limit) = (last_of(old), i64::from(limit));
    let mut looked = look(db, old, (from, end), limit).await?;
    if looked.many < limit {
        let anew = look(db, old, (Uuid::nil(), from.min(end)), limit - looked.many).await?;
        looked.gone.extend(anew.gone);
        looked.last = anew.last;
    }
    Ok(looked)
}

async fn look(db: &impl Sql, old: DateTime<Utc>, (from, to): (Uuid, Uuid), limit: i64) -> Result<Looked, StoreError> {
    const DOING: &str = "find old proofs of consent";
    let mut looked = Looked { last: from, ..Looked::default() };
    for row in db.rows(statement(db, PROOFS, [micros(old).into(), limit.into(), from.into(), to.into()])).await.doing(DOING)? {
        let id: Uuid = row.get("id").doing(DOING)?;
        looked.many += 1;
        looked.last = looked.last.max(id);
        if row.get("gone").doing(DOING)? {
            looked.gone.push(id);
        }
    }
    Ok(looked)
}

/// A place among the proofs, drawn: a server that is started again and again must not look at the first ones only.
async fn somewhere(store: &SqlStore, old: DateTime<Utc>) -> Result<Uuid, StoreError> {
    const DOING: &str = "find the first proof of consent";
    let db = store.readers();
    let row = db.row(statement(db, FIRST_PROOF, [])).await.doing(DOING)?;
    let first: Option<Uuid> = row.map(|row| row.get("first")).transpose().doing(DOING)?;
    let Some(first) = first else { return Ok(Uuid::nil()) };
    let (first, last) = (first.as_u128() >> 80, last_of(old).as_u128() >> 80);
    let Some(span) = last.checked_sub(first).filter(|span| *span > 0) else { return Ok(Uuid::nil()) };
    // The lower half of a fresh id is drawn.
    let drawn = u128::from(Uuid::now_v7().as_u64_pair().1 << 2);
    Ok(Uuid::from_u128((first + drawn % span) << 80))
}

async fn purge_audit(db: &impl Sql, before: i64, limit: u32) -> Result<u64, StoreError> {
    let mut gone = 0;
    for row in db.rows(statement(db, TRAILS, [])).await.doing("find the trails")? {
        if gone >= u64::from(limit) {
            break;
        }
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
