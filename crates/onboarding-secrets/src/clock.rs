//! The machine's clock, and one that is moved by a file for tests against a running server. Whether the second may be
//! used is the configuration's: only where every listener is loopback.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use onboarding::ports::Clock;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The machine's time in whole microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter that may ask the machine")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// A clock moved by the seconds in a file, read at each use.
///
/// The file holds one number of seconds to add, whole or decimal, with or without a sign. While it is missing, empty or
/// unreadable the last offset that was read goes on (0 before the first): time must not jump back because the file was
/// caught half-written. The first failure after a success is logged, the following are not.
pub struct OffsetClock {
    inner: Arc<dyn Clock>,
    path: PathBuf,
    last: Mutex<Last>,
}

#[derive(Clone, Copy)]
struct Last {
    offset: TimeDelta,
    readable: bool,
}

impl OffsetClock {
    /// Moves `inner` by what stands in the file at `path`.
    pub fn new(inner: Arc<dyn Clock>, path: impl Into<PathBuf>) -> Self {
        Self { inner, path: path.into(), last: Mutex::new(Last { offset: TimeDelta::zero(), readable: true }) }
    }

    fn offset(&self) -> TimeDelta {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match read(&self.path) {
            Ok(offset) => *last = Last { offset, readable: true },
            Err(reason) => {
                if last.readable {
                    tracing::warn!(reason, seconds = last.offset.num_seconds(), "could not read the clock file, the last offset goes on");
                }
                last.readable = false;
            }
        }
        last.offset
    }
}

impl Clock for OffsetClock {
    fn now(&self) -> DateTime<Utc> {
        let now = self.inner.now();
        now.checked_add_signed(self.offset()).unwrap_or(now).trunc_subsecs(6)
    }
}

/// Reads the seconds, to the microsecond.
fn read(path: &Path) -> Result<TimeDelta, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.kind().to_string())?;
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // Twelve digits are 30,000 years: more is a mistake, and no sum below overflows.
    if whole.is_empty() || whole.len() > 12 || !numeric(whole) || !numeric(part) {
        return Err("no number of seconds".to_owned());
    }
    let micros: String = part.chars().chain("000000".chars()).take(6).collect();
    let micros = format!("{whole}{micros}").parse::<i64>().map_err(|_| "no number of seconds".to_owned())?;
    Ok(TimeDelta::microseconds(sign * micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp(1_795_348_800, 123_456_789).unwrap()
        }
    }

    #[test]
    fn the_machines_time_has_whole_microseconds_and_moves_on() {
        let first = SystemClock.now();
        assert_eq!(first.timestamp_subsec_nanos() % 1_000, 0);
        assert!(SystemClock.now() >= first);
    }

    #[test]
    fn the_file_moves_the_clock_at_each_use() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("clock");
        let clock = OffsetClock::new(Arc::new(Noon), &path);
        let noon = Noon.now().trunc_subsecs(6);
        assert_eq!(clock.now(), noon, "without a file nothing is added");
        for (text, micros) in [("3600", 3_600_000_000_i64), (" +60\n", 60_000_000), ("-1.5", -1_500_000), ("0.0000019", 1), ("0", 0)] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(clock.now(), noon + TimeDelta::microseconds(micros), "{text:?}");
        }
    }

    #[test]
    fn a_file_caught_half_written_does_not_turn_time_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("clock");
        let clock = OffsetClock::new(Arc::new(Noon), &path);
        std::fs::write(&path, "86400").unwrap();
        let tomorrow = clock.now();
        for text in ["", "-", "1e9", "tomorrow", "9999999999999999", ".5", "1 2"] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(clock.now(), tomorrow, "{text:?}");
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(clock.now(), tomorrow);
    }

    #[test]
    fn an_offset_beyond_the_calendar_is_not_added() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("clock");
        std::fs::write(&path, "999999999999").unwrap();
        let clock = OffsetClock::new(Arc::new(Far), &path);
        assert_eq!(clock.now(), Far.now());
    }

    struct Far;

    impl Clock for Far {
        fn now(&self) -> DateTime<Utc> {
            DateTime::<Utc>::MAX_UTC.trunc_subsecs(0)
        }
    }
}
