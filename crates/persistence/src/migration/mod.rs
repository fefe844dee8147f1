//! The schema, step by step. A step that was released is never edited; the next one expands, a later one contracts.

mod m0001_contacts_and_changes;
mod m0002_participant_state;
mod m0003_attempt;
mod m0004_history;

use sea_orm::{DatabaseTransaction, EntityTrait};
use sea_orm_migration::{MigrationTrait, MigratorTrait, SchemaManager, async_trait, seaql_migrations};

use crate::{Error, engine};

pub(crate) struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_contacts_and_changes::Migration),
            Box::new(m0002_participant_state::Migration),
            Box::new(m0003_attempt::Migration),
            Box::new(m0004_history::Migration),
        ]
    }
}

/// Whether a database has every step that this program knows. One that it does not know is refused.
pub(crate) async fn is_complete(connection: &DatabaseTransaction) -> Result<bool, Error> {
    if !SchemaManager::new(connection).has_table("seaql_migrations").await? {
        return Ok(false);
    }
    let applied = seaql_migrations::Entity::find().all(connection).await?;
    let known = Migrator::migrations();
    if applied.iter().any(|step| known.iter().all(|known| known.name() != step.version)) {
        return Err(Error::SchemaNewer);
    }
    Ok(known.iter().all(|known| applied.iter().any(|step| known.name() == step.version)))
}

/// Adds the steps that a database lacks, once no other process does.
pub(crate) async fn complete(connection: &DatabaseTransaction) -> Result<(), Error> {
    engine::lock_schema(connection).await?;
    if !is_complete(connection).await? {
        Migrator::up(connection, None).await?;
    }
    Ok(())
}
