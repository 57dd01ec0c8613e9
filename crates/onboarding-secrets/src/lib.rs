//! Everything that guards a secret, and the two ambient things: argon2id on a bounded pool, keyed digests, sealed boxes,
//! the key file, the machine's clock and randomness.
//!
//! It decides no policy: what a password must be, how long a token lives and who may try how often is the core's.
//!
//! # Keys and their rotation
//! A [`KeyRing`] holds master keys of 256 bit, newest first. From each master key two keys are derived, one for digests
//! and one for sealing. New digests and boxes are made under the newest key; every digest and box names its key.
//!
//! Nothing is made anew when a key is added:
//! - **Boxes** are short-lived and drain. A row of the outbox is wiped when it is settled and purged after 30 days; a
//!   sealed reply goes after 24 hours.
//! - **Digests** cannot be made anew: the secrets behind them are unknown. They end with what they stand for: link tokens
//!   and codes within 30 days of their registration (and 30 days more while a closed one is kept, so that a late click
//!   gets a truthful answer), letter PINs within 24 days or as long as the portal gives for handling, a notice's PIN
//!   within 400 days, a browser's mark within a year, sessions when they are not used for as long as the portal says
//!   (90 days at most).
//!
//! So an old key may go once no row names it: after 90 days where neither notices nor known browsers matter, after 400
//! days otherwise. A session that is used without a pause keeps its digest for as long as it lives; it ends with its key.
//! Counters of the throttle are found under the newest key only: they begin anew at a rotation.
//!
//! A key that is `retired` in the file opens boxes but makes no digest any more: whatever was digested under it is
//! unknown from then on. That is the way to cut off a key that leaked: every link, code, PIN and session of it is dead at
//! once, passwords are untouched.
//!
//! A process reads the file at its start. Replicas are to be restarted together after a rotation: an older one cannot
//! open what a newer one seals, and leaves such rows of the outbox to the newer one only if it fails without settling.
//!
//! # What a thief of the database gets
//! No key is in the database. Digests are HMACs, so short codes and PINs cannot be guessed offline; passwords are
//! argon2id with salts of their own.

mod clock;
mod cost;
mod entropy;
mod kernel;
mod keyring;
mod phc;
mod pool;
mod vault;

pub use clock::{OffsetClock, SystemClock};
pub use cost::{Cost, CostError};
pub use entropy::OsEntropy;
pub use keyring::{KeyRing, KeyRingError};
pub use pool::{ArgonPool, PASSWORD_MAX_BYTES, PoolSettings};
pub use vault::KeyVault;
