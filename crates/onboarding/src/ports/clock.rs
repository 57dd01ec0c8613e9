//! The two ambient things nobody may reach for: time and randomness.

use chrono::{DateTime, Utc};

/// The time of day.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Clock: Send + Sync {
    /// Now, in UTC, in whole microseconds (a database keeps no more).
    fn now(&self) -> DateTime<Utc>;
}

/// Randomness fit for keys and tokens.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Entropy: Send + Sync {
    /// Fills the whole slice.
    fn fill(&self, bytes: &mut [u8]);
}
