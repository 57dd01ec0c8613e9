//! An installation made ready: its keys and its schema. Decides when new keys may be made.

use crate::config::{DatabasePlace, Settings};
use crate::wiring;
use anyhow::{Context as _, Result, anyhow};
use onboarding_secrets::{KeyRing, OsEntropy};
use std::sync::Arc;

/// What was done.
pub(crate) struct Prepared {
    /// Whether the key file was made.
    pub(crate) keys_made: bool,
    /// Steps of the schema that were taken.
    pub(crate) steps: usize,
}

/// Makes keys where there were none yet and brings the schema to the newest step.
///
/// # Errors
/// Missing keys of an installation that had some, or a database that cannot be written.
pub(crate) async fn prepare(settings: &Settings) -> Result<Prepared> {
    let (keys, database) = (&settings.key_file, &settings.database);
    let clock = wiring::clock(settings);
    let keys_made = !keys.try_exists().with_context(|| format!("could not look for the key file {}", keys.display()))?;
    // New keys beside old rows would make every link, code and session under way unusable, and nobody would know why.
    let in_use = || anyhow!("there is no key file {}, but the database {database} is in use: put its keys back", keys.display());
    if keys_made
        && let DatabasePlace::Sqlite(path) = database
        && path.exists()
    {
        return Err(in_use());
    }
    let store = wiring::open_store(database, Arc::clone(&clock)).await?;
    if keys_made {
        let made = async {
            if !store.is_new().await.with_context(|| format!("could not look into the database {database}"))? {
                return Err(in_use());
            }
            Ok(KeyRing::create(keys, &OsEntropy, clock.now())?)
        };
        if let Err(error) = made.await {
            store.close().await;
            return Err(error);
        }
    }
    let migrated = async {
        let steps = store.pending().await?.len();
        store.migrate().await?;
        Ok(Prepared { keys_made, steps })
    };
    let migrated = migrated.await;
    store.close().await;
    migrated.map_err(|error: onboarding::ports::StoreError| error).with_context(|| format!("could not migrate the database {database}"))
}
