//! Statements that are gathered first and run together, each of them meant to write so many rows.

use crate::aggregates::statement;
use crate::sql::{Row, Sql};
use sea_orm::{DbBackend, DbErr, Statement, Value};
use std::fmt::Write as _;

/// Statements in their order. They run in the transaction they are run in; on their own they are none.
#[derive(Default)]
pub(crate) struct Batch {
    parts: Vec<Part>,
}

/// One statement, in which each `?` stands for the next value.
struct Part {
    sql: String,
    values: Vec<Value>,
    /// The rows that it is meant to write.
    due: u64,
}

impl Batch {
    /// Inserts rows, all of which are meant to be written; none, no statement. `into` names table and columns, `then` what
    /// a conflict does.
    pub(crate) fn insert<const N: usize>(&mut self, into: &str, rows: impl IntoIterator<Item = [Value; N]>, then: &str) {
        let mut rows = rows.into_iter().peekable();
        if rows.peek().is_none() {
            return;
        }
        let mut part = Part { sql: format!("INSERT INTO {into} VALUES "), values: Vec::with_capacity(N), due: 0 };
        for row in rows {
            part.sql.push_str(if part.due == 0 { "(?" } else { ", (?" });
            part.sql.extend(std::iter::repeat_n(", ?", N.saturating_sub(1)));
            part.sql.push(')');
            part.values.extend(row);
            part.due += 1;
        }
        part.sql.push(' ');
        part.sql.push_str(then);
        self.parts.push(part);
    }

    /// A statement that is meant to write one row. Each `?` in it stands for the next value.
    pub(crate) fn write(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        self.parts.push(Part { sql: sql.to_owned(), values: values.into_iter().collect(), due: 1 });
    }

    /// Runs them. `false`: a row that was meant to be written was not.
    pub(crate) async fn run(self, db: &impl Sql) -> Result<bool, DbErr> {
        let mut whole = true;
        for part in self.parts {
            let due = part.due;
            whole &= db.execute(part.statement(db)).await? == due;
        }
        Ok(whole)
    }

    /// The first of them.
    pub(crate) fn statement(self, db: &impl Sql) -> Option<Statement> {
        self.parts.into_iter().next().map(|part| part.statement(db))
    }

    /// Runs the first of them and gives the rows that it returns.
    pub(crate) async fn rows(self, db: &impl Sql) -> Result<Vec<Row>, DbErr> {
        match self.statement(db) {
            Some(statement) => db.rows(statement).await,
            None => Ok(Vec::new()),
        }
    }
}

impl Part {
    fn statement(self, db: &impl Sql) -> Statement {
        if db.backend() == DbBackend::Sqlite {
            return statement(db, &self.sql, self.values);
        }
        let mut sql = String::with_capacity(self.sql.len() * 2);
        let mut pieces = self.sql.split('?');
        sql.push_str(pieces.next().unwrap_or_default());
        for (place, piece) in pieces.enumerate() {
            write!(sql, "${}{piece}", place + 1).expect("writing to a string cannot fail");
        }
        statement(db, &sql, self.values)
    }
}
