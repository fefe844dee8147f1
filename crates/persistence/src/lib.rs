//! Relevo's tables and transactions; the only crate that knows SQL.
//!
//! [`Store::read`] opens a [`View`], [`Store::write`] a [`Tx`], which is a view that can also change things. Load for
//! update, decide in memory, save, [`Tx::commit`]. A transaction that is dropped never happened. What was committed
//! survives a kill and a power cut. Rows come out as domain values or as [`Error::Corrupt`], never as something in
//! between; no transaction is ever held across the network.

mod account;
mod contact_change;
mod entity;
mod error;
mod event;
mod migration;
mod outbox;
#[cfg(test)]
mod pragmas;
mod request;
mod row;
mod service;
mod transaction;

use std::{path::PathBuf, str::FromStr, time::Duration};

use migration::Migrator;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, SqliteTransactionMode, SqlxSqliteConnector, TransactionOptions,
    TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

pub use contact_change::{ChangeFilter, ChangeReport, Part};
pub use error::Error;
pub use outbox::{Attempt, Delivery, DeliveryState, DueMail, Lease, Letter, Reply, Subject};
pub use request::RequestKey;
pub use service::ServiceFilter;
pub use transaction::{Tx, View};

/// The database of an installation.
#[derive(Debug, Clone)]
pub struct Store {
    /// One connection: SQLite has one writer at a time, and a queue in the process is fairer than its busy loop.
    writer: DatabaseConnection,
    readers: DatabaseConnection,
}

impl Store {
    /// Says what is wrong with a URL, without opening anything.
    pub fn check_url(url: &str) -> Result<(), Error> {
        sqlite_path(url).map(drop)
    }

    /// Opens the database of a URL: `sqlite://` and the path of a file, which is made if it is not there.
    pub async fn open(url: &str) -> Result<Self, Error> {
        let path = sqlite_path(url)?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|error| Error::Url(format!("cannot make the folder {}: {error}", folder.display())))?;
        }
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // With WAL, FULL syncs the log at each commit: what was answered OK survives a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .statement_cache_capacity(256);
        let pool = |size: u32| {
            SqlitePoolOptions::new()
                .min_connections(1)
                .max_connections(size)
                .acquire_timeout(Duration::from_secs(5))
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
        };
        let failed = |error: sqlx::Error| Error::Url(format!("cannot open {}: {error}", path.display()));
        // The writer first: it makes the file and turns the log on, which readers cannot.
        let writer = pool(1).connect_with(options.clone()).await.map_err(failed)?;
        let readers = pool(4).connect_with(options.pragma("query_only", "on")).await.map_err(failed)?;
        Ok(Self {
            writer: SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
            readers: SqlxSqliteConnector::from_sqlx_sqlite_pool(readers),
        })
    }

    /// Brings the schema to what this program knows. Safe to call at any time, by several processes at once.
    pub async fn migrate(&self) -> Result<(), Error> {
        let tx = self.write().await?;
        let known = Migrator::migrations().len();
        if Migrator::get_applied_migrations(tx.connection()).await?.len() > known {
            return Err(Error::Schema("newer than this program"));
        }
        Migrator::up(tx.connection(), None).await?;
        tx.commit().await
    }

    /// Opens a transaction that sees one state of the database from its first query to its last.
    pub async fn read(&self) -> Result<View, Error> {
        Ok(View::new(begin(&self.readers, SqliteTransactionMode::Deferred).await?))
    }

    /// Opens a transaction that can change things. There is one at a time.
    pub async fn write(&self) -> Result<Tx, Error> {
        Ok(Tx::new(begin(&self.writer, SqliteTransactionMode::Immediate).await?))
    }

    /// Whether the database answers, from its file.
    pub async fn ping(&self) -> Result<(), Error> {
        // Without a table SQLite would answer from its head, and not look at the file.
        self.readers.execute_unprepared("SELECT count(*) FROM seaql_migrations").await?;
        Ok(())
    }

    /// Closes the connections, once the transactions that are open have ended.
    pub async fn close(self) -> Result<(), Error> {
        self.readers.close().await?;
        self.writer.close().await?;
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "the one door to a transaction, for both kinds")]
async fn begin(
    connection: &DatabaseConnection,
    mode: SqliteTransactionMode,
) -> Result<sea_orm::DatabaseTransaction, Error> {
    let options = TransactionOptions { sqlite_transaction_mode: Some(mode), ..Default::default() };
    Ok(connection.begin_with_options(options).await?)
}

/// The path in a `sqlite://` URL.
fn sqlite_path(url: &str) -> Result<PathBuf, Error> {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).ok_or_else(|| {
        Error::Url(format!("must be sqlite:// and the path of a file, as in sqlite://data/relevo.db, not {url:?}"))
    })?;
    if path.is_empty() || path.starts_with(":memory:") || path.contains('?') {
        return Err(Error::Url("must name a file, without parameters, as in sqlite://data/relevo.db".to_owned()));
    }
    PathBuf::from_str(path).map_err(|error| Error::Url(error.to_string()))
}
