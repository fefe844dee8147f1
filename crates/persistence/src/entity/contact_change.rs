use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_change")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub change_id: Uuid,
    pub service_key: Uuid,
    pub service_id: String,
    pub roles: i64,
    pub requester: String,
    pub incumbent: String,
    pub nominee: String,
    pub create_time: i64,
    pub expire_time: i64,
    pub remind_time: Option<i64>,
    pub state: String,
    pub settle_time: Option<i64>,
    pub settled_by: Option<String>,
    pub cause: Option<String>,
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
