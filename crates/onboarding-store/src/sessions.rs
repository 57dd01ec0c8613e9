//! The port `Sessions`. Every request begins with [`look_up`](Sessions::look_up), so that one is a single statement.

use crate::SqlStore;
use crate::aggregates::statement;
use crate::column::{digest, micros, moment, portal, unsigned};
use crate::database::Flush;
use crate::entity::session;
use crate::error::{Doing, corrupt, unreadable};
use crate::sql::{self, Read, Row, Sql};
use crate::staff_sessions;
use crate::store::{bytes_of, is_among};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use onboarding::ports::{MembershipFact, SessionFacts, SessionKind, SessionRow, Sessions, StaffFacts, StoreError, Version, Versioned};
use onboarding_core::account::Account;
use onboarding_core::membership::Membership;
use onboarding_core::record::RecordStatus;
use onboarding_core::{AccountId, MembershipId, PortalSlug, Presented, SessionId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QueryTrait, Value};
use uuid::Uuid;

/// A membership's columns with those of its record, which may be gone from the books.
const FACT: &str =
    "m.id AS membership_id, m.version AS membership_version, m.data AS membership_data, r.status AS record_status, r.written, r.name";

/// The statement of every request, for so many digests: session, account, memberships and records in one.
pub(crate) fn look_up(digests: usize) -> String {
    let among = (3..3 + digests).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
    format!(
        "SELECT s.id, s.portal, s.account_id, s.digest, s.digest_key, s.kind, s.generation, s.memberships, s.opened_at, s.last_seen, s.idle, \
         s.at_most, s.expires_at, a.version AS account_version, a.data AS account_data, {FACT} \
         FROM sessions s JOIN accounts a ON a.id = s.account_id AND a.portal = s.portal AND a.generation = s.generation \
         LEFT JOIN memberships m ON m.account_id = a.id LEFT JOIN records r ON r.portal = m.portal AND r.number = m.record \
         WHERE s.digest IN ({among}) AND s.portal = $1 AND s.expires_at > $2 ORDER BY m.created_at, m.id"
    )
}

#[async_trait]
impl Sessions for SqlStore {
    async fn look_up(&self, portal: &PortalSlug, token: &Presented, now: DateTime<Utc>) -> Result<Option<SessionFacts>, StoreError> {
        if token.0.is_empty() {
            return Ok(None);
        }
        let sql = look_up(token.0.len());
        let values = [portal.as_str().into(), micros(now).into()].into_iter().chain(bytes_of(token).into_iter().map(Value::from));
        let db = self.readers();
        let rows = db.rows(statement(db, &sql, values)).await.doing("look a session up")?;
        let Some(first) = rows.first() else { return Ok(None) };
        let session = read(&session::Model::read(first).doing("look a session up")?)?;
        // The index knows the bytes alone; a digest is the same only under the same key.
        if !is_among(token, i64::from(session.digest.key), &session.digest.bytes)? {
            return Ok(None);
        }
        let version: i64 = first.get("account_version").doing("look a session up")?;
        let data: String = first.get("account_data").doing("look a session up")?;
        let account: Account = serde_json::from_str(&data).map_err(|error| unreadable("accounts", session.account, &error))?;
        let memberships = rows.iter().filter_map(|row| fact(row).transpose()).collect::<Result<_, _>>()?;
        Ok(Some(SessionFacts { session, account: Versioned { value: account, version: Version(unsigned(version)?) }, memberships }))
    }

    async fn touch(&self, id: SessionId, now: DateTime<Utc>) -> Result<(), StoreError> {
        // A dead session stays dead, and a note that comes late does not turn the time back.
        let sql = "UPDATE sessions SET last_seen = $2, expires_at = CASE WHEN at_most < $2 + idle THEN at_most ELSE $2 + idle END \
                   WHERE id = $1 AND last_seen < $2 AND expires_at > $2";
        let touch = statement(self.readers(), sql, [id.0.into(), micros(now).into()]);
        self.inner.database.write_one(Flush::Later, touch, "note a session's use").await.map(drop)
    }

    async fn list(&self, account: AccountId, generation: u64, now: DateTime<Utc>) -> Result<Vec<SessionRow>, StoreError> {
        let Ok(generation) = i64::try_from(generation) else { return Ok(Vec::new()) };
        let rows = session::Entity::find()
            .filter(session::Column::AccountId.eq(account.0))
            .filter(session::Column::Generation.eq(generation))
            .filter(session::Column::ExpiresAt.gt(micros(now)))
            .order_by_desc(session::Column::OpenedAt)
            .order_by_desc(session::Column::Id);
        let rows: Vec<session::Model> = sql::all(self.readers(), &rows).await.doing("list sessions")?;
        rows.iter().map(read).collect()
    }

    async fn memberships(&self, account: AccountId) -> Result<Vec<MembershipFact>, StoreError> {
        let sql = format!(
            "SELECT {FACT} FROM memberships m LEFT JOIN records r ON r.portal = m.portal AND r.number = m.record \
             WHERE m.account_id = $1 ORDER BY m.created_at, m.id"
        );
        let db = self.readers();
        let rows = db.rows(statement(db, &sql, [account.0.into()])).await.doing("read an account's memberships")?;
        rows.iter().filter_map(|row| fact(row).transpose()).collect()
    }

    async fn look_up_staff(&self, portal: &PortalSlug, token: &Presented, now: DateTime<Utc>) -> Result<Option<StaffFacts>, StoreError> {
        staff_sessions::find(self.readers(), portal, token, now).await
    }

    async fn touch_staff(&self, id: SessionId, now: DateTime<Utc>) -> Result<(), StoreError> {
        let touch = staff_sessions::touch(self.readers(), id, now);
        self.inner.database.write_one(Flush::Later, touch, "note a clerk's session's use").await.map(drop)
    }

    async fn purge(&self, now: DateTime<Utc>, limit: u32) -> Result<u64, StoreError> {
        let staff = staff_sessions::purge(self.readers(), now, limit);
        let staff = self.inner.database.write_one(Flush::Now, staff, "remove dead sessions of clerks").await?;
        // Looked for by a reader, so that nobody who writes waits for it. What is dead stays dead meanwhile.
        let sql = "SELECT id FROM sessions WHERE expires_at <= $1 \
                   UNION SELECT s.id FROM sessions s LEFT JOIN accounts a ON a.id = s.account_id WHERE a.id IS NULL OR a.generation <> s.generation \
                   LIMIT $2";
        let db = self.readers();
        let rows = db.rows(statement(db, sql, [micros(now).into(), i64::from(limit).into()])).await.doing("find dead sessions")?;
        let ids = rows.iter().map(|row| row.get::<Uuid>("id")).collect::<Result<Vec<_>, _>>().doing("find dead sessions")?;
        if ids.is_empty() {
            return Ok(staff);
        }
        self.inner
            .database
            .write(Flush::Now, move |txn| {
                let ids = ids.clone();
                Box::pin(async move {
                    let mut gone = staff;
                    for some in ids.chunks(500) {
                        let dead = session::Entity::delete_many().filter(session::Column::Id.is_in(some.iter().copied()));
                        gone += txn.execute(dead.build(txn.backend())).await.doing("remove dead sessions")?;
                    }
                    Ok(gone)
                })
            })
            .await
    }
}

fn read(row: &session::Model) -> Result<SessionRow, StoreError> {
    let id = SessionId(row.id);
    Ok(SessionRow {
        id,
        portal: portal(&row.portal)?,
        account: AccountId(row.account_id),
        digest: digest(row.digest_key, &row.digest)?,
        kind: SessionKind::of(&row.kind).ok_or_else(|| corrupt(format_args!("session {id}: its kind")))?,
        generation: unsigned(row.generation)?,
        memberships: serde_json::from_str::<Vec<MembershipId>>(&row.memberships).map_err(|error| unreadable("sessions", id, &error))?,
        opened_at: moment(row.opened_at)?,
        last_seen: moment(row.last_seen)?,
        idle: TimeDelta::microseconds(row.idle),
        at_most: row.at_most.map(moment).transpose()?,
    })
}

/// The membership of a joined row; `None` where the account has none.
fn fact(row: &Row) -> Result<Option<MembershipFact>, StoreError> {
    let doing = "read a membership with its record";
    let Some(id) = row.get::<Option<Uuid>>("membership_id").doing(doing)? else { return Ok(None) };
    let version: i64 = row.get("membership_version").doing(doing)?;
    let data: String = row.get("membership_data").doing(doing)?;
    let value: Membership = serde_json::from_str(&data).map_err(|error| unreadable("memberships", id, &error))?;
    let status: Option<String> = row.get("record_status").doing(doing)?;
    let written: Option<String> = row.get("written").doing(doing)?;
    let name: Option<String> = row.get("name").doing(doing)?;
    // A record that is not in the books opens no doors.
    let record = if status.as_deref() == Some("open") { RecordStatus::Open } else { RecordStatus::Closed };
    let written = written.unwrap_or_else(|| value.record().as_str().to_owned());
    let membership = Versioned { value, version: Version(unsigned(version)?) };
    Ok(Some(MembershipFact { membership, record, written, name: name.unwrap_or_default() }))
}
