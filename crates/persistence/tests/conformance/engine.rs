//! The databases that the tests run on.

use relevo_persistence::Store;
use sqlx::{
    AssertSqlSafe, Connection, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use tempfile::TempDir;

/// A database of its own, gone when it is dropped, and a way to it past the store.
pub(crate) struct Database {
    pub(crate) store: Store,
    folder: TempDir,
}

impl Database {
    /// A file with the schema in it.
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&url(&folder)).await.unwrap();
        store.migrate().await.unwrap();
        Self { store, folder }
    }

    /// The same database, as another process opens it.
    pub(crate) async fn open_again(&self) -> Store {
        Store::open(&url(&self.folder)).await.unwrap()
    }

    /// A connection past the store. What is stored through it may break every rule but those of the schema; `strict`
    /// says whether that includes its references.
    pub(crate) async fn connect(&self, strict: bool) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.folder.path().join("relevo.db")).foreign_keys(strict);
        SqliteConnection::connect_with(&options).await.unwrap()
    }

    /// Runs a statement past the store, and past the references between tables. Says how many rows it was about.
    pub(crate) async fn execute(&self, sql: &str) -> u64 {
        let mut connection = self.connect(false).await;
        let done = sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}")).rows_affected()
    }

    /// The rows of a query past the store.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<SqliteRow> {
        let mut connection = self.connect(false).await;
        sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap()
    }

    /// The one number that a query past the store answers.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        self.rows(sql).await[0].get(0)
    }
}

fn url(folder: &TempDir) -> String {
    format!("sqlite://{}", folder.path().join("relevo.db").display())
}
