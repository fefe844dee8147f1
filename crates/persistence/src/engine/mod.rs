//! The engines that a database can be kept by, and what is different about them: how a URL names one, how connections
//! are made, and who else may be changing the schema. Nothing outside of this folder and of the migrations asks which
//! engine it is.

mod postgres;
mod sqlite;

use std::{fmt, path::PathBuf, time::Duration};

use jiff::Timestamp;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, SqlxPostgresConnector, SqlxSqliteConnector,
};
use sqlx::postgres::PgConnectOptions;

use crate::Error;

/// How long is waited for a database that others are busy with, or that is away: for a connection, for a lock.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Where a database is: `sqlite://` and the path of a file, or `postgres://user:password@host:port/name`.
#[derive(Clone)]
pub struct DatabaseUrl(Engine);

#[derive(Clone)]
enum Engine {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    /// To look.
    Read,
    /// To change things.
    Write,
}

/// The connections of a store.
pub(crate) struct Connections {
    pub(crate) writer: DatabaseConnection,
    pub(crate) readers: DatabaseConnection,
}

impl DatabaseUrl {
    /// Refuses the name of a file that is not there.
    pub(crate) fn check_exists(&self) -> Result<(), Error> {
        match &self.0 {
            Engine::Sqlite(path) if !path.exists() => Err(Error::Url(format!("{self} is not there"))),
            _ => Ok(()),
        }
    }

    /// Reads a URL, without opening anything.
    pub fn parse(url: &str) -> Result<Self, Error> {
        let engine = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Engine::Postgres(Box::new(postgres::options(url)?))
        } else if let Some(path) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
            Engine::Sqlite(sqlite::path(path)?)
        } else {
            // Not the URL itself: it may hold a password.
            return Err(Error::Url(
                "must be sqlite:// and the path of a file, as in sqlite://data/relevo.db, or \
                 postgres://user:password@host:port/name"
                    .to_owned(),
            ));
        };
        Ok(Self(engine))
    }

    /// Whether several processes may serve the database at a time.
    pub fn is_shared(&self) -> bool {
        matches!(self.0, Engine::Postgres(_))
    }

    /// Connects: to a file as it suits a file, to a server with so many connections at the most.
    pub(crate) async fn connect(&self, connections: u32) -> Result<Connections, Error> {
        let failed = |error: sqlx::Error| Error::Url(format!("cannot open {self}: {error}"));
        match &self.0 {
            Engine::Sqlite(path) => {
                let made = sqlite::make(path);
                made.map_err(|error| Error::Url(format!("cannot make {}: {error}", path.display())))?;
                let [writer, readers] = sqlite::pools(path).await.map_err(failed)?;
                Ok(Connections {
                    writer: SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
                    readers: SqlxSqliteConnector::from_sqlx_sqlite_pool(readers),
                })
            }
            Engine::Postgres(options) => {
                let [writer, readers] = postgres::pools(options, connections).await.map_err(failed)?;
                Ok(Connections {
                    writer: SqlxPostgresConnector::from_sqlx_postgres_pool(writer),
                    readers: SqlxPostgresConnector::from_sqlx_postgres_pool(readers),
                })
            }
        }
    }

    /// Connects to a database that is there, over one connection; refused as long as a process of Relevo has it open. A
    /// file is kept from all others.
    pub(crate) async fn connect_alone(&self, intent: Intent) -> Result<DatabaseConnection, Error> {
        let failed = |error: sqlx::Error| Error::Url(format!("cannot open {self}: {error}"));
        let in_use = || Error::InUse(self.to_string());
        match &self.0 {
            Engine::Sqlite(path) => {
                let pool = sqlite::alone(path, intent).await.map_err(failed)?.ok_or_else(in_use)?;
                Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
            }
            Engine::Postgres(options) => {
                let pool = postgres::alone(options, intent).await.map_err(failed)?.ok_or_else(in_use)?;
                Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
            }
        }
    }
}

impl fmt::Display for DatabaseUrl {
    /// The URL without its password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Engine::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Engine::Postgres(options) => postgres::show(options, f),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether the process that opens a database also brings its schema up to date: what one process serves, it may change.
pub(crate) fn migrates_on_start(backend: DbBackend) -> bool {
    backend == DbBackend::Sqlite
}

/// Waits until no other process is migrating, and keeps others from it until the transaction ends.
pub(crate) async fn lock_schema(transaction: &DatabaseTransaction) -> Result<(), Error> {
    match transaction.get_database_backend() {
        DbBackend::Postgres => postgres::lock_schema(transaction).await,
        // Whoever writes writes alone.
        _ => Ok(()),
    }
}

/// Makes sure that whoever opened a database may do all that serving takes.
pub(crate) async fn check_privileges(transaction: &DatabaseTransaction) -> Result<(), Error> {
    match transaction.get_database_backend() {
        DbBackend::Postgres => postgres::check_privileges(transaction).await,
        _ => Ok(()),
    }
}

/// What time it is where the database is: for a server the time that all who share it go by.
pub(crate) async fn now(transaction: &DatabaseTransaction) -> Result<Timestamp, Error> {
    match transaction.get_database_backend() {
        DbBackend::Postgres => postgres::now(transaction).await,
        _ => Ok(Timestamp::now()),
    }
}

/// Keeps everybody else from changing tables until the transaction ends, however long it takes.
pub(crate) async fn hold(transaction: &DatabaseTransaction, tables: &[&str]) -> Result<(), Error> {
    match transaction.get_database_backend() {
        DbBackend::Postgres => postgres::hold(transaction, tables).await,
        // Whoever writes writes alone, and what is read without others there was opened so.
        _ => Ok(()),
    }
}

/// Has the numbers that a table gives its rows go on after those that it holds.
pub(crate) async fn count_on(transaction: &DatabaseTransaction, table: &str, column: &str) -> Result<(), Error> {
    match transaction.get_database_backend() {
        DbBackend::Postgres => postgres::count_on(transaction, table, column).await,
        // It looks at the rows by itself.
        _ => Ok(()),
    }
}

/// The next numbers that a table gives its rows, taken for rows that are not there yet.
pub(crate) async fn next_numbers(
    transaction: &DatabaseTransaction,
    table: &str,
    column: &str,
    count: usize,
) -> Result<Vec<i64>, Error> {
    match transaction.get_database_backend() {
        DbBackend::Postgres => postgres::next_numbers(transaction, table, column, count).await,
        _ => sqlite::next_numbers(transaction, table, count).await,
    }
}
