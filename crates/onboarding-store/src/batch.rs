//! Several statements that are handed to the database together: on SQLite each hand-over to its thread and back costs more
//! than most of our statements do, and a text may hold several of them with their parameters. PostgreSQL takes one
//! statement with parameters at a time: there they run one by one, to the same end.

use crate::aggregates::statement;
use crate::sqlite;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};
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
    pub(crate) async fn run(self, db: &impl ConnectionTrait) -> Result<bool, DbErr> {
        if self.parts.is_empty() {
            return Ok(true);
        }
        if db.get_database_backend() == DbBackend::Sqlite {
            let (sql, values, due) = self.text(String::new());
            return Ok(db.execute_raw(statement(db, &sql, values)).await?.rows_affected() == due);
        }
        let mut whole = true;
        for part in self.parts {
            let due = part.due;
            whole &= db.execute_raw(part.statement(db)).await?.rows_affected() == due;
        }
        Ok(whole)
    }

    /// Begins a transaction and runs them, in one text. `false`: a row that was meant to be written was not. Whoever asked
    /// ends the transaction, however this ends.
    pub(crate) async fn begin(self, db: &sqlite::Connection) -> Result<bool, DbErr> {
        let (sql, values, due) = self.text(format!("{}; ", sqlite::BEGIN));
        let changes = db.changes(&statement(db, &sql, values)).await?;
        // The first number is none of ours.
        Ok(changes.iter().skip(1).sum::<u64>() == due)
    }

    /// The first of them.
    pub(crate) fn statement(self, db: &impl ConnectionTrait) -> Option<Statement> {
        self.parts.into_iter().next().map(|part| part.statement(db))
    }

    /// Runs the first of them and gives the rows that it returns.
    pub(crate) async fn rows(self, db: &impl ConnectionTrait) -> Result<Vec<QueryResult>, DbErr> {
        match self.statement(db) {
            Some(statement) => db.query_all_raw(statement).await,
            None => Ok(Vec::new()),
        }
    }

    /// All of them behind one another, their parameters numbered over all, with the rows that they are meant to write.
    fn text(self, mut sql: String) -> (String, Vec<Value>, u64) {
        let (mut all, mut due) = (Vec::new(), 0);
        for (place, part) in self.parts.into_iter().enumerate() {
            if place > 0 {
                sql.push_str("; ");
            }
            number(&mut sql, &part.sql, all.len());
            all.extend(part.values);
            due += part.due;
        }
        (sql, all, due)
    }
}

impl Part {
    fn statement(self, db: &impl ConnectionTrait) -> Statement {
        let mut sql = String::with_capacity(self.sql.len() * 2);
        number(&mut sql, &self.sql, 0);
        statement(db, &sql, self.values)
    }
}

/// Writes a text with its values numbered, the first of them after so many others.
fn number(into: &mut String, sql: &str, mut others: usize) {
    let mut pieces = sql.split('?');
    into.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        others += 1;
        write!(into, "${others}{piece}").expect("writing to a string cannot fail");
    }
}
