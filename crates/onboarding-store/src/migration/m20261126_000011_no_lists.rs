//! The condition of an index is asked at each change of a row. A list of several words in it is a table that SQLite makes anew each
//! time; said one by one they are compared.

use super::index;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let name = "ix_registrations_ended";
        manager.drop_index(Index::drop().name(name).table("registrations").to_owned()).await?;
        let is = |state: &'static str| Expr::col("state").eq(state);
        let ended = is("active").or(is("rejected")).or(is("expired")).or(is("closed"));
        manager.create_index(index("registrations", &["updated_at", "id"]).name(name).and_where(ended).take()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
