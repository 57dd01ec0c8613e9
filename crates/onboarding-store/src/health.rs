//! Whether the database still takes what is written: remembered from the last writes, and asked once one of them has failed.
//!
//! Nobody writes to learn that all is well. After a failure readiness writes something of its own until that succeeds: a full
//! disk lets through what changes nothing, so that no other success tells enough.

use crate::SqlStore;
use crate::aggregates::statement;
use crate::database::Flush;
use crate::error::{Breaking, Doing};
use crate::sql::Sql;
use onboarding::ports::StoreError;
use std::sync::atomic::{AtomicBool, Ordering};

/// The key of a counter that is no counter's digest.
const TRIAL: [u8; 32] = [0; 32];

/// Whether a write has failed.
#[derive(Debug, Default)]
pub(crate) struct Health {
    failed: AtomicBool,
}

impl Health {
    /// Takes note of how a write ended.
    pub(crate) fn seen<T, E: Breaking>(&self, ended: Result<T, E>) -> Result<T, E> {
        if ended.as_ref().is_err_and(Breaking::breaks) {
            self.failed.store(true, Ordering::Relaxed);
        }
        ended
    }
}

impl SqlStore {
    /// Whether the database takes what is written, asked only where that is in doubt.
    pub(crate) async fn takes_writes(&self) -> Result<(), StoreError> {
        let health = self.inner.database.health();
        if !health.failed.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.inner
            .database
            .write(Flush::Now, |txn| {
                Box::pin(async move {
                    const DOING: &str = "write anything";
                    let made = "INSERT INTO throttles (digest, digest_key, count, since, last, last_but_one, ends_at) \
                                VALUES ($1, 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING";
                    txn.execute(statement(&txn, made, [TRIAL.to_vec().into()])).await.doing(DOING)?;
                    let gone = "DELETE FROM throttles WHERE digest = $1 AND digest_key = 0";
                    txn.execute(statement(&txn, gone, [TRIAL.to_vec().into()])).await.doing(DOING)?;
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        health.failed.store(false, Ordering::Relaxed);
        Ok(())
    }
}
