//! Relevo's tables and transactions; the only crate that knows SQL.
//!
//! [`Store::read`] opens a [`View`], [`Store::write`] a [`Tx`], which is a view that can also change things. Load for
//! update, decide in memory, save, [`Tx::commit`]. A transaction that is dropped never happened. What was committed
//! survives a kill and a power cut. Rows come out as domain values or as [`Error::Corrupt`], never as something in
//! between; no transaction is ever held across the network.
//!
//! The database is a file of this process or a server that several share; `engine` holds what is different about them.

mod account;
mod audit;
mod chain;
mod contact_change;
mod copy;
mod delivery;
mod engine;
mod entity;
mod error;
mod event;
mod key;
mod migration;
mod outbox;
mod request;
mod row;
mod service;
mod transaction;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use engine::{Connections, Intent, PATIENCE};
use jiff::Timestamp;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};

pub use audit::{Adopted, Audit, Finding, Mark};
pub use contact_change::{ChangeFilter, ChangeReport, Part};
pub use copy::{CopiedTable, copy};
pub use delivery::{AttemptReport, Delivery, DeliveryState, MailReport, Outcome, Reply};
pub use engine::DatabaseUrl;
pub use error::Error;
pub use event::{Author, EventReport};
pub use outbox::{Attempt, DueMail, Lease, MailMaterial, Subject};
pub use request::RequestKey;
pub use service::ServiceFilter;
pub use transaction::{Tx, View};

/// How long a piece of work may take before it is given up. Longer than a server lets any statement take: it has died
/// without a word, or the way to it.
const SILENCE: Duration = PATIENCE.saturating_mul(4);

/// Does a piece of work with the database, or gives it up after 20 seconds. For those who have no deadline of their own:
/// a connection that falls silent without being closed is otherwise waited for as long as the system's TCP does.
pub async fn in_time<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(SILENCE, work).await.unwrap_or(Err(Error::Silent))
}

/// The database of an installation.
#[derive(Debug, Clone)]
pub struct Store {
    writer: DatabaseConnection,
    readers: DatabaseConnection,
}

impl Store {
    /// Connects to a database; a file is made if it is not there. To a server it makes no more than so many connections,
    /// half of them for [`Store::write`] and half for [`Store::read`]; a file takes one writer and four readers.
    pub async fn open(url: &DatabaseUrl, connections: u32) -> Result<Self, Error> {
        let Connections { writer, readers } = url.connect(connections).await?;
        Ok(Self { writer, readers })
    }

    /// Connects to a database that is there; nothing is made.
    pub async fn open_existing(url: &DatabaseUrl, connections: u32) -> Result<Self, Error> {
        url.check_exists()?;
        Self::open(url, connections).await
    }

    /// Connects to a database that is there and that no process of Relevo has open, over one connection; a file is kept from
    /// all others until it is closed. A server's sessions are told by their `application_name`: a process of another
    /// name, or one that connects after this, is not seen.
    pub async fn open_alone(url: &DatabaseUrl) -> Result<Self, Error> {
        let only = url.connect_alone(Intent::Write).await?;
        Ok(Self { writer: only.clone(), readers: only })
    }

    /// Brings the schema to what this program knows. Safe to call at any time, by several processes at once: one of them
    /// does it, and the others wait for it.
    pub async fn migrate(&self) -> Result<(), Error> {
        let tx = self.write().await?;
        migration::complete(tx.connection()).await?;
        tx.commit().await
    }

    /// Makes sure that the schema is the one that this program knows: migrates a file, which is this process' own, and
    /// refuses the database of a server that is behind or ahead, or that lets it do less than serving takes.
    pub async fn prepare(&self) -> Result<(), Error> {
        if engine::migrates_on_start(self.writer.get_database_backend()) {
            return self.migrate().await;
        }
        let view = self.read().await?;
        check_schema(&view).await?;
        engine::check_privileges(view.connection()).await
    }

    /// Makes sure that the schema is the one that this program knows, and changes nothing.
    pub async fn check_schema(&self) -> Result<(), Error> {
        check_schema(&self.read().await?).await
    }

    /// Opens a transaction that sees one state of the database from its first query to its last.
    pub async fn read(&self) -> Result<View, Error> {
        Ok(View::new(begin(&self.readers, SqliteTransactionMode::Deferred).await?))
    }

    /// Opens a transaction that can change things. What it loads for update nobody else changes until it ends; in a file
    /// there is one such transaction at a time.
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

    /// Whether the database answers, to those who look and to those who change things; and what time it is there.
    pub async fn ping(&self) -> Result<Timestamp, Error> {
        // Without a table SQLite would answer from its head, and not look at the file.
        self.read().await?.connection().execute_unprepared("SELECT count(*) FROM seaql_migrations").await?;
        let tx = self.write().await?;
        let now = engine::now(tx.connection()).await?;
        tx.roll_back().await?;
        Ok(now)
    }

    /// Closes the connections, once the transactions that are open have ended.
    pub async fn close(self) -> Result<(), Error> {
        self.readers.close().await?;
        self.writer.close().await?;
        Ok(())
    }
}

async fn check_schema(view: &View) -> Result<(), Error> {
    match migration::is_complete(view.connection()).await? {
        true => Ok(()),
        false => Err(Error::SchemaOlder),
    }
}

#[expect(clippy::disallowed_methods, reason = "the one door to a transaction, for both kinds")]
async fn begin(connections: &DatabaseConnection, mode: SqliteTransactionMode) -> Result<DatabaseTransaction, Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let options = TransactionOptions { sqlite_transaction_mode: Some(mode), ..Default::default() };
        match in_time(async { Ok(connections.begin_with_options(options).await?) }).await {
            // A connection that was cut off while nobody used it says so when it is first used, and is given up. Nothing
            // was asked of it yet, so the next one is as good.
            Err(error) if error.is_lost_connection() && Instant::now() < deadline => {
                tracing::debug!(%error, "a connection was lost");
            }
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::Statement;

    use super::*;

    async fn opened() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::parse(&format!("sqlite://{}", folder.path().join("relevo.db").display())).unwrap();
        let store = Store::open(&url, 2).await.unwrap();
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
        let sql = "INSERT INTO token_key VALUES ('key', 0, NULL)";
        let view = store.read().await.unwrap();
        let error = view.connection().execute_unprepared(sql).await.unwrap_err().to_string();
        assert!(error.contains("readonly database"), "{error}");
        drop(view);
        store.write().await.unwrap().connection().execute_unprepared(sql).await.unwrap();
    }
}
