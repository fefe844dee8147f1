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

    /// The database does not say a word.
    #[error("the database has fallen silent")]
    Silent,

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

    /// The history of this database is proven by a key that is not configured.
    #[error(
        "the history in this database is proven by the key {0}, which is not among the configured ones: restore that key \
         (token.key_file or token.keys); `relevo rotate-key --retire` says when it can be taken away"
    )]
    HistoryKeyMissing(String),

    /// New tokens would be made with a key that somebody else has.
    #[error("the key {0} has leaked: put the newest one first (token.key_file or token.keys)")]
    KeyLeaked(String),

    /// What a leaked key has made is not all made anew.
    #[error("a rotation was cut off: run `relevo rotate-key --compromised` again first, with the same keys")]
    RotationCutOff,

    /// A leaked key is not replaced by one that may have leaked too.
    #[error("the key {0} has been in use: put a new one before it in token.keys, which `relevo rotate-key` makes")]
    KeyInUse(String),

    /// A process of Relevo has the database open, where nobody else may.
    #[error("{0} is in use: stop every relevo process that serves it, then try again")]
    InUse(String),

    /// What was noted of the history elsewhere cannot be read.
    #[error("the checkpoint cannot be read: {0}")]
    Checkpoint(String),

    /// A database was not copied; nothing was stored.
    #[error("{0}")]
    Copy(String),

    /// The role may not do what serving takes.
    #[error("the role of database.url lacks privileges: {0}; grant them, or serve as the owner of the tables")]
    Privileges(String),

    /// The schema lacks steps that this program needs.
    #[error(
        "the schema of the database is older than this program, or not there yet: run `relevo migrate` with the same \
         configuration, then start again"
    )]
    SchemaOlder,

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
            Error::Stale(_) | Error::Silent => true,
            Error::Database(DbErr::Conn(_) | DbErr::ConnectionAcquire(_)) => true,
            // insufficient_privilege: somebody has to grant it.
            other if other.code().as_deref() == Some("42501") => false,
            other => other
                .cause()
                .is_some_and(|error| error.as_database_error().is_none_or(|error| error.kind() == ErrorKind::Other)),
        }
    }

    /// Whether the transaction lost against another, so that the same may go well at once.
    pub fn is_conflict(&self) -> bool {
        // serialization_failure, deadlock_detected: https://www.postgresql.org/docs/current/errcodes-appendix.html
        matches!(self, Error::Stale(_)) || matches!(self.code().as_deref(), Some("40001" | "40P01"))
    }

    /// Whether the connection was cut off, by the network or by a server that goes down.
    pub(crate) fn is_lost_connection(&self) -> bool {
        match self.cause() {
            Some(sqlx::Error::Io(_) | sqlx::Error::Protocol(_)) => true,
            // admin_shutdown, crash_shutdown, idle_in_transaction_session_timeout
            _ => matches!(self.code().as_deref(), Some("57P01" | "57P02" | "25P03")),
        }
    }

    /// What the driver said about a statement.
    fn cause(&self) -> Option<&sqlx::Error> {
        match self {
            Error::Database(DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) => {
                Some(error)
            }
            _ => None,
        }
    }

    /// The code that the database gave with its refusal of a statement.
    fn code(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.cause()?.as_database_error()?.code()
    }
}
