//! What every connection can do, whichever database it leads to, and the rows it gives.

use async_trait::async_trait;
use rusqlite::types::FromSql;
use sea_orm::{DbBackend, DbErr, QueryResult, QueryTrait, Statement, TryGetable};

/// A connection, a transaction, or several connections to choose from.
#[async_trait]
pub(crate) trait Sql: Sync {
    /// Whose language it speaks.
    fn backend(&self) -> DbBackend;

    /// Carries out a statement: the rows it changed.
    async fn execute(&self, statement: Statement) -> Result<u64, DbErr>;

    /// The rows of a statement.
    async fn rows(&self, statement: Statement) -> Result<Vec<Row>, DbErr>;

    /// The first row of a statement. None of ours has more rows than are wanted.
    async fn row(&self, statement: Statement) -> Result<Option<Row>, DbErr> {
        Ok(self.rows(statement).await?.into_iter().next())
    }
}

/// A row of either database.
pub(crate) enum Row {
    Sqlite(crate::sqlite::Row),
    Postgres(QueryResult),
}

/// What a column can be read as.
pub(crate) trait Cell: TryGetable + FromSql {}

impl<T: TryGetable + FromSql> Cell for T {}

impl Row {
    /// The value of a column.
    pub(crate) fn get<T: Cell>(&self, column: &str) -> Result<T, DbErr> {
        match self {
            Self::Sqlite(row) => row.get(column),
            Self::Postgres(row) => row.try_get("", column),
        }
    }
}

/// A row that is read whole.
pub(crate) trait Read: Sized {
    fn read(row: &Row) -> Result<Self, DbErr>;
}

/// Reads the rows of a model by its columns' names.
macro_rules! read {
    ($($column:ident),* $(,)?) => {
        impl $crate::sql::Read for Model {
            fn read(row: &$crate::sql::Row) -> Result<Self, sea_orm::DbErr> {
                Ok(Self { $($column: row.get(stringify!($column))?),* })
            }
        }
    };
}

pub(crate) use read;

/// The rows of a query, read.
pub(crate) async fn all<M: Read>(db: &impl Sql, query: &(impl QueryTrait + Sync)) -> Result<Vec<M>, DbErr> {
    db.rows(query.build(db.backend())).await?.iter().map(M::read).collect()
}
