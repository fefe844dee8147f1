use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub event_id: i64,
    pub event_time: i64,
    pub kind: String,
    pub caller: String,
    pub account_id: Option<String>,
    pub service_key: Option<Uuid>,
    pub change_id: Option<Uuid>,
    pub details: Option<String>,
    pub chain: Option<String>,
    pub sequence: Option<i64>,
    pub digest: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
