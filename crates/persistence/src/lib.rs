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
mod request;
mod row;
mod service;
mod transaction;

use std::{
    fs::{DirBuilder, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::{Duration, Instant},
};

use migration::Migrator;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, SqliteTransactionMode, SqlxSqliteConnector, TransactionOptions,
    TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

pub use contact_change::{ChangeFilter, ChangeReport, Part};
pub use error::Error;
pub use outbox::{Attempt, Delivery, DeliveryState, DueMail, Lease, MailMaterial, Reply, Subject};
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
        make(&path).map_err(|error| Error::Url(format!("cannot make {}: {error}", path.display())))?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            // With WAL, FULL syncs the log at each commit: what was answered OK survives a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            .statement_cache_capacity(256);
        let failed = |error: sqlx::Error| Error::Url(format!("cannot open {}: {error}", path.display()));
        // The writer first: it makes the file and turns the log on, which readers cannot.
        let writer = pool(1, options.clone()).await.map_err(failed)?;
        let readers = pool(4, options.pragma("query_only", "on")).await.map_err(failed)?;
        Ok(Self {
            writer: SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
            readers: SqlxSqliteConnector::from_sqlx_sqlite_pool(readers),
        })
    }

    /// Brings the schema to what this program knows. Safe to call at any time, by several processes at once.
    pub async fn migrate(&self) -> Result<(), Error> {
        let tx = self.write().await?;
        let applied = Migrator::get_migration_models(tx.connection()).await?;
        let known = Migrator::migrations();
        if applied.iter().any(|step| known.iter().all(|known| known.name() != step.version)) {
            return Err(Error::SchemaNewer);
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

    /// Shows every statement to an observer once it has run, without its values. Transactions that are open are not
    /// watched, nor are their beginnings and ends.
    pub fn on_statement(&mut self, observe: impl Fn(&str) + Send + Sync + 'static) {
        let observe = Arc::new(observe);
        for connections in [&mut self.writer, &mut self.readers] {
            let observe = Arc::clone(&observe);
            connections.set_metric_callback(move |info| observe(&info.statement.sql));
        }
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

/// How long is waited for a database that others are busy with.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connections to a file. Tries again while others turn the log of a new file on: SQLite's own timeout does not wait for
/// that.
async fn pool(size: u32, options: SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let pool = SqlitePoolOptions::new()
            .min_connections(1)
            .max_connections(size)
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false);
        match pool.connect_with(options.clone()).await {
            Err(error) if is_busy(&error) && Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            other => return other,
        }
    }
}

/// SQLITE_BUSY, of any kind: <https://sqlite.org/rescode.html>.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

#[expect(clippy::disallowed_methods, reason = "the one door to a transaction, for both kinds")]
async fn begin(
    connection: &DatabaseConnection,
    mode: SqliteTransactionMode,
) -> Result<sea_orm::DatabaseTransaction, Error> {
    let options = TransactionOptions { sqlite_transaction_mode: Some(mode), ..Default::default() };
    Ok(connection.begin_with_options(options).await?)
}

/// Makes the file of a database, and its folder, if they are not there: for their owner alone, as they hold addresses.
/// SQLite gives the files beside it the same rights.
fn make(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop)
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

#[cfg(test)]
mod tests {
    use sea_orm::Statement;

    use super::*;

    async fn opened() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}", folder.path().join("relevo.db").display())).await.unwrap();
        store.migrate().await.unwrap();
        (folder, store)
    }

    async fn pragma(view: &View, name: &str) -> String {
        let row = view.connection().query_one_raw(Statement::from_string(
            sea_orm::DbBackend::Sqlite,
            format!("SELECT CAST({name} AS TEXT) AS value FROM pragma_{name}"),
        ));
        row.await.unwrap().unwrap().try_get("", "value").unwrap()
    }

    #[tokio::test]
    async fn every_connection_is_durable_and_checks_references_and_the_readers_only_read() {
        let (_folder, store) = opened().await;
        let writer = store.write().await.unwrap();
        let mut connections = Vec::new();
        // As many as there are, all at once, so that each is another.
        for _ in 0..4 {
            connections.push((store.read().await.unwrap(), "1"));
        }
        let connections = connections.iter().map(|(view, query_only)| (view, *query_only)).chain([(&*writer, "0")]);
        for (connection, query_only) in connections {
            for (name, value) in [
                ("journal_mode", "wal"),
                // FULL: https://sqlite.org/pragma.html#pragma_synchronous
                ("synchronous", "2"),
                ("foreign_keys", "1"),
                ("query_only", query_only),
                ("ignore_check_constraints", "0"),
            ] {
                assert_eq!(pragma(connection, name).await, value, "{name}");
            }
        }
    }

    #[tokio::test]
    async fn a_view_changes_nothing() {
        let (_folder, store) = opened().await;
        let sql = "INSERT INTO token_key VALUES ('key', 0)";
        let view = store.read().await.unwrap();
        let error = view.connection().execute_unprepared(sql).await.unwrap_err().to_string();
        assert!(error.contains("readonly database"), "{error}");
        drop(view);
        store.write().await.unwrap().connection().execute_unprepared(sql).await.unwrap();
    }
}
