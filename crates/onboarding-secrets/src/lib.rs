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
//! - **Digests** cannot be made anew: the secrets behind them are unknown. They end with what they stand for. Link tokens
//!   and codes end with their registration, open for at most 90 days (30 each for proof, approval and completion) and
//!   kept for 30 more, so that a late click gets a truthful answer; letter PINs after 21 days and the portal's days of
//!   handling; a notice's PIN after at most 400 days; a known browser's mark after a year; a session when it is not used
//!   for 30 days or less.
//!
//! So an old key may go once no row names it: after 120 days where no notices are sent, after 400 days otherwise. What
//! lives longer ends with the key: a session that is used without a pause has to sign in again, a known browser loses the
//! throttle's bucket of its own. Counters of the throttle are found under the newest key only and begin anew at a
//! rotation; rotating is an operator's act, so nobody gains tries by it at will.
//!
//! A key that is `retired` in the file opens boxes but makes no digest any more: whatever was digested under it is
//! unknown from then on. That is the way to cut off a key that leaked: every link, code, PIN and session of it is dead at
//! once, passwords are untouched.
//!
//! A server follows its file ([`FileVault`]). A new key opens at once and digests and seals only from its `from` on: by then
//! every replica has read it, and none meets a token or a box under a key that it does not know.
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
mod reload;
mod vault;

pub use clock::{OffsetClock, SystemClock};
pub use cost::{Cost, CostError};
pub use entropy::OsEntropy;
pub use keyring::{KeyRing, KeyRingError};
pub use pool::{ArgonPool, PASSWORD_MAX_BYTES, PoolSettings};
pub use reload::FileVault;
pub use vault::KeyVault;
