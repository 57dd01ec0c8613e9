//! The audit trail; rows are added and, in time, removed, never changed.

use crate::sql::read;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub portal: String,
    pub at: i64,
    pub actor: String,
    pub subject_kind: String,
    pub subject_id: Uuid,
    pub kind: String,
    pub details: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

read!(id, portal, at, actor, subject_kind, subject_id, kind, details);
