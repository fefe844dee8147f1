use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub mail_id: i64,
    pub kind: String,
    pub change_id: Option<Uuid>,
    pub account_id: String,
    pub generation: i64,
    pub to_address: Option<String>,
    pub state: String,
    pub create_time: i64,
    pub due_time: i64,
    pub lease_count: i64,
    pub attempts: i64,
    pub last_attempt_time: Option<i64>,
    pub reply_codes: Option<String>,
    pub reply_text: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
