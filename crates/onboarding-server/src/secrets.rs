//! The keys from the command line: a new one before the others. Decides that it is used later than it is made, so that every server knows it.

use crate::config::Settings;
use anyhow::Result;
use chrono::{SecondsFormat, TimeDelta, Utc};
use onboarding::ports::Clock as _;
use onboarding_secrets::{KeyRing, OsEntropy, SystemClock};

/// Makes a new key and tells from when on it is used.
///
/// # Errors
/// A key file that is missing, open to others, or changed by somebody else at this moment.
pub(crate) fn rotate(settings: &Settings, wait: u32) -> Result<String> {
    // Never the clock that a test moves: the file outlives the test.
    let now: chrono::DateTime<Utc> = SystemClock.now();
    let from = now + TimeDelta::minutes(i64::from(wait));
    let ring = KeyRing::rotate(&settings.key_file, &OsEntropy, now, from)?;
    Ok(format!(
        "key {} made in {}; used from {} on; copy the file to every server before, and keep a copy apart from the database's\n",
        ring.newest(),
        settings.key_file.display(),
        from.to_rfc3339_opts(SecondsFormat::Secs, true)
    ))
}
