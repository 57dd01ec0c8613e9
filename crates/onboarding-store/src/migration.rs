//! The schema's history: append-only, one file per step. A step that was released is never edited; a later one mends it.
//!
//! Each step names its tables and columns itself and not by the entities, which follow the newest step only.

mod m20261122_000001_aggregates;
mod m20261122_000002_commits;
mod m20261122_000003_outbox;
mod m20261122_000004_sessions;
mod m20261122_000005_directory;
mod m20261122_000006_throttles;
mod m20261125_000008_clerks;
mod m20261125_000009_letters;
mod m20261126_000010_fewer_writes;
mod m20261126_000011_conditions;
mod m20261126_000012_trails;

use sea_orm_migration::prelude::*;

/// All steps, oldest first.
pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_aggregates::Migration),
            Box::new(m20261122_000002_commits::Migration),
            Box::new(m20261122_000003_outbox::Migration),
            Box::new(m20261122_000004_sessions::Migration),
            Box::new(m20261122_000005_directory::Migration),
            Box::new(m20261122_000006_throttles::Migration),
            Box::new(m20261125_000008_clerks::Migration),
            Box::new(m20261125_000009_letters::Migration),
            Box::new(m20261126_000010_fewer_writes::Migration),
            Box::new(m20261126_000011_conditions::Migration),
            Box::new(m20261126_000012_trails::Migration),
        ]
    }
}

/// An index named after its table and columns.
fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(format!("ix_{table}_{}", columns.join("_"))).table(table);
    for column in columns {
        index.col(*column);
    }
    index
}
