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
    let known = account.consents.0.get(document);
    let withdrawn = known.filter(|known| known.granted && !granted);
    // What was agreed to or read stays so; only a consent is free.
    if !granted && rule.kind != ConsentKind::Consent && (rule.required || withdrawn.is_some()) {
        return Err(Refusal::DocumentRequired);
    }
    let shown = match withdrawn {
        // Withdrawn at any time: also in the version that was given, when there is a newer one.
        Some(given) if given.shown.version == version => &given.shown,
        Some(_) | None if shown.version == version => shown,
        Some(_) | None => return Err(Refusal::VersionOutdated),
    };
    let same = known.is_some_and(|given| given.granted == granted && given.shown.version == version);
    if same {
        return Ok(Decision::answer(Reply::Repeated));
    }
    Ok(Decision::events(vec![Event::Consented { given: vec![ConsentGiven { shown: shown.clone(), granted, at: now }] }], Reply::Done))
}

/// A registration may be older than what the account decided since: a withdrawal stays one.
pub(super) fn adopt(account: &Account, given: Vec<ConsentGiven>) -> Decision<Event, Reply> {
    let given: Vec<_> = given.into_iter().filter(|given| account.consents.is_news(given)).collect();
    if given.is_empty() { Decision::answer(Reply::Repeated) } else { Decision::events(vec![Event::Consented { given }], Reply::Done) }
}
