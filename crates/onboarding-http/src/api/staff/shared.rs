//! What several of the clerks' chapters answer: records, proofs of consent, lines of the audit trail.

use crate::api::moment::Moment;
use crate::problem::Problem;
use onboarding::portal::hex;
use onboarding::stories::AuditView;
use onboarding_core::record::RecordStatus;
use onboarding_core::{Uuid, consent::ConsentGiven};
use schemars::JsonSchema;
use serde::Serialize;

/// A row of the master data.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MasterRecord")]
pub(super) struct Record {
    /// As the company writes it.
    number: String,
    /// The company's or business's name; empty for a person.
    name: String,
    first_name: String,
    last_name: String,
    street: String,
    postal_code: String,
    city: String,
    /// ISO 3166-1 alpha-2, or empty for the portal's own.
    country: String,
    email: Option<String>,
    language: Option<String>,
    /// `open` or `closed`.
    status: &'static str,
}

impl From<onboarding_core::Record> for Record {
    fn from(record: onboarding_core::Record) -> Self {
        Self {
            number: record.written,
            name: record.name,
            first_name: record.first_name,
            last_name: record.last_name,
            street: record.street,
            postal_code: record.postal_code,
            city: record.city,
            country: record.country,
            email: record.email.map(|email| email.as_str().to_owned()),
            language: record.language.map(|language| language.tag().to_owned()),
            status: match record.status {
                RecordStatus::Open => "open",
                RecordStatus::Closed => "closed",
            },
        }
    }
}

/// A decision on a document, as proof.
#[derive(Serialize, JsonSchema)]
pub(super) struct ConsentProof {
    document: String,
    version: String,
    language: String,
    /// SHA-256 of the text that was shown, 64 hexadecimal digits.
    sha256: String,
    granted: bool,
    at: Moment,
}

impl From<ConsentGiven> for ConsentProof {
    fn from(given: ConsentGiven) -> Self {
        Self {
            sha256: hex(&given.shown.sha256),
            document: given.shown.document,
            version: given.shown.version,
            language: given.shown.language.tag().to_owned(),
            granted: given.granted,
            at: given.at.into(),
        }
    }
}

/// A line of the audit trail: ids and codes, no name and no address.
#[derive(Serialize, JsonSchema)]
pub(super) struct AuditEntry {
    at: Moment,
    /// `account:<id>`, `clerk:<id>`, `operator`, `system` or `anonymous`.
    actor: String,
    /// Kind and id of what it happened to, such as `account:<id>`.
    subject: String,
    /// What happened, in the past tense.
    kind: String,
    /// Ids and codes by their names.
    details: serde_json::Value,
}

impl From<AuditView> for AuditEntry {
    fn from(view: AuditView) -> Self {
        Self {
            at: view.at.into(),
            actor: view.actor,
            subject: format!("{}:{}", view.subject.kind(), view.subject.uuid()),
            kind: view.kind,
            details: view.details,
        }
    }
}

/// An id in the path: what is none belongs to nothing.
pub(super) fn id(text: &str) -> Result<Uuid, Problem> {
    Uuid::try_parse(text).map_err(|_| Problem::not_found())
}
