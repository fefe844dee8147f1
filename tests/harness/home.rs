//! Where an installation is kept: its database, on one engine or the other, and its keys.

use std::{net::SocketAddr, sync::Mutex};

use relevo_persistence::{DatabaseUrl, Store};
use relevo_postgres::Cluster;
use relevo_server::{Config, Keys};
use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// What a database is kept by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// Makes a test for each engine of each of these functions, which are told the engine.
#[macro_export]
macro_rules! on_every_engine {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    super::$test($crate::Engine::Sqlite).await;
                }
            )+
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    super::$test($crate::Engine::Postgres).await;
                }
            )+
        }
    };
}

/// For each server of a test: there are many tests at a time.
const CONNECTIONS: u32 = 8;

/// Where an installation is kept; it is gone with this.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    server: Option<OnServer>,
}

/// What is not in the folder when the database is a server.
#[derive(Debug)]
struct OnServer {
    database: relevo_postgres::Database,
    key: String,
    /// The cluster is that of all tests.
    is_shared: bool,
    /// The way that servers take to the database, where it is not the straight one.
    way: Option<SocketAddr>,
}

impl Home {
    /// A new one, with a schema where that is not made by the server.
    pub async fn new(on: Engine) -> Self {
        let server = match on {
            Engine::Sqlite => None,
            Engine::Postgres => {
                Some(OnServer { database: with_schema().await, key: new_key(), is_shared: true, way: None })
            }
        };
        Self { folder: tempfile::tempdir().unwrap(), server }
    }

    /// A new one on a cluster of one's own, to which servers take this way if there is one.
    pub async fn on(cluster: &Cluster, way: Option<SocketAddr>) -> Self {
        let database = cluster.database();
        migrate(&database).await;
        let server = OnServer { database, key: new_key(), is_shared: false, way };
        Self { folder: tempfile::tempdir().unwrap(), server: Some(server) }
    }

    /// The URL of the database.
    pub fn database_url(&self) -> String {
        match &self.server {
            None => format!("sqlite://{}", self.folder.path().join("relevo.db").display()),
            Some(server) => server.database.url(),
        }
    }

    /// The URL by which servers reach it.
    fn way_to_database(&self) -> String {
        match &self.server {
            Some(OnServer { database, way: Some(way), .. }) => {
                format!("postgres://postgres@{way}/{}", database.name())
            }
            _ => self.database_url(),
        }
    }

    /// Has a configuration lead here.
    pub fn settle(&self, config: &mut Config) {
        config.database_url = DatabaseUrl::parse(&self.way_to_database()).unwrap();
        config.database_connections = CONNECTIONS;
        config.keys = match &self.server {
            None => Keys::File(self.folder.path().join("token.key")),
            Some(server) => Keys::Given(vec![server.key.clone().into()]),
        };
    }

    /// What leads a process here, as environment variables.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = vec![("RELEVO__DATABASE__URL", self.way_to_database())];
        match &self.server {
            None => {
                let key = self.folder.path().join("token.key");
                environment.push(("RELEVO__TOKEN__KEY_FILE", key.display().to_string()));
            }
            Some(server) => environment.push(("RELEVO__TOKEN__KEYS", format!("[{:?}]", server.key))),
        }
        environment
    }

    /// The key of its codes, once a server has been started.
    pub fn key(&self) -> String {
        match &self.server {
            None => std::fs::read_to_string(self.folder.path().join("token.key")).unwrap().trim_end().to_owned(),
            Some(server) => server.key.clone(),
        }
    }

    /// A folder that goes with it.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What a failed test leaves may be anything.
        if let Some(server) = self.server.take().filter(|server| server.is_shared && !std::thread::panicking()) {
            SPARE.lock().unwrap().push(server.database);
        }
    }
}

/// Each installation has its own.
fn new_key() -> String {
    [Uuid::now_v7(), Uuid::now_v7()].map(|half| half.simple().to_string()).concat()
}

/// Databases that are nobody's any more. To make one costs more than most tests.
static SPARE: Mutex<Vec<relevo_postgres::Database>> = Mutex::new(Vec::new());

/// A database of the shared cluster with the schema in it, and nothing else.
async fn with_schema() -> relevo_postgres::Database {
    let spare = SPARE.lock().unwrap().pop();
    if let Some(database) = spare {
        empty(&database.url()).await;
        return database;
    }
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let template = TEMPLATE.get_or_init(async || {
        let database = Cluster::shared().database();
        migrate(&database).await;
        database.keep()
    });
    Cluster::shared().copy_of(template.await)
}

async fn migrate(database: &relevo_postgres::Database) {
    let store = Store::open(&DatabaseUrl::parse(&database.url()).unwrap(), 2).await.unwrap();
    store.migrate().await.unwrap();
    // Nobody may be connected to what is copied.
    store.close().await.unwrap();
}

/// Ends what is still connected to a database, and takes every row out of it.
async fn empty(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let empty = "
        SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid();
        DO $$ BEGIN EXECUTE (
            SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') || ' RESTART IDENTITY' FROM pg_tables
                WHERE schemaname = 'public' AND tablename <> 'seaql_migrations'
        ); END $$";
    connection.execute(empty).await.unwrap();
    connection.close().await.unwrap();
}
