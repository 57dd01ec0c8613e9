//! Clock: whole microseconds, and never back.

use super::promises;
use chrono::{DateTime, Timelike, Utc};
use onboarding::ports::Clock;
use std::sync::Arc;

promises! { Arc<dyn Clock>:
    the_time_is_in_whole_microseconds,
    the_time_does_not_run_backwards,
    the_time_is_after_this_was_written,
}

/// A database keeps no more: what was written must be equal when it is read.
pub async fn the_time_is_in_whole_microseconds(clock: &Arc<dyn Clock>) {
    for _ in 0..1_000 {
        assert_eq!(clock.now().nanosecond() % 1_000, 0);
    }
}

/// As long as nobody moves the hands.
pub async fn the_time_does_not_run_backwards(clock: &Arc<dyn Clock>) {
    let mut last = clock.now();
    for _ in 0..1_000 {
        let now = clock.now();
        assert!(now >= last, "{now} came after {last}");
        last = now;
    }
}

/// A clock that begins at 1970 would let every secret live.
pub async fn the_time_is_after_this_was_written(clock: &Arc<dyn Clock>) {
    let written: DateTime<Utc> = DateTime::from_timestamp_nanos(1_767_225_600_000_000_000);
    assert!(clock.now() > written);
}
