//! Clerks, their sessions, what lists are walked by, and what is told of imports.

use super::index;
use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// The tables of aggregates before this step.
const BEFORE: [&str; 4] = ["registrations", "accounts", "memberships", "rosters"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in BEFORE {
            manager.alter_table(Table::alter().table(table).add_column(schema::text_null("search")).take()).await?;
        }
        // What is there is found by address and number at once, and by names from its next change on: they stand in its state only.
        for table in ["registrations", "accounts"] {
            let sql = format!("UPDATE {table} SET search = LOWER(COALESCE(email_key, '') || '\n' || COALESCE(record, ''))");
            manager.get_connection().execute_unprepared(&sql).await?;
            manager.create_index(index(table, &["portal", "created_at", "id"])).await?;
        }
        let waiting = Expr::col("state").eq("awaiting_approval");
        let waiting = index("registrations", &["portal", "created_at", "id"]).name("ix_registrations_waiting").and_where(waiting).take();
        manager.create_index(waiting).await?;
        manager.create_index(index("audit", &["portal", "at", "id"])).await?;
        manager.create_table(clerks()).await?;
        manager.create_index(index("clerks", &["due_at"]).and_where(Expr::col("due_at").is_not_null()).take()).await?;
        manager.create_table(staff_sessions()).await?;
        manager.create_index(index("staff_sessions", &["digest", "digest_key"]).unique().take()).await?;
        manager.create_index(index("staff_sessions", &["expires_at"])).await?;
        manager.create_table(import_notes()).await?;
        manager.create_index(index("import_notes", &["at"])).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn clerks() -> TableCreateStatement {
    Table::create()
        .table("clerks")
        .col(schema::pk_uuid("id"))
        .col(schema::text("portal"))
        .col(schema::big_integer("version"))
        .col(schema::text("state"))
        .col(schema::big_integer_null("due_at"))
        .col(schema::uuid_null("account_id"))
        .col(schema::text_null("record"))
        .col(schema::text_null("email_key"))
        .col(schema::big_integer("generation"))
        .col(schema::text_null("search"))
        .col(schema::text("data"))
        .col(schema::big_integer("created_at"))
        .col(schema::big_integer("updated_at"))
        .take()
}

fn staff_sessions() -> TableCreateStatement {
    Table::create()
        .table("staff_sessions")
        .col(schema::pk_uuid("id"))
        .col(schema::text("portal"))
        .col(schema::uuid("clerk_id"))
        .col(schema::binary_len("digest", 32))
        .col(schema::big_integer("digest_key"))
        .col(schema::big_integer("generation"))
        .col(schema::big_integer("opened_at"))
        .col(schema::big_integer("last_seen"))
        .col(schema::big_integer("idle"))
        .col(schema::big_integer("at_most"))
        // The earlier of `last_seen + idle` and `at_most`, so that one index finds what is dead.
        .col(schema::big_integer("expires_at"))
        .take()
}

fn import_notes() -> TableCreateStatement {
    Table::create()
        .table("import_notes")
        .col(schema::pk_uuid("id"))
        .col(schema::text("portal"))
        .col(schema::text("state"))
        .col(schema::big_integer("laid"))
        .col(schema::big_integer("of_rows"))
        .col(schema::big_integer("added"))
        .col(schema::big_integer("updated"))
        .col(schema::big_integer("unchanged"))
        .col(schema::text("faults"))
        .col(schema::big_integer("at"))
        .take()
}
