//! Calls under TLS: certificates of the server and of its callers, and clients that only open connections.

use std::{fs, net::SocketAddr, time::Duration};

use relevo_tests::{
    Engine, TestServer, call_as, eventually,
    tls::{Authority, Issued},
    v1::GetAccountRequest,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, timeout},
};
use tonic::{metadata::MetadataMap, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

/// The certificate of a server, its key and the authority of its clients, in files.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new(authority: &Authority) -> Self {
        let files = Self(TempDir::new().unwrap());
        files.put(&authority.issues(&["localhost"]), authority);
        files
    }

    /// Puts others in their place.
    fn put(&self, server: &Issued, authority: &Authority) {
        self.write("server.pem", &server.certificate);
        self.write("server.key", &server.key);
        self.write("clients.pem", &authority.pem());
    }

    fn write(&self, name: &str, holds: &str) {
        fs::write(self.0.path().join(name), holds).unwrap();
    }

    pub(crate) fn settings(&self) -> String {
        let path = |name: &str| self.0.path().join(name).display().to_string();
        let (certificate, key, client_ca) = (path("server.pem"), path("server.key"), path("clients.pem"));
        format!("[grpc.tls]\ncertificate = {certificate:?}\nkey = {key:?}\nclient_ca = {client_ca:?}\n")
    }
}

/// Settings with callers that have certificates alone.
const CALLERS: &str = r#"
[[callers]]
name = "panel"
grants = ["read"]
certificates = ["spiffe://hosting.example/panel", "panel.hosting.example"]
[[callers]]
name = "orders"
grants = ["read"]
certificates = ["Orders.Hosting.Example"]
"#;

async fn serve(files: &Files) -> TestServer {
    TestServer::start_with(Engine::Sqlite, &(CALLERS.to_owned() + &files.settings())).await
}

/// Why a call is refused: that what it asks for is not there, if nothing else is in the way.
async fn reason(channel: &Channel) -> String {
    let message = GetAccountRequest { account_id: "an000001-ovh".to_owned() };
    let path = "/relevo.v1.ContactService/GetAccount";
    call_as(channel, path, message, MetadataMap::new()).await.unwrap_err().reason
}

const IS_KNOWN: &str = "ACCOUNT_NOT_FOUND";

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_known_by_a_name_in_a_certificate_of_the_authority_of_clients() {
    let authority = Authority::new();
    let server = serve(&Files::new(&authority)).await;
    let connect = async |client: Option<&Issued>| authority.connects(server.address(), client).await;
    let cases: [(&[&str], &str); 12] = [
        (&["spiffe://hosting.example/panel"], IS_KNOWN),
        (&["panel.hosting.example"], IS_KNOWN),
        (&["PANEL.hosting.example"], IS_KNOWN),
        (&["orders.hosting.example"], IS_KNOWN),
        (&["elsewhere.example", "spiffe://hosting.example/panel"], IS_KNOWN),
        (&["panel.hosting.example", "spiffe://hosting.example/panel"], IS_KNOWN),
        (&["panel.hosting.example", "orders.hosting.example"], "CALLER_UNKNOWN"),
        (&["spiffe://hosting.example/panel/x"], "CALLER_UNKNOWN"),
        (&["spiffe://hosting.example/Panel"], "CALLER_UNKNOWN"),
        (&["x.panel.hosting.example"], "CALLER_UNKNOWN"),
        (&["*.hosting.example"], "CALLER_UNKNOWN"),
        (&[], "CALLER_UNKNOWN"),
    ];
    for (names, expected) in cases {
        let channel = connect(Some(&authority.issues(names))).await.unwrap();
        assert_eq!(reason(&channel).await, expected, "{names:?}");
    }
    assert_eq!(reason(&connect(None).await.unwrap()).await, "CALLER_UNKNOWN");

    // No certificate is better than one that is not good: with it nothing is said at all.
    let name = ["spiffe://hosting.example/panel"];
    for not_good in [Authority::new().issues(&name), authority.issued_long_ago(&name)] {
        // With TLS 1.3 the client has done its part before the server has looked at it.
        if let Ok(channel) = connect(Some(&not_good)).await {
            assert!(!is_answered(channel).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_uri_that_looks_like_a_dns_name_is_nobodys() {
    let authority = Authority::new();
    let server = serve(&Files::new(&authority)).await;
    for (name, expected) in [("uri:panel.hosting.example", "CALLER_UNKNOWN"), ("panel.hosting.example", IS_KNOWN)] {
        let channel = authority.connects(server.address(), Some(&authority.issues(&[name]))).await.unwrap();
        assert_eq!(reason(&channel).await, expected, "{name}");
    }
}

/// Whether there is an answer to the question that everyone may ask.
async fn is_answered(channel: Channel) -> bool {
    HealthClient::new(channel).check(HealthCheckRequest::default()).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_in_clear_where_there_is_a_certificate() {
    let server = serve(&Files::new(&Authority::new())).await;
    assert!(!is_answered(server.channel()).await);
}

/// Waits until a client of this authority is known to the server, or known no more.
async fn becomes(server: SocketAddr, authority: &Authority, client: &Issued, is_known: bool) {
    let it_does = async || {
        let known = match authority.connects(server, Some(client)).await {
            Ok(channel) => is_answered(channel).await,
            Err(_) => false,
        };
        (known == is_known).then_some(())
    };
    eventually(&format!("a client is known: {is_known}"), Duration::from_secs(20), it_does).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_files_are_used_for_new_connections_and_broken_ones_are_not() {
    let (old, new) = (Authority::new(), Authority::new());
    let files = Files::new(&old);
    let server = serve(&files).await;
    let name = ["spiffe://hosting.example/panel"];
    let (of_old, of_new) = (old.issues(&name), new.issues(&name));
    let standing = old.connects(server.address(), Some(&of_old)).await.unwrap();
    assert_eq!(reason(&standing).await, IS_KNOWN);

    let issued = new.issues(&["localhost"]);
    files.put(&issued, &new);
    becomes(server.address(), &new, &of_new, true).await;
    becomes(server.address(), &old, &of_old, false).await;
    assert_eq!(reason(&standing).await, IS_KNOWN, "a connection that stands goes on");

    // A key of another certificate, a file that is not there, and then something that shows that both were looked at.
    files.write("server.key", &old.issues(&["localhost"]).key);
    stays(server.address(), &new, &of_new).await;
    fs::remove_file(files.0.path().join("server.pem")).unwrap();
    stays(server.address(), &new, &of_new).await;
    files.put(&old.issues(&["localhost"]), &old);
    becomes(server.address(), &old, &of_old, true).await;
}

/// That a client is known for longer than it takes until the files are looked at.
async fn stays(server: SocketAddr, authority: &Authority, client: &Issued) {
    let end = Instant::now() + Duration::from_secs(5);
    while Instant::now() < end {
        let channel = authority.connects(server, Some(client)).await.unwrap();
        assert_eq!(reason(&channel).await, IS_KNOWN);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// How long clients that say nothing are put up with, and that others are served meanwhile.
async fn silence_is_put_up_with_for_ten_seconds<S: AsyncRead + Unpin>(
    connect: impl AsyncFn() -> S,
    others: impl AsyncFn(),
) {
    let began = Instant::now();
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(connect().await);
    }
    others().await;
    assert!(began.elapsed() < Duration::from_secs(8), "nobody waits for those who say nothing");
    for mut silent in silent {
        let mut said = Vec::new();
        let ended = timeout(Duration::from_secs(20), silent.read_to_end(&mut said)).await;
        // Closed, or reset.
        let _ = ended.expect("it is hung up on");
    }
    assert!(began.elapsed() >= Duration::from_secs(9), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_opens_connections_and_says_nothing_holds_nobody_up_and_is_hung_up_on() {
    let authority = Authority::new();
    let files = Files::new(&authority);
    let server = serve(&files).await;
    let panel = authority.issues(&["spiffe://hosting.example/panel"]);
    let in_clear = TestServer::start(Engine::Sqlite).await;
    let (tls, clear) = (server.address(), in_clear.address());
    let others_under_tls = async || {
        let channel = authority.connects(tls, Some(&panel)).await.unwrap();
        assert_eq!(reason(&channel).await, IS_KNOWN);
    };
    let others_in_clear = async || assert_eq!(reason(&in_clear.another_channel()).await, IS_KNOWN);
    let open = async |to: SocketAddr| TcpStream::connect(to).await.unwrap();
    tokio::join!(
        silence_is_put_up_with_for_ten_seconds(async || open(clear).await, others_in_clear),
        silence_is_put_up_with_for_ten_seconds(async || open(tls).await, others_under_tls),
        silence_is_put_up_with_for_ten_seconds(async || authority.agrees(tls).await, others_under_tls),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_too_many_who_do_not_agree_on_tls_some_make_room() {
    let authority = Authority::new();
    let files = Files::new(&authority);
    let server = serve(&files).await;
    let panel = authority.issues(&["spiffe://hosting.example/panel"]);
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(TcpStream::connect(server.address()).await.unwrap());
    }
    let channel = timeout(Duration::from_secs(5), authority.connects(server.address(), Some(&panel))).await;
    assert_eq!(reason(&channel.unwrap().unwrap()).await, IS_KNOWN);
    let mut hung_up = JoinSet::new();
    for mut client in silent {
        hung_up.spawn(async move { client.read(&mut [0; 16]).await });
    }
    // Sooner than those are whom silence alone ends.
    let enough = async {
        for _ in 0..40 {
            assert!(matches!(hung_up.join_next().await, Some(Ok(Ok(0) | Err(_)))));
        }
    };
    timeout(Duration::from_secs(5), enough).await.unwrap();
}
