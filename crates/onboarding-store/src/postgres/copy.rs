//! Records laid aside by `COPY`, which takes several times as many rows a second as any statement. It tells no row from
//! another: one that is there already undoes them all.

use super::connection::Transaction;
use super::errand::Errand;
use super::{LONG, Postgres};
use crate::database::Work;
use crate::directory::{Staged, begin};
use crate::error::{Breaking, Doing};
use async_trait::async_trait;
use onboarding::ports::{ImportId, StoreError};
use sea_orm::sqlx::{self, error::DatabaseError, postgres::PgConnection};
use sea_orm::{DbErr, RuntimeErr};
use std::fmt::Write as _;
use std::sync::Arc;

const COPY: &str = "COPY record_imports (import_id, portal, line, number, id, status, written, name, data) FROM STDIN";
/// Bytes in one message: enough to spread its cost, few enough not to be felt.
const MESSAGE: usize = 64 * 1024;

/// Why rows were not laid aside.
enum Refused {
    /// One of them is there already.
    Twice,
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Breaking for Refused {
    fn breaks(&self) -> bool {
        match self {
            Self::Twice => false,
            Self::Store(error) => error.breaks(),
        }
    }
}

impl Postgres {
    /// Lays all rows aside; `false`: one of them is there already, and none was laid aside.
    pub(crate) async fn copy(&self, import: ImportId, portal: &str, now: i64, rows: &Arc<[Staged]>) -> Result<bool, StoreError> {
        let copied: Result<(), Refused> = self
            .transact(LONG, |txn| {
                let (portal, rows) = (portal.to_owned(), Arc::clone(rows));
                Box::pin(async move {
                    let Work::Postgres(txn) = txn else { return Ok(()) };
                    begin(txn, import, now).await?;
                    copy(txn, Laid { import, portal, rows }).await
                })
            })
            .await;
        match copied {
            Ok(()) => Ok(true),
            Err(Refused::Twice) => Ok(false),
            Err(Refused::Store(error)) => Err(error),
        }
    }
}

async fn copy(txn: &Transaction, laid: Laid) -> Result<(), Refused> {
    match txn.carry(laid).await {
        Ok(_) => Ok(()),
        Err(error) if error.as_database_error().is_some_and(DatabaseError::is_unique_violation) => Err(Refused::Twice),
        Err(error) => {
            let error = DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)));
            Err(Err::<(), _>(error).doing("lay records aside").expect_err("it is an error").into())
        }
    }
}

struct Laid {
    import: ImportId,
    portal: String,
    rows: Arc<[Staged]>,
}

#[async_trait]
impl Errand<u64> for Laid {
    async fn run(self, connection: &mut PgConnection) -> Result<u64, sqlx::Error> {
        let before = format!("{}\t{}\t", self.import.0, self.portal);
        let mut copy = connection.copy_in_raw(COPY).await?;
        let mut text = String::with_capacity(MESSAGE + 4 * 1024);
        for row in &*self.rows {
            text.push_str(&before);
            write!(text, "{}\t", row.line).expect("writing to a string cannot fail");
            escape(&mut text, &row.number);
            write!(text, "\t{}\t{}\t", row.id, row.status).expect("writing to a string cannot fail");
            for (end, value) in [('\t', &row.written), ('\t', &row.name), ('\n', &row.data)] {
                escape(&mut text, value);
                text.push(end);
            }
            if text.len() >= MESSAGE {
                copy.send(text.as_bytes()).await?;
                text.clear();
            }
        }
        copy.send(text.as_bytes()).await?;
        copy.finish().await
    }
}

/// A value as `COPY` reads it. Source: <https://www.postgresql.org/docs/15/sql-copy.html>, "Text Format".
fn escape(into: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '\\' => into.push_str("\\\\"),
            '\t' => into.push_str("\\t"),
            '\n' => into.push_str("\\n"),
            '\r' => into.push_str("\\r"),
            // PostgreSQL keeps no NUL in a text.
            '\0' => into.push('\u{fffd}'),
            c => into.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_keeps_to_its_column_and_line() {
        let mut text = String::new();
        escape(&mut text, "a\tb\\N\r\nö\0");
        assert_eq!(text, "a\\tb\\\\N\\r\\nö\u{fffd}");
    }
}
