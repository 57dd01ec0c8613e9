//! The audit trail's view of an event: kind, ids and codes; no name, address or birth date.

use std::fmt;

/// What the audit keeps of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct AuditEntry {
    /// A stable word in the past tense, such as `registration.email_proved`.
    pub kind: &'static str,
    /// Ids and codes, by stable names.
    pub details: Vec<(&'static str, String)>,
}

impl AuditEntry {
    /// An entry without details.
    pub fn new(kind: &'static str) -> Self {
        Self { kind, details: Vec::new() }
    }

    /// Adds an id or code.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.details.push((name, value.to_string()));
        self
    }
}

/// An event that leaves a trace.
pub trait Audited {
    /// What the audit keeps.
    fn audit(&self) -> AuditEntry;
}
