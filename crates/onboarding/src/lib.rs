//! The onboarding engine: ports, driver and worker. What another Rust service embeds.
//!
//! # A tour
//! - [`ports`]: what the engine asks of the outside, one trait per role.
//! - [`Onboarding`]: the driver. Its methods are the use cases, one story a file in `stories/`; JSON and HTML doors call the
//!   same ones. [`stories`] has what they answer, [`Error`] why they do not, [`Caller`] who asks.
//! - [`forms`]: what people type, parsed once with every fault told at once.
//! - [`csv`]: files that people open in a spreadsheet, without formulas.
//! - [`Portal`]: a journey with a name, people to call and documents, read from text.
//! - [`Worker`]: carries out what commits ordered: mails and letters. [`Onboarding::sweep`]: lets time do its part.
//! - [`Aggregate`]: the core's aggregates under one type, for stores.
//!
//! Every use case is one loop: load → gather facts → `decide` → fold `evolve` → `commit`. On a conflict it starts again, at
//! most three times; nothing is revealed before the commit.
//!
//! `examples/embed.rs` is the whole of an embedding service on one page; `docs/embedding.md` explains it.

mod aggregate;
pub mod csv;
mod engine;
mod error;
pub mod forms;
mod idle;
mod minting;
pub mod portal;
pub mod ports;
mod sealing;
mod search;
mod step;
pub mod stories;
mod sweeper;
mod worker;

pub use aggregate::{Aggregate, Index};
pub use engine::{Caller, CommandId, Onboarding, Ports};
pub use error::Error;
pub use onboarding_core as core;
pub use portal::{Portal, Portals};
pub use ports::{Version, Versioned};
pub use worker::{LetterWriter, PrintedNow, Worker};
