//! Where an installation is kept: its database, on one engine or the other, and its keys.

use relevo_persistence::{DatabaseUrl, Store};
use relevo_postgres::Cluster;
use relevo_server::{Config, Keys};
use tempfile::TempDir;
use tokio::sync::OnceCell;

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

/// The key of an installation whose database is a server.
const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// For each server of a test: there are many tests at a time.
const CONNECTIONS: u32 = 8;

/// Where an installation is kept; it is gone with this.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    database: Option<relevo_postgres::Database<'static>>,
}

impl Home {
    /// A new one, with a schema where that is not made by the server.
    pub async fn new(on: Engine) -> Self {
        let database = match on {
            Engine::Sqlite => None,
            Engine::Postgres => Some(with_schema().await),
        };
        Self { folder: tempfile::tempdir().unwrap(), database }
    }

    /// The URL of the database.
    pub fn database_url(&self) -> String {
        match &self.database {
            None => format!("sqlite://{}", self.folder.path().join("relevo.db").display()),
            Some(database) => database.url(),
        }
    }

    /// Has a configuration lead here.
    pub fn settle(&self, config: &mut Config) {
        config.database_url = DatabaseUrl::parse(&self.database_url()).unwrap();
        config.database_connections = CONNECTIONS;
        config.keys = match &self.database {
            None => Keys::File(self.folder.path().join("token.key")),
            Some(_) => Keys::Given(vec![KEY.into()]),
        };
    }

    /// What leads a process here, as environment variables.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = vec![("RELEVO__DATABASE__URL", self.database_url())];
        match &self.database {
            None => {
                let key = self.folder.path().join("token.key");
                environment.push(("RELEVO__TOKEN__KEY_FILE", key.display().to_string()));
            }
            Some(_) => environment.push(("RELEVO__TOKEN__KEYS", format!("[\"{KEY}\"]"))),
        }
        environment
    }

    /// The key of its codes, once a server has been started.
    pub fn key(&self) -> String {
        match &self.database {
            None => std::fs::read_to_string(self.folder.path().join("token.key")).unwrap().trim_end().to_owned(),
            Some(_) => KEY.to_owned(),
        }
    }

    /// A folder that goes with it.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

/// A database of the shared cluster with the schema in it.
async fn with_schema() -> relevo_postgres::Database<'static> {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let template = TEMPLATE.get_or_init(async || {
        let database = Cluster::shared().database();
        let store = Store::open(&DatabaseUrl::parse(&database.url()).unwrap(), 2).await.unwrap();
        store.migrate().await.unwrap();
        // Nobody is connected to what is copied.
        store.close().await.unwrap();
        database.keep()
    });
    Cluster::shared().copy_of(template.await)
}
