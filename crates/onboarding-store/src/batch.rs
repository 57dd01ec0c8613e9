//! Statements that are gathered first and run together, each of them meant to write so many rows.

use crate::aggregates::statement;
use crate::sql::Sql;
use sea_orm::{DbBackend, DbErr, Statement, Value};
use std::fmt::Write as _;

/// Statements in their order. They run in the transaction they are run in; on their own they are none.
#[derive(Default)]
pub(crate) struct Batch {
    parts: Vec<Part>,
}

/// In the text of either each `?` stands for the next value.
enum Part {
    /// A statement that is meant to write one row.
    One { sql: String, values: Vec<Value> },
    /// Rows of one table, all of which are meant to be written. `then` is what a conflict does.
    Rows { into: &'static str, rows: Vec<Vec<Value>>, then: &'static str },
}

impl Batch {
    /// Inserts rows, all of which are meant to be written; none, no statement. `into` names table and columns, `then` what
    /// a conflict does.
    pub(crate) fn insert<const N: usize>(&mut self, into: &'static str, rows: impl IntoIterator<Item = [Value; N]>, then: &'static str) {
        let rows: Vec<Vec<Value>> = rows.into_iter().map(Vec::from).collect();
        if !rows.is_empty() {
            self.parts.push(Part::Rows { into, rows, then });
        }
    }

    /// A statement that is meant to write one row. Each `?` in it stands for the next value.
    pub(crate) fn write(&mut self, sql: impl Into<String>, values: impl IntoIterator<Item = Value>) {
        self.parts.push(Part::One { sql: sql.into(), values: values.into_iter().collect() });
    }

    /// Runs them. `false`: a row that was meant to be written was not.
    pub(crate) async fn run(self, db: &impl Sql) -> Result<bool, DbErr> {
        let mut whole = true;
        for part in self.parts {
            match part {
                Part::One { sql, values } => whole &= db.execute(numbered(db, sql, values)).await? == 1,
                // To SQLite a statement is a call, and one of several rows has to be undone by itself where it fails in the middle:
                // that it writes down beforehand.
                Part::Rows { into, rows, then } if db.backend() == DbBackend::Sqlite => {
                    let sql = insertion(into, rows.first().map_or(0, Vec::len), 1, then);
                    for row in rows {
                        whole &= db.execute(statement(db, &sql, row)).await? == 1;
                    }
                }
                Part::Rows { into, rows, then } => {
                    let due = rows.len() as u64;
                    let sql = insertion(into, rows.first().map_or(0, Vec::len), rows.len(), then);
                    let values = rows.into_iter().flatten().collect();
                    whole &= db.execute(numbered(db, sql, values)).await? == due;
                }
            }
        }
        Ok(whole)
    }
}

fn insertion(into: &str, columns: usize, rows: usize, then: &str) -> String {
    let mut sql = String::with_capacity(24 + into.len() + rows * (3 * columns + 2) + then.len());
    sql.push_str("INSERT INTO ");
    sql.push_str(into);
    for row in 0..rows {
        sql.push_str(if row == 0 { " VALUES (?" } else { ", (?" });
        sql.extend(std::iter::repeat_n(", ?", columns.saturating_sub(1)));
        sql.push(')');
    }
    sql.push(' ');
    sql.push_str(then);
    sql
}

/// The statement with its values, numbered where the database wants them so.
pub(crate) fn numbered(db: &impl Sql, sql: String, values: Vec<Value>) -> Statement {
    if db.backend() == DbBackend::Sqlite {
        return statement(db, &sql, values);
    }
    let mut text = String::with_capacity(sql.len() * 2);
    let mut pieces = sql.split('?');
    text.push_str(pieces.next().unwrap_or_default());
    for (place, piece) in pieces.enumerate() {
        write!(text, "${}{piece}", place + 1).expect("writing to a string cannot fail");
    }
    statement(db, &text, values)
}
