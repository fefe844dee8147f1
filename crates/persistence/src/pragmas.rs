//! What the connections promise, read back from SQLite.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use crate::Store;

async fn pragma(connection: &DatabaseConnection, name: &str) -> String {
    let query = Statement::from_string(DbBackend::Sqlite, format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"));
    connection.query_one_raw(query).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

#[tokio::test]
async fn every_connection_syncs_at_each_commit_and_readers_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite://{}", folder.path().join("relevo.db").display())).await.unwrap();
    for (connection, query_only) in [(&store.writer, "0"), (&store.readers, "1")] {
        assert_eq!(pragma(connection, "journal_mode").await, "wal");
        // 2 is FULL: https://sqlite.org/pragma.html#pragma_synchronous
        assert_eq!(pragma(connection, "synchronous").await, "2");
        assert_eq!(pragma(connection, "foreign_keys").await, "1");
        assert_eq!(pragma(connection, "query_only").await, query_only);
        let timeout = connection.query_one_raw(Statement::from_string(DbBackend::Sqlite, "PRAGMA busy_timeout"));
        let timeout: i32 = timeout.await.unwrap().unwrap().try_get_by_index(0).unwrap();
        assert_eq!(timeout, 5000);
    }
}
