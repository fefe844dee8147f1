//! The ways in which the database fails.

use sea_orm::{DbErr, RuntimeErr};
use sqlx::error::ErrorKind;

/// The database failed, or holds what it should not.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL names no database that this build can open.
    #[error("database.url: {0}")]
    Url(String),

    /// The database does not answer, or refused a statement.
    #[error("the database failed: {0}")]
    Database(#[from] DbErr),

    /// A row holds what Relevo never writes.
    #[error("the {table} row {key} is corrupt: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The key of the row.
        key: String,
        /// What is wrong with it.
        what: String,
    },

    /// What was decided about has changed under the decision; nothing was stored.
    #[error("a {0} row has changed under the transaction")]
    Stale(&'static str),

    /// The tokens of this database were made with a key that is not configured.
    #[error(
        "the tokens in this database were made with the key {0}, which is not among the configured ones: \
         restore that key (token.key_file or token.keys), or every code that was mailed is lost"
    )]
    KeyMissing(String),

    /// The schema has steps that this program does not know.
    #[error(
        "the schema of the database is newer than this program: start the version of relevo that made it, or a newer \
         one, or restore the backup from before"
    )]
    SchemaNewer,
}

impl Error {
    /// Whether it may go well when it is tried again: the database was busy or out of reach, and did not find anything
    /// wrong with what it was asked.
    pub fn is_passing(&self) -> bool {
        match self {
            Error::Stale(_) => true,
            Error::Database(DbErr::Conn(_) | DbErr::ConnectionAcquire(_)) => true,
            Error::Database(DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) => {
                error.as_database_error().is_none_or(|error| error.kind() == ErrorKind::Other)
            }
            _ => false,
        }
    }

    /// Whether the database refused a row because there is one like it.
    pub(crate) fn is_unique_violation(error: &DbErr) -> bool {
        matches!(error.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_)))
    }
}
