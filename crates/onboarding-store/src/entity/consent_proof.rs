//! Proofs of consent; without an owner once pseudonymised.

use crate::sql::read;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consent_proofs")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub portal: String,
    pub owner_kind: String,
    pub owner_id: Option<Uuid>,
    pub document: String,
    pub version: String,
    pub language: String,
    pub sha256: Vec<u8>,
    pub granted: bool,
    pub at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

read!(id, portal, owner_kind, owner_id, document, version, language, sha256, granted, at);
