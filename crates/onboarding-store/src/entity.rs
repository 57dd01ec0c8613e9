//! Entities of the tables that are read through them, private to this crate: rows as they lie, without a rule.

pub(crate) mod audit;
pub(crate) mod command;
pub(crate) mod consent_proof;
pub(crate) mod import;
pub(crate) mod outbox;
pub(crate) mod session;
pub(crate) mod throttle;
pub(crate) mod token;
