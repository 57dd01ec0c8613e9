//! What the retention rules no longer keep. Accounts, memberships and rosters stay: they end by their own stories.

use crate::aggregates::statement;
use crate::column::micros;
use crate::error::Doing;
use chrono::{DateTime, TimeDelta, Utc};
use onboarding::ports::StoreError;
use onboarding_core::policy;
use sea_orm::ConnectionTrait;

/// An import that was neither merged nor discarded by then was given up by whoever began it.
const IMPORT_LIFE: TimeDelta = TimeDelta::days(1);

/// Removes at most `limit` rows of each kind; tells how many.
pub(crate) async fn purge(db: &impl ConnectionTrait, now: DateTime<Utc>, limit: u32) -> Result<u64, StoreError> {
    let registrations = purge_registrations(db, micros(now - policy::RETAIN_REGISTRATIONS), limit).await?;
    let commands =
        "DELETE FROM commands WHERE (digest, digest_key) IN (SELECT digest, digest_key FROM commands WHERE at <= $1 ORDER BY at LIMIT $2)";
    let commands = delete(db, commands, micros(now - policy::REPLAY_LIFE), limit).await?;
    let audit = "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at <= $1 ORDER BY at LIMIT $2)";
    let audit = delete(db, audit, micros(now - policy::RETAIN_AUDIT), limit).await?;
    // Not counted: nothing is removed but the tie to a person.
    delete(db, PSEUDONYMISE, micros(now - policy::RETAIN_CONSENTS), limit).await?;
    let imports = "DELETE FROM imports WHERE id IN (SELECT id FROM imports WHERE started_at <= $1 ORDER BY started_at LIMIT $2)";
    let imports = delete(db, imports, micros(now - IMPORT_LIFE), limit).await?;
    Ok(registrations + commands + audit + imports)
}

/// A proof loses its owner when it is old and the owner is gone: while somebody has an account, a consent can be proved.
const PSEUDONYMISE: &str = "UPDATE consent_proofs SET owner_id = NULL WHERE id IN (SELECT id FROM consent_proofs AS proof WHERE at <= $1 \
     AND owner_id IS NOT NULL \
     AND NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.id = proof.owner_id AND accounts.state <> 'closed') \
     AND NOT EXISTS (SELECT 1 FROM registrations WHERE registrations.id = proof.owner_id) \
     ORDER BY at LIMIT $2)";

async fn delete(db: &impl ConnectionTrait, sql: &str, before: i64, limit: u32) -> Result<u64, StoreError> {
    let done = db.execute_raw(statement(db, sql, [before.into(), i64::from(limit).into()])).await.doing("purge")?;
    Ok(done.rows_affected())
}

/// Ended registrations, with the digests of their dead tokens.
async fn purge_registrations(db: &impl ConnectionTrait, before: i64, limit: u32) -> Result<u64, StoreError> {
    const ENDED: &str = "SELECT id FROM registrations WHERE state IN ('active', 'rejected', 'expired', 'closed') AND updated_at <= $1 \
         ORDER BY updated_at, id LIMIT $2";
    delete(db, &format!("DELETE FROM tokens WHERE owner_kind = 'registration' AND owner_id IN ({ENDED})"), before, limit).await?;
    delete(db, &format!("DELETE FROM claims WHERE owner_kind = 'registration' AND owner_id IN ({ENDED})"), before, limit).await?;
    delete(db, &format!("DELETE FROM registrations WHERE id IN ({ENDED})"), before, limit).await
}
