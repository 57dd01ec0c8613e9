//! From the database's errors to the port's: whether a later try may help.
//!
//! No text of a driver that could carry a value of a row goes any further: what stays is what was being done and a code.

use onboarding::ports::{CommitError, DirectoryError, StoreError};
use sea_orm::sqlx::{self, postgres::PgDatabaseError};
use sea_orm::{DbErr, RuntimeErr};
use std::fmt::Display;

/// Names the operation that failed.
pub(crate) trait Doing<T> {
    /// `what` completes the sentence "could not …".
    fn doing(self, what: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for Result<T, DbErr> {
    fn doing(self, what: &'static str) -> Result<T, StoreError> {
        self.map_err(|error| told(&error, what))
    }
}

/// A row that cannot be read. `what` names table and id, never a value.
pub(crate) fn corrupt(what: impl Display) -> StoreError {
    StoreError::Corrupt(what.to_string())
}

/// JSON that cannot be read. Serde's own text would quote the value.
pub(crate) fn unreadable(table: &str, id: impl Display, error: &serde_json::Error) -> StoreError {
    corrupt(format_args!("{table} {id}: {:?} error in its JSON at column {}", error.classify(), error.column()))
}

fn told(error: &DbErr, what: &'static str) -> StoreError {
    let unavailable = |why: &str| StoreError::Unavailable(format!("could not {what}: {why}"));
    match error {
        DbErr::ConnectionAcquire(_) => unavailable("no connection became free in time"),
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => match error.as_ref() {
            sqlx::Error::Database(error) => match error.try_downcast_ref::<PgDatabaseError>() {
                Some(error) => crate::postgres::told(error, what),
                None => crate::sqlite::told(error.as_ref(), what),
            },
            sqlx::Error::ColumnDecode { index, .. } => corrupt(format_args!("could not {what}: column {index} has another type")),
            sqlx::Error::ColumnNotFound(column) => corrupt(format_args!("could not {what}: there is no column {column}")),
            sqlx::Error::Io(error) => unavailable(&format!("the connection failed ({})", error.kind())),
            sqlx::Error::Tls(_) => unavailable("the connection could not be protected"),
            sqlx::Error::Configuration(_) => unavailable("the driver refuses the settings"),
            sqlx::Error::PoolTimedOut => unavailable("no connection became free in time"),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => unavailable("the store is closed"),
            _ => unavailable("the driver failed"),
        },
        DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. } => corrupt(format_args!("could not {what}: a column has another type")),
        DbErr::Migration(why) | DbErr::Custom(why) => unavailable(why),
        _ => unavailable("the driver failed"),
    }
}

/// Whether an error leaves the transaction it happened in unusable, or merely refuses one step.
pub(crate) trait Breaking {
    /// `true`: the database failed; nothing that shares the transaction may be committed.
    fn breaks(&self) -> bool;
}

impl Breaking for StoreError {
    fn breaks(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Corrupt(_) => false,
        }
    }
}

impl Breaking for CommitError {
    fn breaks(&self) -> bool {
        match self {
            Self::Store(error) => error.breaks(),
            Self::Conflict | Self::Claimed(_) | Self::Duplicate | Self::Fenced => false,
        }
    }
}

impl Breaking for DirectoryError {
    fn breaks(&self) -> bool {
        match self {
            Self::Store(error) => error.breaks(),
            Self::Duplicate { .. } => false,
        }
    }
}
