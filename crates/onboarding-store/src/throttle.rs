//! The port `Throttle`: counters that are judged and raised in one statement or one write transaction, so that two takes at
//! once are two.

use crate::SqlStore;
use crate::aggregates::statement;
use crate::batch::Batch;
use crate::column::{micros, moment, small, span};
use crate::database::{Database, Flush};
use crate::entity::throttle::{Column, Entity, Model};
use crate::error::Doing;
use crate::postgres::Postgres;
use crate::sql::{Read, Sql};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use onboarding::ports::{StoreError, Taken, Throttle, ThrottleKey};
use onboarding_core::policy::Limit;
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter, QueryTrait, Value};

type Key = (Vec<u8>, i64);

fn key_of(key: ThrottleKey) -> Key {
    (key.0.bytes.to_vec(), i64::from(key.0.key))
}

#[async_trait]
impl Throttle for SqlStore {
    async fn take(&self, key: ThrottleKey, limit: Limit, now: DateTime<Utc>) -> Result<Taken, StoreError> {
        let taken = self.take_all(&[(key, limit)], now).await?;
        taken.into_iter().next().ok_or_else(|| StoreError::Unavailable("could not count a try: nothing was counted".to_owned()))
    }

    async fn take_all(&self, takes: &[(ThrottleKey, Limit)], now: DateTime<Utc>) -> Result<Vec<Taken>, StoreError> {
        self.take_beside(&[], takes, now).await
    }

    async fn look(&self, takes: &[(ThrottleKey, Limit)], now: DateTime<Utc>) -> Result<Vec<Taken>, StoreError> {
        let takes = takes.iter().map(|(key, limit)| (key_of(*key), *limit)).collect();
        let (found, _) = judge(self.readers(), takes, micros(now)).await?;
        Ok(found)
    }

    async fn take_beside(
        &self,
        room: &[(ThrottleKey, Limit)],
        takes: &[(ThrottleKey, Limit)],
        now: DateTime<Utc>,
    ) -> Result<Vec<Taken>, StoreError> {
        if let Database::Postgres(db) = &self.inner.database
            && let Some(taken) = take_windows(db, room, takes, now).await?
        {
            return Ok(taken);
        }
        let owned =
            |limits: &[(ThrottleKey, Limit)]| -> Vec<(Key, Limit)> { limits.iter().map(|(key, limit)| (key_of(*key), *limit)).collect() };
        let (room, takes) = (owned(room), owned(takes));
        self.inner
            .database
            .write(Flush::Later, move |txn| {
                let (room, takes) = (room.clone(), takes.clone());
                Box::pin(async move { take_beside(&txn, room, takes, micros(now)).await })
            })
            .await
    }

    async fn give_back(&self, key: ThrottleKey) -> Result<(), StoreError> {
        self.give_back_all(&[key]).await
    }

    async fn give_back_all(&self, keys: &[ThrottleKey]) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let keys: Vec<Key> = keys.iter().copied().map(key_of).collect();
        self.inner
            .database
            .write(Flush::Later, move |txn| {
                let keys = keys.clone();
                Box::pin(async move { give_back(&txn, keys).await })
            })
            .await
    }

    async fn forget(&self, key: ThrottleKey) -> Result<(), StoreError> {
        let forgotten = format!("DELETE FROM throttles WHERE {BY_KEY}");
        self.inner
            .database
            .write_one(Flush::Later, statement(self.readers(), &forgotten, pair(key_of(key))), "forget a counter")
            .await
            .map(drop)
    }

    async fn purge(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let ended = Entity::delete_many().filter(Column::EndsAt.lte(micros(now)));
        self.inner.database.write_one(Flush::Now, ended.build(self.readers().backend()), "purge counters").await
    }
}

/// The common case in one statement: different windows, none of them used up. `None`: nothing was counted, and it takes a longer
/// look to tell why.
async fn take_windows(
    db: &Postgres,
    room: &[(ThrottleKey, Limit)],
    takes: &[(ThrottleKey, Limit)],
    now: DateTime<Utc>,
) -> Result<Option<Vec<Taken>>, StoreError> {
    const DOING: &str = "count tries";
    if takes.is_empty() {
        return Ok(room.is_empty().then(Vec::new));
    }
    let mut values: Vec<Value> = vec![micros(now).into()];
    let all: Vec<_> = takes.iter().chain(room).collect();
    for (place, (key, limit)) in all.iter().enumerate() {
        let Limit::Window { most, per } = *limit else { return Ok(None) };
        if all.iter().take(place).any(|(before, _)| before == key) {
            return Ok(None);
        }
        values.extend(pair(key_of(*key)));
        values.extend([i64::from(most).into(), span(per).into()]);
    }
    let asked = statement(db.readers(), &windows(takes.len(), room.len()), values);
    let Some(rows) = db.write_all_or_none(&asked, DOING).await? else { return Ok(None) };
    let mut counts = Vec::with_capacity(rows.len());
    for row in rows {
        let key: Key = (row.get("digest").doing(DOING)?, row.get("digest_key").doing(DOING)?);
        let count: i64 = row.get("count").doing(DOING)?;
        counts.push((key, Taken { count: small(count)?, refused_until: None }));
    }
    let of = |key: ThrottleKey| counts.iter().find(|(counted, _)| *counted == key_of(key)).map(|(_, taken)| *taken);
    Ok(takes.iter().map(|(key, _)| of(*key)).collect())
}

/// Counts so many windows if each has room, and so many others beside them that are not counted. With `$1` the present, then
/// digest, key, most, length and `TRUE` or `FALSE` of each. A look before misses whoever is about to count: so each counter is judged
/// once more when it is locked, and one that has no room after all divides by zero, which undoes the others. They are locked in one
/// order for everybody. A counter beside them that is not there has room, and needs no lock.
fn windows(takes: usize, room: usize) -> String {
    let asked = (0..takes + room).map(|n| {
        let counts = if n < takes { "TRUE" } else { "FALSE" };
        format!("(${}, ${}, ${}, ${}, {counts})", 4 * n + 2, 4 * n + 3, 4 * n + 4, 4 * n + 5)
    });
    let asked = asked.collect::<Vec<_>>().join(", ");
    format!(
        "WITH asked (digest, digest_key, most, per, counts) AS (VALUES {asked}), \
         due AS MATERIALIZED (SELECT a.* FROM asked a WHERE a.counts OR EXISTS \
         (SELECT 1 FROM throttles t WHERE t.digest = a.digest AND t.digest_key = a.digest_key)), \
         counted AS (INSERT INTO throttles (digest, digest_key, count, since, last, last_but_one, ends_at) \
         SELECT digest, digest_key, CASE WHEN counts THEN 1 ELSE 0 END, $1, $1, $1, CASE WHEN counts THEN $1 + per ELSE $1 END FROM due \
         WHERE NOT EXISTS (SELECT 1 FROM asked a JOIN throttles t ON t.digest = a.digest AND t.digest_key = a.digest_key \
         WHERE $1 < t.ends_at AND a.most <= t.count) \
         ORDER BY digest, digest_key {RAISED} \
         WHERE throttles.ends_at <= $1 OR throttles.count < \
         (SELECT a.most FROM asked a WHERE a.digest = excluded.digest AND a.digest_key = excluded.digest_key) \
         RETURNING digest, digest_key, count) \
         SELECT digest, digest_key, count, 1 / CASE WHEN (SELECT COUNT(*) FROM counted) = (SELECT COUNT(*) FROM due) THEN 1 ELSE 0 END \
         AS whole FROM counted"
    )
}

/// What becomes of a counter that is there.
const RAISED: &str = "ON CONFLICT (digest, digest_key) DO UPDATE SET \
     count = CASE WHEN excluded.count = 0 THEN throttles.count WHEN $1 < throttles.ends_at THEN throttles.count + 1 ELSE 1 END, \
     since = CASE WHEN excluded.count = 0 OR $1 < throttles.ends_at THEN throttles.since ELSE $1 END, \
     last = CASE WHEN excluded.count = 0 THEN throttles.last ELSE $1 END, \
     last_but_one = CASE WHEN excluded.count = 0 THEN throttles.last_but_one WHEN $1 < throttles.ends_at THEN throttles.last ELSE $1 END, \
     ends_at = CASE WHEN excluded.count = 0 THEN throttles.ends_at \
     ELSE CASE WHEN $1 < throttles.ends_at THEN throttles.since ELSE $1 END + excluded.ends_at - $1 END";

/// The wait goes back to the take before: what was no try makes nobody wait. One after the other, each by its key: what one
/// statement finds by several has to be gathered first. In one order for everybody.
async fn give_back(db: &impl Sql, mut keys: Vec<Key>) -> Result<(), StoreError> {
    keys.sort();
    for key in keys {
        let sql = format!("UPDATE throttles SET count = count - 1, last = last_but_one WHERE {BY_KEY} AND count > 0");
        db.execute(statement(db, &sql, pair(key))).await.doing("give a try back")?;
    }
    Ok(())
}

const BY_KEY: &str = "digest = $1 AND digest_key = $2";

/// The counter of a key.
pub(crate) fn known() -> String {
    format!("SELECT * FROM throttles WHERE {BY_KEY}")
}

fn pair((digest, digest_key): Key) -> [Value; 2] {
    [digest.into(), digest_key.into()]
}

/// A counter under way.
struct Counter {
    now: Model,
    /// When it was to end, if it is there already.
    ended: Option<i64>,
}

async fn counter(db: &impl Sql, key: &Key, now: i64) -> Result<Counter, StoreError> {
    let row = db.row(statement(db, &known(), pair(key.clone()))).await.doing("read a counter")?;
    let known = row.as_ref().map(Model::read).transpose().doing("read a counter")?;
    let (digest, digest_key) = key.clone();
    let none = Model { digest, digest_key, count: 0, since: now, last: now, last_but_one: now, ends_at: now };
    let ended = known.as_ref().map(|counter| counter.ends_at);
    Ok(Counter { now: known.filter(|counter| now < counter.ends_at).unwrap_or(none), ended })
}

/// Any limits.
async fn take_beside(db: &impl Sql, room: Vec<(Key, Limit)>, takes: Vec<(Key, Limit)>, now: i64) -> Result<Vec<Taken>, StoreError> {
    if db.backend() == DbBackend::Postgres {
        lock(db, room.iter().chain(&takes).map(|(key, _)| key), now).await?;
    }
    let (beside, _) = judge(db, room, now).await?;
    if let Some(refused) = beside.into_iter().find(|taken| taken.refused_until.is_some()) {
        return Ok(vec![refused]);
    }
    let (found, counters) = judge(db, takes, now).await?;
    if found.iter().all(|taken| taken.refused_until.is_none()) {
        raise(db, counters).await?;
    }
    Ok(found)
}

/// Judges each in its order, by what the ones before leave, up to the first that is refused; with the counters as they would be.
async fn judge(db: &impl Sql, takes: Vec<(Key, Limit)>, now: i64) -> Result<(Vec<Taken>, Vec<Counter>), StoreError> {
    let mut counters: Vec<Counter> = Vec::with_capacity(takes.len());
    let mut found = Vec::with_capacity(takes.len());
    for (key, limit) in takes {
        let place = counters.iter().position(|counter| (counter.now.digest.as_slice(), counter.now.digest_key) == (&key.0, key.1));
        let counter = match place {
            Some(place) => &mut counters[place],
            None => counters.push_mut(counter(db, &key, now).await?),
        };
        let counter = &mut counter.now;
        if let Some(until) = refused_until(counter, limit, now) {
            found.push(Taken { count: small(counter.count)?, refused_until: Some(moment(until)?) });
            break;
        }
        counter.count += 1;
        counter.last_but_one = std::mem::replace(&mut counter.last, now);
        counter.ends_at = match limit {
            Limit::Window { per, .. } => counter.since.saturating_add(span(per)),
            Limit::Backoff { forget, .. } => now.saturating_add(span(forget)),
        };
        found.push(Taken { count: small(counter.count)?, refused_until: None });
    }
    Ok((found, counters))
}

async fn raise(db: &impl Sql, counters: Vec<Counter>) -> Result<(), StoreError> {
    let mut batch = Batch::default();
    for Counter { now: Model { digest, digest_key, count, since, last, last_but_one, ends_at }, ended } in counters {
        let key: [Value; 2] = [digest.into(), digest_key.into()];
        if ended == Some(ends_at) {
            // The window goes on: its end is not named, as its index would be written anew.
            let sql = "UPDATE throttles SET count = ?, last = ?, last_but_one = ? WHERE digest = ? AND digest_key = ?";
            batch.write(sql, [count.into(), last.into(), last_but_one.into()].into_iter().chain(key));
            continue;
        }
        let [digest, digest_key] = key;
        batch.insert(
            "throttles (digest, digest_key, count, since, last, last_but_one, ends_at)",
            [[digest, digest_key, count.into(), since.into(), last.into(), last_but_one.into(), ends_at.into()]],
            "ON CONFLICT (digest, digest_key) DO UPDATE SET count = excluded.count, since = excluded.since, last = excluded.last, \
             last_but_one = excluded.last_but_one, ends_at = excluded.ends_at",
        );
    }
    batch.run(db).await.doing("count tries").map(drop)
}

/// Locks the counters, in one order for everybody. One that is not there is made, without a try and ended already: otherwise
/// there would be nothing to lock.
async fn lock(db: &impl Sql, keys: impl Iterator<Item = &Key>, now: i64) -> Result<(), StoreError> {
    let mut keys: Vec<&Key> = keys.collect();
    keys.sort();
    keys.dedup();
    let mut batch = Batch::default();
    let rows = keys.into_iter().map(|(digest, digest_key)| {
        [digest.clone().into(), (*digest_key).into(), 0_i64.into(), now.into(), now.into(), now.into(), now.into()]
    });
    batch.insert(
        "throttles (digest, digest_key, count, since, last, last_but_one, ends_at)",
        rows,
        "ON CONFLICT (digest, digest_key) DO UPDATE SET count = throttles.count",
    );
    batch.run(db).await.doing("count tries").map(drop)
}

/// When the next take is allowed, if it is not now.
fn refused_until(counter: &Model, limit: Limit, now: i64) -> Option<i64> {
    match limit {
        Limit::Window { most, per } => (counter.count >= i64::from(most)).then(|| counter.since.saturating_add(span(per))),
        Limit::Backoff { free, first, longest, .. } => {
            let doublings = counter.count.checked_sub(i64::from(free)).filter(|beyond| *beyond >= 0)?;
            // Saturates long before it could wrap; `longest` is far below.
            let wait = span(first).saturating_mul(1_i64 << doublings.min(40)).min(span(longest));
            Some(counter.last.saturating_add(wait)).filter(|until| now < *until)
        }
    }
}
