//! What no caller of the store sees: on which thread a statement ends, how its values are bound, and what a job's commit waits for.

use super::{Sqlite, SqliteOptions};
use crate::database::Flush;
use crate::sql::{Row, Sql};
use onboarding::ports::StoreError;
use sea_orm::{DbBackend, DbErr, Statement, Value};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

async fn opened() -> (TempDir, Sqlite) {
    let folder = tempfile::tempdir().unwrap();
    let db = Sqlite::open(&SqliteOptions::new(folder.path().join("store.db"))).await.unwrap();
    (folder, db)
}

fn asked(sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}

/// Counts to `$1`, one row at a time.
const COUNTED: &str =
    "WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < $1) SELECT COUNT(*) AS many FROM counted";

#[tokio::test]
async fn a_statement_that_reads_for_long_is_answered_although_nobody_may_wait_behind_it() {
    let (folder, db) = opened().await;
    let reader = super::Connection::open(&folder.path().join("store.db"), Duration::from_secs(1), "").unwrap();
    for (rows, long) in [(10_i64, false), (1_000_000, true)] {
        let question = asked(COUNTED, [rows.into()]);
        assert_eq!(reader.rows_within(100, &question).unwrap().is_none(), long, "{rows}");
        // And the next one on the same connection is not bounded by what this one has used up.
        assert_eq!(reader.rows(&question).unwrap()[0].get::<i64>("many").unwrap(), rows);
        let row = db.readers().row(question).await.unwrap().unwrap();
        assert_eq!(row.get::<i64>("many").unwrap(), rows);
    }
}

#[tokio::test]
async fn many_questions_at_once_are_answered_and_a_closed_store_answers_none() {
    let (_folder, db) = opened().await;
    let questions = (0..32_i64).map(|n| if n % 2 == 0 { n + 1 } else { 200_000 + n }).map(|many| {
        let readers = db.readers();
        async move { (many, readers.row(asked(COUNTED, [many.into()])).await.unwrap().unwrap()) }
    });
    for (many, row) in futures_util::future::join_all(questions).await {
        assert_eq!(row.get::<i64>("many").unwrap(), many);
    }
    db.close().await;
    let closed = db.readers().rows(asked("SELECT 1", [])).await;
    assert!(matches!(closed, Err(DbErr::ConnectionAcquire(_))));
}

#[tokio::test]
async fn a_value_is_bound_by_its_number_and_each_kind_comes_back_as_itself() {
    let (_folder, db) = opened().await;
    let id = uuid::Uuid::from_u128(7);
    let values: [Value; 5] = [true.into(), (-3_i16).into(), "Wörter".into(), vec![0_u8, 255].into(), id.into()];
    let sql = "SELECT $5 AS id, $4 AS bytes, $3 AS text, $2 AS small, $1 AS yes, $2 AS again, NULL AS absent";
    let row: Row = db.readers().row(asked(sql, values)).await.unwrap().unwrap();
    assert!(row.get::<bool>("yes").unwrap());
    assert_eq!((row.get::<i16>("small").unwrap(), row.get::<i64>("again").unwrap()), (-3, -3));
    assert_eq!(row.get::<String>("text").unwrap(), "Wörter");
    assert_eq!(row.get::<Vec<u8>>("bytes").unwrap(), [0, 255]);
    assert_eq!(row.get::<uuid::Uuid>("id").unwrap(), id);
    assert_eq!(row.get::<Option<i64>>("absent").unwrap(), None);
    let positional = db.readers().row(asked("SELECT ? AS one, ? AS two", [1_i64.into(), 2_i64.into()])).await.unwrap().unwrap();
    assert_eq!((positional.get::<i64>("one").unwrap(), positional.get::<i64>("two").unwrap()), (1, 2));
    // A number without a value is a mistake of ours, and never NULL.
    assert!(db.readers().row(asked("SELECT $2 AS two", [1_i64.into()])).await.is_err());
}

#[tokio::test]
async fn a_column_of_another_kind_is_no_value_and_its_error_quotes_nothing() {
    let (_folder, db) = opened().await;
    let row = db.readers().row(asked("SELECT 'secret@mail.example' AS what", [])).await.unwrap().unwrap();
    for error in
        [row.get::<i64>("what").unwrap_err(), row.get::<Option<uuid::Uuid>>("what").unwrap_err(), row.get::<i64>("other").unwrap_err()]
    {
        assert!(matches!(error, DbErr::Type(_)) && !error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_job_that_is_answered_for_is_flushed_and_only_one_that_says_so_is_not() {
    let (_folder, db) = opened().await;
    // As SQLite counts them: 1 leaves the flush to the next commit, 2 flushes this one.
    for (flush, level) in [(Flush::Now, 2), (Flush::Later, 1), (Flush::Now, 2)] {
        let rows = db.write_returning(flush, asked("PRAGMA synchronous", []), "ask").await.unwrap();
        assert_eq!(rows[0].get::<i64>("synchronous").unwrap(), level, "{flush:?}");
    }
}

#[tokio::test]
async fn readers_write_nothing() {
    let (_folder, db) = opened().await;
    let made = asked("CREATE TABLE made (n)", []);
    assert!(db.readers().execute(made.clone()).await.is_err());
    assert!(db.readers().rows(made).await.is_err());
}

fn made() -> Statement {
    asked("CREATE TABLE made (n INTEGER PRIMARY KEY, text TEXT)", [])
}

fn added() -> Statement {
    asked("INSERT INTO made (text) VALUES ('a')", [])
}

#[tokio::test]
async fn what_is_written_in_passing_waits_for_another_process_on_another_thread() {
    let (folder, db) = opened().await;
    db.write_one(Flush::Now, made(), "make").await.unwrap();
    let other = super::Connection::open(&folder.path().join("store.db"), Duration::from_secs(1), "").unwrap();
    other.say("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    let release = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        // The one thread of this test was free meanwhile.
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        other.say("ROLLBACK").unwrap();
    };
    let (written, ()) = tokio::join!(db.write_one(Flush::Later, added(), "add"), release);
    assert_eq!(written, Ok(1));
    assert!(begun.elapsed() >= Duration::from_millis(100));
}

#[tokio::test]
async fn a_job_that_breaks_off_leaves_nothing_and_stops_nobody() {
    let (_folder, db) = opened().await;
    let db = Arc::new(db);
    db.write_one(Flush::Now, made(), "make").await.unwrap();
    // On the writer's thread, and on the one that asks where nobody writes.
    for flush in [Flush::Now, Flush::Later, Flush::Later] {
        let broken = Arc::clone(&db);
        let broken = tokio::spawn(async move {
            let half = |db: &super::Connection| {
                db.change(&added()).unwrap();
                panic!("breaks off");
            };
            broken.write::<(), StoreError, _>(flush, move |db| half(db)).await
        });
        match broken.await {
            Ok(answer) => assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}"),
            Err(end) => assert!(end.is_panic() && flush == Flush::Later),
        }
    }
    for flush in [Flush::Later, Flush::Now, Flush::Later] {
        assert_eq!(db.write_one(flush, added(), "add").await, Ok(1));
    }
    let counted = db.readers().row(asked("SELECT COUNT(*) AS many FROM made", [])).await.unwrap().unwrap();
    assert_eq!(counted.get::<i64>("many").unwrap(), 3);
}

#[tokio::test]
async fn the_log_is_taken_in_although_everybody_writes_in_passing() {
    let (folder, db) = opened().await;
    db.write_one(Flush::Now, made(), "make").await.unwrap();
    for _ in 0..3_000 {
        db.write_one(Flush::Later, added(), "add").await.unwrap();
    }
    // A page of 2 KiB for each of them at least, where nobody took it in.
    let log = std::fs::metadata(folder.path().join("store.db-wal")).unwrap().len();
    assert!(log < 2_600 * 2_048, "{log} bytes");
}
