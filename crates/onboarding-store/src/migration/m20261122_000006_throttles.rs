//! Counters that all replicas share.

use super::index;
use crate::sqlite::clustered;
use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(clustered(manager.get_database_backend(), &mut throttles())).await?;
        manager.create_index(index("throttles", &["ends_at"])).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn throttles() -> TableCreateStatement {
    Table::create()
        .table("throttles")
        .col(schema::binary_len("digest", 32))
        .col(schema::big_integer("digest_key"))
        .col(schema::big_integer("count"))
        .col(schema::big_integer("since"))
        .col(schema::big_integer("last"))
        .col(schema::big_integer("last_but_one"))
        .col(schema::big_integer("ends_at"))
        .primary_key(Index::create().col("digest").col("digest_key"))
        .take()
}
