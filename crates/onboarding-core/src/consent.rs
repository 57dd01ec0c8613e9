//! Consents: what was shown, what was decided, when; and whether a decision still counts.

use crate::{
    Language,
    journey::{ConsentKind, ConsentRule, ConsentStage},
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The document as it stands now, in the language shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DocumentVersion {
    /// The document's name.
    pub document: String,
    /// Its version, 1 to 20 characters.
    pub version: String,
    /// The language shown.
    pub language: Language,
    /// SHA-256 of the text shown, 32 bytes.
    #[cfg_attr(feature = "serde", serde(with = "crate::bytes"))]
    pub sha256: [u8; 32],
}

/// One decision, kept as a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConsentGiven {
    /// What was shown.
    pub shown: DocumentVersion,
    /// Yes or no.
    pub granted: bool,
    /// When.
    pub at: DateTime<Utc>,
}

/// A decision as it arrives from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentInput {
    /// The document's name.
    pub document: String,
    /// The version that was shown.
    pub version: String,
    /// Yes or no.
    pub granted: bool,
}

/// Why a decision is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsentFault {
    /// The portal has no such document here.
    Unknown(String),
    /// The document has another version by now.
    Outdated(String),
    /// A required document was not agreed to.
    Required(String),
    /// A document stands twice.
    Repeated(String),
}

/// The latest decision per document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Consents(pub BTreeMap<String, ConsentGiven>);

impl Consents {
    /// Adds a decision; the latest wins.
    pub fn record(&mut self, given: ConsentGiven) {
        self.0.insert(given.shown.document.clone(), given);
    }

    /// Adds what is not there yet or was decided later: a decision made on another way does not undo a newer one.
    pub fn merge(&mut self, others: &Self) {
        for given in others.0.values() {
            if self.is_news(given) {
                self.record(given.clone());
            }
        }
    }

    /// Whether nothing later is known about its document.
    pub fn is_news(&self, given: &ConsentGiven) -> bool {
        self.0.get(&given.shown.document).is_none_or(|known| known.at <= given.at)
    }

    /// Whether the current version of this document was agreed to.
    pub fn covers(&self, current: &DocumentVersion) -> bool {
        self.0.get(&current.document).is_some_and(|given| given.granted && given.shown.version == current.version)
    }

    /// The required documents of these rules that are not agreed to in their current version.
    pub fn missing<'a>(&self, rules: impl Iterator<Item = &'a ConsentRule>, current: &[DocumentVersion]) -> Vec<String> {
        rules
            .filter(|rule| rule.required && rule.kind != ConsentKind::Consent)
            .filter(|rule| !current.iter().any(|now| now.document == rule.document && self.covers(now)))
            .map(|rule| rule.document.clone())
            .collect()
    }
}

/// Reads decisions made at one stage: known documents, current versions, all required ones granted.
pub fn read(
    rules: &[ConsentRule],
    stage: ConsentStage,
    inputs: &[ConsentInput],
    current: &[DocumentVersion],
    all_required: bool,
    now: DateTime<Utc>,
) -> Result<Vec<ConsentGiven>, Vec<ConsentFault>> {
    let mut faults = Vec::new();
    let mut given: Vec<ConsentGiven> = Vec::new();
    for input in inputs {
        let rule = rules.iter().find(|rule| rule.document == input.document && rule.stage == stage);
        let shown = current.iter().find(|shown| shown.document == input.document);
        match (rule, shown) {
            (Some(_), Some(_)) if given.iter().any(|other| other.shown.document == input.document) => {
                faults.push(ConsentFault::Repeated(input.document.clone()));
            }
            (Some(_), Some(shown)) if shown.version == input.version => {
                given.push(ConsentGiven { shown: shown.clone(), granted: input.granted, at: now });
            }
            (Some(_), Some(_)) => faults.push(ConsentFault::Outdated(input.document.clone())),
            (None, _) | (_, None) => faults.push(ConsentFault::Unknown(input.document.clone())),
        }
    }
    for rule in rules.iter().filter(|rule| all_required && rule.stage == stage && rule.required) {
        let told = faults.iter().any(
            |fault| matches!(fault, ConsentFault::Outdated(document) | ConsentFault::Repeated(document) if *document == rule.document),
        );
        if !told && !given.iter().any(|decision| decision.granted && decision.shown.document == rule.document) {
            faults.push(ConsentFault::Required(rule.document.clone()));
        }
    }
    if faults.is_empty() { Ok(given) } else { Err(faults) }
}
