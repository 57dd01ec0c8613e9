//! The binary as an operator meets it: commands, exit codes, one-line failures, files on disk.

mod check;
mod configuration;
mod demo;
mod harness;
mod records;
mod serve;
mod usage;
