//! Who sees a change also knows its state, so that what an account has open is found without walking all that it ever
//! had. A trigger keeps the two in step, whichever version of the program writes.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let steps = match manager.get_database_backend() {
            DbBackend::Postgres => POSTGRES,
            _ => SQLITE,
        };
        for step in steps.iter().chain(ALL) {
            manager.get_connection().execute_unprepared(step).await?;
        }
        Ok(())
    }
}

const SQLITE: &[&str] = &[
    "ALTER TABLE participant ADD COLUMN state text NOT NULL DEFAULT 'pending' CHECK (typeof(state) IN ('text', 'null'))",
    "CREATE TRIGGER participant_state AFTER UPDATE OF state ON contact_change WHEN NEW.state <> OLD.state
     BEGIN
         UPDATE participant SET state = NEW.state WHERE change_id = NEW.change_id;
     END",
];

const POSTGRES: &[&str] = &[
    // Nobody ends a change until its participants know; and who is about to is waited for before he is in the way. Those
    // who look at changes wait too, from the next step on.
    "LOCK TABLE contact_change IN EXCLUSIVE MODE",
    "ALTER TABLE participant ADD COLUMN state text COLLATE \"C\" NOT NULL DEFAULT 'pending'",
    "CREATE OR REPLACE FUNCTION participant_state() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
         UPDATE participant SET state = NEW.state WHERE change_id = NEW.change_id;
         RETURN NULL;
     END
     $$",
    "CREATE OR REPLACE TRIGGER participant_state AFTER UPDATE OF state ON contact_change
     FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION participant_state()",
];

const ALL: &[&str] = &[
    "UPDATE participant SET state = contact_change.state FROM contact_change
     WHERE contact_change.change_id = participant.change_id AND contact_change.state <> 'pending'",
    // The changes that an account is something to, by where they stand and what it is to them; in order.
    "CREATE INDEX participant_by_state ON participant (account_id, state, part, change_id)",
];
