//! How values become columns and come back.
//!
//! Times are whole microseconds since 1970 in a 64-bit integer: SQLite has no type for times and would keep text with
//! nanoseconds, PostgreSQL keeps microseconds. As integers they are equal on both, exact, and compare as they sort.
//! Counters that Rust holds unsigned are 64-bit signed, because SQL has no unsigned integers.

use crate::error::corrupt;
use chrono::{DateTime, TimeDelta, Utc};
use onboarding::ports::{Sealed, StoreError};
use onboarding_core::{Digest, PortalSlug, Ref};
use uuid::Uuid;

/// Microseconds since 1970.
pub(crate) fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// A moment from microseconds since 1970.
pub(crate) fn moment(micros: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| corrupt("a time beyond the calendar"))
}

/// A span in microseconds; one of more than 292,000 years saturates.
pub(crate) fn span(delta: TimeDelta) -> i64 {
    delta.num_microseconds().unwrap_or(if delta < TimeDelta::zero() { i64::MIN } else { i64::MAX })
}

/// A version, fence or generation as SQL keeps it.
pub(crate) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A version, fence or generation as Rust holds it.
pub(crate) fn unsigned(count: i64) -> Result<u64, StoreError> {
    u64::try_from(count).map_err(|_| corrupt("a counter below zero"))
}

/// A small counter as Rust holds it.
pub(crate) fn small(count: i64) -> Result<u32, StoreError> {
    u32::try_from(count).map_err(|_| corrupt("a counter out of its range"))
}

/// An aggregate from its two columns.
pub(crate) fn reference(kind: &str, id: Uuid) -> Result<Ref, StoreError> {
    Ref::of(kind, id).ok_or_else(|| corrupt(format_args!("{id} belongs to an unknown kind")))
}

/// A portal from its column.
pub(crate) fn portal(slug: &str) -> Result<PortalSlug, StoreError> {
    PortalSlug::parse(slug).ok_or_else(|| corrupt("a portal's slug has another form"))
}

/// A digest from its two columns.
pub(crate) fn digest(key: i64, bytes: &[u8]) -> Result<Digest, StoreError> {
    let bytes = bytes.try_into().map_err(|_| corrupt("a digest of another length"))?;
    Ok(Digest { key: small(key)?, bytes })
}

/// A sealed box from its two columns.
pub(crate) fn sealed(key: i64, bytes: Vec<u8>) -> Result<Sealed, StoreError> {
    Ok(Sealed { key: small(key)?, bytes })
}
