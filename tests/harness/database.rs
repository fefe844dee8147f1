//! The database of a server, as an operator with a shell sees it.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::TestServer;

/// A connection of one's own to the database of a server.
#[derive(Debug)]
pub struct Database(SqliteConnection);

impl TestServer {
    /// Opens a connection of one's own to the database.
    pub async fn database(&self) -> Database {
        let options = SqliteConnectOptions::new().filename(self.folder().join("relevo.db"));
        Database(SqliteConnection::connect_with(&options).await.unwrap())
    }

    /// Every row of every table: what there is to compare before and after.
    pub async fn everything_stored(&self) -> BTreeMap<String, Vec<String>> {
        self.database().await.dump().await
    }
}

impl Database {
    /// Runs statements of a test's own making.
    pub async fn run(&mut self, statements: &str) {
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut self.0).await.unwrap();
    }

    /// The first column of each row, as text.
    pub async fn texts(&mut self, query: &str) -> Vec<String> {
        let rows = sqlx::query(AssertSqlSafe(query)).fetch_all(&mut self.0).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Every row of every table, written as SQL literals.
    pub async fn dump(&mut self) -> BTreeMap<String, Vec<String>> {
        let mut dump = BTreeMap::new();
        for table in self.texts("SELECT name FROM sqlite_master WHERE type = 'table'").await {
            let columns =
                self.texts(&format!("SELECT 'quote(' || name || ')' FROM pragma_table_info('{table}')")).await;
            let row = columns.join(" || ', ' || ");
            let rows = self.texts(&format!("SELECT {row} FROM {table} ORDER BY 1")).await;
            dump.insert(table, rows);
        }
        assert!(dump.contains_key("outbox"), "{dump:?}");
        dump
    }
}
