//! Several statements that are handed to the database together: each hand-over to SQLite's thread and back costs more than
//! most of our statements do. That a text may hold several statements with parameters is SQLite's way; elsewhere they run
//! one by one, to the same end.

use super::Connection;
use crate::aggregates::statement;
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value};
use std::fmt::Write as _;

/// Statements in their order, whose parameters are numbered over all of them. They run in the transaction they are run in;
/// on their own they are none.
#[derive(Default)]
pub(crate) struct Batch {
    sql: String,
    values: Vec<Value>,
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
        self.next();
        self.push(&["INSERT INTO ", into, " VALUES "]);
        for (n, row) in rows.enumerate() {
            self.sql.push_str(if n == 0 { "(" } else { ", (" });
            for (column, value) in row.into_iter().enumerate() {
                self.values.push(value);
                let comma = if column == 0 { "" } else { ", " };
                write!(self.sql, "{comma}${}", self.values.len()).expect("writing to a string cannot fail");
            }
            self.sql.push(')');
            self.due += 1;
        }
        self.push(&[" ", then]);
    }

    /// A statement that is meant to write one row. Each `?` in it stands for the next value.
    pub(crate) fn write(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        self.next();
        let mut pieces = sql.split('?');
        self.sql.push_str(pieces.next().unwrap_or_default());
        for (piece, value) in pieces.zip(values) {
            self.values.push(value);
            write!(self.sql, "${}{piece}", self.values.len()).expect("writing to a string cannot fail");
        }
        self.due += 1;
    }

    /// Runs them. `false`: a row that was meant to be written was not.
    pub(crate) async fn run(self, db: &impl ConnectionTrait) -> Result<bool, DbErr> {
        if self.sql.is_empty() {
            return Ok(true);
        }
        let Self { sql, values, due } = self;
        Ok(db.execute_raw(statement(db, &sql, values)).await?.rows_affected() == due)
    }

    /// Begins a transaction and runs them, in one text. `false`: a row that was meant to be written was not. Whoever asked
    /// ends the transaction, however this ends.
    pub(super) async fn begin(self, db: &Connection) -> Result<bool, DbErr> {
        let Self { sql, values, due } = self;
        let changes = db.changes(&statement(db, &format!("{}; {sql}", super::BEGIN), values)).await?;
        // The first number is none of ours.
        Ok(changes.iter().skip(1).sum::<u64>() == due)
    }

    /// The text with its values.
    pub(crate) fn statement(self, db: &impl ConnectionTrait) -> Statement {
        statement(db, &self.sql, self.values)
    }

    /// Runs them and gives the rows that they return.
    pub(crate) async fn rows(self, db: &impl ConnectionTrait) -> Result<Vec<QueryResult>, DbErr> {
        if self.sql.is_empty() {
            return Ok(Vec::new());
        }
        db.query_all_raw(statement(db, &self.sql, self.values)).await
    }

    fn next(&mut self) {
        if !self.sql.is_empty() {
            self.sql.push_str("; ");
        }
    }

    fn push(&mut self, pieces: &[&str]) {
        self.sql.extend(pieces.iter().copied());
    }
}
