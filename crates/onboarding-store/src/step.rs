//! One step in one transaction: every part in the order in which a refusal is most telling.
//!
//! Races are told apart by what the schema refuses (`ON CONFLICT DO NOTHING` and no row written), never by a look
//! before the write. Parts that refuse alike go to the database together. The caller rolls back whatever an error leaves
//! behind.

mod deliveries;
mod facts;

use crate::Ids;
use crate::aggregates;
use crate::batch::Batch;
use crate::column::{micros, signed, span};
use crate::error::{Doing, corrupt};
use crate::sql::Sql;
use chrono::{DateTime, Utc};
use onboarding::ports::{CommandRecord, Commit, CommitError, SessionChange, SessionRow, StaffSessionRow, StoreError, TokenEntry};
use onboarding_core::audit::AuditEntry;
use onboarding_core::consent::ConsentGiven;
use onboarding_core::{Claim, ClaimChange, Ref, policy};
use sea_orm::{Statement, Value};

/// Takes the step, or tells why not.
pub(crate) async fn take(db: &impl Sql, ids: &Ids, commit: Commit) -> Result<(), CommitError> {
    let Commit {
        at,
        portal,
        actor,
        writes,
        expects,
        expects_free,
        events,
        claims,
        tokens,
        outbox,
        sessions,
        consents,
        command,
        redoable: _,
    } = commit;
    // First of all: whoever repeats a command wants its reply, and not a quarrel about versions.
    if let Some(command) = command {
        note_command(db, command, at).await?;
    }
    let takes_claims = claims.iter().any(|change| matches!(change, ClaimChange::Take(..)));
    if takes_claims {
        facts::keep_free(db, &expects_free).await?;
    }
    facts::stand_and_write(db, expects, writes, at).await?;
    change_claims(db, claims).await?;
    deliveries::settle_all(db, &outbox, at).await?;
    // What is left collides with nothing but ids that were drawn twice.
    let mut rest = Batch::default();
    add_tokens(&mut rest, tokens, micros(at));
    deliveries::enqueue_all(&mut rest, outbox, at);
    change_sessions(db, &mut rest, sessions).await?;
    add_consents(&mut rest, ids, portal.as_str(), consents, at);
    add_audit(&mut rest, ids, portal.as_str(), &actor.word(), events, at);
    if !rest.run(db).await.doing("write what follows from a step")? {
        return Err(CommitError::Conflict);
    }
    // Last of all, where other steps go on meanwhile: everything else is locked by now.
    if takes_claims { Ok(()) } else { facts::are_free(db, &expects_free).await }
}

/// The one statement of a commit that only begins an attempt, or writes down how one ended.
pub(crate) fn only_delivery(db: &impl Sql, commit: &Commit) -> Option<Statement> {
    let Commit {
        at,
        portal: _,
        actor: _,
        writes,
        expects,
        expects_free,
        events,
        claims,
        tokens,
        outbox,
        sessions,
        consents,
        command,
        redoable: _,
    } = commit;
    let nothing_else = writes.is_empty()
        && expects.is_empty()
        && expects_free.is_empty()
        && events.is_empty()
        && claims.is_empty()
        && tokens.is_empty()
        && sessions.is_empty()
        && consents.is_empty()
        && command.is_none();
    match &outbox[..] {
        [change] if nothing_else => deliveries::one(db, change, *at),
        _ => None,
    }
}

async fn note_command(db: &impl Sql, record: CommandRecord, at: DateTime<Utc>) -> Result<(), CommitError> {
    let mut batch = Batch::default();
    command_row(&mut batch, record, at);
    if batch.run(db).await.doing("note a command")? { Ok(()) } else { Err(CommitError::Duplicate) }
}

fn command_row(batch: &mut Batch, record: CommandRecord, at: DateTime<Utc>) {
    // A command id that is no longer replayed is free again, purged or not.
    batch.write(
        "INSERT INTO commands (digest, digest_key, body, body_key, reply, reply_key, at) VALUES (?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (digest, digest_key) DO UPDATE SET body = excluded.body, body_key = excluded.body_key, reply = excluded.reply, \
         reply_key = excluded.reply_key, at = excluded.at WHERE commands.at <= ?",
        [
            record.key.bytes.to_vec().into(),
            i64::from(record.key.key).into(),
            record.body.bytes.to_vec().into(),
            i64::from(record.body.key).into(),
            record.reply.bytes.into(),
            i64::from(record.reply.key).into(),
            micros(at).into(),
            micros(at - policy::REPLAY_LIFE).into(),
        ],
    );
}

async fn change_claims(db: &impl Sql, changes: Vec<ClaimChange>) -> Result<(), CommitError> {
    let mut released = Batch::default();
    for change in &changes {
        if let ClaimChange::Release(claim) = change {
            let (kind, portal, value) = key_of(claim);
            released.write("DELETE FROM claims WHERE kind = ? AND portal = ? AND value = ?", [kind.into(), portal.into(), value.into()]);
        }
    }
    // What nobody holds needs no release.
    released.run(db).await.doing("release claims")?;
    let mut takes: Vec<(Claim, Ref)> = changes
        .into_iter()
        .filter_map(|change| match change {
            ClaimChange::Take(claim, holder) => Some((claim, holder)),
            ClaimChange::Release(_) => None,
        })
        .collect();
    // In one order for everybody: two that want the same two claims must not each wait for the other.
    takes.sort_by_cached_key(|(claim, _)| key_of(claim));
    for (claim, holder) in takes {
        let (kind, portal, value) = key_of(&claim);
        let mut taken = Batch::default();
        taken.write(
            "INSERT INTO claims (kind, portal, value, owner_kind, owner_id) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [kind.into(), portal.into(), value.into(), holder.kind().into(), holder.uuid().into()],
        );
        if !taken.run(db).await.doing("take a claim")? {
            return Err(CommitError::Claimed(claim));
        }
    }
    Ok(())
}

/// The key of a claim's row.
pub(crate) fn key_of(claim: &Claim) -> (String, String, String) {
    (claim.kind().to_owned(), claim.portal().as_str().to_owned(), claim.value().to_owned())
}

fn add_tokens(batch: &mut Batch, tokens: Vec<TokenEntry>, at: i64) {
    let rows = tokens.into_iter().map(|TokenEntry { digest, owner }| {
        [digest.bytes.to_vec().into(), i64::from(digest.key).into(), owner.kind().into(), owner.uuid().into(), at.into()]
    });
    batch.insert(
        "tokens (digest, digest_key, owner_kind, owner_id, at)",
        rows,
        "ON CONFLICT (digest, digest_key) DO UPDATE SET owner_kind = excluded.owner_kind, owner_id = excluded.owner_id",
    );
}

async fn change_sessions(db: &impl Sql, batch: &mut Batch, changes: Vec<SessionChange>) -> Result<(), StoreError> {
    for change in changes {
        match change {
            SessionChange::Open(row) => open_session(batch, row)?,
            SessionChange::Close(account, id) => {
                let sql = "DELETE FROM sessions WHERE id = $1 AND account_id = $2";
                let closed = aggregates::statement(db, sql, [id.0.into(), account.0.into()]);
                db.execute(closed).await.doing("close a session")?;
            }
            SessionChange::OpenStaff(row) => open_staff_session(batch, row),
            SessionChange::CloseStaff(clerk, id) => {
                let sql = "DELETE FROM staff_sessions WHERE id = $1 AND clerk_id = $2";
                let closed = aggregates::statement(db, sql, [id.0.into(), clerk.0.into()]);
                db.execute(closed).await.doing("close a clerk's session")?;
            }
        }
    }
    Ok(())
}

fn open_session(batch: &mut Batch, row: SessionRow) -> Result<(), StoreError> {
    let expires_at = micros(row.expires_at());
    let SessionRow { id, portal, account, digest, kind, generation, memberships, opened_at, last_seen, idle, at_most } = row;
    let memberships = serde_json::to_string(&memberships).map_err(|error| corrupt(format_args!("session {id}: {:?}", error.classify())))?;
    let row: [Value; 13] = [
        id.0.into(),
        portal.as_str().into(),
        account.0.into(),
        digest.bytes.to_vec().into(),
        i64::from(digest.key).into(),
        kind.word().into(),
        signed(generation).into(),
        memberships.into(),
        micros(opened_at).into(),
        micros(last_seen).into(),
        span(idle).into(),
        at_most.map(micros).into(),
        expires_at.into(),
    ];
    batch.insert(
        "sessions (id, portal, account_id, digest, digest_key, kind, generation, memberships, opened_at, last_seen, idle, at_most, expires_at)",
        [row],
        "ON CONFLICT DO NOTHING",
    );
    Ok(())
}

fn open_staff_session(batch: &mut Batch, row: StaffSessionRow) {
    let expires_at = micros(row.expires_at());
    let StaffSessionRow { id, portal, clerk, digest, generation, opened_at, last_seen, idle, at_most } = row;
    let row: [Value; 11] = [
        id.0.into(),
        portal.as_str().into(),
        clerk.0.into(),
        digest.bytes.to_vec().into(),
        i64::from(digest.key).into(),
        signed(generation).into(),
        micros(opened_at).into(),
        micros(last_seen).into(),
        span(idle).into(),
        micros(at_most).into(),
        expires_at.into(),
    ];
    batch.insert(
        "staff_sessions (id, portal, clerk_id, digest, digest_key, generation, opened_at, last_seen, idle, at_most, expires_at)",
        [row],
        "ON CONFLICT DO NOTHING",
    );
}

fn add_consents(batch: &mut Batch, ids: &Ids, portal: &str, given: Vec<(Ref, ConsentGiven)>, at: DateTime<Utc>) {
    let rows = given.into_iter().map(|(owner, ConsentGiven { shown, granted, at: given_at })| {
        [
            ids.next(at).into(),
            portal.into(),
            owner.kind().into(),
            owner.uuid().into(),
            shown.document.into(),
            shown.version.into(),
            shown.language.tag().into(),
            shown.sha256.to_vec().into(),
            granted.into(),
            micros(given_at).into(),
        ]
    });
    batch.insert("consent_proofs (id, portal, owner_kind, owner_id, document, version, language, sha256, granted, at)", rows, "");
}

fn add_audit(batch: &mut Batch, ids: &Ids, portal: &str, actor: &str, events: Vec<(Ref, AuditEntry)>, at: DateTime<Utc>) {
    let rows = events.into_iter().map(|(subject, AuditEntry { kind, details })| {
        let details: serde_json::Map<String, serde_json::Value> =
            details.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        [
            ids.next(at).into(),
            portal.into(),
            micros(at).into(),
            actor.into(),
            subject.kind().into(),
            subject.uuid().into(),
            kind.into(),
            serde_json::Value::Object(details).to_string().into(),
        ]
    });
    batch.insert("audit (id, portal, at, actor, subject_kind, subject_id, kind, details)", rows, "");
}
