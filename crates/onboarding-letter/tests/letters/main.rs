//! Letters as a reader, a scanner and an envelope see them: read back with the tools of a desk, not with our own code.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod address;
mod content;
mod desk;
mod worker;
