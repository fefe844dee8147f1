//! The settings of calls: addresses, certificates, callers; and that every bad key is named.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops"
)]

use std::path::Path;

use rcgen::{CertificateParams, KeyPair};
use relevo_server::{Config, config::DEFAULTS};
use tempfile::TempDir;

/// The lines that are said about settings that are not right.
fn wrong(toml: &str) -> Vec<String> {
    let error = Config::parse(toml).expect_err(toml).to_string();
    error.lines().skip(1).map(|line| line.trim().to_owned()).collect()
}

/// That one line is said, about this key and with these words.
fn is_wrong(toml: &str, key: &str, words: &str) {
    let lines = wrong(toml);
    assert_eq!(lines.len(), 1, "{toml}: {lines:?}");
    assert!(lines[0].starts_with(&format!("{key}: ")) && lines[0].contains(words), "{toml}: {lines:?}");
}

const ELSEWHERE: [&str; 4] = ["0.0.0.0:50051", "[::]:50051", "192.0.2.1:50051", "[::ffff:192.0.2.1]:1"];

/// Settings with callers, each of these lines.
fn callers(each: &[&str]) -> String {
    each.iter().map(|lines| format!("[[callers]]\n{lines}\n")).collect()
}

fn hash(digits: &str) -> String {
    digits.repeat(32)
}

/// A caller that may read, with a key.
fn panel() -> String {
    format!("name = \"panel\"\ngrants = [\"read\"]\nkey_hashes = [{:?}]", hash("ab"))
}

/// A certificate for localhost and its key in a folder, under these names.
fn certify(folder: &Path, name: &str) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    std::fs::write(folder.join(format!("{name}.pem")), certificate.pem()).unwrap();
    std::fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
}

/// The settings of TLS with files of a folder; none for an empty name.
fn tls(folder: &Path, certificate: &str, key: &str, client_ca: &str) -> String {
    let path = |name: &str| if name.is_empty() { String::new() } else { folder.join(name).display().to_string() };
    let (certificate, key, client_ca) = (path(certificate), path(key), path(client_ca));
    format!("[grpc.tls]\ncertificate = {certificate:?}\nkey = {key:?}\nclient_ca = {client_ca:?}\n")
}

#[test]
fn without_callers_calls_are_taken_on_a_loopback_address_only() {
    for address in ["127.0.0.1:0", "127.8.8.8:50051", "[::1]:50051"] {
        let config = Config::parse(&format!("grpc.listen = {address:?}")).unwrap();
        assert!(config.tls.is_none() && config.callers.count() == 0, "{address}");
    }
    for address in ELSEWHERE {
        is_wrong(&format!("grpc.listen = {address:?}\ngrpc.insecure = true"), "callers", "must say who may call");
        let lines = wrong(&format!("grpc.listen = {address:?}"));
        assert!(lines.len() == 2 && lines[1].starts_with("grpc.tls.certificate: must be there"), "{lines:?}");
    }
    for address in ["", "50051", "localhost:50051", "127.0.0.1", "127.0.0.1:99999"] {
        is_wrong(&format!("grpc.listen = {address:?}"), "grpc.listen", "must be an address and a port");
    }
}

#[test]
fn with_callers_calls_are_taken_anywhere_under_tls_and_in_clear_where_that_is_said_to_be_safe() {
    let folder = TempDir::new().unwrap();
    certify(folder.path(), "one");
    let callers = callers(&[&panel()]);
    for address in ELSEWHERE {
        let listen = format!("grpc.listen = {address:?}\n");
        is_wrong(&(listen.clone() + &callers), "grpc.tls.certificate", "must be there");
        let config = Config::parse(&format!("{listen}grpc.insecure = true\n{callers}")).unwrap();
        assert_eq!((config.tls, config.callers.count()), (None, 1));
        let config = Config::parse(&(listen + &callers + &tls(folder.path(), "one.pem", "one.key", ""))).unwrap();
        assert_eq!(config.tls.unwrap().certificate, folder.path().join("one.pem"));
    }
    // On a loopback address either is enough.
    assert!(Config::parse(&callers).is_ok());
    assert!(Config::parse(&tls(folder.path(), "one.pem", "one.key", "one.pem")).is_ok());
}

#[test]
fn a_certificate_that_cannot_be_used_is_named_by_its_key() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    certify(folder, "one");
    certify(folder, "two");
    for (name, holds) in [
        ("empty", ""),
        ("text", "no PEM"),
        ("broken", "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n"),
        ("other", "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"),
    ] {
        std::fs::write(folder.join(name), holds).unwrap();
        is_wrong(&tls(folder, name, "one.key", ""), "grpc.tls.certificate", "");
        is_wrong(&tls(folder, "one.pem", name, ""), "grpc.tls.key", "must hold a private key in PEM form");
        is_wrong(&tls(folder, "one.pem", "one.key", name), "grpc.tls.client_ca", "");
    }
    is_wrong(&tls(folder, "one.pem", "two.key", ""), "grpc.tls.key", "does not fit the certificate");
    is_wrong(&tls(folder, "one.pem", "one.pem", ""), "grpc.tls.key", "must hold a private key");
    is_wrong(&tls(folder, "one.key", "one.key", ""), "grpc.tls.certificate", "must hold a certificate");
    is_wrong(&tls(folder, "none.pem", "one.key", ""), "grpc.tls.certificate", "none.pem: No such file");
    is_wrong(&tls(folder, "one.pem", "none.key", ""), "grpc.tls.key", "none.key: No such file");
    is_wrong(&tls(folder, "one.pem", "one.key", "none.pem"), "grpc.tls.client_ca", "none.pem: No such file");
    is_wrong(&tls(folder, "one.pem", "", ""), "grpc.tls.key", "must be there");
    is_wrong(&tls(folder, "", "one.key", ""), "grpc.tls.certificate", "must be there");
    is_wrong(&tls(folder, "", "", "one.pem"), "grpc.tls.certificate", "must be there");
    let shown = format!("{:?}", Config::parse(&tls(folder, "one.pem", "one.key", "")).unwrap());
    let key = std::fs::read_to_string(folder.join("one.key")).unwrap();
    assert!(!shown.contains(key.lines().nth(1).unwrap()), "{shown}");
}

#[test]
fn a_caller_has_a_name_grants_and_something_that_proves_it() {
    let caller = |lines: &str| callers(&[lines]);
    let key = format!("key_hashes = [{:?}]\n", hash("ab"));
    let grants = "grants = [\"read\"]\n";
    for name in ["panel", "p", "order-service_2.eu", &"a".repeat(64)] {
        assert!(Config::parse(&caller(&format!("{key}{grants}name = {name:?}"))).is_ok(), "{name}");
    }
    for name in ["", "Panel", "the panel", "pañel", "local", "page", "sweeper", "courier", "operator", &"a".repeat(65)]
    {
        is_wrong(&caller(&format!("{key}{grants}name = {name:?}")), "callers[0].name", "must be 1 to 64");
    }
    is_wrong(&caller(&format!("{key}{grants}")), "callers[0].name", "must be 1 to 64");

    let panel = |lines: &str| caller(&format!("name = \"panel\"\n{lines}"));
    let all = "grants = [\"directory\", \"request\", \"read\", \"operate\"]";
    assert!(Config::parse(&panel(&format!("{key}{all}"))).is_ok());
    is_wrong(&panel(&key), "callers[0].grants", "must be some of");
    is_wrong(&panel(&format!("{key}grants = []")), "callers[0].grants", "must be some of");
    for grant in ["", "write", "Read", "*"] {
        let grants = format!("{key}grants = [\"read\", {grant:?}]");
        is_wrong(&panel(&grants), "callers[0].grants", "must be some of directory, request, read and operate");
    }

    is_wrong(&panel(grants), "callers[0].key_hashes", "could not prove who it is");
    is_wrong(&panel(&format!("{grants}key_hashes = []")), "callers[0].key_hashes", "could not prove who it is");
    for bad in ["", "ab", &"ab".repeat(33), &"ag".repeat(32), &format!(" {}", "a".repeat(63))] {
        let hashes = format!("{grants}key_hashes = [{:?}, {bad:?}]", hash("ab"));
        is_wrong(&panel(&hashes), "callers[0].key_hashes", "hash 2 must be 64 hexadecimal digits");
    }
    let several = format!("{grants}key_hashes = [{:?}, {:?}]", hash("ab"), hash("CD"));
    assert!(Config::parse(&panel(&several)).is_ok());
    is_wrong(&panel(&format!("{grants}key_hashes = [{0:?}, {0:?}]", hash("ab"))), "callers[0].key_hashes", "twice");
}

#[test]
fn a_certificate_of_a_caller_is_named_by_uris_and_dns_names_and_needs_an_authority() {
    let folder = TempDir::new().unwrap();
    certify(folder.path(), "one");
    let tls = tls(folder.path(), "one.pem", "one.key", "one.pem");
    let panel = |name: &str| callers(&[&format!("name = \"panel\"\ngrants = [\"read\"]\ncertificates = [{name:?}]")]);
    for name in ["spiffe://hosting.example/panel", "https://panel.example", "panel.example.com", "panel", "PANEL.b_c"] {
        assert!(Config::parse(&(panel(name) + &tls)).is_ok(), "{name}");
        is_wrong(&panel(name), "grpc.tls.client_ca", "must be there, as callers[0].certificates is");
    }
    for name in
        ["", ".", "a..b", "a.", "*.example.com", "CN=panel", "a b", "://x", "spiffe://", "spiffe://a b", "ñ.example"]
    {
        is_wrong(&(panel(name) + &tls), "callers[0].certificates", "must be URIs or DNS names");
    }
}

#[test]
fn nothing_proves_two_callers() {
    let folder = TempDir::new().unwrap();
    certify(folder.path(), "one");
    let tls = tls(folder.path(), "one.pem", "one.key", "one.pem");
    let caller = |name: &str, rest: &str| format!("name = {name:?}\ngrants = [\"read\"]\n{rest}");
    let key = |digits| format!("key_hashes = [{:?}]", hash(digits));
    let two = |one: &str, other: &str| callers(&[&caller("one", one), &caller("two", other)]) + &tls;
    assert_eq!(Config::parse(&two(&key("ab"), &key("cd"))).unwrap().callers.count(), 2);
    is_wrong(&two(&key("ab"), &key("AB")), "callers[1].key_hashes", "one of another caller");
    let certificate = |name: &str| format!("certificates = [{name:?}]");
    let (one, other) = (certificate("panel.example.com"), certificate("Panel.Example.com"));
    is_wrong(&two(&one, &other), "callers[1].certificates", "one of another caller");
    let same_name = callers(&[&caller("one", &key("ab")), &caller("one", &key("cd"))]);
    is_wrong(&same_name, "callers[1].name", "two callers of the name one");
}

#[test]
fn every_bad_key_of_every_caller_is_named_at_once_and_what_may_be_a_key_is_never_shown() {
    let secret = format!("relevo_{}", "5ec2e7".repeat(11));
    let toml = callers(&[
        &format!("name = \"A\"\ngrants = [\"x\"]\nkey_hashes = [{secret:?}]"),
        "name = \"b\"\ngrants = [\"read\"]",
    ]);
    let keys: Vec<_> = wrong(&toml).iter().map(|line| line.split(": ").next().unwrap().to_owned()).collect();
    let expected = ["callers[0].name", "callers[0].grants", "callers[0].key_hashes", "callers[1].key_hashes"];
    assert_eq!(keys, expected);
    for toml in [
        toml,
        format!("callers = {secret:?}"),
        format!("callers = [{secret:?}]"),
        callers(&[&format!("key = {secret:?}")]),
        callers(&[&format!("key_hashes = {secret:?}")]),
        callers(&[&format!("key_hashes = [[{secret:?}]]")]),
        callers(&[&format!("name = \"b\"\ngrants = [\"read\"]\ncertificates = [{secret:?}]")]),
        callers(&[&format!("name = \"b\"\ngrants = [{secret:?}]")]),
    ] {
        let said = wrong(&toml).join("\n");
        assert!(said.contains("callers") && !said.contains("5ec2e7"), "{said}");
    }
    let shown = format!("{:?}", Config::parse(&callers(&[&panel()])).unwrap());
    assert!(shown.contains("\"panel\"") && !shown.contains("abab"), "{shown}");
}

#[test]
fn callers_have_the_keys_and_the_types_of_callers() {
    let lines = wrong(&callers(&["nmae = \"x\"", "name = 5\ngrants = \"read\"\ncertificates = [5]"]));
    let expected = [
        "callers[0].nmae: there is no such key",
        "callers[1].certificates: must be a list of texts, as in [\"a\", \"b\"]",
        "callers[1].grants: must be a list of texts, as in [\"a\", \"b\"]",
        "callers[1].name: must be a text",
    ];
    assert_eq!(lines, expected);
    is_wrong("[callers]\nname = \"panel\"", "callers", "must be sections, each under [[callers]]");
    is_wrong("callers = [5]", "callers[0]", "must be sections");
}

#[test]
fn the_caller_of_the_documentation_is_one() {
    let example = DEFAULTS.lines().skip_while(|line| *line != "# [[callers]]").take_while(|line| line.starts_with('#'));
    let example: Vec<_> = example.filter_map(|line| line.strip_prefix("# ")).collect();
    let (certificates, rest): (Vec<_>, Vec<_>) =
        example.into_iter().partition(|line| line.starts_with("certificates = "));
    let config = Config::parse(&rest.join("\n")).unwrap();
    assert_eq!((config.callers.count(), certificates.len()), (1, 1));
}
