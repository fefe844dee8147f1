//! What moved with each event, and the chains that keep the history from being altered unseen; accounts that are deleted,
//! changes that are removed.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = match manager.get_database_backend() {
            DbBackend::Postgres => POSTGRES,
            _ => SQLITE,
        };
        for step in tables.iter().chain(INDEXES) {
            manager.get_connection().execute_unprepared(step).await?;
        }
        Ok(())
    }
}

// The version before writes events without any of these columns, and neither reads nor changes them.
const SQLITE: &[&str] = &[
    "ALTER TABLE event ADD COLUMN details text CHECK (typeof(details) IN ('text', 'null'))",
    "ALTER TABLE event ADD COLUMN chain text CHECK (typeof(chain) IN ('text', 'null'))",
    "ALTER TABLE event ADD COLUMN sequence bigint CHECK (typeof(sequence) IN ('integer', 'null'))",
    "ALTER TABLE event ADD COLUMN digest blob CHECK (typeof(digest) IN ('blob', 'null'))",
    "ALTER TABLE account ADD COLUMN delete_time bigint CHECK (typeof(delete_time) IN ('integer', 'null'))",
    "CREATE TABLE chain (
        name text NOT NULL PRIMARY KEY CHECK (typeof(name) = 'text'),
        length bigint NOT NULL CHECK (typeof(length) = 'integer'),
        digest blob NOT NULL CHECK (typeof(digest) = 'blob'),
        key_id text NOT NULL CHECK (typeof(key_id) = 'text'),
        proof blob NOT NULL CHECK (typeof(proof) = 'blob')
    )",
];

const POSTGRES: &[&str] = &[
    "ALTER TABLE event ADD COLUMN details text COLLATE \"C\", ADD COLUMN chain text COLLATE \"C\",
        ADD COLUMN sequence bigint, ADD COLUMN digest bytea",
    "ALTER TABLE account ADD COLUMN delete_time bigint",
    "CREATE TABLE chain (
        name text COLLATE \"C\" NOT NULL PRIMARY KEY,
        length bigint NOT NULL,
        digest bytea NOT NULL,
        key_id text COLLATE \"C\" NOT NULL,
        proof bytea NOT NULL
    )",
];

const INDEXES: &[&str] = &[
    // Each place of a chain is taken once; all chains, in order; and what is in none.
    "CREATE UNIQUE INDEX event_by_chain ON event (chain, sequence)",
    // The history of a service and of a change, in order.
    "CREATE INDEX event_by_service ON event (service_key, event_id)",
    "CREATE INDEX event_by_change ON event (change_id, event_id)",
    // The registrations of an id, in order, deleted or not.
    "CREATE INDEX service_by_id ON service (service_id, service_key)",
    // What can be removed.
    "CREATE INDEX change_by_end ON contact_change (settle_time) WHERE state <> 'pending'",
    // The mails of an account, for its deletion.
    "CREATE INDEX outbox_by_account ON outbox (account_id)",
    // What calls for an account were answered, for the same.
    "CREATE INDEX request_by_account ON request (account_id)",
    // The mails about no change that can be removed. With the column that is always null SQLite takes it for what it is.
    "CREATE INDEX outbox_notice_by_age ON outbox (change_id, create_time) WHERE change_id IS NULL",
];
