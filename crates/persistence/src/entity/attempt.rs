use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "attempt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub mail_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub lease_count: i64,
    pub attempt_time: i64,
    pub outcome: String,
    pub reply_codes: Option<String>,
    pub reply_text: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
