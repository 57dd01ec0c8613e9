//! What a step stands on, and how it keeps standing until the step is taken.
//!
//! SQLite has one writer: what is looked at there stays as it is. PostgreSQL has many, and every step there locks what it
//! stands on: rows that are there with `FOR SHARE`, in one order for everybody; a claim that is to stay free by looking
//! when everything else is locked, or, where the step takes claims itself, by holding its key. What is to be absent by its
//! id stays so by itself: ids are made anew and told to nobody before their row is there. docs/adr/0009-postgresql.md has
//! the proof.

use super::key_of;
use crate::aggregates::{self, statement};
use crate::batch::Batch;
use crate::error::Doing;
use crate::sql::Sql;
use chrono::{DateTime, Utc};
use onboarding::ports::{CommitError, Version, Write};
use onboarding_core::{Claim, Ref, Uuid};
use sea_orm::DbBackend;

enum Part {
    Stand(Ref, Version),
    Write(Box<Write>),
}

impl Part {
    fn place(&self) -> (&'static str, Uuid) {
        let what = match self {
            Self::Stand(what, _) => *what,
            Self::Write(write) => write.aggregate.index().id,
        };
        (what.kind(), what.uuid())
    }
}

/// Writes the states, if everything expected still has its version.
pub(super) async fn stand_and_write(
    db: &impl Sql,
    expects: Vec<(Ref, Version)>,
    writes: Vec<Write>,
    at: DateTime<Utc>,
) -> Result<(), CommitError> {
    let expects = expects.into_iter().map(|(what, version)| Part::Stand(what, version));
    let mut parts: Vec<Part> = expects.chain(writes.into_iter().map(|write| Part::Write(Box::new(write)))).collect();
    if db.backend() == DbBackend::Postgres {
        parts.sort_by_key(Part::place);
    }
    let mut states = Batch::default();
    for part in parts {
        match part {
            Part::Write(write) => aggregates::write(&mut states, &write.aggregate, write.expected, at)?,
            Part::Stand(what, expected) => {
                if !std::mem::take(&mut states).run(db).await.doing("write aggregates")? {
                    return Err(CommitError::Conflict);
                }
                if aggregates::version(db, what).await? != expected {
                    return Err(CommitError::Conflict);
                }
            }
        }
    }
    if states.run(db).await.doing("write aggregates")? { Ok(()) } else { Err(CommitError::Conflict) }
}

/// That nobody holds them, seen at this moment.
pub(super) async fn are_free(db: &impl Sql, claims: &[Claim]) -> Result<(), CommitError> {
    for claim in claims {
        let (kind, portal, value) = key_of(claim);
        let sql = "SELECT owner_id FROM claims WHERE kind = $1 AND portal = $2 AND value = $3";
        let row = db.row(statement(db, sql, [kind.into(), portal.into(), value.into()])).await;
        if row.doing("look at a claim")?.is_some() {
            return Err(CommitError::Conflict);
        }
    }
    Ok(())
}

/// That nobody holds them, now and until the step is taken or not.
pub(super) async fn keep_free(db: &impl Sql, claims: &[Claim]) -> Result<(), CommitError> {
    if db.backend() == DbBackend::Sqlite {
        return are_free(db, claims).await;
    }
    let mut keys: Vec<_> = claims.iter().map(key_of).collect();
    keys.sort();
    for (kind, portal, value) in keys {
        let values = [kind.into(), portal.into(), value.into()];
        // Whoever would take it waits for this row's transaction, although the row is never to be seen.
        let mut held = Batch::default();
        let nobody = [("".into()), Uuid::nil().into()];
        held.write(
            "INSERT INTO claims (kind, portal, value, owner_kind, owner_id) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            values.clone().into_iter().chain(nobody),
        );
        held.write("DELETE FROM claims WHERE kind = ? AND portal = ? AND value = ?", values);
        if !held.run(db).await.doing("keep a claim free")? {
            return Err(CommitError::Conflict);
        }
    }
    Ok(())
}
