//! What connections are sent for: one statement each, with its values bound as the schema has them.

use crate::sql::Row;
use async_trait::async_trait;
use sea_orm::sqlx::postgres::{PgArguments, PgConnection};
use sea_orm::sqlx::{self, AssertSqlSafe, Executor, Postgres};
use sea_orm::{QueryResult, Statement, Value};

/// What is done with a connection.
#[async_trait]
pub(super) trait Errand<T>: Send {
    async fn run(self, connection: &mut PgConnection) -> Result<T, sqlx::Error>;
}

pub(super) struct Word(pub(super) &'static str);

#[async_trait]
impl Errand<()> for Word {
    async fn run(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        connection.execute(self.0).await.map(drop)
    }
}

pub(super) struct Execute<'s>(pub(super) &'s Statement);

#[async_trait]
impl Errand<u64> for Execute<'_> {
    async fn run(self, connection: &mut PgConnection) -> Result<u64, sqlx::Error> {
        query(self.0)?.execute(connection).await.map(|done| done.rows_affected())
    }
}

pub(super) struct All<'s>(pub(super) &'s Statement);

#[async_trait]
impl Errand<Vec<Row>> for All<'_> {
    async fn run(self, connection: &mut PgConnection) -> Result<Vec<Row>, sqlx::Error> {
        query(self.0)?.fetch_all(connection).await.map(|rows| rows.into_iter().map(|row| Row::Postgres(QueryResult::from(row))).collect())
    }
}

type Query<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

fn query(statement: &Statement) -> Result<Query<'_>, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for value in statement.values.iter().flat_map(|values| &values.0) {
        bind(&mut arguments, value.clone()).map_err(sqlx::Error::Encode)?;
    }
    // The text is ours; what came from outside stands in the arguments.
    Ok(sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), arguments))
}

/// The kinds of values that the schema has.
fn bind(arguments: &mut PgArguments, value: Value) -> Result<(), sqlx::error::BoxDynError> {
    use sqlx::Arguments as _;
    match value {
        Value::Bool(value) => arguments.add(value),
        Value::SmallInt(value) => arguments.add(value),
        Value::Int(value) => arguments.add(value),
        Value::BigInt(value) => arguments.add(value),
        Value::Unsigned(value) => arguments.add(value.map(i64::from)),
        // A limit, which the query builder takes as unsigned.
        Value::BigUnsigned(value) => arguments.add(value.map(|value| i64::try_from(value).unwrap_or(i64::MAX))),
        Value::String(value) => arguments.add(value.map(text)),
        Value::Bytes(value) => arguments.add(value),
        Value::Uuid(value) => arguments.add(value),
        _ => Err("a value of a kind that no column has".into()),
    }
}

/// PostgreSQL keeps no NUL in a text. None of ours has one; what is looked for with one is to be found nowhere, which is no
/// failure.
fn text(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}
