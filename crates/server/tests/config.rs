//! Settings: what is taken, and that every bad key is named.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

use jiff::SignedDuration;
use relevo_server::{
    Config, Keys,
    config::{DEFAULTS, MailTransport},
    limits::Rate,
    load::Capacity,
};

/// The lines that are said about settings that are not right.
fn wrong(toml: &str) -> Vec<String> {
    let error = Config::parse(toml).expect_err(toml).to_string();
    let mut lines = error.lines().map(|line| line.trim().to_owned());
    assert_eq!(lines.next().as_deref(), Some("the configuration is not right:"));
    lines.collect()
}

/// That one line is said, about this key and with these words.
fn is_wrong(toml: &str, key: &str, words: &str) {
    let lines = wrong(toml);
    assert_eq!(lines.len(), 1, "{toml}: {lines:?}");
    assert!(lines[0].starts_with(&format!("{key}: ")) && lines[0].contains(words), "{toml}: {lines:?}");
}

#[test]
fn the_defaults_are_right_and_are_what_is_documented() {
    let config = Config::parse("").unwrap();
    assert_eq!(config.grpc_listen, "127.0.0.1:50051".parse().unwrap());
    assert_eq!(config.policy.lifetime, SignedDuration::from_hours(7 * 24));
    assert_eq!(config.policy.remind_before, Some(SignedDuration::from_hours(24)));
    assert_eq!((config.policy.resend_interval, config.policy.resend_limit), (SignedDuration::from_mins(1), 10));
    assert!(!config.policy.standing_for_every_role);
    assert_eq!(config.change_retention, None);
    let kept = Config::parse("change.retention = \"30d\"").unwrap().change_retention;
    assert_eq!(kept, Some(SignedDuration::from_hours(30 * 24)));
    assert!(matches!(config.mail_transport, MailTransport::File(_)));
    assert!(matches!(config.keys, Keys::File(_)));
    assert_eq!(config.database_url.to_string(), "sqlite://data/relevo.db");
    assert_eq!(config.database_connections, 20);
    assert_eq!(Config::parse(DEFAULTS).unwrap().database_url.to_string(), config.database_url.to_string());
}

#[test]
fn every_bad_key_is_named_at_once() {
    let values = wrong(
        r#"
        account_id.suffix = "OVH"
        change.lifetime = "a week"
        change.good_standing = "never"
        change.retention = "for ever"
        grpc.listen = "localhost"
        grpc.stop_grace = "-1s"
        log.filter = "a=b=c"
        mail.from = "Relevo"
        mail.retry.first = "0s"
        page.public_url = "relevo.example.com"
        token.keys = ["00", "zz"]
        database.url = "mysql://db/relevo"
        "#,
    );
    let keys: Vec<_> = values.iter().filter_map(|line| line.split_once(": ")).map(|(key, _)| key).collect();
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    let expected = [
        "account_id.suffix",
        "change.good_standing",
        "change.lifetime",
        "change.retention",
        "database.url",
        "grpc.listen",
        "grpc.stop_grace",
        "log.filter",
        "mail.from",
        "mail.retry.first",
        "page.public_url",
        "token.keys",
        "token.keys",
    ];
    assert_eq!(sorted, expected, "{values:?}");

    let shapes =
        wrong("chnage.lifetime = \"7d\"\ngrpc.listn = \"x\"\nmail.smtp.port = \"25\"\nlog = 5\nchange.lifetime = 7");
    let expected = [
        "change.lifetime: must be a text",
        "chnage: there is no such key",
        "grpc.listn: there is no such key",
        "log: must be a section",
        "mail.smtp.port: must be a number",
    ];
    assert_eq!(shapes, expected);
}

#[test]
fn no_key_is_shown_however_wrong_it_is() {
    let secret = "5ec2e7".repeat(11);
    for toml in [
        format!("token.keys = {secret:?}"),
        format!("token.keys = [{secret:?}]"),
        format!("token.keys = [{secret:?}, 5]"),
        format!("token.keys = [[{secret:?}]]"),
        format!("token.key = {secret:?}"),
    ] {
        let said = wrong(&toml).join("\n");
        assert!(said.contains("token.key") && !said.contains("5ec2e7"), "{said}");
    }
}

#[test]
fn durations_are_positive_and_of_this_world() {
    for (text, seconds) in
        [("90s", 90), ("15m", 900), ("4h", 14_400), ("7d", 604_800), ("1h 30m", 5_400), ("1w", 604_800)]
    {
        let config = Config::parse(&format!("change.lifetime = {text:?}")).unwrap();
        assert_eq!(config.policy.lifetime.as_secs(), seconds, "{text}");
    }
    for text in ["", "7", "-1s", "7 dogs", "1s ago", "1mo", "1y", "999999999h", "9999999999999999999s"] {
        is_wrong(&format!("change.lifetime = {text:?}"), "change.lifetime", "must be a duration");
    }
    is_wrong("change.lifetime = \"0s\"", "change.lifetime", "longer than nothing");
    assert_eq!(Config::parse("change.remind_before = \"0s\"").unwrap().policy.remind_before, None);
    assert!(!Config::parse("change.expiry_notice = false").unwrap().policy.expiry_notice);
    is_wrong("change.expiry_notice = \"no\"", "change.expiry_notice", "must be true or false");
    is_wrong("mail.retry.first = \"5h\"", "mail.retry.longest", "must not be shorter than mail.retry.first");
}

/// The settings of a relay elsewhere, with more of them.
fn smtp(rest: &str) -> String {
    format!("mail.transport = \"smtp\"\n[mail.smtp]\n{rest}")
}

#[test]
fn a_relay_without_tls_is_on_a_loopback_address() {
    for host in ["127.0.0.1", "::1", "localhost"] {
        assert!(Config::parse(&smtp(&format!("host = {host:?}"))).is_ok(), "{host}");
    }
    for host in ["relay.example.com", "192.0.2.1", "0.0.0.0", "::", "", "localhost.example.com"] {
        is_wrong(&smtp(&format!("host = {host:?}")), "mail.smtp.tls", "none is for a relay on a loopback address");
    }
    is_wrong(&smtp("tls = \"ssl\""), "mail.smtp.tls", "must be starttls, starttls-if-offered, implicit or none");
    is_wrong(&smtp("port = 0"), "mail.smtp.port", "must not be 0");
    is_wrong("mail.transport = \"pigeon\"", "mail.transport", "must be file or smtp");
    // Also where mails go into files: what is wrong is never ignored.
    is_wrong("[mail.smtp]\ntls = \"ssl\"", "mail.smtp.tls", "must be");
}

#[test]
fn a_relay_under_tls_is_anywhere_and_has_a_name_that_a_certificate_can_be_for() {
    for mode in ["starttls", "starttls-if-offered", "implicit"] {
        for host in ["relay.example.com", "192.0.2.1", "2001:db8::1", "localhost"] {
            assert!(Config::parse(&smtp(&format!("tls = {mode:?}\nhost = {host:?}"))).is_ok(), "{mode} {host}");
        }
        for host in ["", "relay example", "[::1]", "https://relay.example.com", "relay.example.com:25", "a..b"] {
            let toml = smtp(&format!("tls = {mode:?}\nhost = {host:?}"));
            is_wrong(&toml, "mail.smtp.host", "neither a name nor an address");
        }
    }
}

#[test]
fn the_file_of_authorities_is_read_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, holds: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, holds).unwrap();
        smtp(&format!("tls = \"starttls\"\nca_file = {path:?}"))
    };
    let broken = "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n";
    let no_certificate = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n";
    for (name, holds) in [("empty", ""), ("text", "no PEM"), ("broken", broken), ("other", no_certificate)] {
        is_wrong(&file(name, holds), "mail.smtp.ca_file", name);
    }
    is_wrong(&smtp("tls = \"implicit\"\nca_file = \"none.pem\""), "mail.smtp.ca_file", "none.pem: No such file");
}

#[test]
fn a_login_is_whole_and_never_said_without_tls() {
    let with = |tls: &str, username: &str, password: &str| {
        smtp(&format!("tls = {tls:?}\nusername = {username:?}\npassword = {password:?}"))
    };
    for mode in ["starttls", "starttls-if-offered", "implicit"] {
        assert!(Config::parse(&with(mode, "relevo", "5ec2e7")).is_ok(), "{mode}");
    }
    is_wrong(&with("none", "relevo", "5ec2e7"), "mail.smtp.username", "a password is never said without TLS");
    is_wrong(&with("starttls", "relevo", ""), "mail.smtp.password", "must be there");
    is_wrong(&with("starttls", "", "5ec2e7"), "mail.smtp.username", "must be there");
    is_wrong(&with("starttls", "a\nb", "5ec2e7"), "mail.smtp.username", "no control characters");
    is_wrong(&with("starttls", "relevo", "5ec\t2e7"), "mail.smtp.password", "no control characters");
}

#[test]
fn the_password_of_a_relay_is_never_shown() {
    let right = smtp("tls = \"starttls\"\nusername = \"relevo\"\npassword = \"5ec2e7\"");
    assert!(!format!("{:?}", Config::parse(&right).unwrap()).contains("5ec2e7"));
    for toml in [
        smtp("username = \"relevo\"\npassword = \"5ec2e7\""),
        smtp("tls = \"starttls\"\npassword = \"5ec2e7\""),
        smtp("tls = \"starttls\"\nusername = \"relevo\"\npassword = \"5ec2e7\\u0000\""),
        smtp("password = [\"5ec2e7\"]"),
        smtp("pasword = \"5ec2e7\""),
        smtp("password = { a = \"5ec2e7\" }"),
    ] {
        let said = wrong(&toml).join("\n");
        assert!(said.contains("mail.smtp.") && !said.contains("5ec2e7"), "{said}");
    }
}

#[test]
fn a_relay_is_waited_for_between_a_moment_and_an_hour() {
    for key in ["connect", "handshake", "reply", "take"] {
        for time in ["100ms", "1h"] {
            assert!(Config::parse(&format!("mail.smtp.timeout.{key} = {time:?}")).is_ok(), "{key} {time}");
        }
        for time in ["0s", "99ms", "3601s"] {
            let toml = format!("mail.smtp.timeout.{key} = {time:?}");
            is_wrong(&toml, &format!("mail.smtp.timeout.{key}"), "must be between 100ms and 1h");
        }
        is_wrong(&format!("mail.smtp.timeout.{key} = \"soon\""), &format!("mail.smtp.timeout.{key}"), "a duration");
    }
    for time in ["0s", "10m"] {
        assert!(Config::parse(&format!("mail.smtp.idle_timeout = {time:?}")).is_ok(), "{time}");
    }
    is_wrong("mail.smtp.idle_timeout = \"11m\"", "mail.smtp.idle_timeout", "must be between 0s and 10m");
    for connections in [1, 50] {
        assert!(Config::parse(&format!("mail.smtp.connections = {connections}")).is_ok(), "{connections}");
    }
    for connections in [0, 51] {
        let toml = format!("mail.smtp.connections = {connections}");
        is_wrong(&toml, "mail.smtp.connections", "must be between 1 and 50");
    }
}

#[test]
fn bounces_come_back_to_an_address_or_to_the_sender() {
    assert_eq!(Config::parse("").unwrap().mail_return_path, None);
    let config = Config::parse("mail.return_path = \"bounces@example.com\"").unwrap();
    assert_eq!(config.mail_return_path.unwrap().to_string(), "bounces@example.com");
    for path in
        ["bounces", "<bounces@example.com>", "Bounces <bounces@example.com>", "a@b.example\nRCPT TO:<c@d>", "<>"]
    {
        is_wrong(&format!("mail.return_path = {path:?}"), "mail.return_path", "must be an address without a name");
    }
}

#[test]
fn the_example_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap().pem();
    for (name, holds) in [("server.pem", &certificate), ("server.key", &key.serialize_pem()), ("ca.pem", &certificate)]
    {
        std::fs::write(folder.path().join(name), holds).unwrap();
    }
    let example = include_str!("../../../config/production.toml");
    let example = &example.replace("/etc/relevo", folder.path().to_str().unwrap());
    is_wrong(example, "mail.smtp.password", "must be there, as there is a username");
    let whole = example.replace("\nusername = ", "\npassword = \"5ec2e7\"\nusername = ");
    assert!(matches!(Config::parse(&whole).unwrap().mail_transport, MailTransport::Smtp(_)));
}

#[test]
fn suffixes_senders_and_pages_are_looked_at() {
    for suffix in ["ovh", "x", "123", "abcdefghijklmnop"] {
        assert_eq!(Config::parse(&format!("account_id.suffix = {suffix:?}")).unwrap().account_id_suffix, suffix);
    }
    for suffix in ["", "OVH", "o vh", "o-vh", "abcdefghijklmnopq", "ñ"] {
        is_wrong(&format!("account_id.suffix = {suffix:?}"), "account_id.suffix", "1 to 16 lower-case letters");
    }
    for from in ["a@b.example", "Relevo <a@b.example>", "Équipe Relevo <relevo@exámple.com>", " <a@b.example>"] {
        assert!(Config::parse(&format!("mail.from = {from:?}")).is_ok(), "{from}");
    }
    for from in ["", "Relevo", "Relevo <a>", "<>", "a@b.example>", "a\nb <a@b.example>", "A <a@b.example> B"] {
        is_wrong(&format!("mail.from = {from:?}"), "mail.from", "must be an address");
    }
    for (url, kept) in [
        ("https://r.example.com", "https://r.example.com"),
        ("http://127.0.0.1:8080/relevo/", "http://127.0.0.1:8080/relevo"),
    ] {
        let page = Config::parse(&format!("page.public_url = {url:?}")).unwrap().page;
        assert_eq!(page.public_url, kept);
        assert_eq!(page.link_template, format!("{kept}/changes/{{change_id}}#{{token}}"));
    }
    for url in [
        "",
        "r.example.com",
        "ftp://r.example.com",
        "https://",
        "https:///x",
        "https://r.example.com/#a",
        "https://r/?q",
        "https://r x",
    ] {
        is_wrong(&format!("page.public_url = {url:?}"), "page.public_url", "must be an http or https address");
    }
}

#[test]
fn keys_are_64_hexadecimal_digits_and_there_may_be_several() {
    let (one, two) = ("ab".repeat(32), "CD".repeat(32));
    for keys in [vec![one.as_str()], vec![one.as_str(), two.as_str()]] {
        let config = Config::parse(&format!("token.keys = {keys:?}")).unwrap();
        assert!(matches!(config.keys, Keys::Given(given) if given.len() == keys.len()));
    }
    for bad in ["", "ab", &"ab".repeat(33), &"ag".repeat(32), &"+a".repeat(32), &format!(" {}", "a".repeat(63))] {
        is_wrong(&format!("token.keys = [{one:?}, {bad:?}]"), "token.keys", "key 2 must be 64 hexadecimal digits");
    }
}

#[test]
fn a_database_is_a_file_or_a_server() {
    for url in ["", "relevo.db", "mysql://db/relevo", "sqlite://", "sqlite::memory:", "sqlite://a.db?mode=ro"] {
        is_wrong(&format!("database.url = {url:?}"), "database.url", "must");
    }
    for (url, shown) in [
        ("sqlite://a.db", "sqlite://a.db"),
        ("sqlite:///var/lib/relevo/a.db", "sqlite:///var/lib/relevo/a.db"),
        ("sqlite:a.db", "sqlite://a.db"),
        (
            "postgres://relevo:secret@db.example:6432/relevo?sslmode=verify-full",
            "postgres://relevo@db.example:6432/relevo",
        ),
        ("postgresql://relevo@db.example/relevo", "postgres://relevo@db.example:5432/relevo"),
        ("postgres://relevo@localhost/relevo?host=/run/postgresql", "postgres://relevo@/relevo?host=/run/postgresql"),
    ] {
        let config = Config::parse(&format!("database.url = {url:?}\ntoken.keys = [{:?}]", "ab".repeat(32))).unwrap();
        assert_eq!(config.database_url.to_string(), shown);
        assert!(!format!("{config:?}").contains("secret"));
    }
}

#[test]
fn the_password_of_a_server_is_never_shown_even_where_its_url_is_wrong() {
    for url in [
        "postgres://relevo:secret@db.example",
        "postgres://relevo:secret@db.example/relevo?sslmode=perhaps",
        "postgres://relevo:secret@db.example:secret/relevo",
        "postgres://relevo:secret@db.example/relevo?options=secret",
        "postgres://relevo:secret@db.example/relevo?password=secret",
        "postgres://relevo:?secret@db.example/relevo",
        "postgres://relevo:1?a=b&secret=1@db.example/relevo",
        "postgres://relevo:1/secret@db.example/relevo",
        "postgres://relevo:1#secret@db.example/relevo",
        "mysql://relevo:secret@db.example/relevo",
    ] {
        let said = Config::parse(&format!("database.url = {url:?}")).unwrap_err().to_string();
        assert!(said.contains("database.url: "), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
}

#[test]
fn a_server_needs_keys_that_all_processes_are_given() {
    let said = Config::parse("database.url = \"postgres://db.example/relevo\"").unwrap_err().to_string();
    assert!(said.contains("token.keys: must hold a key when the database is PostgreSQL"), "{said}");
}

#[test]
fn there_is_a_connection_for_each_kind_of_call_at_least() {
    for connections in [0, 1, 1001] {
        is_wrong(
            &format!("database.connections = {connections}"),
            "database.connections",
            "must be between 2 and 1000",
        );
    }
    assert_eq!(Config::parse("database.connections = 2").unwrap().database_connections, 2);
}

#[test]
fn limits_are_numbers_that_let_something_through() {
    let config = Config::parse("").unwrap();
    assert_eq!((config.max_connections, config.max_message_size), (500, 1024 * 1024));
    assert_eq!(config.capacity, Capacity { calls: 1000, of_caller: 500 });
    assert_eq!(config.rates.caller, Rate::new(2000, SignedDuration::from_secs(1), 10_000));
    assert_eq!(config.rates.wrong_tokens, Rate::new(6, SignedDuration::from_mins(1), 20));
    for (key, least, most) in [
        ("grpc.max_connections", 10, 100_000),
        ("grpc.max_message_size", 16_384, 67_108_864),
        ("limits.concurrent_calls", 1, 1_000_000),
        ("limits.caller.concurrent_calls", 1, 1_000_000),
        ("limits.caller.per_second", 1, 1_000_000),
        ("limits.caller.burst", 1, 1_000_000),
        ("limits.account.per_minute", 1, 1_000_000),
        ("limits.account.burst", 1, 1_000_000),
        ("limits.wrong_tokens.per_minute", 1, 1_000_000),
        ("limits.wrong_tokens.burst", 1, 1_000_000),
    ] {
        for right in [least, most] {
            Config::parse(&format!("{key} = {right}")).expect(key);
        }
        for bad in [i64::MIN, -1, least - 1, most + 1, i64::MAX] {
            is_wrong(&format!("{key} = {bad}"), key, &format!("must be between {least} and {most}, not {bad}"));
        }
        is_wrong(&format!("{key} = \"1\""), key, "must be a number");
    }
}

#[test]
fn a_text_that_is_no_toml_is_an_error() {
    let said = Config::parse("[grpc").unwrap_err().to_string();
    assert!(said.starts_with("the configuration is not right:"), "{said}");
}

#[test]
fn a_mailbox_is_for_this_machine_alone_and_shows_the_mails_of_a_folder() {
    assert_eq!(Config::parse("").unwrap().mailbox_listen, None);
    for listen in ["127.0.0.1:8025", "127.0.0.2:0", "[::1]:8025"] {
        let config = Config::parse(&format!("mailbox.listen = {listen:?}")).unwrap();
        assert_eq!(config.mailbox_listen, Some(listen.parse().unwrap()));
    }
    for listen in
        ["0.0.0.0:8025", "[::]:8025", "10.0.0.1:8025", "[::ffff:127.0.0.1]:8025", "localhost:8025", "8025", " "]
    {
        is_wrong(&format!("mailbox.listen = {listen:?}"), "mailbox.listen", "must be a loopback address and a port");
    }
    let smtp = "mail.transport = \"smtp\"\n";
    is_wrong(
        &format!("{smtp}mailbox.listen = \"127.0.0.1:8025\""),
        "mail.transport",
        "must be file, as mailbox.listen is",
    );
    let both = wrong(&format!("{smtp}mailbox.listen = \"0.0.0.0:8025\""));
    assert_eq!(both.len(), 2, "{both:?}");
    Config::parse(smtp).unwrap();
}
