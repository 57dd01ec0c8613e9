//! Sessions, by the digest of their token.

use crate::sql::read;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub portal: String,
    pub account_id: Uuid,
    pub digest: Vec<u8>,
    pub digest_key: i64,
    pub kind: String,
    pub generation: i64,
    pub memberships: String,
    pub opened_at: i64,
    pub last_seen: i64,
    pub idle: i64,
    pub at_most: Option<i64>,
    pub expires_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

read!(id, portal, account_id, digest, digest_key, kind, generation, memberships, opened_at, last_seen, idle, at_most, expires_at);
