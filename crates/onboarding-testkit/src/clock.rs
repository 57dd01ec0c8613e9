//! A clock that stands still until a test moves it.

use chrono::{DateTime, TimeDelta, Utc};
use onboarding::ports::Clock;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that shows what it was told, in whole microseconds.
#[derive(Debug)]
pub struct FixedClock {
    micros: AtomicI64,
}

impl FixedClock {
    /// Stands at this moment; anything finer than a microsecond is cut off.
    pub fn new(at: DateTime<Utc>) -> Self {
        Self { micros: AtomicI64::new(at.timestamp_micros()) }
    }

    /// Puts the hands to this moment, earlier ones too.
    pub fn set(&self, at: DateTime<Utc>) {
        self.micros.store(at.timestamp_micros(), Ordering::SeqCst);
    }

    /// Moves the hands on; back, if `by` is negative.
    pub fn advance(&self, by: TimeDelta) {
        // A span beyond 292,000 years saturates: no test means it, and none should overflow by it.
        let micros = by.num_microseconds().unwrap_or(if by < TimeDelta::zero() { i64::MIN } else { i64::MAX });
        self.micros.update(Ordering::SeqCst, Ordering::SeqCst, |now| now.saturating_add(micros));
    }
}

impl Default for FixedClock {
    /// Monday, 5 January 2026, 08:00 UTC.
    fn default() -> Self {
        Self { micros: AtomicI64::new(1_767_600_000_000_000) }
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.micros.load(Ordering::SeqCst)).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hands_move_only_when_told() {
        let clock = FixedClock::default();
        assert_eq!(clock.now().to_rfc3339(), "2026-01-05T08:00:00+00:00");
        clock.advance(TimeDelta::seconds(-1));
        assert_eq!(clock.now().to_rfc3339(), "2026-01-05T07:59:59+00:00");
        clock.set(DateTime::from_timestamp_nanos(1_234_567));
        assert_eq!(clock.now(), DateTime::from_timestamp_nanos(1_234_000));
    }
}
