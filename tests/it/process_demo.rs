//! `relevo demo --serve`, and that nothing else serves a mailbox that was not told to.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use relevo_tests::{
    Caller, Letter, eventually,
    http1::{ask, get},
    process::{Serving, relevo, run},
    request_id,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    net::TcpListener,
    process::{Child, ChildStdout, Command},
    time::timeout,
};
use tonic::transport::Endpoint;

const SOON: Duration = Duration::from_secs(30);

/// `relevo demo --serve`, running.
struct Demo {
    child: Child,
    said: Vec<String>,
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Demo {
    async fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(relevo())
            .current_dir(folder)
            .args(["demo", "--serve"])
            .args(arguments)
            // So that its own folder is found, and that it goes away.
            .env("TMPDIR", folder)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = Vec::new();
        let telling = async {
            while said.last().is_none_or(|line: &String| !line.starts_with("Ctrl-C")) {
                said.push(lines.next_line().await.unwrap().unwrap());
            }
        };
        timeout(SOON, telling).await.unwrap();
        Self { child, said, _lines: lines }
    }

    /// An address that it has printed.
    fn at(&self, what: &str) -> SocketAddr {
        let lines = self.said.iter().filter_map(|line| line.trim().strip_prefix(what));
        let address = lines.map(str::trim).next().unwrap();
        address.trim_start_matches("http://").parse().unwrap()
    }

    fn caller(&self) -> Caller {
        Caller::over(Endpoint::from_shared(format!("http://{}", self.at("gRPC"))).unwrap().connect_lazy())
    }

    async fn stops_by(mut self, signal: &str) -> ExitStatus {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().await.unwrap().success());
        timeout(SOON, self.child.wait()).await.unwrap().unwrap()
    }
}

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

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_that_serves_can_be_clicked_through_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    // Somebody else is where it would be, or nobody: it finds a place.
    let _taken = TcpListener::bind("127.0.0.1:8025").await;
    let demo = Demo::start(folder.path(), &[]).await;
    let (mailbox, page) = (demo.at("Mailbox"), demo.at("Page"));
    assert_ne!(mailbox.port(), 8025);
    assert!(demo.said.iter().any(|line| line.contains("Open the mailbox, and the newest mail to Ann Archer")));

    let list = get(mailbox, "/").await.body;
    for name in ["Ann Archer", "Tom Tanner", "Nora Núñez", "Chloé Laurent", "Marek Zieliński"] {
        assert!(list.contains(&format!("{name} <b>")), "{name} in {list}");
    }
    for kind in ["confirm", "done", "replaced", "refused", "reminder", "expired"] {
        assert!(list.contains(&format!("<span class=\"kind\">{kind}</span>")), "{kind} in {list}");
    }
    // What the page shows is for its own tests; it is there, and that is where the newest mail leads.
    assert_ne!(ask(page, "GET", "/", &[], "").await.status, 421);
    let mails = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path().join("mail");
    let letters = |of: &str, kind: &str| {
        let mut names: Vec<_> = fs::read_dir(&mails).unwrap().map(|file| file.unwrap().path()).collect();
        names.retain(|path| path.to_string_lossy().contains(&format!("{of}-ovh")));
        names.retain(|path| path.to_string_lossy().contains(&format!("-{kind}.")));
        names.sort();
        names.iter().map(|path| Letter::parse(&fs::read(path).unwrap(), "")).collect::<Vec<_>>()
    };
    let [anns, noras] = ["aa123456", "nn345678"].map(|of| letters(of, "confirm").pop().unwrap());
    let link = format!("http://{page}/changes/");
    let change_id = anns.text.split(&link).nth(1).unwrap().split('#').next().unwrap().to_owned();
    assert!(noras.text.contains(&format!("{link}{change_id}#{}", noras.token())));

    // The story goes on from where it was left.
    let caller = demo.caller();
    for (account_id, letter) in [("aa123456-ovh", &anns), ("nn345678-ovh", &noras)] {
        caller.accept(&change_id, account_id, &letter.token(), &request_id()).await.unwrap();
    }
    let technical = caller.see_service("example.com").await.unwrap().contacts.unwrap().technical;
    assert_eq!(technical, "nn345678-ovh");
    let told = format!("-done.{change_id}.nn345678-ovh.0");
    eventually("the mailbox shows who is told", SOON, async || {
        get(mailbox, "/").await.body.contains(&told).then_some(())
    })
    .await;

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
    assert_eq!(account.code(), tonic::Code::AlreadyExists);
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
    let page = served(&serving, "page=").await;
    for address in [serving.address.parse().unwrap(), page] {
        for target in ["/mails", "/mails/x", "/mailbox.css", "/mailbox.js", "/mailbox.svg"] {
            // Calls are HTTP/2, to which this is nonsense.
            if address == page {
                assert_eq!(ask(page, "GET", target, &[], "").await.status, 404, "{target}");
            }
        }
    }
    assert!(!serving.log().contains("mailbox"), "{}", serving.log());
    drop(serving);

    let serving = Serving::start(folder.path(), &[("RELEVO__MAILBOX__LISTEN", "[::1]:0")]).await;
    let mailbox = served(&serving, "mailbox=").await;
    assert_eq!(listeners(serving.id()), 3);
    assert!(serving.log().contains("can read every mail, with its code"), "{}", serving.log());
    assert!(get(mailbox, "/").await.body.contains("No mails yet"));
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
