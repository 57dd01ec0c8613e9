//! What a commit leaves beside the aggregates: claims, tokens, command ids, the audit trail, proofs of consent.

use super::index;
use crate::sqlite::clustered;
use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for mut table in [claims(), tokens(), commands()] {
            manager.create_table(clustered(backend, &mut table)).await?;
        }
        manager.create_table(audit()).await?;
        manager.create_table(consent_proofs()).await?;
        manager.create_index(index("claims", &["owner_id"])).await?;
        manager.create_index(index("tokens", &["owner_id"])).await?;
        manager.create_index(index("tokens", &["owner_kind", "at"])).await?;
        manager.create_index(index("commands", &["at"])).await?;
        manager.create_index(index("audit", &["subject_id", "at"])).await?;
        manager.create_index(index("audit", &["at"])).await?;
        manager.create_index(index("consent_proofs", &["owner_id", "at"])).await?;
        manager.create_index(index("consent_proofs", &["at"]).and_where(Expr::col("owner_id").is_not_null()).take()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn claims() -> TableCreateStatement {
    Table::create()
        .table("claims")
        .col(schema::text("kind"))
        .col(schema::text("portal"))
        .col(schema::text("value"))
        .col(schema::text("owner_kind"))
        .col(schema::uuid("owner_id"))
        .primary_key(Index::create().col("kind").col("portal").col("value"))
        .take()
}

fn tokens() -> TableCreateStatement {
    Table::create()
        .table("tokens")
        .col(schema::binary_len("digest", 32))
        .col(schema::big_integer("digest_key"))
        .col(schema::text("owner_kind"))
        .col(schema::uuid("owner_id"))
        .col(schema::big_integer("at"))
        .primary_key(Index::create().col("digest").col("digest_key"))
        .take()
}

fn commands() -> TableCreateStatement {
    Table::create()
        .table("commands")
        .col(schema::binary_len("digest", 32))
        .col(schema::big_integer("digest_key"))
        .col(schema::binary_len("body", 32))
        .col(schema::big_integer("body_key"))
        .col(schema::binary("reply"))
        .col(schema::big_integer("reply_key"))
        .col(schema::big_integer("at"))
        .primary_key(Index::create().col("digest").col("digest_key"))
        .take()
}

fn audit() -> TableCreateStatement {
    Table::create()
        .table("audit")
        .col(schema::pk_uuid("id"))
        .col(schema::text("portal"))
        .col(schema::big_integer("at"))
        .col(schema::text("actor"))
        .col(schema::text("subject_kind"))
        .col(schema::uuid("subject_id"))
        .col(schema::text("kind"))
        .col(schema::text("details"))
        .take()
}

fn consent_proofs() -> TableCreateStatement {
    Table::create()
        .table("consent_proofs")
        .col(schema::pk_uuid("id"))
        .col(schema::text("portal"))
        .col(schema::text("owner_kind"))
        // Without an owner once the proof is pseudonymised.
        .col(schema::uuid_null("owner_id"))
        .col(schema::text("document"))
        .col(schema::text("version"))
        .col(schema::text("language"))
        .col(schema::binary_len("sha256", 32))
        .col(schema::boolean("granted"))
        .col(schema::big_integer("at"))
        .take()
}
