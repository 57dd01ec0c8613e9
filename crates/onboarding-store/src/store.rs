//! The port `Store`: loads and finds through the readers, takes steps through the writer.

use crate::aggregates::{self, Table, statement};
use crate::column::{digest, micros, moment, reference, sealed};
use crate::database::{Database, Flush};
use crate::entity::{audit, command, consent_proof, token};
use crate::error::{Doing, corrupt};
use crate::sql::{self, Sql};
use crate::{Inner, SqlStore, purge, step};
use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, Utc};
use onboarding::Aggregate;
use onboarding::ports::{AuditRow, Commit, CommitError, Lookup, Relation, Replay, Store, StoreError, Versioned};
use onboarding_core::consent::{ConsentGiven, DocumentVersion};
use onboarding_core::policy::{self, Retention};
use onboarding_core::{Language, Presented, Ref};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use std::sync::Arc;
use uuid::Uuid;

impl SqlStore {
    pub(crate) fn readers(&self) -> &Database {
        &self.inner.database
    }

    /// What goes into a job of the writer, which may outlive the caller.
    pub(crate) fn shared(&self) -> Arc<Inner> {
        Arc::clone(&self.inner)
    }
}

/// The bytes of every digest, for an index; the keys are compared afterwards.
pub(crate) fn bytes_of(presented: &Presented) -> Vec<Vec<u8>> {
    presented.0.iter().map(|digest| digest.bytes.to_vec()).collect()
}

/// Whether the digest with these columns is one of those presented.
pub(crate) fn is_among(presented: &Presented, key: i64, bytes: &[u8]) -> Result<bool, StoreError> {
    Ok(presented.matches(&digest(key, bytes)?))
}

/// The account that holds a claim. With `$1` to `$3` the claim's key.
pub(crate) const HOLDER: &str = "SELECT c.owner_kind, c.owner_id AS id, a.version, a.data FROM claims c \
     LEFT JOIN accounts a ON c.owner_kind = 'account' AND a.id = c.owner_id WHERE c.kind = $1 AND c.portal = $2 AND c.value = $3";

/// What tokens with one of so many digests lead to.
pub(crate) fn led_to(digests: usize) -> String {
    let among = (1..=digests).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
    format!(
        "SELECT t.digest, t.digest_key, t.owner_kind, t.owner_id AS id, COALESCE(r.version, a.version) AS version, \
         COALESCE(r.data, a.data) AS data FROM tokens t \
         LEFT JOIN registrations r ON t.owner_kind = 'registration' AND r.id = t.owner_id \
         LEFT JOIN accounts a ON t.owner_kind = 'account' AND a.id = t.owner_id WHERE t.digest IN ({among})"
    )
}

/// What is due in any of the tables. With `$1` the present and `$2` the most rows.
pub(crate) fn due() -> String {
    let due = |kind: &str, table: Table| {
        let table = table.name();
        format!(
            "SELECT * FROM (SELECT '{kind}' AS kind, id, due_at FROM {table} WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2) AS due_{table}"
        )
    };
    let all = [
        due("registration", Table::Registrations),
        due("account", Table::Accounts),
        due("membership", Table::Memberships),
        due("roster", Table::Rosters),
        due("clerk", Table::Clerks),
    ];
    format!("{} ORDER BY due_at, id LIMIT $2", all.join(" UNION ALL "))
}

#[async_trait]
impl Store for SqlStore {
    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        let offset = self.inner.database.offset().await;
        let now = self.inner.clock.now();
        Ok(now.checked_add_signed(offset).unwrap_or(now).trunc_subsecs(6))
    }

    async fn load(&self, what: Ref) -> Result<Option<Versioned<Aggregate>>, StoreError> {
        aggregates::load(self.readers(), what).await
    }

    async fn find(&self, by: &Lookup) -> Result<Option<Ref>, StoreError> {
        let db = self.readers();
        match by {
            Lookup::Claim(claim) => {
                let (kind, portal, value) = step::key_of(claim);
                let sql = "SELECT owner_kind, owner_id FROM claims WHERE kind = $1 AND portal = $2 AND value = $3";
                let row = db.row(statement(db, sql, [kind.into(), portal.into(), value.into()])).await.doing("find a claim")?;
                let Some(row) = row else { return Ok(None) };
                let kind: String = row.get("owner_kind").doing("find a claim")?;
                reference(&kind, row.get("owner_id").doing("find a claim")?).map(Some)
            }
            Lookup::Token(presented) => {
                let tokens = token::Entity::find().filter(token::Column::Digest.is_in(bytes_of(presented)));
                let rows: Vec<token::Model> = sql::all(db, &tokens).await.doing("find a token")?;
                for row in rows {
                    if is_among(presented, row.digest_key, &row.digest)? {
                        return reference(&row.owner_kind, row.owner_id).map(Some);
                    }
                }
                Ok(None)
            }
            Lookup::Letter(id) => {
                let sql = "SELECT id FROM memberships WHERE letter_id = $1";
                let row = db.row(statement(db, sql, [id.0.into()])).await.doing("find a letter")?;
                let id: Option<Uuid> = row.map(|row| row.get("id")).transpose().doing("find a letter")?;
                id.map(|id| reference("membership", id)).transpose()
            }
            Lookup::Roster(portal, number) => {
                let sql = "SELECT id FROM rosters WHERE portal = $1 AND record = $2";
                let row = db.row(statement(db, sql, [portal.as_str().into(), number.as_str().into()])).await.doing("find a roster")?;
                let id: Option<Uuid> = row.map(|row| row.get("id")).transpose().doing("find a roster")?;
                id.map(|id| reference("roster", id)).transpose()
            }
        }
    }

    async fn behind(&self, by: &Lookup) -> Result<Option<Versioned<Aggregate>>, StoreError> {
        let db = self.readers();
        let row = match by {
            Lookup::Claim(claim) => {
                let (kind, portal, value) = step::key_of(claim);
                let asked = statement(db, HOLDER, [kind.into(), portal.into(), value.into()]);
                db.row(asked).await.doing("find a claim's holder")?
            }
            Lookup::Token(presented) if presented.0.is_empty() => None,
            Lookup::Token(presented) => {
                let asked = statement(db, &led_to(presented.0.len()), bytes_of(presented).into_iter().map(Into::into));
                let mut found = None;
                for row in db.rows(asked).await.doing("find what a token leads to")? {
                    let digest: Vec<u8> = row.get("digest").doing("find what a token leads to")?;
                    if is_among(presented, row.get("digest_key").doing("find what a token leads to")?, &digest)? {
                        found = Some(row);
                    }
                }
                found
            }
            Lookup::Letter(_) | Lookup::Roster(..) => match self.find(by).await? {
                Some(found) => return self.load(found).await,
                None => return Ok(None),
            },
        };
        let Some(row) = row else { return Ok(None) };
        let kind: String = row.get("owner_kind").doing("find what is led to")?;
        let owner = reference(&kind, row.get("id").doing("find what is led to")?)?;
        if row.get::<Option<i64>>("version").doing("find what is led to")?.is_none() {
            // Gone, or of a kind that is not looked at in the same statement.
            return self.load(owner).await;
        }
        aggregates::read(owner, &row).map(Some)
    }

    async fn related(&self, relation: &Relation) -> Result<Vec<Versioned<Aggregate>>, StoreError> {
        let db = self.readers();
        match relation {
            Relation::MembershipsOf(account) => aggregates::select(db, Table::Memberships, "account_id = $1", [account.0.into()]).await,
            Relation::MembershipsAt(portal, number) => {
                aggregates::select(db, Table::Memberships, "portal = $1 AND record = $2", [portal.as_str().into(), number.as_str().into()])
                    .await
            }
            Relation::OpenRegistrationsAt(portal, number) => {
                let open = "portal = $1 AND record = $2 AND state IN ('awaiting_approval', 'awaiting_completion')";
                aggregates::select(db, Table::Registrations, open, [portal.as_str().into(), number.as_str().into()]).await
            }
        }
    }

    async fn replay(&self, key: &Presented, now: DateTime<Utc>) -> Result<Option<Replay>, StoreError> {
        let rows = command::Entity::find()
            .filter(command::Column::Digest.is_in(bytes_of(key)))
            .filter(command::Column::At.gt(micros(now - policy::REPLAY_LIFE)));
        let rows: Vec<command::Model> = sql::all(self.readers(), &rows).await.doing("find a command's reply")?;
        for row in rows {
            if is_among(key, row.digest_key, &row.digest)? {
                return Ok(Some(Replay { body: digest(row.body_key, &row.body)?, reply: sealed(row.reply_key, row.reply)? }));
            }
        }
        Ok(None)
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let flush = if commit.redoable { Flush::Later } else { Flush::Now };
        if let Some(delivery) = step::only_delivery(self.readers(), &commit) {
            let held = self.inner.database.write_one(flush, delivery, "write down an attempt at a delivery").await? == 1;
            return if held { Ok(()) } else { Err(CommitError::Fenced) };
        }
        let shared = self.shared();
        match &self.inner.database {
            Database::Sqlite(db) => db.write(flush, move |txn| Box::pin(async move { step::take(txn, &shared.ids, commit).await })).await,
            // It may have to be taken again from its beginning.
            Database::Postgres(db) => {
                db.write(move |txn| {
                    let (shared, commit) = (Arc::clone(&shared), commit.clone());
                    Box::pin(async move { step::take(&txn, &shared.ids, commit).await })
                })
                .await
            }
        }
    }

    async fn due(&self, now: DateTime<Utc>, limit: u32) -> Result<Vec<Ref>, StoreError> {
        let db = self.readers();
        let rows = db.rows(statement(db, &due(), [micros(now).into(), i64::from(limit).into()])).await.doing("find what is due")?;
        rows.iter()
            .map(|row| {
                let kind: String = row.get("kind").doing("find what is due")?;
                let id: Uuid = row.get("id").doing("find what is due")?;
                reference(&kind, id)
            })
            .collect()
    }

    async fn history(&self, of: Ref) -> Result<Vec<AuditRow>, StoreError> {
        let rows = audit::Entity::find()
            .filter(audit::Column::SubjectId.eq(of.uuid()))
            .filter(audit::Column::SubjectKind.eq(of.kind()))
            .order_by_asc(audit::Column::At)
            .order_by_asc(audit::Column::Id);
        let rows: Vec<audit::Model> = sql::all(self.readers(), &rows).await.doing("read the audit trail")?;
        rows.into_iter()
            .map(|row| Ok(AuditRow { at: moment(row.at)?, actor: row.actor, subject: of, kind: row.kind, details: row.details }))
            .collect()
    }

    async fn consents(&self, of: Ref) -> Result<Vec<ConsentGiven>, StoreError> {
        let rows = consent_proof::Entity::find()
            .filter(consent_proof::Column::OwnerId.eq(of.uuid()))
            .filter(consent_proof::Column::OwnerKind.eq(of.kind()))
            .order_by_asc(consent_proof::Column::At)
            .order_by_asc(consent_proof::Column::Id);
        let rows: Vec<consent_proof::Model> = sql::all(self.readers(), &rows).await.doing("read proofs of consent")?;
        rows.into_iter().map(proof).collect()
    }

    async fn purge(&self, now: DateTime<Utc>, keep: &Retention, limit: u32) -> Result<u64, StoreError> {
        purge::purge(self, now, *keep, limit).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        let pending = self.pending().await?;
        if pending.is_empty() {
            self.inner.database.judge_clock().await?;
            return self.takes_writes().await;
        }
        Err(StoreError::Unavailable(format!("the database is not migrated; pending: {}", pending.join(", "))))
    }
}

fn proof(row: consent_proof::Model) -> Result<ConsentGiven, StoreError> {
    let language = Language::from_tag(&row.language).ok_or_else(|| corrupt(format_args!("consent proof {}: its language", row.id)))?;
    let sha256 = row.sha256.as_slice().try_into().map_err(|_| corrupt(format_args!("consent proof {}: its hash", row.id)))?;
    let shown = DocumentVersion { document: row.document, version: row.version, language, sha256 };
    Ok(ConsentGiven { shown, granted: row.granted, at: moment(row.at)? })
}
