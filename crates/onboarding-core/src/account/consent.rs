//! Deciding on documents, at any time.

use super::event::Event;
use super::state::Account;
use super::{Refusal, Reply};
use crate::consent::{ConsentGiven, DocumentVersion};
use crate::journey::ConsentKind;
use crate::{Decision, Journey};
use chrono::{DateTime, Utc};

pub(super) fn decide(
    account: &Account,
    document: &str,
    version: &str,
    granted: bool,
    documents: &[DocumentVersion],
    journey: &Journey,
    now: DateTime<Utc>,
) -> Result<Decision<Event, Reply>, Refusal> {
    let (Some(rule), Some(shown)) = (journey.consent(document), documents.iter().find(|shown| shown.document == document)) else {
        return Err(Refusal::UnknownDocument);
    };
    if shown.version != version {
        return Err(Refusal::VersionOutdated);
    }
    if !granted && rule.kind != ConsentKind::Consent && rule.required {
        return Err(Refusal::DocumentRequired);
    }
    let same = account.consents.0.get(document).is_some_and(|given| given.granted == granted && given.shown.version == version);
    if same {
        return Ok(Decision::answer(Reply::Repeated));
    }
    Ok(Decision::events(vec![Event::Consented { given: vec![ConsentGiven { shown: shown.clone(), granted, at: now }] }], Reply::Done))
}

pub(super) fn adopt(given: Vec<ConsentGiven>) -> Decision<Event, Reply> {
    if given.is_empty() { Decision::answer(Reply::Repeated) } else { Decision::events(vec![Event::Consented { given }], Reply::Done) }
}
