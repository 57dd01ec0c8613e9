//! Repeatable commands with their sealed replies.

use crate::sql::read;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "commands")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest_key: i64,
    pub body: Vec<u8>,
    pub body_key: i64,
    pub reply: Vec<u8>,
    pub reply_key: i64,
    pub at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

read!(digest, digest_key, body, body_key, reply, reply_key, at);
