//! Settings as operators give them: defaults, a file over them, the environment over both.

use std::{collections::BTreeSet, fs, path::Path, process::Output};

use relevo_server::config::DEFAULTS;
use relevo_tests::{
    Browser, call_as,
    process::{Serving, run},
    tls::Authority,
    v1::{Account, CreateAccountRequest},
    with_key,
};
use tempfile::TempDir;

/// Variables, and the lines that are said about them.
type Case = (&'static [(&'static str, &'static str)], &'static [&'static str]);

const RIGHT: &str = "The configuration is right.\n";

/// Every key with a value that is not its default, as it is written in the environment.
const OTHER: [(&str, &str); 60] = [
    // The key is `key`.
    (
        "callers",
        r#"[{name="panel", grants=["directory"], key_hashes=["2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683"]}]"#,
    ),
    ("grpc.listen", "127.0.0.1:0"),
    ("grpc.insecure", "true"),
    ("grpc.stop_grace", "3s"),
    ("grpc.max_connections", "50"),
    ("grpc.max_message_size", "65536"),
    ("grpc.tls.certificate", "server.pem"),
    ("grpc.tls.key", "server.key"),
    ("grpc.tls.client_ca", "ca.pem"),
    ("limits.concurrent_calls", "50"),
    ("limits.caller.concurrent_calls", "20"),
    ("limits.caller.per_second", "100"),
    ("limits.caller.burst", "200"),
    ("limits.account.per_minute", "5"),
    ("limits.account.burst", "10"),
    ("limits.wrong_tokens.per_minute", "1"),
    ("limits.wrong_tokens.burst", "3"),
    ("limits.page.per_minute", "2"),
    ("limits.page.burst", "4"),
    ("database.url", "sqlite://other/relevo.db"),
    ("database.connections", "7"),
    // Text, although it looks like a number.
    ("account_id.suffix", "007"),
    ("change.lifetime", "3d"),
    ("change.remind_before", "0s"),
    ("change.expiry_notice", "false"),
    ("change.resend_interval", "2m"),
    ("change.resend_limit", "3"),
    ("change.good_standing", "every_role"),
    ("change.retention", "365d"),
    ("token.key_file", "other/token.key"),
    ("token.keys", "[]"),
    ("mail.transport", "file"),
    ("mail.directory", "2026"),
    ("mail.from", "relevo@example.net"),
    ("mail.return_path", "bounces@example.net"),
    ("mail.smtp.host", "127.0.0.2"),
    ("mail.smtp.port", "2525"),
    ("mail.smtp.tls", "starttls"),
    ("mail.smtp.ca_file", "ca.pem"),
    ("mail.smtp.username", "relevo"),
    // Text, although it looks like a number.
    ("mail.smtp.password", "007"),
    ("mail.smtp.connections", "2"),
    ("mail.smtp.idle_timeout", "0s"),
    ("mail.smtp.timeout.connect", "5s"),
    ("mail.smtp.timeout.handshake", "6s"),
    ("mail.smtp.timeout.reply", "7s"),
    ("mail.smtp.timeout.take", "8s"),
    ("mail.retry.first", "2m"),
    ("mail.retry.longest", "5h"),
    ("page.listen", "127.0.0.1:0"),
    ("page.insecure", "true"),
    ("page.public_url", "http://127.0.0.2:8081"),
    ("page.link_template", "https://panel.example.net/{change_id}#{token}"),
    ("page.proxies", "[\"127.0.0.1\"]"),
    // Text, although it looks like a number.
    ("page.name", "007"),
    ("page.logo", "logo.svg"),
    ("page.accent", "#003366"),
    ("page.accent_dark", "#005599"),
    ("mailbox.listen", "127.0.0.1:0"),
    ("log.filter", "debug"),
];

async fn check(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let arguments: Vec<_> = ["check-config"].iter().chain(arguments).copied().collect();
    run(folder, &arguments, environment).await
}

fn is_right(output: &Output) {
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), RIGHT);
    assert!(output.status.success());
}

fn is_wrong(output: &Output, lines: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("relevo: the configuration is not right:"), "{said}");
    assert_eq!(said.lines().count(), 1 + lines.len(), "{said}");
    for line in lines {
        assert!(said.contains(&format!("\n  {line}")), "{line} in {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

fn variable(key: &str) -> String {
    format!("RELEVO__{}", key.replace('.', "__").to_uppercase())
}

/// The keys of the documented defaults.
fn documented() -> BTreeSet<String> {
    let mut section = "";
    let mut keys = BTreeSet::new();
    for line in DEFAULTS.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            keys.insert(format!("{section}.{key}").trim_start_matches('.').to_owned());
        }
    }
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn every_key_can_be_set_from_the_environment() {
    let folder = TempDir::new().unwrap();
    let authority = Authority::new();
    let server = authority.issues(&["localhost"]);
    for (name, holds) in [
        ("ca.pem", authority.pem()),
        ("server.pem", server.certificate),
        ("server.key", server.key),
        ("logo.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_owned()),
    ] {
        fs::write(folder.path().join(name), holds).unwrap();
    }
    let listed: BTreeSet<_> = OTHER.iter().map(|(key, _)| (*key).to_owned()).collect();
    assert_eq!(listed, documented());

    let names: Vec<_> = OTHER.iter().map(|(key, value)| (variable(key), *value)).collect();
    let environment: Vec<_> = names.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    is_right(&check(folder.path(), &[], &environment).await);
    // And they do something.
    let serving = Serving::start(folder.path(), &environment).await;
    let channel = authority.connects(serving.address.parse().unwrap(), None).await.unwrap();
    let account = Account {
        account_id: "an000001-007".to_owned(),
        display_name: "Ann".to_owned(),
        email: "ann@example.com".to_owned(),
        ..Default::default()
    };
    let create = CreateAccountRequest { account: Some(account), ..Default::default() };
    call_as(&channel, "/relevo.v1.ContactService/CreateAccount", create, with_key("key")).await.unwrap();
    let shown = Browser::at(serving.page.unwrap().parse().unwrap()).goes_to("/").await;
    assert!(shown.html.contains("<p class=\"name\">007</p>") && shown.html.contains("/assets/logo-"), "{shown:?}");
    for path in ["other/relevo.db", "other/token.key", "2026"] {
        assert!(folder.path().join(path).exists(), "{path}");
    }
    assert!(!folder.path().join("data").exists());

    // Each is looked at: a section where a value belongs is refused by its name.
    for (name, key) in names.iter().map(|(name, _)| name).zip(&OTHER) {
        let under = format!("{name}__X");
        let output = check(folder.path(), &[], &[(&under, "1")]).await;
        is_wrong(&output, &[&format!("{}: must be ", key.0)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_goes_over_the_file_and_the_file_over_the_defaults() {
    let folder = TempDir::new().unwrap();
    let file = |text: &str| fs::write(folder.path().join("relevo.toml"), text).unwrap();
    let with_file = ["--config", "relevo.toml"];
    is_right(&check(folder.path(), &[], &[]).await);

    file("[account_id]\nsuffix = \"BAD\"\n");
    is_wrong(&check(folder.path(), &with_file, &[]).await, &["account_id.suffix: "]);
    is_right(&check(folder.path(), &[], &[]).await);
    is_right(&check(folder.path(), &with_file, &[("RELEVO__ACCOUNT_ID__SUFFIX", "abc")]).await);
    file("[account_id]\nsuffix = \"abc\"\n");
    is_right(&check(folder.path(), &with_file, &[]).await);
    let serving = Serving::start_as(folder.path(), &with_file, &[]).await;
    serving.caller().account("an000001-abc", "").await.unwrap();
    serving.caller().account("an000001-ovh", "").await.unwrap_err();
    is_wrong(
        &check(folder.path(), &with_file, &[("RELEVO__ACCOUNT_ID__SUFFIX", "BAD")]).await,
        &["account_id.suffix: "],
    );
    // An empty file changes nothing, an empty value is a value.
    file("");
    is_right(&check(folder.path(), &with_file, &[]).await);
    is_wrong(&check(folder.path(), &[], &[("RELEVO__ACCOUNT_ID__SUFFIX", "")]).await, &["account_id.suffix: "]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_key_is_refused_wherever_it_is_and_what_is_not_for_relevo_is_not() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("relevo.toml"), "[grpc]\nlistn = \"x\"\n[mial]\nfrom = \"x\"\n").unwrap();
    let with_file = ["--config", "relevo.toml"];
    let both = ["grpc.listn: there is no such key", "mial: there is no such key"];
    is_wrong(&check(folder.path(), &with_file, &[]).await, &both);
    let output = run(folder.path(), &["serve", "--config", "relevo.toml"], &[]).await;
    is_wrong(&output, &both);
    let output = run(folder.path(), &["migrate", "--config", "relevo.toml"], &[]).await;
    is_wrong(&output, &both);

    for (name, key) in [
        ("RELEVO__GRPC__LISTN", "grpc.listn: "),
        ("RELEVO__NOTHING", "nothing: "),
        ("RELEVO__GRPC__LISTEN__X", "grpc.listen: "),
        ("RELEVO__GRPC____LISTEN", "grpc: must be a section"),
        ("RELEVO__GRPC", "grpc: must be a section"),
    ] {
        is_wrong(&check(folder.path(), &[], &[(name, "x")]).await, &[key]);
    }
    // As Kubernetes sets them for a service of this name.
    is_right(
        &check(folder.path(), &[], &[("RELEVO_SERVICE_HOST", "10.0.0.1"), ("RELEVO_PORT", "tcp://10.0.0.1:1")]).await,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_there_or_no_toml_is_refused() {
    let folder = TempDir::new().unwrap();
    is_wrong(&check(folder.path(), &["--config", "none.toml"], &[]).await, &["none.toml: No such file"]);
    fs::write(folder.path().join("relevo.toml"), "grpc = [\n").unwrap();
    let output = check(folder.path(), &["--config", "relevo.toml"], &[]).await;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("TOML") && said.contains("relevo.toml"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_refused_by_check_config_and_at_start_alike() {
    let folder = TempDir::new().unwrap();
    const SMTP: (&str, &str) = ("RELEVO__MAIL__TRANSPORT", "smtp");
    let cases: [Case; 8] = [
        (
            &[("RELEVO__MAIL__SMTP__TLS", "ssl")],
            &["mail.smtp.tls: must be starttls, starttls-if-offered, implicit or none"],
        ),
        (
            &[SMTP, ("RELEVO__MAIL__SMTP__TLS", "starttls"), ("RELEVO__MAIL__SMTP__CA_FILE", "none.pem")],
            &["mail.smtp.ca_file: none.pem: No such file"],
        ),
        (
            &[SMTP, ("RELEVO__MAIL__SMTP__HOST", "relay.example.com")],
            &["mail.smtp.tls: none is for a relay on a loopback"],
        ),
        (
            &[("RELEVO__GRPC__LISTEN", "0.0.0.0:50051")],
            &["callers: must say who may call, as grpc.listen is 0.0.0.0:50051", "grpc.tls.certificate: must be there"],
        ),
        (
            &[SMTP, ("RELEVO__MAILBOX__LISTEN", "0.0.0.0:8025")],
            &["mail.transport: must be file, as mailbox.listen is", "mailbox.listen: must be a loopback address"],
        ),
        (&[("RELEVO__TOKEN__KEYS", "5ec2e7")], &["token.keys: must be a list"]),
        (&[("RELEVO__LOG__FILTER", "a=b=c")], &["log.filter: "]),
        (
            &[("RELEVO__DATABASE__URL", "mysql://db/relevo"), ("RELEVO__CHANGE__LIFETIME", "soon")],
            &["database.url: ", "change.lifetime: "],
        ),
    ];
    for (environment, lines) in cases {
        for action in ["check-config", "serve"] {
            let output = run(folder.path(), &[action], environment).await;
            is_wrong(&output, lines);
            assert!(!String::from_utf8_lossy(&output.stderr).contains("5ec2e7"));
        }
    }
    assert!(!folder.path().join("data").exists(), "nothing is made before the configuration is right");
}
