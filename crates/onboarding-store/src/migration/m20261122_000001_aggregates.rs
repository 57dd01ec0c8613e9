//! Registrations, accounts, memberships and rosters: the same columns each, because the store knows of all four only
//! what it finds them by. What they are stands in `data`.

use super::index;
use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["registrations", "accounts", "memberships", "rosters"] {
            manager.create_table(aggregates(table)).await?;
            manager.create_index(index(table, &["due_at"]).and_where(Expr::col("due_at").is_not_null()).take()).await?;
        }
        manager.create_index(index("registrations", &["portal", "record"]).and_where(Expr::col("record").is_not_null()).take()).await?;
        manager.create_index(index("registrations", &["state", "updated_at"])).await?;
        manager.create_index(index("memberships", &["account_id"])).await?;
        manager.create_index(index("memberships", &["portal", "record"])).await?;
        // Unique: who makes a second roster for a record has not seen the first.
        manager.create_index(index("rosters", &["portal", "record"]).unique().take()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn aggregates(table: &'static str) -> TableCreateStatement {
    Table::create()
        .table(table)
        .col(schema::pk_uuid("id"))
        .col(schema::text("portal"))
        .col(schema::big_integer("version"))
        .col(schema::text("state"))
        .col(schema::big_integer_null("due_at"))
        .col(schema::uuid_null("account_id"))
        .col(schema::text_null("record"))
        .col(schema::text_null("email_key"))
        .col(schema::big_integer("generation"))
        .col(schema::text("data"))
        .col(schema::big_integer("created_at"))
        .col(schema::big_integer("updated_at"))
        .take()
}
