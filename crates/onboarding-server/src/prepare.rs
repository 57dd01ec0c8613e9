//! An installation made ready: its keys and its schema. Decides when new keys may be made.

use crate::config::Settings;
use crate::wiring;
use anyhow::{Context as _, Result, bail};
use onboarding_secrets::{KeyRing, OsEntropy};

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
    if keys_made {
        // New keys beside old rows would make every link, code and session under way unusable, and nobody would know why.
        if database.exists() {
            bail!("there is no key file {}, but the database {} is in use: put its keys back", keys.display(), database.display());
        }
        KeyRing::create(keys, &OsEntropy, clock.now())?;
    }
    let store = wiring::open_store(database, clock).await?;
    let migrated = async {
        let steps = store.pending().await?.len();
        store.migrate().await?;
        Ok(Prepared { keys_made, steps })
    };
    let migrated = migrated.await;
    store.close().await;
    migrated
        .map_err(|error: onboarding::ports::StoreError| error)
        .with_context(|| format!("could not migrate the database {}", database.display()))
}
