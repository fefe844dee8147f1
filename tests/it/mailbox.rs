//! The mailbox: what a browser is shown of the mails that were sent, and who is shown nothing.

use std::{fs, net::SocketAddr, os::unix::fs::symlink, path::PathBuf, time::Duration};

use relevo_tests::{
    Browser, Engine, Letter, Person, Shown, TestServer,
    v1::{Account, UpdateAccountRequest},
};

const MAILBOX: &str = "mailbox.listen = \"127.0.0.1:0\"";
/// An attack on whoever reads it, in each form that a text can take.
const MARKUP: &str = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;";
/// The same where only words may stand.
const MARKED_NAME: &str = "Nora <b onload=x> & \"Co\"";

struct Story {
    server: TestServer,
    ann: Person,
    nora: Person,
}

/// Ann has named Nora, and both have their mails.
async fn story() -> Story {
    let server = TestServer::start_with(Engine::Sqlite, MAILBOX).await;
    let ann = server.person("Ann").await;
    let nora = server.person_speaking("Nora", "es").await;
    ann.orders("example.com").await;
    ann.names(&nora).technical("example.com").await.unwrap();
    server.deliver().await;
    Story { server, ann, nora }
}

impl Story {
    fn at(&self) -> SocketAddr {
        self.server.mailbox()
    }

    fn folder(&self) -> PathBuf {
        self.server.home().folder().join("mail")
    }

    /// Puts a mail there that Relevo would not send.
    fn puts(&self, name: &str, raw: &str) {
        fs::write(self.folder().join(format!("{name}.eml")), raw.replace('\n', "\r\n")).unwrap();
    }

    /// The address of the newest mail of a kind to somebody.
    async fn finds(&self, kind: &str, of: &Person) -> String {
        let page = get(self.at(), &format!("/?to={}", of.account_id)).await;
        let found = links(&page).into_iter().find(|link| link.contains(&format!("-{kind}.")));
        found.unwrap().split('?').next().unwrap().to_owned()
    }
}

/// Asks for what has to be there.
async fn get(address: SocketAddr, target: &str) -> Shown {
    let shown = Browser::at(address).goes_to(target).await;
    assert_eq!(shown.status, 200, "{target}: {}", shown.html);
    shown
}

async fn ask(address: SocketAddr, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Shown {
    Browser::at(address).asks(method, target, headers, body).await
}

/// The mails that a page lists, in order.
fn links(page: &Shown) -> Vec<String> {
    let links = page.html.split("<li><a href=\"").skip(1);
    links.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// How often a text occurs in what a page shows.
fn count(page: &Shown, text: &str) -> usize {
    page.html.matches(text).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_without_mails_says_so_and_how_to_have_some() {
    let server = TestServer::start_with(Engine::Sqlite, MAILBOX).await;
    let page = get(server.mailbox(), "/").await;
    assert!(page.html.contains("No mails yet") && page.html.contains("relevo send-test-mail"), "{}", page.html);
    let page = get(server.mailbox(), "/?to=nobody-ovh").await;
    assert!(page.html.contains("No mails for nobody-ovh"), "{}", page.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mail_is_listed_newest_first_and_a_new_one_as_soon_as_it_is_sent() {
    let story = story().await;
    let page = get(story.at(), "/").await;
    assert_eq!(links(&page).len(), 2);
    assert!(page.html.contains("2 mails") && page.html.contains("<title>Mailbox (2)</title>"));
    assert!(page.html.contains("Please confirm: new technical contact for example.com"));
    assert!(page.html.contains("lang=\"es\">Le proponen como contacto técnico de example.com"));
    let tag = page.header("etag").unwrap().to_owned();

    // Whoever asks again is told in a few bytes that nothing is new.
    let known = [("if-none-match", tag.as_str())];
    let again = ask(story.at(), "GET", "/", &known, "").await;
    assert_eq!((again.status, again.html.as_str()), (304, ""));

    story.server.advance(Duration::from_secs(60));
    let change = story.ann.lists_changes().await.remove(0);
    story.ann.cancels(&change).await.unwrap();
    story.server.deliver().await;
    let page = ask(story.at(), "GET", "/", &known, "").await;
    assert_eq!(page.status, 200);
    assert_ne!(page.header("etag").unwrap(), tag);
    let listed = links(&page);
    assert!(listed.len() == 3 && listed[0].contains("-cancelled."), "{listed:?}");
    assert!(listed.is_sorted_by(|newer, older| newer >= older));
    // Nothing is kept: what is taken away is gone.
    fs::remove_dir_all(story.folder()).unwrap();
    fs::create_dir(story.folder()).unwrap();
    assert!(get(story.at(), "/").await.html.contains("No mails yet"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_recipient_has_his_own_list_and_count() {
    let story = story().await;
    let change = story.ann.lists_changes().await.remove(0);
    story.server.advance(Duration::from_secs(60));
    story.nora.asks_to_resend(&change).await.unwrap();
    story.server.deliver().await;
    let (ann, nora) = (&story.ann.account_id, &story.nora.account_id);

    let page = get(story.at(), "/").await;
    assert!(page.html.contains("<a href=\"/\" aria-current=\"true\">Everyone <b>3</b></a>"));
    for (id, line) in [(ann, ">Ann <b>1</b>"), (nora, ">Nora <b>2</b>")] {
        assert!(page.html.contains(&format!("<a href=\"/?to={id}\"{line}")), "{}", page.html);
    }
    for (id, mails) in [(ann, 1), (nora, 2)] {
        let page = get(story.at(), &format!("/?to={id}")).await;
        let listed = links(&page);
        assert_eq!(listed.len(), mails);
        assert!(listed.iter().all(|link| link.contains(&format!(".{id}.")) && link.ends_with(&format!("?to={id}"))));
        // The others are still there to be chosen, and the mail that is opened stays among his.
        assert_eq!(count(&page, "<b>3</b>") + count(&page, "<b>1</b>") + count(&page, "<b>2</b>"), 3);
        assert_eq!(count(&page, "aria-current=\"true\""), 1);
        let opened = get(story.at(), &listed[0]).await;
        assert_eq!(links(&opened), listed);
        assert_eq!(count(&opened, "aria-current=\"page\""), 2, "the mail in the list, and its part");
    }
    for nobody in ["/?to=zz999999-ovh", "/?to=%3Cscript%3E", "/?to=../..", "/?x=1&to=a%00b"] {
        assert!(links(&get(story.at(), nobody).await).is_empty(), "{nobody}");
    }
    assert_eq!(links(&get(story.at(), "/?to=&x=1").await).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_shown_as_html_as_text_and_as_it_was_sent() {
    let story = story().await;
    let mail = story.finds("confirm", &story.ann).await;
    let page = get(story.at(), &mail).await;
    let frame = format!("<iframe src=\"{mail}/frame\"");
    for shown in [&*frame, "Please confirm: new technical contact for example.com</h1>", "ann@example.com", "Relevo"] {
        assert!(page.html.contains(shown), "{shown} in {}", page.html);
    }
    let text = get(story.at(), &format!("{mail}/text")).await;
    let raw = fs::read(story.folder().join(format!("{}.eml", mail.rsplit('/').next().unwrap()))).unwrap();
    let code = Letter::parse(&raw, "").token();
    assert!(text.html.contains(&format!("\n    {code}\n")), "{}", text.html);
    let link = text.html.split("<a href=\"http://127.0.0.1:8080/changes/").nth(1).unwrap();
    let link = link.split('"').next().unwrap();
    assert!(link.ends_with(&format!("#{code}")), "{link}");
    assert!(text.html.contains("target=\"_blank\" rel=\"noopener noreferrer\""));
    let frame = get(story.at(), &format!("{mail}/frame")).await;
    assert!(frame.html.contains(&format!("/changes/{link}\"")) && frame.html.contains("Please confirm your request"));
    let source = get(story.at(), &format!("{mail}/source")).await;
    for header in ["Subject: Please confirm", "Message-ID: &#60;confirm.", "Content-Type: multipart/alternative"] {
        assert!(source.html.contains(header), "{header} in {}", source.html);
    }
    assert!(!source.html.contains("<iframe"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_html_of_a_mail_runs_nothing_and_opens_its_links_elsewhere() {
    let story = story().await;
    let mail = story.finds("confirm", &story.ann).await;
    let page = get(story.at(), &mail).await;
    let sandbox = "sandbox=\"allow-popups allow-popups-to-escape-sandbox\"";
    assert!(count(&page, "<iframe") == 1 && count(&page, sandbox) == 1, "{}", page.html);
    // Opened by itself, it is as confined.
    let frame = get(story.at(), &format!("{mail}/frame")).await;
    let policy = frame.header("content-security-policy").unwrap();
    assert_eq!(
        policy,
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; \
         sandbox allow-popups allow-popups-to-escape-sandbox"
    );
    assert_eq!(frame.header("x-frame-options"), Some("SAMEORIGIN"));
    assert!(frame.html.contains("<head><base target=\"_blank\">"));
    // Whatever the mail holds, it is shown as it is: nothing is taken out that its reader would get.
    story.puts(
        "20260105T100000.000000-test.1",
        &format!("Subject: x\nContent-Type: text/html; charset=utf-8\n\n{MARKUP}\n"),
    );
    let frame = get(story.at(), "/mails/20260105T100000.000000-test.1/frame").await;
    assert!(frame.html.starts_with(&format!("<base target=\"_blank\">{MARKUP}")), "{}", frame.html);
    assert_eq!(frame.header("content-security-policy").unwrap(), policy);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_mail_becomes_markup_of_the_mailbox() {
    let story = story().await;
    // A name that people may have.
    let account = Account {
        account_id: story.nora.account_id.clone(),
        display_name: MARKED_NAME.to_owned(),
        ..Default::default()
    };
    let update = UpdateAccountRequest { account: Some(account), ..Default::default() };
    story.server.contacts().update_account(update).await.unwrap();
    let change = story.ann.lists_changes().await.remove(0);
    story.ann.cancels(&change).await.unwrap();
    story.server.deliver().await;
    // And what only somebody writes who can write into the folder.
    let mail = "20260105T100000.000000-test.<b>";
    story.puts(mail, "Subject: not listed\n\nx\n");
    story.puts(
        "20260105T100000.000001-test.1",
        &format!(
            "From: {MARKUP} <a@b.example>\nTo: \"{}\" <\"{MARKUP}\"@c.example>\nSubject: {MARKUP}\n\
             Content-Language: \"><script>\nContent-Type: text/plain; charset=utf-8\n\n\
             {MARKUP}\nhttp://x\"onmouseover=alert(3)\njavascript:alert(4)\n</pre>{MARKUP}\n",
            MARKUP.replace('"', "")
        ),
    );
    let name = story.finds("cancelled", &story.nora).await;
    let odd = "/mails/20260105T100000.000001-test.1";
    for target in [
        "/".to_owned(),
        "/?to='onload=x'%3Cscript%3E".to_owned(),
        name,
        odd.to_owned(),
        format!("{odd}/text"),
        format!("{odd}/source"),
    ] {
        let page = get(story.at(), &target).await;
        // Of ours there is one script, which is a file.
        assert_eq!(count(&page, "<script"), 1, "{target}: {}", page.html);
        assert!(page.html.contains("<script src=\"/mailbox.js\" defer></script>"));
        for tag in ["<b o", "<img src=x", "x\"onmouseover", "href=\"javascript:", "not listed"] {
            assert!(!page.html.contains(tag), "{tag} in {target}: {}", page.html);
        }
        assert!(count(&page, "</pre>") <= 1, "{target}");
    }
    let list = get(story.at(), "/").await;
    assert!(list.html.contains("Nora &#60;b onload=x&#62; &#38; &#34;Co&#34;"), "{}", list.html);
    assert!(list.html.contains("&#60;script&#62;alert(1)&#60;/script&#62;"), "{}", list.html);
}

#[tokio::test(flavor = "multi_thread")]
async fn under_another_name_than_a_loopback_one_with_its_port_nothing_is_shown() {
    let story = story().await;
    let port = story.at().port();
    for host in ["localhost", "LocalHost", "127.0.0.1", "127.8.8.8", "[::1]"] {
        let host = format!("{host}:{port}");
        let answer = ask(story.at(), "GET", "/", &[("host", &host)], "").await;
        assert_eq!(answer.status, 200, "{host}");
    }
    let mail = story.finds("confirm", &story.ann).await;
    let hosts = [
        format!("evil.example:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
        format!("localhost.evil.example:{port}"),
        format!("localhost@evil.example:{port}"),
        format!("192.168.0.1:{port}"),
        format!("0.0.0.0:{port}"),
        format!("127.0.0.1:{}", port ^ 1),
        "127.0.0.1".to_owned(),
        "localhost".to_owned(),
        String::new(),
    ];
    for host in &hosts {
        for target in ["/", &mail, &format!("{mail}/frame"), "/mailbox.js", "/nothing"] {
            for method in ["GET", "HEAD", "POST"] {
                let answer = ask(story.at(), method, target, &[("host", host)], "").await;
                assert_eq!(answer.status, 421, "{method} {target} of {host:?}");
                assert!(!answer.html.contains("Ann") && !answer.html.contains("alert"), "{}", answer.html);
            }
        }
    }
    // What the request line names counts as well, and so does each of several.
    let good = format!("Host: 127.0.0.1:{port}\r\n");
    for request in [
        format!("GET http://evil.example:{port}/ HTTP/1.1\r\n{good}"),
        format!("GET / HTTP/1.1\r\n{good}Host: evil.example:{port}\r\n"),
        format!("GET / HTTP/1.1\r\nHost: evil.example:{port}\r\n{good}"),
        "GET / HTTP/1.0\r\n".to_owned(),
    ] {
        let answer = Browser::at(story.at()).hears(format!("{request}Connection: close\r\n\r\n").as_bytes()).await;
        assert!(matches!(answer.status, 400 | 421), "{request}: {}", answer.status);
        assert!(!answer.html.contains("Ann"), "{request}");
    }
    let absolute = format!("GET http://127.0.0.1:{port}/ HTTP/1.1\r\n{good}Connection: close\r\n\r\n");
    assert_eq!(Browser::at(story.at()).hears(absolute.as_bytes()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_can_be_changed_through_it() {
    let story = story().await;
    let mail = story.finds("confirm", &story.ann).await;
    for target in ["/", &mail, &format!("{mail}/source"), "/mailbox.css", "/nothing"] {
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
            let answer = ask(story.at(), method, target, &[], "x=1").await;
            assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{method} {target}");
        }
    }
    assert_eq!(links(&get(story.at(), "/").await).len(), 2);
    let (whole, head) = (get(story.at(), &mail).await, ask(story.at(), "HEAD", &mail, &[], "").await);
    assert_eq!((head.status, head.html.as_str()), (200, ""));
    for name in ["content-length", "content-type", "etag", "content-security-policy"] {
        assert_eq!(head.header(name), whole.header(name), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_opened_but_the_mails_that_are_listed() {
    let story = story().await;
    let folder = story.folder();
    let secret = story.server.home().folder().join("secret.eml");
    fs::write(&secret, "Subject: secret\n\nsecret\n").unwrap();
    fs::write(folder.join("notes.eml"), "Subject: secret\n\nsecret\n").unwrap();
    fs::write(folder.join("20260105T090000.000000-test.1.partial"), "Subject: secret\n\nsecret\n").unwrap();
    symlink(&secret, folder.join("20260105T090000.000000-test.2.eml")).unwrap();
    fs::create_dir(folder.join("20260105T090000.000000-test.3.eml")).unwrap();
    let mail = story.finds("confirm", &story.ann).await;
    let mail = mail.trim_start_matches("/mails/");
    let long = "a".repeat(8000);
    for name in [
        "..",
        "../secret",
        "..%2fsecret",
        "..%2Fsecret.eml",
        "%2e%2e%2fsecret",
        "%252e%252e%252fsecret",
        "..%5csecret",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "notes",
        "notes.eml",
        "20260105T090000.000000-test.1",
        "20260105T090000.000000-test.2",
        "20260105T090000.000000-test.3",
        &format!("{mail}.eml"),
        &format!("{mail}%00"),
        &format!("./{mail}"),
        &format!("..%2fmail%2f{mail}"),
        &mail.to_uppercase(),
        "%ff%fe",
        "",
        &long,
    ] {
        for part in ["", "/text", "/source", "/frame"] {
            let answer = ask(story.at(), "GET", &format!("/mails/{name}{part}"), &[], "").await;
            assert!(matches!(answer.status, 400 | 404), "{name}{part}: {}", answer.status);
            assert!(!answer.html.contains("secret") || name.contains("secret"), "{name}: {}", answer.html);
            assert!(!answer.html.contains("Subject") && !answer.html.contains("root:"), "{name}: {}", answer.html);
        }
    }
    for target in ["/mail", "/mails", "/mails/", "/favicon.ico", "/changes/1", "/relevo.v1.ContactService/GetService"] {
        assert_eq!(ask(story.at(), "GET", target, &[], "").await.status, 404, "{target}");
    }
    assert_eq!(links(&get(story.at(), "/").await).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thousands_of_mails_the_newest_are_listed_and_all_are_counted() {
    let story = story().await;
    for n in 0..5000 {
        let (minute, second) = (n / 60, n % 60);
        let name = format!("20260106T{:02}{:02}{second:02}.000000-done.x.zz{n:06}-ovh.0", minute / 60, minute % 60);
        story.puts(&name, &format!("To: Person {n} <p@example.com>\nSubject: Number {n}\n\n{}\n", "x".repeat(20_000)));
    }
    let page = get(story.at(), "/").await;
    assert_eq!(links(&page).len(), 200);
    assert!(page.html.contains("The newest 200 of 5002 mails"), "{}", &page.html[..2000]);
    assert!(page.html.contains("Number 4999<") && page.html.contains("Number 4800<"));
    assert!(!page.html.contains("Number 4799<"));
    assert!(page.html.len() < 120_000, "{}", page.html.len());
    // Those that are not listed are still there, by whose they are and by name.
    let page = get(story.at(), &format!("/?to={}", story.ann.account_id)).await;
    assert_eq!(links(&page).len(), 1);
    assert!(page.html.contains("Please confirm: new technical contact for example.com"));
    let oldest = get(story.at(), "/mails/20260106T000000.000000-done.x.zz000000-ovh.0/text").await;
    assert!(oldest.html.contains("Number 0<") && oldest.html.len() < 150_000, "{}", oldest.html.len());
    // A mail that is out of all proportion is not sent as a whole.
    story.puts("20260107T000000.000000-test.1", &format!("Subject: Huge\n\n{}\n", "y".repeat(9_000_000)));
    let huge = get(story.at(), "/mails/20260107T000000.000000-test.1/source").await;
    assert!(huge.html.contains("Huge<") && huge.html.len() < 1_200_000, "{}", huge.html.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_answered_the_browser_is_told_what_it_may_do_with_it() {
    let story = story().await;
    let mail = story.finds("confirm", &story.ann).await;
    let ours = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let frame = format!("{mail}/frame");
    let all = ["/", &mail, &frame, "/mailbox.css", "/mailbox.js", "/mailbox.svg", "/nothing", "/mails/none"];
    for (method, target) in all.into_iter().map(|target| ("GET", target)).chain([("POST", "/")]) {
        let answer = ask(story.at(), method, target, &[], "").await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{target} {name}");
        }
        if target != frame {
            assert_eq!(answer.header("content-security-policy"), Some(ours), "{target}");
            assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{target}");
        }
        assert!(answer.header("content-type").is_some() && answer.header("set-cookie").is_none(), "{target}");
        assert!(answer.header("access-control-allow-origin").is_none(), "{target}");
        // Nothing comes from elsewhere, and nothing stands in a page that its policy forbids.
        if target != frame && target != "/mailbox.svg" {
            for word in ["style=", "onclick", "http://", "https://"] {
                assert!(!answer.html.contains(word), "{word} in {target}");
            }
        }
    }
    // Not there any more.
    fs::remove_dir_all(story.folder()).unwrap();
    let answer = ask(story.at(), "GET", "/", &[], "").await;
    assert_eq!(answer.status, 500);
    assert!(answer.html.contains("No such file") && answer.header("content-security-policy") == Some(ours));
}
