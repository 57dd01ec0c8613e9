//! Letters, found by their id and listed by their state.

use super::index;
use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// The tables of aggregates, which are alike in their columns.
const ALL: [&str; 5] = ["registrations", "accounts", "memberships", "rosters", "clerks"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ALL {
            manager.alter_table(Table::alter().table(table).add_column(schema::uuid_null("letter_id")).take()).await?;
            manager.alter_table(Table::alter().table(table).add_column(schema::text_null("letter_state")).take()).await?;
        }
        // No version before this one ordered letters: nothing that is there has one.
        let lettered = || Expr::col("letter_state").is_not_null();
        manager.create_index(index("memberships", &["letter_id"]).and_where(lettered()).take()).await?;
        let listed = index("memberships", &["portal", "created_at", "id"]).name("ix_memberships_letters").and_where(lettered()).take();
        manager.create_index(listed).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
