//! The infrastructure of the HTTP door, driven over real sockets against a small table of its own.

#![allow(clippy::unwrap_used, reason = "a test that meets what it did not expect fails there")]

mod bodies;
mod clients;
mod document;
mod refusals;
mod sample;
mod slowness;
