//! Sessions, found by the digest of their token.

use super::index;
use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(sessions()).await?;
        manager.create_index(index("sessions", &["digest", "digest_key"]).unique().take()).await?;
        manager.create_index(index("sessions", &["account_id", "generation"])).await?;
        manager.create_index(index("sessions", &["expires_at"])).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn sessions() -> TableCreateStatement {
    Table::create()
        .table("sessions")
        .col(schema::pk_uuid("id"))
        .col(schema::text("portal"))
        .col(schema::uuid("account_id"))
        .col(schema::binary_len("digest", 32))
        .col(schema::big_integer("digest_key"))
        .col(schema::text("kind"))
        .col(schema::big_integer("generation"))
        .col(schema::text("memberships"))
        .col(schema::big_integer("opened_at"))
        .col(schema::big_integer("last_seen"))
        .col(schema::big_integer("idle"))
        .col(schema::big_integer_null("at_most"))
        // The earlier of `last_seen + idle` and `at_most`, so that one index finds what is dead.
        .col(schema::big_integer("expires_at"))
        .take()
}
