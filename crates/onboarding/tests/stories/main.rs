//! The use cases over the memory fakes: each story as a person, an embedding service and an attacker walk it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod account;
mod apply;
mod approval;
mod backoffice;
mod confirm;
mod email;
mod embedding;
mod equal_work;
mod generated;
mod handed;
mod idempotency;
mod imports;
mod office;
mod outgoing;
mod password;
mod pins;
mod provision;
mod resend;
mod reset;
mod scene;
mod sign_in;
mod staff;
mod suspend;
mod sweeper;
mod team;
mod watched;
mod worker;
