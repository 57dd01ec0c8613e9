//! Indexes that only the sweeper or a few states need hold only the rows they are needed for, and on SQLite what is added and never
//! changed lies in the order of its key: each step writes fewer pages.

use super::index;
use crate::sqlite::clustered;
use sea_orm::DbBackend;
use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let gone = [
            ("registrations", "ix_registrations_state_updated_at"),
            ("registrations", "ix_registrations_portal_record"),
            ("tokens", "ix_tokens_owner_kind_at"),
            // What is old is found by its id, which is made of its time.
            ("audit", "ix_audit_at"),
        ];
        for (table, name) in gone {
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        let state = |of: &[&'static str]| Expr::col("state").is_in(of.iter().copied());
        let ended = state(&["active", "rejected", "expired", "closed"]);
        let ended = index("registrations", &["updated_at", "id"]).name("ix_registrations_ended").and_where(ended).take();
        manager.create_index(ended).await?;
        let open = state(&["awaiting_approval", "awaiting_completion"]);
        let open = index("registrations", &["portal", "record"]).name("ix_registrations_open").and_where(open).take();
        manager.create_index(open).await?;
        // Those of registrations go with them. Two halves, as SQLite knows that either is the whole, and not that one of a list is.
        let kind = |of: &'static str| Expr::col("owner_kind").eq(of);
        let short = kind("account").or(kind("clerk"));
        manager.create_index(index("tokens", &["at"]).and_where(short).take()).await?;
        if manager.get_database_backend() == DbBackend::Sqlite {
            rebuild(manager, "audit", audit()).await?;
            manager.create_index(index("audit", &["subject_id", "at"])).await?;
            manager.create_index(index("audit", &["portal", "at", "id"])).await?;
            rebuild(manager, "consent_proofs", consent_proofs()).await?;
            manager.create_index(index("consent_proofs", &["owner_id", "at"])).await?;
            let owned = index("consent_proofs", &["at"]).and_where(Expr::col("owner_id").is_not_null()).take();
            manager.create_index(owned).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// The same rows in a table of the same columns; its indexes go with the old one.
async fn rebuild(manager: &SchemaManager<'_>, name: &'static str, mut table: TableCreateStatement) -> Result<(), DbErr> {
    let before = format!("{name}_before");
    let db = manager.get_connection();
    db.execute_unprepared(&format!("ALTER TABLE {name} RENAME TO {before}")).await?;
    manager.create_table(clustered(manager.get_database_backend(), &mut table)).await?;
    db.execute_unprepared(&format!("INSERT INTO {name} SELECT * FROM {before} ORDER BY id")).await?;
    db.execute_unprepared(&format!("DROP TABLE {before}")).await?;
    Ok(())
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
        .col(schema::uuid_null("owner_id"))
        .col(schema::text("document"))
        .col(schema::text("version"))
        .col(schema::text("language"))
        .col(schema::binary_len("sha256", 32))
        .col(schema::boolean("granted"))
        .col(schema::big_integer("at"))
        .take()
}
