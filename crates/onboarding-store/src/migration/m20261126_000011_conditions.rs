//! Conditions of indexes, which are asked at each change of a row: short ones.

use super::index;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A list of several words is a table that SQLite makes anew each time; said one by one they are compared.
        let ended = "ix_registrations_ended";
        manager.drop_index(Index::drop().name(ended).table("registrations").to_owned()).await?;
        let is = |state: &'static str| Expr::col("state").eq(state);
        let over = is("active").or(is("rejected")).or(is("expired")).or(is("closed"));
        manager.create_index(index("registrations", &["updated_at", "id"]).name(ended).and_where(over).take()).await?;
        // Those of accounts and clerks are released by their keys.
        manager.drop_index(Index::drop().name("ix_claims_owner_id").table("claims").to_owned()).await?;
        manager.create_index(index("claims", &["owner_id"]).and_where(Expr::col("owner_kind").eq("registration")).take()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
