//! The schema of a server: who makes it, and who does not start without it.

use relevo_postgres::Cluster;
use relevo_tests::{
    process::{Serving, run},
    request_id,
};

const KEYS: (&str, &str) =
    ("RELEVO__TOKEN__KEYS", "[\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"]");

#[tokio::test(flavor = "multi_thread")]
async fn ten_processes_migrate_at_once_and_none_serves_before() {
    let folder = tempfile::tempdir().unwrap();
    let database = Cluster::shared().database();
    let url = database.url();
    let environment = [("RELEVO__DATABASE__URL", url.as_str()), KEYS, ("RELEVO__GRPC__LISTEN", "127.0.0.1:0")];

    let early = run(folder.path(), &["serve"], &environment).await;
    let said = String::from_utf8_lossy(&early.stderr);
    assert_eq!(early.status.code(), Some(1), "{said}");
    assert!(said.contains("run `relevo migrate` with the same configuration"), "{said}");

    let migrating: Vec<_> = (0..10)
        .map(|_| {
            let (folder, url) = (folder.path().to_owned(), url.clone());
            tokio::spawn(async move { run(&folder, &["migrate"], &[("RELEVO__DATABASE__URL", &url), KEYS]).await })
        })
        .collect();
    for migrated in migrating {
        let output = migrated.await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "The schema is up to date.\n");
    }
    let serving = Serving::start(folder.path(), &environment).await;
    serving.caller().account("an000001-ovh", &request_id()).await.unwrap();
    assert!(std::fs::read_dir(folder.path()).unwrap().all(|entry| entry.unwrap().file_name() == "data"));
    assert!(!folder.path().join("data/relevo.db").exists() && !folder.path().join("data/token.key").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_named_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://relevo:secret@127.0.0.1:{port}/relevo");
    for command in ["serve", "migrate"] {
        let output = run(folder.path(), &[command], &[("RELEVO__DATABASE__URL", &url), KEYS]).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("cannot open postgres://relevo@127.0.0.1:{port}/relevo")), "{said}");
        assert!(said.contains("refused") && !said.contains("secret"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_with_other_keys_than_the_others_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let database = Cluster::shared().database();
    let url = database.url();
    let own = [("RELEVO__DATABASE__URL", url.as_str()), KEYS];
    assert!(run(folder.path(), &["migrate"], &own).await.status.success());
    let serving = Serving::start(folder.path(), &own).await;
    let other = format!("[\"{}\"]", "ab".repeat(32));
    let stranger = [own[0], ("RELEVO__TOKEN__KEYS", other.as_str()), ("RELEVO__GRPC__LISTEN", "127.0.0.1:0")];
    let output = run(folder.path(), &["serve"], &stranger).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the tokens in this database were made with the key"), "{said}");
    assert!(!said.contains("abab") && !said.contains("001122"), "{said}");
    drop(serving);
}
