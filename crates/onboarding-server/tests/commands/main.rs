//! The binary as an operator meets it: commands, exit codes, one-line failures, files on disk.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod backup;
mod check;
mod configuration;
mod demo;
mod harness;
mod letters;
mod operations;
mod post_office;
mod postgres;
mod proxy;
mod records;
mod serve;
mod usage;
