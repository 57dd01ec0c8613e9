//! Master data, and the place where an import is laid aside until it is whole.

use super::index;
use crate::sqlite::clustered;
use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        manager.create_table(records()).await?;
        manager.create_index(index("records", &["portal", "number"]).unique().take()).await?;
        manager.create_table(imports()).await?;
        manager.create_table(clustered(backend, &mut record_imports())).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn records() -> TableCreateStatement {
    Table::create()
        .table("records")
        .col(schema::pk_uuid("id"))
        .col(schema::text("portal"))
        .col(schema::text("number"))
        .col(schema::big_integer("version"))
        .col(schema::text("status"))
        .col(schema::text("written"))
        .col(schema::text("name"))
        .col(schema::text("data"))
        .col(schema::big_integer("created_at"))
        .col(schema::big_integer("updated_at"))
        .take()
}

fn imports() -> TableCreateStatement {
    Table::create().table("imports").col(schema::pk_uuid("id")).col(schema::big_integer("started_at")).take()
}

fn record_imports() -> TableCreateStatement {
    Table::create()
        .table("record_imports")
        .col(schema::uuid("import_id"))
        .col(schema::text("portal"))
        .col(schema::text("number"))
        .col(schema::big_integer("line"))
        .col(schema::uuid("id"))
        .col(schema::text("status"))
        .col(schema::text("written"))
        .col(schema::text("name"))
        .col(schema::text("data"))
        // In the order of the records' own index: the merge then walks both side by side.
        .primary_key(Index::create().col("import_id").col("portal").col("number"))
        .foreign_key(
            ForeignKey::create()
                .name("fk_record_imports_import")
                .from("record_imports", "import_id")
                .to("imports", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}
