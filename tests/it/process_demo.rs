//! `relevo demo --serve`, and that nothing else serves a mailbox that was not told to.

use std::{fs, net::SocketAddr, time::Duration};

use relevo_tests::{
    Browser, Demo, Shown, eventually,
    process::{Serving, run},
    v1::Account,
};
use tokio::net::TcpListener;
use tonic::{Code, Request};
use tonic_prost::ProstCodec;

const SOON: Duration = Duration::from_secs(30);

/// How many addresses a process listens on.
fn listeners(id: u32) -> usize {
    const LISTEN: &str = "0A";
    let sockets: Vec<_> = fs::read_dir(format!("/proc/{id}/fd"))
        .unwrap()
        .filter_map(|file| fs::read_link(file.unwrap().path()).ok())
        .filter_map(|target| Some(target.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_owned()))
        .collect();
    let tables = ["tcp", "tcp6"].map(|table| fs::read_to_string(format!("/proc/net/{table}")).unwrap());
    let rows = tables.iter().flat_map(|table| table.lines().skip(1));
    let listening = rows.map(|row| row.split_whitespace().collect::<Vec<_>>());
    listening.filter(|row| row[3] == LISTEN && sockets.iter().any(|socket| socket == row[9])).count()
}

async fn get(address: SocketAddr, path: &str) -> Shown {
    let shown = Browser::at(address).goes_to(path).await;
    assert_eq!(shown.status, 200, "{path}: {}", shown.html);
    shown
}

/// The link in the newest mail of a kind to somebody, as its frame in the mailbox has it.
async fn link_of(mailbox: SocketAddr, kind: &str, of: &str) -> String {
    let list = get(mailbox, "/").await.html;
    let mails = list.split("<li><a href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let mail = mails.into_iter().find(|mail| mail.contains(&format!("-{kind}.")) && mail.ends_with(of)).unwrap();
    let frame = get(mailbox, &format!("{mail}/frame")).await.html;
    let (_, rest) = frame.split_once("class=\"button\" href=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_that_serves_can_be_clicked_through_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    // Somebody else is where it would be, or nobody: it finds a place.
    let _taken = TcpListener::bind("127.0.0.1:8025").await;
    let demo = Demo::start(folder.path(), &[]).await;
    let (mailbox, page) = (demo.at("Mailbox"), demo.at("Page"));
    assert_ne!(mailbox.port(), 8025);
    assert!(demo.said.iter().any(|line| line.contains("Open the mailbox, and the newest mail to Ann Archer")));

    let list = get(mailbox, "/").await.html;
    for name in ["Ann Archer", "Tom Tanner", "Nora Núñez", "Chloé Laurent", "Marek Zieliński"] {
        assert!(list.contains(&format!("{name} <b>")), "{name} in {list}");
    }
    for kind in ["confirm", "done", "replaced", "refused", "reminder", "expired"] {
        assert!(list.contains(&format!("<span class=\"kind\">{kind}</span>")), "{kind} in {list}");
    }

    // From the mailbox to the page, by Ann and then by Nora.
    let link = link_of(mailbox, "confirm", "aa123456-ovh.1").await;
    assert!(link.starts_with(&format!("http://{page}/changes/")), "{link}");
    let asked = Browser::at(page).opens(&link).await;
    assert_eq!(asked.offers(), ["accept", "refuse"], "{}", asked.text());
    let told = asked.presses("accept").await;
    assert_eq!((told.status, told.heading().as_str()), (200, "You have accepted"));
    let link = link_of(mailbox, "confirm", "nn345678-ovh.1").await;
    assert_eq!(Browser::at(page).opens(&link).await.presses("accept").await.status, 200);
    let (_, change_id) = link.split('#').next().unwrap().rsplit_once('/').unwrap();
    let told = format!("-done.{change_id}.nn345678-ovh.0");
    eventually("the mailbox shows who is told", SOON, async || {
        get(mailbox, "/").await.html.contains(&told).then_some(())
    })
    .await;
    let technical = demo.caller().see_service("example.com").await.unwrap().contacts.unwrap().technical;
    assert_eq!(technical, "nn345678-ovh");

    // The others are in the states that it says.
    for (kind, of, offers) in [
        ("confirm", "mz567890-ovh.2", &["accept", "refuse"][..]),
        ("confirm", "mz567890-ovh.1", &["resend"]),
        ("confirm", "aa123456-ovh.1", &[]),
        ("reminder", "cl456789-ovh.1", &[]),
    ] {
        let link = link_of(mailbox, kind, of).await;
        let shown = Browser::at(page).opens(&link).await;
        assert_eq!(shown.offers(), offers, "{kind} {of}: {}", shown.text());
    }

    assert_eq!(demo.stops_by("INT").await.code(), Some(0));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demonstration_in_a_folder_of_its_own_goes_on_as_it_was_left() {
    let folder = tempfile::tempdir().unwrap();
    let first = Demo::start(folder.path(), &["--dir", "kept"]).await;
    first.caller().account("zz999999-ovh", "").await.unwrap();
    let before = get(first.at("Mailbox"), "/").await;
    assert_eq!(first.stops_by("TERM").await.code(), Some(0));
    for file in ["relevo.db", "token.key", "mail"] {
        assert!(folder.path().join("kept").join(file).exists(), "{file}");
    }
    let second = Demo::start(folder.path(), &["--dir", "kept"]).await;
    assert!(!second.said.iter().any(|line| line.contains("Two minutes ago")), "{:?}", second.said);
    assert_eq!(get(second.at("Mailbox"), "/").await.header("etag"), before.header("etag"));
    let account = second.caller().account("zz999999-ovh", "").await.unwrap_err();
    assert_eq!(account.code(), Code::AlreadyExists);
    assert_eq!(second.stops_by("TERM").await.code(), Some(0));
    let history = [("RELEVO__DATABASE__URL", "sqlite://kept/relevo.db"), ("RELEVO__TOKEN__KEY_FILE", "kept/token.key")];
    let verified = run(folder.path(), &["audit", "verify"], &history).await;
    assert!(verified.status.success(), "{verified:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_served_where_it_is_asked_for_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let serving = Serving::start(folder.path(), &[]).await;
    assert_eq!(listeners(serving.id()), 2, "calls and the page");
    let page = serving.page.as_ref().unwrap().parse().unwrap();
    for path in ["/mails/x", "/mails/x/frame", "/mailbox.css", "/mailbox.js", "/mailbox.svg"] {
        assert_eq!(Browser::at(page).goes_to(path).await.status, 404, "{path}");
        let mut calls = tonic::client::Grpc::new(serving.channel());
        calls.ready().await.unwrap();
        let codec = ProstCodec::<Account, Account>::default();
        let call = calls.unary(Request::new(Account::default()), path.parse().unwrap(), codec);
        assert_eq!(call.await.unwrap_err().code(), Code::Unimplemented, "{path}");
    }
    assert_eq!(Browser::at(page).goes_to("/").await.status, 404);
    assert!(!serving.log().contains("mailbox"), "{}", serving.log());
    drop(serving);

    let serving = Serving::start(folder.path(), &[("RELEVO__MAILBOX__LISTEN", "[::1]:0")]).await;
    let mailbox = served(&serving, "mailbox=").await;
    assert_eq!(listeners(serving.id()), 3);
    assert!(serving.log().contains("can read every mail, with its code"), "{}", serving.log());
    assert!(get(mailbox, "/").await.html.contains("No mails yet"));
    serving.signal("TERM").await;
    assert!(serving.ended().await);

    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let environment = [
        ("RELEVO__GRPC__LISTEN", "127.0.0.1:0"),
        ("RELEVO__PAGE__LISTEN", ""),
        ("RELEVO__MAILBOX__LISTEN", address.as_str()),
    ];
    let output = run(folder.path(), &["serve"], &environment).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && said.contains(&format!("mailbox.listen: cannot listen on {address}")));
}

/// An address that is logged under a name.
async fn served(serving: &Serving, name: &str) -> SocketAddr {
    let logged = async || {
        let log = serving.log();
        let (_, rest) = log.split_once(name)?;
        rest.split_whitespace().next()?.parse().ok()
    };
    eventually("it says where", SOON, logged).await
}
