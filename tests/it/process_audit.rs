//! `relevo audit`: what operators are told of a history that was touched.

use relevo_tests::{
    Engine, Home, on_every_engine,
    process::{Serving, run},
};

on_every_engine!(
    a_history_is_verified_while_it_is_written_and_whatever_was_done_to_it_is_said,
    a_checkpoint_proves_that_nothing_was_put_back,
    a_head_that_proves_nothing_is_left_out_of_a_checkpoint_and_said,
    what_an_older_version_wrote_is_adopted_at_the_word_of_an_operator,
    a_history_is_not_verified_without_its_database_or_its_key,
);

const ANN: &str = "an000001-ovh";
const NORA: &str = "no000002-ovh";

/// Runs `relevo audit` on an installation. Says with which code it ended, and what it said on either output.
async fn audit(home: &Home, arguments: &[&str]) -> (i32, String, String) {
    let environment = home.environment();
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let output = run(home.folder(), &[&["audit"], arguments].concat(), &environment).await;
    let [said, told] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code().unwrap(), said, told)
}

/// Two accounts, a service and a change that was asked for; it goes on serving.
async fn served(home: &Home) -> Serving {
    let serving = Serving::start_at(home, &[]).await;
    let caller = serving.caller();
    for account in [ANN, NORA] {
        caller.account(account, "").await.unwrap();
    }
    caller.service("example.com", ANN, "").await.unwrap();
    caller.ask("example.com", ANN, NORA, &relevo_tests::request_id()).await.unwrap();
    serving
}

async fn a_history_is_verified_while_it_is_written_and_whatever_was_done_to_it_is_said(on: Engine) {
    let home = Home::new(on).await;
    let serving = served(&home).await;
    let (code, said, told) = audit(&home, &["verify"]).await;
    assert_eq!((code, said.as_str()), (0, "4 events in 3 chains were read; nothing was found.\n"), "{told}");

    let mut database = home.database().await;
    database.run("UPDATE event SET caller = 'panel' WHERE kind = 'change-opened'").await;
    database.run("DELETE FROM event WHERE kind = 'account-created' AND account_id = 'no000002-ovh'").await;
    let (code, said, told) = audit(&home, &["verify"]).await;
    assert_eq!(code, 1);
    let lines: Vec<_> = said.lines().collect();
    let [missing, altered, end] = lines.as_slice() else { panic!("{said}") };
    assert_eq!(*missing, "account/no000002-ovh 1: missing");
    assert!(altered.starts_with("service/") && altered.ends_with(" (example.com) 2: altered"), "{altered}");
    assert_eq!(*end, "3 events in 3 chains were read; 2 things were found.");
    assert!(told.ends_with("relevo: the history is not what was written: 2 things were found\n"), "{told}");
    serving.signal("TERM").await;
    assert!(serving.ended().await);
}

async fn a_checkpoint_proves_that_nothing_was_put_back(on: Engine) {
    let home = Home::new(on).await;
    let serving = served(&home).await;
    let (code, checkpoint, told) = audit(&home, &["checkpoint"]).await;
    assert_eq!((code, checkpoint.lines().count()), (0, 4), "{told}");
    let path = home.folder().join("checkpoint");
    std::fs::write(&path, &checkpoint).unwrap();
    let verify = ["verify", "--checkpoint", path.to_str().unwrap()];
    serving.caller().service("example.net", ANN, "").await.unwrap();
    let (code, said, told) = audit(&home, &verify).await;
    assert_eq!(code, 0, "{said}{told}");

    // All that was ever known of the newest account.
    let mut database = home.database().await;
    database.run("DELETE FROM event WHERE chain = 'account/no000002-ovh'").await;
    database.run("DELETE FROM chain WHERE name = 'account/no000002-ovh'").await;
    let (code, said, _) = audit(&home, &verify).await;
    assert_eq!(code, 1);
    assert!(said.contains("account/no000002-ovh 1 to 1: missing since the checkpoint\n"), "{said}");

    for (wrong, what) in [
        ("account/x 1", "line 1 must be a chain, how long it is and a digest"),
        ("account/x 1 zz", "line 1 must be a chain"),
        ("b 1 00\na 1 00", "line 2 is not in the order of `relevo audit checkpoint`"),
    ] {
        std::fs::write(&path, wrong).unwrap();
        let (code, _, told) = audit(&home, &verify).await;
        assert!(code == 1 && told.contains(what), "{told}");
    }
    // Cut off, with a line taken out, or nothing at all.
    let lines: Vec<_> = checkpoint.lines().map(|line| format!("{line}\n")).collect();
    for wrong in [lines[..3].concat(), [&lines[..1], &lines[2..]].concat().concat(), String::new()] {
        std::fs::write(&path, &wrong).unwrap();
        let (code, _, told) = audit(&home, &verify).await;
        assert!(code == 1 && told.contains("its last line must be that of `relevo audit checkpoint`"), "{told}");
    }
    let (code, _, told) = audit(&home, &["verify", "--checkpoint", "nowhere"]).await;
    assert!(code == 1 && told.contains("nowhere: No such file"), "{told}");
    serving.signal("TERM").await;
    assert!(serving.ended().await);
}

async fn what_an_older_version_wrote_is_adopted_at_the_word_of_an_operator(on: Engine) {
    let home = Home::new(on).await;
    let serving = served(&home).await;
    home.database()
        .await
        .run("INSERT INTO event (event_time, kind, caller, account_id) VALUES (1767600000000000, 'account-updated', 'old', 'an000001-ovh')")
        .await;
    let (code, said, _) = audit(&home, &["verify"]).await;
    let unchained = "events 5 to 5: 1 in no chain, of 2026-01-05T08:00:00Z to 2026-01-05T08:00:00Z: written by an older version, or added";
    assert!(code == 1 && said.lines().next() == Some(unchained), "{said}");
    let (code, said, _) = audit(&home, &["adopt", "--until", "2026-01-05T07:00:00Z"]).await;
    assert_eq!((code, said.as_str()), (0, "0 chains were begun, 0 events were adopted.\n"));
    let (code, said, _) = audit(&home, &["adopt", "--until", "2026-01-05T09:00:00Z"]).await;
    assert_eq!((code, said.as_str()), (0, "0 chains were begun, 1 events were adopted.\n"));
    let (code, said, told) = audit(&home, &["verify"]).await;
    assert_eq!(code, 0, "{said}{told}");
    serving.signal("TERM").await;
    assert!(serving.ended().await);
}

async fn a_head_that_proves_nothing_is_left_out_of_a_checkpoint_and_said(on: Engine) {
    let home = Home::new(on).await;
    let serving = served(&home).await;
    home.database().await.run("UPDATE chain SET length = 7 WHERE name = 'account/an000001-ovh'").await;
    let (code, checkpoint, told) = audit(&home, &["checkpoint"]).await;
    assert_eq!((code, checkpoint.lines().count()), (1, 3), "{told}");
    assert!(checkpoint.starts_with("account/no000002-ovh 1 ") && told.contains("account/an000001-ovh"), "{told}");
    let path = home.folder().join("checkpoint");
    std::fs::write(&path, &checkpoint).unwrap();
    let (code, said, _) = audit(&home, &["verify", "--checkpoint", path.to_str().unwrap()]).await;
    assert!(code == 1 && said.lines().count() == 2, "the one thing that was done: {said}");
    // Whatever stands in the rows, a finding is a line.
    let forged = "x 9: \n4 events in 3 chains were read; nothing was found.\n\u{1b}[2J";
    home.database().await.run(&format!("UPDATE chain SET name = '{forged}' WHERE name = 'account/an000001-ovh'")).await;
    let (code, said, _) = audit(&home, &["verify"]).await;
    assert!(code == 1 && !said.contains('\u{1b}'), "{said}");
    let lines: Vec<_> = said.lines().collect();
    assert_eq!((lines.len(), lines[3]), (4, "4 events in 3 chains were read; 3 things were found."), "{said}");
    serving.signal("TERM").await;
    assert!(serving.ended().await);
}

async fn a_history_is_not_verified_without_its_database_or_its_key(on: Engine) {
    let home = Home::new(on).await;
    let serving = served(&home).await;
    serving.signal("TERM").await;
    assert!(serving.ended().await);
    let environment = home.environment();
    let other_key = ("RELEVO__TOKEN__KEYS", format!("[{:?}]", "0".repeat(64)));
    let environment: Vec<_> = environment
        .iter()
        .filter(|(name, _)| *name != other_key.0)
        .chain([&other_key])
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let output = run(home.folder(), &["audit", "verify"], &environment).await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("account/an000001-ovh head: cannot be verified without the key "), "{said}");
    if on == Engine::Sqlite {
        std::fs::remove_file(home.folder().join("token.key")).unwrap();
        let (code, _, told) = audit(&home, &["verify"]).await;
        assert!(code == 1 && told.contains("is not there"), "{told}");
        assert!(!home.folder().join("token.key").exists(), "and none is made");
        let nowhere = [("RELEVO__DATABASE__URL", "sqlite://nowhere/relevo.db")];
        for command in [&["audit", "verify"] as &[&str], &["audit", "checkpoint"]] {
            let output = run(home.folder(), command, &nowhere).await;
            let told = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success() && told.contains("sqlite://nowhere/relevo.db is not there"), "{told}");
            assert!(!home.folder().join("nowhere").exists());
        }
    }
}
