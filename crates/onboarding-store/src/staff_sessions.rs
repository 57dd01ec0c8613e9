//! Clerks' sessions: a table of their own, so that no mistake in a statement can let a customer's token in.

use crate::aggregates::statement;
use crate::column::{digest, micros, moment, portal as slug, unsigned};
use crate::error::{Doing, unreadable};
use crate::sql::Sql;
use crate::store::{bytes_of, is_among};
use chrono::{DateTime, TimeDelta, Utc};
use onboarding::ports::{StaffFacts, StaffSessionRow, StoreError, Version, Versioned};
use onboarding_core::clerk::Clerk;
use onboarding_core::{ClerkId, PortalSlug, Presented, SessionId};
use sea_orm::{Statement, Value};

/// The statement of every clerk's request, for so many digests: session and clerk in one.
pub(crate) fn look_up(digests: usize) -> String {
    let among = (3..3 + digests).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
    format!(
        "SELECT s.id, s.portal, s.clerk_id, s.digest, s.digest_key, s.generation, s.opened_at, s.last_seen, s.idle, s.at_most, \
         c.version AS clerk_version, c.data AS clerk_data FROM staff_sessions s \
         JOIN clerks c ON c.id = s.clerk_id AND c.portal = s.portal AND c.generation = s.generation \
         WHERE s.digest IN ({among}) AND s.portal = $1 AND s.expires_at > $2"
    )
}

pub(crate) async fn find(
    db: &impl Sql,
    portal: &PortalSlug,
    token: &Presented,
    now: DateTime<Utc>,
) -> Result<Option<StaffFacts>, StoreError> {
    const DOING: &str = "look a clerk's session up";
    if token.0.is_empty() {
        return Ok(None);
    }
    let sql = look_up(token.0.len());
    let values = [portal.as_str().into(), micros(now).into()].into_iter().chain(bytes_of(token).into_iter().map(Value::from));
    for row in db.rows(statement(db, &sql, values)).await.doing(DOING)? {
        let key: i64 = row.get("digest_key").doing(DOING)?;
        let bytes: Vec<u8> = row.get("digest").doing(DOING)?;
        // The index knows the bytes alone; a digest is the same only under the same key.
        if !is_among(token, key, &bytes)? {
            continue;
        }
        let micros = |column| row.get::<i64>(column).doing(DOING);
        let clerk = ClerkId(row.get("clerk_id").doing(DOING)?);
        let session = StaffSessionRow {
            id: SessionId(row.get("id").doing(DOING)?),
            portal: slug(&row.get::<String>("portal").doing(DOING)?)?,
            clerk,
            digest: digest(key, &bytes)?,
            generation: unsigned(micros("generation")?)?,
            opened_at: moment(micros("opened_at")?)?,
            last_seen: moment(micros("last_seen")?)?,
            idle: TimeDelta::microseconds(micros("idle")?),
            at_most: moment(micros("at_most")?)?,
        };
        let data: String = row.get("clerk_data").doing(DOING)?;
        let value: Clerk = serde_json::from_str(&data).map_err(|error| unreadable("clerks", clerk, &error))?;
        let version = Version(unsigned(micros("clerk_version")?)?);
        return Ok(Some(StaffFacts { session, clerk: Versioned { value, version } }));
    }
    Ok(None)
}

/// A dead session stays dead, and a note that comes late does not turn the time back.
pub(crate) fn touch(db: &impl Sql, id: SessionId, now: DateTime<Utc>) -> Statement {
    let sql = "UPDATE staff_sessions SET last_seen = $2, expires_at = CASE WHEN at_most < $2 + idle THEN at_most ELSE $2 + idle END \
               WHERE id = $1 AND last_seen < $2 AND expires_at > $2";
    statement(db, sql, [id.0.into(), micros(now).into()])
}

pub(crate) const DEAD: &str = "DELETE FROM staff_sessions WHERE id IN (SELECT id FROM staff_sessions WHERE expires_at <= $1 \
     UNION SELECT s.id FROM staff_sessions s LEFT JOIN clerks c ON c.id = s.clerk_id \
     WHERE c.id IS NULL OR c.generation <> s.generation LIMIT $2)";

/// Clerks are few: their sessions are walked through.
pub(crate) fn purge(db: &impl Sql, now: DateTime<Utc>, limit: u32) -> Statement {
    statement(db, DEAD, [micros(now).into(), i64::from(limit).into()])
}
