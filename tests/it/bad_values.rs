//! Values that no field of their kind takes.

use prost_types::FieldMask;

pub(crate) fn texts(short: &[&str], long: &[String]) -> Vec<String> {
    // Longer than any field: what is far too long is told as the rest is.
    let endless = "a".repeat(1 << 16);
    short.iter().map(|text| (*text).to_owned()).chain(long.iter().cloned()).chain([endless]).collect()
}

pub(crate) fn and_empty(mut bad: Vec<String>) -> Vec<String> {
    bad.push(String::new());
    bad
}

pub(crate) fn account_ids() -> Vec<String> {
    let short = [
        "a1-ovh",
        "aa-ovh",
        "aaa1-ovh",
        "1a1-ovh",
        "aa1",
        "aa1-",
        "-ovh",
        "aa1_ovh",
        "aa1-ovh-ovh",
        "aa1-other",
        "aa1-ovh2",
        "aa1234567890123-ovh",
        " aa1-ovh",
        "aa1-ovh ",
        "aa1-ovh\n",
        "aa1-ovh\0",
        "aa1\u{202e}-ovh",
        "а\u{430}1-ovh",
        "aa\u{661}-ovh",
        "ää1-ovh",
        "aa1-ovh\r\nBcc: eve@example.com",
    ];
    texts(&short, &[])
}

pub(crate) fn service_ids() -> Vec<String> {
    let short = [
        ".",
        "example..com",
        ".example.com",
        "example.com.",
        "-example.com",
        "example-.com",
        "_dmarc.example.com",
        "exam ple.com",
        "exämple.com",
        "example/com",
        "example.com\n",
        "example.com\0",
        "example\u{202e}.com",
        "example.com\r\nBcc: eve@example.com",
        "*.example.com",
        "example.com:80",
    ];
    texts(&short, &["a".repeat(64), format!("{}a", "a.".repeat(127))])
}

pub(crate) fn uuids() -> Vec<String> {
    let short = [
        "1",
        "01932c070d5a7cc39f2e6d8f4b3f1a20",
        "{01932c07-0d5a-7cc3-9f2e-6d8f4b3f1a20}",
        "urn:uuid:01932c07-0d5a-7cc3-9f2e-6d8f4b3f1a20",
        "01932c07-0d5a-7cc3-9f2e-6d8f4b3f1a2g",
        "01932c07-0d5a-7cc3-9f2e-6d8f4b3f1a20\n",
        " 01932c07-0d5a-7cc3-9f2e-6d8f4b3f1a2",
    ];
    texts(&short, &[])
}

pub(crate) fn request_ids() -> Vec<String> {
    let mut bad = uuids();
    bad.push("00000000-0000-0000-0000-000000000000".to_owned());
    bad
}

/// What no text on one line may hold.
pub(crate) fn lines() -> Vec<String> {
    let short = [
        "Ann\r\nBcc: eve@example.com",
        "Ann\nBcc: eve@example.com",
        "Ann\rBcc: eve@example.com",
        "Ann\0",
        "A\u{7}nn",
        "A\u{1b}[31mnn",
        "A\u{7f}nn",
        "A\u{85}nn",
        "A\u{2028}nn",
        "A\u{2029}nn",
        "A\u{202e}nn",
        "A\u{2066}nn",
        "A\u{200f}nn",
        "A\u{61c}nn",
        "A\u{200b}nn",
        "A\u{feff}nn",
        "A\u{e0041}nn",
        " ",
        "\u{3000}",
    ];
    texts(&short, &["é".repeat(201)])
}

pub(crate) fn emails() -> Vec<String> {
    let short = [
        "ann",
        "@example.com",
        "ann@",
        "ann@localhost",
        "ann@@example.com",
        "Ann <ann@example.com>",
        "<ann@example.com>",
        "\"ann\"@example.com",
        "ann@[127.0.0.1]",
        "ann@127.0.0.1",
        "ann @example.com",
        "ann@exam ple.com",
        " ann@example.com",
        "ann@example.com ",
        "ann..b@example.com",
        ".ann@example.com",
        "ann.@example.com",
        "ann@-example.com",
        "ann@example..com",
        "ann@example.com.",
        "ann@exa_mple.com",
        "ann@example.com,eve@example.com",
        "ann@example.com\r\nBcc: eve@example.com",
        "ann\r\n@example.com",
        "ann\n@example.com",
        "ann\0@example.com",
        "ann\u{85}@example.com",
        "ann\u{202e}@example.com",
        "ann\u{200b}@example.com",
        "ann\u{2066}@example.com",
        "ann@exam\u{202e}ple.com",
        "ann@xn--a.com",
        "=?utf-8?q?eve=40example.net=3E?=@example.com",
    ];
    texts(&short, &[format!("{}@example.com", "a".repeat(65)), format!("a@{}com", "abcdefgh.".repeat(29))])
}

pub(crate) fn languages() -> Vec<String> {
    texts(
        &["e", "en_US", "123", "en US", "en-", "-en", "é", "und", "en\r\n", "en\0", "en\u{202e}", "english language"],
        &[],
    )
}

pub(crate) fn kinds() -> Vec<String> {
    texts(
        &["Domain", "1domain", "-domain", "do main", "do_main", "domäne", "domain\n", "domain\0", "d\u{202e}omain"],
        &["a".repeat(33)],
    )
}

pub(crate) fn reasons() -> Vec<String> {
    let short = [
        "see https://evil.test/",
        "ftp://host",
        "go to www.evil.test now",
        "evil.test",
        "evil\u{3002}test",
        "a\0b",
        "a\rb",
        "a\u{7}b",
        "a\u{1b}[0mb",
        "a\u{85}b",
        "a\u{202e}b",
        "a\u{2028}b",
        "a\u{200b}b",
    ];
    texts(&short, &["é".repeat(501)])
}

pub(crate) fn masks(paths: &[&[&str]]) -> Vec<Option<FieldMask>> {
    let mask = |paths: &&[&str]| Some(FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() });
    paths.iter().map(mask).collect()
}

pub(crate) const ACCOUNT_MASKS: &[&[&str]] = &[
    &["name"],
    &["account_id"],
    &["create_time"],
    &["update_time"],
    &["etag"],
    &["*", "email"],
    &["email", "*"],
    &["account.email"],
    &["Email"],
    &[""],
    &["email", "e mail"],
    &["email.x"],
    &["displayName"],
];
pub(crate) const SERVICE_MASKS: &[&[&str]] = &[
    &["name"],
    &["service_id"],
    &["contacts"],
    &["contacts.technical"],
    &["open_change_ids"],
    &["create_time"],
    &["update_time"],
    &["etag"],
    &["*", "kind"],
    &["kind", "*"],
    &["service.kind"],
    &[""],
];
