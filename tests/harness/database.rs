//! The database of a server, as an operator with a shell sees it.

use std::collections::BTreeMap;

use relevo_domain::{Key, Keyring};
use relevo_persistence::{DatabaseUrl, Store};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection};

use uuid::Uuid;

use crate::{Home, TestServer};

/// A connection of one's own to the database of an installation.
#[derive(Debug)]
pub enum Database {
    /// To a file.
    Sqlite(SqliteConnection),
    /// To a server.
    Postgres(PgConnection),
}

impl Home {
    /// Opens a connection of one's own to the database.
    pub async fn database(&self) -> Database {
        let url = self.database_url();
        if url.starts_with("sqlite:") {
            Database::Sqlite(SqliteConnection::connect(&url).await.unwrap())
        } else {
            Database::Postgres(PgConnection::connect(&url).await.unwrap())
        }
    }

    /// What `relevo audit verify` finds in the history.
    async fn audit(&self) -> Vec<String> {
        let store = Store::open(&DatabaseUrl::parse(&self.database_url()).unwrap(), 2).await.unwrap();
        let key = self.key();
        let (first, last) = key.split_at(32);
        let halves = [first, last].map(|half| *Uuid::parse_str(half).unwrap().as_bytes());
        let keyring = Keyring::new(Key::new(halves.concat().try_into().unwrap()), Vec::new());
        let mut found = Vec::new();
        let view = store.read().await.unwrap();
        view.audit(&keyring, std::iter::empty(), |finding| found.push(finding.to_string())).await.unwrap();
        drop(view);
        store.close().await.unwrap();
        found
    }

    /// Whether a text is kept anywhere, in capitals or not: in a row, as text or as bytes, or in a file of the folder.
    pub async fn keeps(&self, text: &str) -> bool {
        let files =
            std::fs::read_dir(self.folder()).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
        let rows = self.database().await.dump().await.into_values().flatten().map(String::into_bytes);
        let kept: Vec<_> = files.chain(rows).collect();
        let hexadecimal = |text: String| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        // Engines write bytes in hexadecimal.
        let forms = [text.to_owned(), hexadecimal(text.to_lowercase()), hexadecimal(text.to_uppercase())];
        let holds = |kept: &Vec<u8>, form: &String| {
            kept.windows(form.len()).any(|window| window.eq_ignore_ascii_case(form.as_bytes()))
        };
        forms.iter().any(|form| kept.iter().any(|kept| holds(kept, form)))
    }
}

impl TestServer {
    /// Opens a connection of one's own to the database.
    pub async fn database(&self) -> Database {
        self.home().database().await
    }

    /// Every row of every table: what there is to compare before and after.
    pub async fn everything_stored(&self) -> BTreeMap<String, Vec<String>> {
        self.database().await.dump().await
    }

    /// What `relevo audit verify` finds in the history.
    pub async fn audit(&self) -> Vec<String> {
        self.home().audit().await
    }

    /// Makes sure that the history is found as it was written.
    pub async fn has_whole_history(&self) {
        assert_eq!(self.audit().await, [""; 0]);
    }
}

impl Database {
    /// Runs statements of a test's own making.
    pub async fn run(&mut self, statements: &str) {
        match self {
            Self::Sqlite(connection) => {
                sqlx::raw_sql(AssertSqlSafe(statements)).execute(connection).await.unwrap();
            }
            Self::Postgres(connection) => {
                sqlx::raw_sql(AssertSqlSafe(statements)).execute(connection).await.unwrap();
            }
        }
    }

    /// Has every call that makes an account wait, until it [lets go](Self::lets_go).
    pub async fn holds_up(&mut self) {
        let hold = match self {
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
            Self::Postgres(_) => "BEGIN; LOCK TABLE account IN ACCESS EXCLUSIVE MODE",
        };
        self.run(hold).await;
    }

    /// Lets those go on that wait.
    pub async fn lets_go(&mut self) {
        self.run("ROLLBACK").await;
    }

    /// The first column of each row, as text.
    pub async fn texts(&mut self, query: &str) -> Vec<String> {
        match self {
            Self::Sqlite(connection) => {
                let rows = sqlx::query(AssertSqlSafe(query)).fetch_all(connection).await.unwrap();
                rows.iter().map(|row| row.get(0)).collect()
            }
            Self::Postgres(connection) => {
                let rows = sqlx::query(AssertSqlSafe(query)).fetch_all(connection).await.unwrap();
                rows.iter().map(|row| row.get(0)).collect()
            }
        }
    }

    /// Every row of every table, written as the engine writes rows.
    pub async fn dump(&mut self) -> BTreeMap<String, Vec<String>> {
        let tables = match self {
            Self::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table'",
            Self::Postgres(_) => "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'",
        };
        let mut dump = BTreeMap::new();
        for table in self.texts(tables).await {
            let row = match self {
                Self::Sqlite(_) => {
                    let columns = format!("SELECT 'quote(' || name || ')' FROM pragma_table_info('{table}')");
                    self.texts(&columns).await.join(" || ', ' || ")
                }
                Self::Postgres(_) => format!("{table}::text"),
            };
            let rows = self.texts(&format!("SELECT {row} FROM {table} ORDER BY 1")).await;
            dump.insert(table, rows);
        }
        assert!(dump.contains_key("outbox"), "{dump:?}");
        dump
    }
}
