//! The databases that the tests run on.

use relevo_persistence::{DatabaseUrl, Store};
use relevo_postgres::Cluster;
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// More than any test has transactions open at a time, of either kind.
const CONNECTIONS: u32 = 16;

/// A database of its own, gone when it is dropped, and a way to it past the store.
pub(crate) struct Database {
    pub(crate) store: Store,
    kept: Kept,
}

enum Kept {
    Sqlite(TempDir),
    Postgres(relevo_postgres::Database),
}

impl Database {
    /// A file with the schema in it.
    pub(crate) async fn sqlite() -> Self {
        let kept = Kept::Sqlite(tempfile::tempdir().unwrap());
        let store = open(&kept).await;
        store.migrate().await.unwrap();
        Self { store, kept }
    }

    /// A file made from a dump.
    pub(crate) async fn sqlite_of(dump: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new().filename(folder.path().join("relevo.db")).create_if_missing(true);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(dump)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        Self::of(Kept::Sqlite(folder)).await
    }

    /// A file without anything in it.
    pub(crate) async fn empty_sqlite() -> Self {
        Self::of(Kept::Sqlite(tempfile::tempdir().unwrap())).await
    }

    /// A database of the shared cluster with the schema in it.
    pub(crate) async fn postgres() -> Self {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        let template = TEMPLATE.get_or_init(async || {
            let database = Cluster::shared().database();
            let store = Store::open(&DatabaseUrl::parse(&database.url()).unwrap(), 2).await.unwrap();
            store.migrate().await.unwrap();
            // Nobody is connected to what is copied.
            store.close().await.unwrap();
            database.keep()
        });
        Self::of(Kept::Postgres(Cluster::shared().copy_of(template.await))).await
    }

    /// A database of the shared cluster without anything in it.
    pub(crate) async fn empty_postgres() -> Self {
        Self::of(Kept::Postgres(Cluster::shared().database())).await
    }

    /// A database of a cluster of one's own, with the schema in it.
    pub(crate) async fn postgres_of(cluster: &'static Cluster) -> Self {
        let database = Self::of(Kept::Postgres(cluster.database())).await;
        database.store.migrate().await.unwrap();
        database
    }

    async fn of(kept: Kept) -> Self {
        Self { store: open(&kept).await, kept }
    }

    /// Where it is.
    pub(crate) fn url(&self) -> DatabaseUrl {
        url(&self.kept)
    }

    /// The same database, as another process opens it.
    pub(crate) async fn open_again(&self) -> Store {
        open(&self.kept).await
    }

    pub(crate) fn is_file(&self) -> bool {
        matches!(self.kept, Kept::Sqlite(_))
    }

    /// Where a database of a server is.
    pub(crate) fn server_url(&self) -> String {
        let Kept::Postgres(database) = &self.kept else { panic!("no server") };
        database.url()
    }

    /// The name of a database of a server.
    pub(crate) fn name(&self) -> &str {
        let Kept::Postgres(database) = &self.kept else { panic!("no server") };
        database.name()
    }

    /// A connection to a file past the store. What is stored through it may break every rule but those of the schema;
    /// `strict` says whether that includes its references.
    pub(crate) async fn connect(&self, strict: bool) -> SqliteConnection {
        let Kept::Sqlite(folder) = &self.kept else { panic!("no file") };
        let options = SqliteConnectOptions::new().filename(folder.path().join("relevo.db")).foreign_keys(strict);
        SqliteConnection::connect_with(&options).await.unwrap()
    }

    /// A connection to a server past the store.
    pub(crate) async fn connect_to_server(&self) -> PgConnection {
        let Kept::Postgres(database) = &self.kept else { panic!("no server") };
        PgConnection::connect(&database.url()).await.unwrap()
    }

    /// Runs statements past the store, and those on a file past the references between tables. Says how many rows they
    /// were about.
    pub(crate) async fn execute(&self, sql: &str) -> u64 {
        let done = match &self.kept {
            Kept::Sqlite(_) => {
                let mut connection = self.connect(false).await;
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.map(|done| done.rows_affected())
            }
            Kept::Postgres(_) => {
                let mut connection = self.connect_to_server().await;
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.map(|done| done.rows_affected())
            }
        };
        done.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Runs statements past the references between tables on every engine, on a server also past its triggers.
    pub(crate) async fn force(&self, sql: &str) -> u64 {
        match &self.kept {
            Kept::Sqlite(_) => self.execute(sql).await,
            Kept::Postgres(_) => self.execute(&format!("SET session_replication_role = replica; {sql}")).await,
        }
    }

    /// The rows of a query to a file past the store.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<SqliteRow> {
        let mut connection = self.connect(false).await;
        sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap()
    }

    /// The one number that a query past the store answers.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        match &self.kept {
            Kept::Sqlite(_) => self.rows(sql).await[0].get(0),
            Kept::Postgres(_) => {
                let mut connection = self.connect_to_server().await;
                sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap().get(0)
            }
        }
    }
}

fn url(kept: &Kept) -> DatabaseUrl {
    let url = match kept {
        Kept::Sqlite(folder) => format!("sqlite://{}", folder.path().join("relevo.db").display()),
        Kept::Postgres(database) => database.url(),
    };
    DatabaseUrl::parse(&url).unwrap()
}

async fn open(kept: &Kept) -> Store {
    Store::open(&url(kept), CONNECTIONS).await.unwrap()
}
