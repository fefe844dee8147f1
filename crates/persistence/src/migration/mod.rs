//! The schema, step by step. A step that was released is never edited; the next one expands, a later one contracts.

mod m0001_contacts_and_changes;

use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

pub(crate) struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_contacts_and_changes::Migration)]
    }
}
