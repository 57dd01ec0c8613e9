//! The onboarding engine: ports, driver and worker. What another Rust service embeds.
//!
//! # A tour
//! - [`ports`]: what the engine asks of the outside, one trait per role.
//! - [`Aggregate`]: the core's four aggregates under one type, for stores.

mod aggregate;
pub mod portal;
pub mod ports;

pub use portal::{Portal, Portals};
pub use aggregate::{Aggregate, Index};
pub use onboarding_core as core;
pub use ports::{Version, Versioned};
