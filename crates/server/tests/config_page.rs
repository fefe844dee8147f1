//! What operators may say about the page, and what they are told when it is not right.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

use std::fs;

use relevo_server::Config;
use tempfile::TempDir;

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

#[test]
fn the_page_is_served_on_a_loopback_address_or_where_a_proxy_is_said_to_stand_before_it() {
    let listen = |toml: &str| Config::parse(toml).unwrap().page.listen;
    assert_eq!(listen(""), Some("127.0.0.1:8080".parse().unwrap()));
    assert_eq!(listen("page.listen = \"\""), None);
    assert_eq!(listen("page.listen = \"[::1]:80\""), Some("[::1]:80".parse().unwrap()));
    is_wrong("page.listen = \"0.0.0.0:8080\"", "page.insecure", "must be true, as page.listen is 0.0.0.0:8080");
    assert_eq!(listen("[page]\nlisten = \"0.0.0.0:8080\"\ninsecure = true"), Some("0.0.0.0:8080".parse().unwrap()));
    for address in ["localhost:8080", "8080", "127.0.0.1"] {
        is_wrong(&format!("page.listen = {address:?}"), "page.listen", "must be an address and a port");
    }
}

#[test]
fn a_link_of_the_companys_own_holds_the_change_and_behind_the_number_sign_the_code() {
    for template in [
        "https://panel.example.com/changes/{change_id}#{token}",
        "http://127.0.0.1/#/relevo/{change_id}/{token}",
        "https://panel.example.com/?change={change_id}#code={token}&x=1",
    ] {
        assert_eq!(Config::parse(&format!("page.link_template = {template:?}")).unwrap().page.link_template, template);
    }
    for template in [
        "https://panel.example.com/",
        "https://panel.example.com/{change_id}",
        "https://panel.example.com/#{token}",
        "https://panel.example.com/{change_id}?code={token}",
        "https://panel.example.com/{token}#{change_id}",
        "https://panel.example.com/{change_id}#{token}{token}",
        "panel.example.com/{change_id}#{token}",
        "javascript:x/{change_id}#{token}",
        "https://{change_id}#{token}",
        "https://panel.example.com/ {change_id}#{token}",
        "https://panel.example.com/\"{change_id}#{token}",
    ] {
        is_wrong(
            &format!("page.link_template = {template:?}"),
            "page.link_template",
            "must be an http or https address",
        );
    }
}

#[test]
fn mails_into_a_folder_and_a_page_for_others_do_not_go_together() {
    let said = |toml: &str| Config::parse(toml).unwrap().check_mails_reach().map_err(|error| error.to_string());
    for url in ["http://127.0.0.1:8080", "http://localhost/x", "http://[::1]:80", "http://127.0.0.2"] {
        assert_eq!(said(&format!("page.public_url = {url:?}")), Ok(()), "{url}");
    }
    for url in ["https://r.example.com", "http://10.0.0.1:8080/", "http://localhost.example.com", "http://[fd00::1]"] {
        let toml = format!("page.public_url = {url:?}");
        let error = said(&toml).unwrap_err();
        assert!(error.contains("\n  mail.transport: must be smtp, as page.public_url is http"), "{error}");
        assert_eq!(said(&format!("{toml}\nmail.transport = \"smtp\"")), Ok(()));
    }
}

#[test]
fn what_the_page_looks_like_is_checked_where_it_would_not_be_readable() {
    let look = |toml: &str| Config::parse(toml).unwrap().page.look;
    assert_eq!(look("").name, "Relevo");
    assert_eq!(look("mail.from = \"Example Hosting <a@b.example>\"").name, "Example Hosting");
    assert_eq!(look("mail.from = \"a@b.example\"").name, "Relevo");
    assert_eq!(look("page.name = \"Hosting & Söhne\"").name, "Hosting & Söhne");
    assert_eq!(look("page.accent = \"#003366\"").accents, ["#003366", "#1c7d77"]);
    is_wrong("page.name = \"a\\nb\"", "page.name", "must be 1 to 200 characters");
    for (key, colour) in [("page.accent", "#ffcc00"), ("page.accent_dark", "#3fa7a0")] {
        is_wrong(&format!("{key} = {colour:?}"), key, "must be darker: the white text of a button has a contrast of");
    }
    for colour in ["", "teal", "#123", "17706b", "#17706b; } body { display: none"] {
        is_wrong(&format!("page.accent = {colour:?}"), "page.accent", "must be a colour, as in #17706b");
    }
    for proxy in ["10.0.0.0/8", "proxy.example.com", ""] {
        is_wrong(&format!("page.proxies = [{proxy:?}]"), "page.proxies", "must be addresses");
    }
}

#[test]
fn a_logo_is_a_small_picture() {
    let folder = TempDir::new().unwrap();
    let with = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        format!("page.logo = {:?}", path.display().to_string())
    };
    let extension = |toml: &str| Config::parse(toml).unwrap().page.look.logo.unwrap().extension;
    assert_eq!(extension(&with("a", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>")), "svg");
    assert_eq!(extension(&with("b", b"<?xml version=\"1.0\"?>\n<!-- x -->\n<svg/>")), "svg");
    assert_eq!(extension(&with("c", b"\x89PNG\r\n\x1a\n")), "png");
    is_wrong(&with("d", b"GIF89a"), "page.logo", "must be an SVG or a PNG file");
    is_wrong(&with("e", b"<html><svg/></html>"), "page.logo", "must be an SVG or a PNG file");
    let large = [b"<svg>".as_slice(), &[b' '; 20_000]].concat();
    is_wrong(&with("f", &large), "page.logo", "must be at most 20000 bytes");
    is_wrong("page.logo = \"/there/is/none.svg\"", "page.logo", "/there/is/none.svg: No such file");
}
