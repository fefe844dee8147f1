//! Each attempt to send a mail, beside what the mail itself says of the last one.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = match manager.get_database_backend() {
            DbBackend::Postgres => POSTGRES,
            _ => SQLITE,
        };
        manager.get_connection().execute_unprepared(table).await?;
        Ok(())
    }
}

const SQLITE: &str = "CREATE TABLE attempt (
    mail_id bigint NOT NULL CHECK (typeof(mail_id) = 'integer') REFERENCES outbox (mail_id),
    lease_count bigint NOT NULL CHECK (typeof(lease_count) = 'integer'),
    attempt_time bigint NOT NULL CHECK (typeof(attempt_time) = 'integer'),
    outcome text NOT NULL CHECK (typeof(outcome) = 'text'),
    reply_codes text CHECK (typeof(reply_codes) IN ('text', 'null')),
    reply_text text CHECK (typeof(reply_text) IN ('text', 'null')),
    PRIMARY KEY (mail_id, lease_count)
)";

const POSTGRES: &str = "CREATE TABLE attempt (
    mail_id bigint NOT NULL REFERENCES outbox (mail_id),
    lease_count bigint NOT NULL,
    attempt_time bigint NOT NULL,
    outcome text COLLATE \"C\" NOT NULL,
    reply_codes text COLLATE \"C\",
    reply_text text COLLATE \"C\",
    PRIMARY KEY (mail_id, lease_count)
)";
