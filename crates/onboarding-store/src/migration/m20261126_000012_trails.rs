//! The trail of a portal lies in the order in which it is read, and old proofs are found by their ids: one index less to write in each step, on
//! SQLite two.

use super::index;
use crate::sqlite::clustered;
use sea_orm::DbBackend;
use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("ix_consent_proofs_at").table("consent_proofs").to_owned()).await?;
        let backend = manager.get_database_backend();
        if backend == DbBackend::Sqlite {
            let db = manager.get_connection();
            // Its indexes go with the old one.
            db.execute_unprepared("ALTER TABLE audit RENAME TO audit_before").await?;
            manager.create_table(clustered(backend, &mut audit())).await?;
            db.execute_unprepared("INSERT INTO audit SELECT * FROM audit_before ORDER BY portal, at, id").await?;
            db.execute_unprepared("DROP TABLE audit_before").await?;
            manager.create_index(index("audit", &["subject_id", "at"])).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn audit() -> TableCreateStatement {
    Table::create()
        .table("audit")
        .col(schema::uuid("id"))
        .col(schema::text("portal"))
        .col(schema::big_integer("at"))
        .col(schema::text("actor"))
        .col(schema::text("subject_kind"))
        .col(schema::uuid("subject_id"))
        .col(schema::text("kind"))
        .col(schema::text("details"))
        .primary_key(Index::create().col("portal").col("at").col("id"))
        .take()
}
