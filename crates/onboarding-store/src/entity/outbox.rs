//! Outgoing mails and letters.

use crate::sql::read;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub portal: String,
    pub owner_kind: String,
    pub owner_id: Uuid,
    pub kind: String,
    pub template: String,
    pub language: String,
    pub not_before: i64,
    pub not_after: Option<i64>,
    pub after_id: Option<Uuid>,
    pub priority: i16,
    pub message_id: String,
    pub sealed: Option<Vec<u8>>,
    pub sealed_key: Option<i64>,
    pub status: String,
    pub attempts: i64,
    pub unknowns: i64,
    pub attempting: bool,
    pub fence: i64,
    pub held_until: Option<i64>,
    pub due_at: i64,
    pub reason: Option<String>,
    pub created_at: i64,
    pub settled_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

read!(
    id, portal, owner_kind, owner_id, kind, template, language, not_before, not_after, after_id, priority, message_id, sealed, sealed_key,
    status, attempts, unknowns, attempting, fence, held_until, due_at, reason, created_at, settled_at,
);
