//! An embedded database: one file, one process that serves it.

use std::{
    fs::{DirBuilder, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::{Intent, PATIENCE};
use crate::Error;

const READERS: u32 = 4;

/// The path behind `sqlite://`.
pub(super) fn path(path: &str) -> Result<PathBuf, Error> {
    if path.is_empty() || path.starts_with(":memory:") || path.contains('?') {
        return Err(Error::Url("must name a file, without parameters, as in sqlite://data/relevo.db".to_owned()));
    }
    Ok(PathBuf::from(path))
}

/// Makes the file of a database, and its folder, if they are not there: for their owner alone, as they hold addresses.
/// SQLite gives the files beside it the same rights.
pub(super) fn make(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop)
}

/// One connection that writes, as SQLite has one writer at a time and a queue in the process is fairer than its busy
/// loop; and some that read.
pub(super) async fn pools(path: &Path) -> Result<[SqlitePool; 2], sqlx::Error> {
    let options = options(path);
    // The writer first: it makes the file and turns the log on, which readers cannot.
    let writer = pool(1, options.clone()).await?;
    Ok([writer, pool(READERS, options.pragma("query_only", "on")).await?])
}

/// One connection that nobody else has one beside; none if somebody has.
pub(super) async fn alone(path: &Path, intent: Intent) -> Result<Option<SqlitePool>, sqlx::Error> {
    // Set before the log is first looked at, it takes the whole file: https://sqlite.org/pragma.html#pragma_locking_mode
    let mut options = options(path).locking_mode(SqliteLockingMode::Exclusive);
    if intent == Intent::Read {
        options = options.pragma("query_only", "on");
    }
    // The pool is asked again and again anyway.
    match pool(1, options.busy_timeout(Duration::ZERO)).await {
        Err(error) if is_busy(&error) => Ok(None),
        other => other.map(Some),
    }
}

/// Numbers behind those that a table has given its rows. Who writes writes alone, and takes them.
pub(super) async fn next_numbers(
    transaction: &DatabaseTransaction,
    table: &str,
    count: usize,
) -> Result<Vec<i64>, Error> {
    let ask = format!("SELECT seq FROM sqlite_sequence WHERE name = '{table}'");
    let row = transaction.query_one_raw(Statement::from_string(DbBackend::Sqlite, ask)).await?;
    let last: i64 = row.map(|row| row.try_get("", "seq")).transpose()?.unwrap_or_default();
    Ok((1..).take(count).map(|nth| last.saturating_add(nth)).collect())
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        // With WAL, FULL syncs the log at each commit: what was answered OK survives a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .statement_cache_capacity(256)
}

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
