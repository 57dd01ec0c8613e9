//! The outbox: what waits to be handed over, sealed, and what became of it.

use super::index;
use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(outbox()).await?;
        manager.create_index(index("outbox", &["due_at"]).and_where(Expr::col("status").eq("queued")).take()).await?;
        manager.create_index(index("outbox", &["settled_at"]).and_where(Expr::col("settled_at").is_not_null()).take()).await?;
        manager.create_index(index("outbox", &["after_id"]).and_where(Expr::col("after_id").is_not_null()).take()).await?;
        manager.create_index(index("outbox", &["owner_id", "created_at"])).await?;
        manager.create_index(index("outbox", &["portal", "status", "created_at"])).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn outbox() -> TableCreateStatement {
    Table::create()
        .table("outbox")
        .col(schema::pk_uuid("id"))
        .col(schema::text("portal"))
        .col(schema::text("owner_kind"))
        .col(schema::uuid("owner_id"))
        .col(schema::text("kind"))
        .col(schema::text("template"))
        .col(schema::text("language"))
        .col(schema::big_integer("not_before"))
        .col(schema::big_integer_null("not_after"))
        .col(schema::uuid_null("after_id"))
        .col(schema::small_integer("priority"))
        .col(schema::text("message_id"))
        .col(schema::binary_null("sealed"))
        .col(schema::big_integer_null("sealed_key"))
        .col(schema::text("status"))
        .col(schema::big_integer("attempts"))
        .col(schema::big_integer("unknowns"))
        .col(schema::boolean("attempting"))
        .col(schema::big_integer("fence"))
        .col(schema::big_integer_null("held_until"))
        // The later of `not_before` and `held_until`, so that one index finds what is due.
        .col(schema::big_integer("due_at"))
        .col(schema::text_null("reason"))
        .col(schema::big_integer("created_at"))
        .col(schema::big_integer_null("settled_at"))
        .take()
}
