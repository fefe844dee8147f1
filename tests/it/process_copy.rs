//! `relevo copy`: an installation moves, and the codes that were mailed before are good after.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use relevo_tests::{
    Engine, Home, Letter, eventually,
    process::{Serving, run},
    request_id,
    v1::ChangeState,
};

const SOON: Duration = Duration::from_secs(30);
const ANN: &str = "an000001-ovh";
const NORA: &str = "no000002-ovh";

/// The mails in a folder, once there are so many.
async fn mails(folder: &Path, count: usize) -> Vec<Letter> {
    let paths = eventually("the mails", SOON, async || {
        let all = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mails: Vec<_> = all.filter(|path| path.extension().is_some_and(|it| it == "eml")).collect();
        (mails.len() >= count).then_some(mails)
    });
    paths.await.iter().map(|path| Letter::parse(&fs::read(path).unwrap(), "")).collect()
}

async fn serve(home: &Home, more: &[(&str, &str)]) -> Serving {
    let environment = home.environment();
    let environment: Vec<_> =
        environment.iter().map(|(name, value)| (*name, value.as_str())).chain(more.iter().copied()).collect();
    Serving::start(home.folder(), &environment).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_moves_to_a_server_and_its_codes_stay_good() {
    let (old, new) = (Home::new(Engine::Sqlite).await, Home::new(Engine::Postgres).await);
    let serving = serve(&old, &[]).await;
    let caller = serving.caller();
    for account in [ANN, NORA] {
        caller.account(account, "").await.unwrap();
    }
    caller.service("example.com", ANN, "").await.unwrap();
    let asking = request_id();
    let change = caller.ask("example.com", ANN, NORA, &asking).await.unwrap();
    let sent = mails(&old.folder().join("data/mail"), 2).await;

    let (from, to) = (old.database_url(), new.database_url());
    let copy = ["copy", "--from", &from, "--to", &to];
    let refused = run(old.folder(), &copy, &[]).await;
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("is in use: stop every relevo process"), "{said}");
    serving.signal("TERM").await;
    assert!(serving.ended().await);
    let copied = run(old.folder(), &copy, &[]).await;
    assert!(copied.status.success(), "{copied:?}");
    let said = String::from_utf8(copied.stdout).unwrap();
    let rows = |table: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(table)).unwrap_or_default();
        line.trim().parse::<usize>().ok()
    };
    let counted =
        ["account ", "service ", "contact ", "contact_change ", "token_key ", "outbox ", "request "].map(rows);
    assert_eq!(counted, [2, 1, 3, 1, 1, 2, 1].map(Some), "{said}");
    assert!(said.contains("token.keys") && said.contains("database.url"), "it says what is next: {said}");

    let key = fs::read_to_string(old.folder().join("token.key")).unwrap();
    let serving = serve(&new, &[("RELEVO__TOKEN__KEYS", &format!("[{:?}]", key.trim_end()))]).await;
    let caller = serving.caller();
    let again = caller.ask("example.com", ANN, NORA, &asking).await.unwrap();
    assert_eq!(again.change_id, change.change_id, "a repeated call is answered as before the move");
    for account in [ANN, NORA] {
        let letter = sent.iter().find(|letter| letter.message_id.contains(account)).unwrap();
        caller.accept(&change.change_id, account, &letter.token(), "").await.unwrap();
    }
    assert_eq!(caller.see(&change.change_id).await.unwrap().state(), ChangeState::Done);
    let contacts = caller.see_service("example.com").await.unwrap().contacts.unwrap();
    assert_eq!((contacts.technical.as_str(), contacts.administrator.as_str()), (NORA, ANN));

    // Mails go in the order in which they are due: one that was sent a second time would come before these.
    let done = mails(&new.folder().join("data/mail"), 2).await;
    let ids = |letters: &[Letter]| letters.iter().map(|letter| letter.message_id.clone()).collect::<BTreeSet<_>>();
    assert_eq!((ids(&sent).len(), done.len()), (2, 2));
    assert!(done.iter().all(|letter| letter.kind == "done"), "{done:?}");
    serving.signal("TERM").await;
    assert!(serving.ended().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_refused_shows_no_password() {
    let folder = tempfile::tempdir().unwrap();
    let missing = "postgres://relevo:s3cret@127.0.0.1:1/relevo";
    for (from, to, words) in [
        ("relevo:s3cret@localhost/relevo", missing, "--from: must be sqlite:// and the path of a file"),
        (missing, "postgres://relevo:s3cret@localhost/relevo?ssl=on", "--to: takes the parameters host"),
        (missing, "sqlite://new.db", "the database to copy from: cannot open postgres://relevo@127.0.0.1:1/relevo"),
    ] {
        let output = run(folder.path(), &["copy", "--from", from, "--to", to], &[]).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(words) && !said.contains("s3cret"), "{said}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
