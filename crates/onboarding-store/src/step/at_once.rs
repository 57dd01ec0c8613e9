//! A step as one text of statements, handed to the database once: each hand-over costs more than most statements do.
//!
//! It is taken only if every row that it means to write was written; else nothing of it stays, and the slower way through
//! the same step tells why. What no statement can promise a number of rows for (a release, a withdrawal, a sign-out) goes
//! the slower way at once.

use super::{add_audit, add_consents, add_tokens, command_row, deliveries, key_of, open_session};
use crate::Ids;
use crate::aggregates::{self, Condition};
use crate::batch::Batch;
use crate::column::micros;
use onboarding::ports::{Commit, OutboxChange, SessionChange, StoreError, Version};
use onboarding_core::{Claim, ClaimChange, Ref};

/// The whole step; `None` for one that is not made of rows to be written alone.
pub(crate) fn at_once(ids: &Ids, commit: &Commit) -> Result<Option<Batch>, StoreError> {
    let Commit { at, portal, actor, writes, expects, expects_free, events, claims, tokens, outbox, sessions, consents, command } = commit;
    let Some(takes) = only_takes(claims) else { return Ok(None) };
    let Some((first, others)) = writes.split_first() else { return Ok(None) };
    let writes_rows = |change: &OutboxChange| match change {
        OutboxChange::Enqueue(_) | OutboxChange::Attempt { .. } | OutboxChange::Settle { .. } => true,
        OutboxChange::Withdraw { .. } | OutboxChange::Unpark { .. } => false,
    };
    if !outbox.iter().all(writes_rows) {
        return Ok(None);
    }
    let mut batch = Batch::default();
    if let Some(command) = command {
        command_row(&mut batch, command.clone(), *at);
    }
    aggregates::write_if(&mut batch, &first.aggregate, first.expected, *at, facts(expects, expects_free))?;
    for write in others {
        aggregates::write(&mut batch, &write.aggregate, write.expected, *at)?;
    }
    let rows = takes.into_iter().map(|(claim, holder)| {
        let (kind, portal, value) = key_of(claim);
        [kind.into(), portal.into(), value.into(), holder.kind().into(), holder.uuid().into()]
    });
    batch.insert("claims (kind, portal, value, owner_kind, owner_id)", rows, "ON CONFLICT DO NOTHING");
    deliveries::settle_in(&mut batch, outbox, *at);
    add_tokens(&mut batch, tokens.clone(), micros(*at));
    deliveries::enqueue_all(&mut batch, outbox.clone(), *at);
    for change in sessions {
        match change {
            SessionChange::Open(row) => open_session(&mut batch, row.clone())?,
            SessionChange::OpenStaff(_) | SessionChange::Close(..) | SessionChange::CloseStaff(..) => return Ok(None),
        }
    }
    add_consents(&mut batch, ids, portal.as_str(), consents.clone(), *at);
    add_audit(&mut batch, ids, portal.as_str(), &actor.word(), events.clone(), *at);
    Ok(Some(batch))
}

/// The claims to take; `None` where one is released.
fn only_takes(changes: &[ClaimChange]) -> Option<Vec<(&Claim, Ref)>> {
    let take = |change| match change {
        &ClaimChange::Take(ref claim, holder) => Some((claim, holder)),
        ClaimChange::Release(_) => None,
    };
    changes.iter().map(take).collect()
}

/// Everything the step stands on, as one condition.
fn facts(expects: &[(Ref, Version)], expects_free: &[Claim]) -> Option<Condition> {
    let versions = expects.iter().map(|(what, expected)| aggregates::stands(*what, *expected));
    let free = expects_free.iter().map(|claim| {
        let (kind, portal, value) = key_of(claim);
        let sql = "NOT EXISTS (SELECT 1 FROM claims WHERE kind = ? AND portal = ? AND value = ?)";
        (sql.to_owned(), vec![kind.into(), portal.into(), value.into()])
    });
    versions.chain(free).reduce(|(sql, values), (also, more)| (format!("{sql} AND {also}"), values.into_iter().chain(more).collect()))
}
