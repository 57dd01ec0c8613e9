//! One step in one transaction: every part in the order in which a refusal is most telling.
//!
//! Races are told apart by what the schema refuses (`ON CONFLICT DO NOTHING` and no row written), never by a look
//! before the write. The caller rolls back whatever an error leaves behind.

mod deliveries;

use crate::Ids;
use crate::aggregates;
use crate::column::{micros, signed, span};
use crate::entity::{audit, claim, command, consent_proof, session, token};
use crate::error::{Doing, corrupt};
use chrono::{DateTime, Utc};
use onboarding::ports::{CommandRecord, Commit, CommitError, SessionChange, SessionRow, StoreError, TokenEntry};
use onboarding_core::audit::AuditEntry;
use onboarding_core::consent::ConsentGiven;
use onboarding_core::{Claim, ClaimChange, Ref, policy};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

/// Takes the step, or tells why not.
pub(crate) async fn take(db: &impl ConnectionTrait, ids: &Ids, commit: Commit) -> Result<(), CommitError> {
    let Commit { at, portal, actor, writes, expects, events, claims, tokens, outbox, sessions, consents, command } = commit;
    // First of all: whoever repeats a command wants its reply, and not a quarrel about versions.
    if let Some(command) = command {
        note_command(db, command, at).await?;
    }
    for (what, expected) in expects {
        if aggregates::version(db, what).await? != expected {
            return Err(CommitError::Conflict);
        }
    }
    for write in writes {
        if !aggregates::write(db, &write.aggregate, write.expected, at).await? {
            return Err(CommitError::Conflict);
        }
    }
    change_claims(db, claims).await?;
    add_tokens(db, tokens).await?;
    for change in outbox {
        deliveries::change(db, change, at).await?;
    }
    for change in sessions {
        change_session(db, change).await?;
    }
    add_consents(db, ids, portal.as_str(), consents, at).await?;
    add_audit(db, ids, portal.as_str(), &actor.word(), events, at).await?;
    Ok(())
}

/// Inserts one row; `false` if a unique index refuses it.
async fn insert<A>(db: &impl ConnectionTrait, row: A, what: &'static str) -> Result<bool, StoreError>
where
    A: ActiveModelTrait,
{
    let insert = A::Entity::insert(row).on_conflict(OnConflict::new().do_nothing().to_owned());
    Ok(insert.exec_without_returning(db).await.doing(what)? == 1)
}

async fn note_command(db: &impl ConnectionTrait, record: CommandRecord, at: DateTime<Utc>) -> Result<(), CommitError> {
    // A command id that is no longer replayed is free again, purged or not.
    command::Entity::delete_many()
        .filter(command::Column::Digest.eq(record.key.bytes.to_vec()))
        .filter(command::Column::DigestKey.eq(i64::from(record.key.key)))
        .filter(command::Column::At.lte(micros(at - policy::REPLAY_LIFE)))
        .exec(db)
        .await
        .doing("note a command")?;
    let row = command::ActiveModel {
        digest: Set(record.key.bytes.to_vec()),
        digest_key: Set(i64::from(record.key.key)),
        body: Set(record.body.bytes.to_vec()),
        body_key: Set(i64::from(record.body.key)),
        reply: Set(record.reply.bytes),
        reply_key: Set(i64::from(record.reply.key)),
        at: Set(micros(at)),
    };
    if insert(db, row, "note a command").await? { Ok(()) } else { Err(CommitError::Duplicate) }
}

async fn change_claims(db: &impl ConnectionTrait, changes: Vec<ClaimChange>) -> Result<(), CommitError> {
    for change in &changes {
        if let ClaimChange::Release(claim) = change {
            claim::Entity::delete_by_id(key_of(claim)).exec(db).await.doing("release a claim")?;
        }
    }
    for change in changes {
        if let ClaimChange::Take(claim, holder) = change {
            let (kind, portal, value) = key_of(&claim);
            let owner = (Set(holder.kind().to_owned()), Set(holder.uuid()));
            let row =
                claim::ActiveModel { kind: Set(kind), portal: Set(portal), value: Set(value), owner_kind: owner.0, owner_id: owner.1 };
            if !insert(db, row, "take a claim").await? {
                return Err(CommitError::Claimed(claim));
            }
        }
    }
    Ok(())
}

/// The key of a claim's row.
pub(crate) fn key_of(claim: &Claim) -> (String, String, String) {
    (claim.kind().to_owned(), claim.portal().as_str().to_owned(), claim.value().to_owned())
}

async fn add_tokens(db: &impl ConnectionTrait, tokens: Vec<TokenEntry>) -> Result<(), StoreError> {
    for TokenEntry { digest, owner } in tokens {
        let row = token::ActiveModel {
            digest: Set(digest.bytes.to_vec()),
            digest_key: Set(i64::from(digest.key)),
            owner_kind: Set(owner.kind().to_owned()),
            owner_id: Set(owner.uuid()),
        };
        let mut again = OnConflict::columns([token::Column::Digest, token::Column::DigestKey]);
        again.update_columns([token::Column::OwnerKind, token::Column::OwnerId]);
        token::Entity::insert(row).on_conflict(again).exec_without_returning(db).await.doing("add a token")?;
    }
    Ok(())
}

async fn change_session(db: &impl ConnectionTrait, change: SessionChange) -> Result<(), CommitError> {
    match change {
        SessionChange::Open(row) => {
            let expires_at = micros(row.expires_at());
            let SessionRow { id, portal, account, digest, kind, generation, memberships, opened_at, last_seen, idle, at_most } = row;
            let memberships =
                serde_json::to_string(&memberships).map_err(|error| corrupt(format_args!("session {id}: {:?}", error.classify())))?;
            let row = session::Model {
                id: id.0,
                portal: portal.as_str().to_owned(),
                account_id: account.0,
                digest: digest.bytes.to_vec(),
                digest_key: i64::from(digest.key),
                kind: kind.word().to_owned(),
                generation: signed(generation),
                memberships,
                opened_at: micros(opened_at),
                last_seen: micros(last_seen),
                idle: span(idle),
                at_most: at_most.map(micros),
                expires_at,
            };
            let opened = insert(db, row.into_active_model().reset_all(), "open a session").await?;
            if opened { Ok(()) } else { Err(CommitError::Conflict) }
        }
        SessionChange::Close(account, id) => {
            session::Entity::delete_many()
                .filter(session::Column::Id.eq(id.0))
                .filter(session::Column::AccountId.eq(account.0))
                .exec(db)
                .await
                .doing("close a session")?;
            Ok(())
        }
    }
}

async fn add_consents(
    db: &impl ConnectionTrait,
    ids: &Ids,
    portal: &str,
    given: Vec<(Ref, ConsentGiven)>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let rows = given.into_iter().map(|(owner, ConsentGiven { shown, granted, at: given_at })| consent_proof::ActiveModel {
        id: Set(ids.next(at)),
        portal: Set(portal.to_owned()),
        owner_kind: Set(owner.kind().to_owned()),
        owner_id: Set(Some(owner.uuid())),
        document: Set(shown.document),
        version: Set(shown.version),
        language: Set(shown.language.tag().to_owned()),
        sha256: Set(shown.sha256.to_vec()),
        granted: Set(granted),
        at: Set(micros(given_at)),
    });
    consent_proof::Entity::insert_many(rows).exec_without_returning(db).await.doing("record proofs of consent")?;
    Ok(())
}

async fn add_audit(
    db: &impl ConnectionTrait,
    ids: &Ids,
    portal: &str,
    actor: &str,
    events: Vec<(Ref, AuditEntry)>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let rows = events.into_iter().map(|(subject, AuditEntry { kind, details })| {
        let details: serde_json::Map<String, serde_json::Value> =
            details.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        audit::ActiveModel {
            id: Set(ids.next(at)),
            portal: Set(portal.to_owned()),
            at: Set(micros(at)),
            actor: Set(actor.to_owned()),
            subject_kind: Set(subject.kind().to_owned()),
            subject_id: Set(subject.uuid()),
            kind: Set(kind.to_owned()),
            details: Set(serde_json::Value::Object(details).to_string()),
        }
    });
    audit::Entity::insert_many(rows).exec_without_returning(db).await.doing("write the audit trail")?;
    Ok(())
}
