//! Everything a test of a journey needs: fakes that behave, builders of sample data, and one contract suite per port.
//!
//! A fake here does what its port promises, in memory and without waiting; each passes the suite of its port in
//! [`contract`], the same that real adapters pass. Nothing here is for production: [`PlainVault`] and [`CheapHasher`]
//! protect nothing.
//!
//! # A tour
//! - [`Bench`]: all fakes behind one engine and one worker; where a test of a journey begins.
//! - [`FixedClock`], [`SeededEntropy`]: time that moves when told, chance that repeats.
//! - [`MemoryStore`]: `Store`, `Sessions`, `Outbox`, `Directory`, `Throttle` and `Backoffice` in one; can be away, and lets others be faster.
//! - [`RecordingMailer`], [`RecordingPress`]: keep what they took, and fail as announced. [`ReadMail`] reads a mail as its
//!   reader does; [`PlainStationery`] and [`PlainLetters`] write it so.
//! - [`CheapHasher`] counts what it hashes; [`PlainVault`] rotates its keys.
//! - With the feature `postgres`, a server of PostgreSQL's for tests, gone when they are.
//! - [`sample`]: ids, records and aggregates at every stage. [`contract`]: what every adapter promises, as one call each.
//!
//! ```
//! use chrono::TimeDelta;
//! use onboarding::ports::Clock;
//! use onboarding_testkit::FixedClock;
//!
//! let clock = FixedClock::default();
//! let before = clock.now();
//! clock.advance(TimeDelta::days(15));
//! assert_eq!(clock.now() - before, TimeDelta::days(15));
//! ```

mod bench;
mod clock;
#[expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a broken promise panics: that is how a suite tells it")]
pub mod contract;
mod entropy;
mod hasher;
mod letter_press;
mod mailer;
mod memory;
#[cfg(all(unix, feature = "postgres"))]
pub mod postgres;
mod reading;
#[expect(clippy::missing_panics_doc, reason = "a builder panics only if its own sample is broken; those that read a caller's text say so")]
pub mod sample;
mod stationery;
mod vault;

pub use bench::Bench;
pub use clock::FixedClock;
pub use entropy::SeededEntropy;
pub use hasher::CheapHasher;
pub use letter_press::{PressFate, RecordingPress};
pub use mailer::{MailFate, RecordingMailer};
pub use memory::MemoryStore;
pub use reading::ReadMail;
pub use stationery::{PlainLetters, PlainStationery};
pub use vault::PlainVault;

/// The `mockall` mocks of every port, for tests with expectations.
#[cfg(feature = "mock")]
pub mod mock {
    pub use onboarding::ports::{
        MockBackoffice, MockClock, MockDirectory, MockEntropy, MockLetterPress, MockMailer, MockOutbox, MockPasswordHasher, MockSessions,
        MockStationery, MockStore, MockThrottle, MockVault,
    };
}
