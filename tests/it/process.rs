//! The `relevo` command: how it starts, what it refuses to start with, how it stops.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    process::Output,
    time::Duration,
};

use relevo_postgres::Cluster;
use relevo_tests::{
    Caller, Engine, Home, Letter, eventually, on_every_engine,
    process::{Serving, run},
    request_id,
};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

on_every_engine!(
    a_signal_stops_it_once_the_call_under_way_is_answered,
    a_second_signal_stops_it_at_once,
    what_is_not_finished_within_the_grace_is_cut_off,
    another_key_is_refused_and_the_old_one_beside_it_is_good,
    no_code_and_no_key_is_logged_however_much_is,
);

const SOON: Duration = Duration::from_secs(10);

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// That a command failed with one clear line, and not by a panic.
fn fails(output: &Output, words: &str) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(words) && said.contains("relevo: ") && !said.contains("panicked"), "{said}");
    said
}

async fn serve(folder: &Path) -> Output {
    run(folder, &["serve"], &[("RELEVO__GRPC__LISTEN", "127.0.0.1:0")]).await
}

fn files(folder: &Path, ending: &str) -> Vec<std::path::PathBuf> {
    let all = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = all.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    found.sort();
    found
}

/// Asks for a change of Ann's and waits for the two mails; her code is in the first.
async fn asked(caller: &Caller, mails: &Path) -> (String, Vec<Letter>) {
    for account in ["an000001-ovh", "no000002-ovh"] {
        caller.account(account, &request_id()).await.unwrap();
    }
    caller.service("example.com", "an000001-ovh", &request_id()).await.unwrap();
    let change = caller.ask("example.com", "an000001-ovh", "no000002-ovh", &request_id()).await.unwrap();
    let paths = eventually("two mails", SOON, async || Some(files(mails, ".eml")).filter(|it| it.len() == 2)).await;
    let letters = paths.iter().map(|path| Letter::parse(&fs::read(path).unwrap(), "")).collect();
    (change.change_id, letters)
}

#[tokio::test(flavor = "multi_thread")]
async fn relevo_alone_serves_and_needs_nothing_but_a_folder() {
    let folder = folder();
    let serving = Serving::start_as(folder.path(), &[], &[]).await;
    let mails = folder.path().join("data/mail");
    let (change_id, letters) = asked(&serving.caller(), &mails).await;
    assert!(letters.iter().all(|letter| letter.kind == "confirm"));

    // Mails and keys are for their owner alone.
    assert_eq!(fs::metadata(&mails).unwrap().mode() & 0o777, 0o700);
    for path in files(&mails, "") {
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600, "{}", path.display());
    }
    let key = folder.path().join("data/token.key");
    for file in ["token.key", "relevo.db", "relevo.db-wal", "relevo.db-shm"] {
        let path = folder.path().join("data").join(file);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600, "{file}");
    }
    assert_eq!(fs::read_to_string(&key).unwrap().trim_end().len(), 64);

    // One file a mail: the done mails are two more.
    for letter in &letters {
        let account = if letter.message_id.contains("an000001") { "an000001-ovh" } else { "no000002-ovh" };
        serving.caller().accept(&change_id, account, &letter.token(), &request_id()).await.unwrap();
    }
    eventually("two more mails", SOON, async || (files(&mails, ".eml").len() == 4).then_some(())).await;
    assert_eq!(files(&mails, "").len(), 4, "nothing half written");
    serving.signal("TERM").await;
    assert!(serving.ended().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_tells_the_whole_story_and_leaves_nothing_behind() {
    let folder = folder();
    let output = run(folder.path(), &["demo"], &[]).await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    let mut rest = said.as_str();
    for told in [
        "Ann names Nora",
        "PENDING",
        "Please confirm: new technical contact for example.com",
        "Ann's code",
        "Nora's code",
        "PENDING",
        "TOKEN_INVALID",
        "DONE",
        "You are no longer the technical contact of example.com",
        "technical      Nora",
        "CHANGE_SETTLED",
        "The end is right",
    ] {
        rest = rest.split_once(told).unwrap_or_else(|| panic!("{told:?} comes next in {rest}")).1;
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_makes_the_schema_and_may_be_repeated() {
    let folder = folder();
    for _ in 0..2 {
        let output = run(folder.path(), &["migrate"], &[]).await;
        assert!(output.status.success(), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "The schema is up to date.\n");
    }
    assert!(folder.path().join("data/relevo.db").exists());
    assert_eq!(fs::metadata(folder.path().join("data")).unwrap().mode() & 0o777, 0o700);
    assert!(!folder.path().join("data/token.key").exists(), "it needs no key");
    let serving = Serving::start(folder.path(), &[]).await;
    serving.caller().account("an000001-ovh", "").await.unwrap();
    let output = run(folder.path(), &["migrate"], &[]).await;
    assert!(output.status.success(), "beside a server: {output:?}");
}

async fn a_signal_stops_it_once_the_call_under_way_is_answered(on: Engine) {
    for signal in ["TERM", "INT"] {
        let home = Home::new(on).await;
        let log = "info,h2::codec::framed_read=debug";
        let environment = [("RELEVO__GRPC__STOP_GRACE", "1m"), ("RELEVO__LOG__FILTER", log)];
        let serving = Serving::start_at(&home, &environment).await;
        let caller = serving.caller();
        caller.account("an000001-ovh", "").await.unwrap();
        let watch = HealthCheckRequest::default();
        let other = tonic::transport::Endpoint::from_shared(format!("http://{}", serving.address)).unwrap();
        let mut health = HealthClient::new(other.connect().await.unwrap()).watch(watch).await.unwrap().into_inner();
        assert_eq!(health.message().await.unwrap().unwrap().status(), ServingStatus::Serving);

        // While the database is held, a call that changes something is under way.
        let mut database = home.database().await;
        database.holds_up().await;
        let frames = |serving: &Serving| serving.log().matches("received frame=Data").count();
        let before = frames(&serving);
        let call = tokio::spawn(async move { caller.account("no000002-ovh", "").await });
        eventually("the call arrives", SOON, async || (frames(&serving) > before).then_some(())).await;
        serving.signal(signal).await;

        assert_eq!(health.message().await.unwrap().unwrap().status(), ServingStatus::NotServing, "{signal}");
        let address = serving.address.clone();
        eventually("it takes no more connections", SOON, async || TcpStream::connect(&address).await.err()).await;
        assert!(!call.is_finished(), "{signal}");
        database.lets_go().await;
        assert_eq!(call.await.unwrap().unwrap().account_id, "no000002-ovh", "{signal}");
        // A watcher of its health does not hold it up, although it may take a minute.
        let ended = tokio::time::timeout(SOON, serving.ended()).await;
        assert!(ended.unwrap(), "{signal}");
    }
}

async fn a_second_signal_stops_it_at_once(on: Engine) {
    let home = Home::new(on).await;
    let environment =
        [("RELEVO__GRPC__STOP_GRACE", "1h"), ("RELEVO__LOG__FILTER", "h2::codec::framed_read=debug,info")];
    let serving = Serving::start_at(&home, &environment).await;
    let caller = serving.caller();
    caller.account("an000001-ovh", "").await.unwrap();
    let mut database = home.database().await;
    database.holds_up().await;
    let frames = |serving: &Serving| serving.log().matches("received frame=Data").count();
    let before = frames(&serving);
    let call = tokio::spawn(async move { caller.account("no000002-ovh", "").await });
    eventually("the call arrives", SOON, async || (frames(&serving) > before).then_some(())).await;
    serving.signal("TERM").await;
    let address = serving.address.clone();
    eventually("it takes no more connections", SOON, async || TcpStream::connect(&address).await.err()).await;
    serving.signal("INT").await;
    let code = tokio::time::timeout(Duration::from_secs(3), serving.exit_code()).await;
    assert_eq!(code.unwrap(), Some(130));
    assert!(call.await.unwrap().is_err());
    database.lets_go().await;
}

async fn what_is_not_finished_within_the_grace_is_cut_off(on: Engine) {
    let home = Home::new(on).await;
    // A relay that takes the connection and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let environment = [
        ("RELEVO__GRPC__STOP_GRACE", "300ms"),
        ("RELEVO__MAIL__TRANSPORT", "smtp"),
        ("RELEVO__MAIL__SMTP__PORT", port.as_str()),
    ];
    let serving = Serving::start_at(&home, &environment).await;
    let caller = serving.caller();
    for account in ["an000001-ovh", "no000002-ovh"] {
        caller.account(account, "").await.unwrap();
    }
    caller.service("example.com", "an000001-ovh", "").await.unwrap();
    caller.ask("example.com", "an000001-ovh", "no000002-ovh", "").await.unwrap();
    let (_connection, _) = silent.accept().await.unwrap();
    serving.signal("TERM").await;
    eventually("it says so", SOON, async || serving.log().contains("cut off").then_some(())).await;
    assert!(tokio::time::timeout(SOON, serving.ended()).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_that_is_no_good_is_a_clear_error() {
    let folder = folder();
    fs::create_dir(folder.path().join("data")).unwrap();
    let key = folder.path().join("data/token.key");
    let put = |text: &str, mode: u32| {
        fs::write(&key, text).unwrap();
        fs::set_permissions(&key, Permissions::from_mode(mode)).unwrap();
    };
    let good = "5ec2e7ab".repeat(8);
    for mode in [0o640, 0o604, 0o660] {
        put(&good, mode);
        fails(&serve(folder.path()).await, "others may read it; run chmod 600");
    }
    for garbage in
        ["", "5ec2e7ab", &format!("{good}\n5ec2e7ab"), &format!("{good} {good}"), &"x".repeat(64), "\u{1F511}"]
    {
        put(garbage, 0o600);
        let said = fails(&serve(folder.path()).await, "must hold 64 hexadecimal digits");
        assert!(said.contains("token.key_file data/token.key") && !said.contains("5ec2e7"), "{said}");
    }
    fs::write(&key, [0xff; 64]).unwrap();
    fails(&serve(folder.path()).await, "token.key_file data/token.key: cannot be read");
    fs::remove_file(&key).unwrap();
    fs::create_dir(&key).unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o700)).unwrap();
    fails(&serve(folder.path()).await, "token.key_file data/token.key: cannot be read");
    fs::remove_dir(&key).unwrap();
    put(&good, 0o600);
    Serving::start(folder.path(), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_key_is_said_and_not_replaced_by_another() {
    let folder = folder();
    let serving = Serving::start(folder.path(), &[]).await;
    let (change_id, letters) = asked(&serving.caller(), &folder.path().join("data/mail")).await;
    serving.signal("TERM").await;
    assert!(serving.ended().await);

    let key = folder.path().join("data/token.key");
    let old = fs::read_to_string(&key).unwrap();
    fs::remove_file(&key).unwrap();
    for _ in 0..2 {
        let said = fails(&serve(folder.path()).await, "restore that key (token.key_file or token.keys)");
        assert!(!said.contains(old.trim_end()));
        assert!(!key.exists(), "a new file would look as if all were well");
    }
    fs::write(&key, old).unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let serving = Serving::start(folder.path(), &[]).await;
    let anns = letters.iter().find(|letter| letter.message_id.contains("an000001")).unwrap();
    serving.caller().accept(&change_id, "an000001-ovh", &anns.token(), "").await.unwrap();
}

async fn another_key_is_refused_and_the_old_one_beside_it_is_good(on: Engine) {
    let home = Home::new(on).await;
    let serving = Serving::start_at(&home, &[]).await;
    let (change_id, letters) = asked(&serving.caller(), &home.folder().join("data/mail")).await;
    serving.signal("TERM").await;
    assert!(serving.ended().await);

    let new = "ab".repeat(32);
    let [only_new, both] = [format!("[{new:?}]"), format!("[{new:?}, {:?}]", home.key())];
    let database_url = home.database_url();
    let environment = [
        ("RELEVO__GRPC__LISTEN", "127.0.0.1:0"),
        ("RELEVO__DATABASE__URL", database_url.as_str()),
        ("RELEVO__TOKEN__KEYS", &only_new),
    ];
    fails(&run(home.folder(), &["serve"], &environment).await, "restore that key");
    let serving = Serving::start_at(&home, &[("RELEVO__TOKEN__KEYS", &both)]).await;
    let anns = letters.iter().find(|letter| letter.message_id.contains("an000001")).unwrap();
    serving.caller().accept(&change_id, "an000001-ovh", &anns.token(), "").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_no_good_is_a_clear_error() {
    let folder = folder();
    fs::create_dir(folder.path().join("data")).unwrap();
    let database = folder.path().join("data/relevo.db");
    for action in ["serve", "migrate"] {
        let environment = [("RELEVO__GRPC__LISTEN", "127.0.0.1:0")];
        fs::write(&database, "This is no database, but a letter to my aunt.".repeat(100)).unwrap();
        fails(&run(folder.path(), &[action], &environment).await, "relevo.db");
        fs::remove_file(&database).unwrap();
        fs::create_dir(&database).unwrap();
        fails(&run(folder.path(), &[action], &environment).await, "relevo.db");
        fs::remove_dir(&database).unwrap();
    }
    fs::write(folder.path().join("file"), "").unwrap();
    let environment = [("RELEVO__DATABASE__URL", "sqlite://file/relevo.db")];
    fails(&run(folder.path(), &["migrate"], &environment).await, "database.url: cannot make file/relevo.db");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_database_that_is_not_there_is_a_clear_error() {
    let (database, folder, keys) = (Cluster::shared().database(), folder(), format!("[{:?}]", "ab".repeat(32)));
    let gone = database.url().replace(database.name(), "relevo_of_nobody");
    let nowhere = "postgres://relevo:open-sesame@localhost/relevo?host=/nowhere";
    for (action, url) in [("serve", gone.as_str()), ("migrate", &gone), ("serve", nowhere), ("migrate", nowhere)] {
        let environment =
            [("RELEVO__GRPC__LISTEN", "127.0.0.1:0"), ("RELEVO__DATABASE__URL", url), ("RELEVO__TOKEN__KEYS", &keys)];
        let said = fails(&run(folder.path(), &[action], &environment).await, "database.url: cannot open postgres://");
        assert!(!said.contains("open-sesame"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_and_a_folder_that_cannot_be_made_are_clear_errors() {
    let folder = folder();
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(folder.path(), &["serve"], &[("RELEVO__GRPC__LISTEN", &address)]).await;
    fails(&output, &format!("grpc.listen: cannot listen on {address}"));
    fs::write(folder.path().join("file"), "").unwrap();
    let environment = [("RELEVO__GRPC__LISTEN", "127.0.0.1:0"), ("RELEVO__MAIL__DIRECTORY", "file/mail")];
    fails(&run(folder.path(), &["serve"], &environment).await, "mail.directory: cannot make the folder file/mail");
}

async fn no_code_and_no_key_is_logged_however_much_is(on: Engine) {
    let home = Home::new(on).await;
    let serving = Serving::start_at(&home, &[("RELEVO__LOG__FILTER", "trace")]).await;
    let caller = serving.caller();
    let (change_id, letters) = asked(&caller, &home.folder().join("data/mail")).await;
    for letter in &letters {
        let account = if letter.message_id.contains("an000001") { "an000001-ovh" } else { "no000002-ovh" };
        let wrong = format!("Z{}", letter.token());
        caller.accept(&change_id, account, &wrong, "").await.unwrap_err();
        caller.accept(&change_id, account, &letter.token(), &request_id()).await.unwrap();
    }
    serving.signal("TERM").await;
    eventually("it stops", SOON, async || serving.log().contains("stopping").then_some(())).await;
    let log = serving.log().to_uppercase();
    assert!(log.contains("INSERT") && log.len() > 10_000, "this proves nothing: {} bytes", log.len());
    for letter in &letters {
        let code = letter.token();
        assert!(!log.contains(&code) && !log.contains(&code.replace('-', "")));
    }
    assert!(!log.contains(&home.key().to_uppercase()));
    assert!(serving.ended().await);
}
