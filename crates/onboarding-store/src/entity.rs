//! One entity per table, private to this crate: rows as they lie, without a rule.

pub(crate) mod audit;
pub(crate) mod claim;
pub(crate) mod command;
pub(crate) mod consent_proof;
pub(crate) mod import;
pub(crate) mod outbox;
pub(crate) mod record;
pub(crate) mod session;
pub(crate) mod throttle;
pub(crate) mod token;
