//! Letters to printers: a real one, and one that breaks, lies and forgets.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod breaking;
mod printing;
