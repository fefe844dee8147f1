//! The page as a server: how often it is asked, by whom, by clients that do what no browser does; and when it cannot answer.

use std::time::{Duration, Instant};

use relevo_tests::{Browser, Engine, TestServer, eventually, on_every_engine, process::Serving};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::page::Scene;

on_every_engine!(
    who_asks_too_often_is_told_when_to_come_again_and_others_are_not,
    while_the_database_does_not_answer_the_same_form_is_offered_again_and_counts_once,
);

const SOON: Duration = Duration::from_secs(30);

async fn who_asks_too_often_is_told_when_to_come_again_and_others_are_not(on: Engine) {
    let settings = "[limits.page]\nper_minute = 6\nburst = 3\n[page]\nproxies = [\"127.0.0.1\", \"10.0.0.8\"]\n";
    let it = Scene::set(on, settings).await;
    let of = |forwarded: &str| it.server.browser().with("x-forwarded-for", forwarded);
    let (path, token) = (it.path(), it.noras.token());
    let look = [("token", token.as_str())];
    for _ in 0..3 {
        assert_eq!(of("192.0.2.1").posts(&path, &look).await.status, 200);
    }
    for forwarded in ["192.0.2.1", "198.51.100.7, 192.0.2.1", "192.0.2.1, 10.0.0.8"] {
        let limited = of(forwarded).posts(&path, &look).await;
        assert_eq!((limited.status, limited.header("retry-after")), (429, Some("10")), "{forwarded}");
        assert!(limited.text().contains("Please try again in 10 seconds. Your code stays good."), "{}", limited.text());
    }
    // To ask for the form is no attempt, and others have their own.
    assert_eq!(of("192.0.2.1").goes_to(&path).await.status, 200);
    for _ in 0..3 {
        assert_eq!(of("2001:db8:1:2::1").posts(&path, &look).await.status, 200);
    }
    assert_eq!(of("2001:db8:1:2:ffff::9").posts(&path, &look).await.status, 429);
    assert_eq!(of("2001:db8:1:3::1").posts(&path, &look).await.status, 200);
    // The wait that is said is true, and the form is kept for it.
    let limited = of("192.0.2.1").posts(&path, &[look[0], ("step", "refuse"), ("reason", "No.")]).await;
    it.server.advance(Duration::from_millis(9_999));
    assert_eq!(limited.presses("refuse").await.status, 429);
    it.server.advance(Duration::from_millis(1));
    assert_eq!(limited.presses("refuse").await.heading(), "You have refused");
    it.ann.reads_one("refused").await;
}

async fn while_the_database_does_not_answer_the_same_form_is_offered_again_and_counts_once(on: Engine) {
    let it = Scene::set(on, "").await;
    let asked = it.opens(&it.noras).await;
    let mut other = it.server.home().database().await;
    other.holds_up().await;
    let begin = Instant::now();
    let away = asked.presses_with("refuse", &[("reason", "Not <now>.")]).await;
    assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
    assert_eq!((away.status, away.header("retry-after")), (503, Some("1")));
    assert_eq!(
        (away.heading().as_str(), away.offers()),
        ("This does not work at the moment", vec!["refuse".to_owned()])
    );
    for inner in ["database", "sql", "postgres", "pool"] {
        assert!(!away.text().to_lowercase().contains(inner), "{}", away.text());
    }
    other.lets_go().await;
    let refused = eventually("it works again", SOON, async || {
        let shown = away.presses("refuse").await;
        (shown.status != 503).then_some(shown)
    });
    assert_eq!(refused.await.heading(), "You have refused");
    assert!(away.presses("refuse").await.text().contains("Not <now>."));
    it.ann.reads_one("refused").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_there_is_no_room_the_same_form_is_offered_again() {
    let it = Scene::set(Engine::Sqlite, "[limits.caller]\nconcurrent_calls = 1\n").await;
    let asked = it.opens(&it.noras).await;
    let mut other = it.server.home().database().await;
    other.holds_up().await;
    let (one, busy) = tokio::join!(
        asked.presses("accept"),
        eventually("there is no room", SOON, async || {
            let shown = asked.presses("accept").await;
            (shown.status == 503).then_some(shown)
        })
    );
    other.lets_go().await;
    assert_eq!((one.status, busy.offers()), (503, vec!["accept".to_owned()]));
    let done = eventually("there is room", SOON, async || {
        let shown = busy.presses("accept").await;
        (shown.status == 200).then_some(shown)
    });
    assert_eq!(done.await.heading(), "You have accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_browser_sends_is_refused_and_the_next_is_answered() {
    let server = TestServer::start(Engine::Sqlite).await;
    let browser = server.browser();
    let path = "/changes/01a2077e-bd2f-70b5-9765-98035d47d888";
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let large = format!("token={}", "7".repeat(16 * 1024));
    assert_eq!(browser.asks("POST", path, &form, &large).await.status, 413);
    assert_eq!(browser.asks("GET", path, &[("x-large", &"x".repeat(17 * 1024))], "").await.status, 431);
    assert_eq!(browser.asks("GET", &format!("/{}", "x".repeat(20 * 1024)), &[], "").await.status / 100, 4);
    let many: Vec<_> = (0..150).map(|n| format!("x-{n}")).collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), "x")).collect();
    assert_eq!(browser.asks("GET", path, &many, "").await.status, 431);
    for bytes in
        [&b"\0\0\0\0\r\n\r\n"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /\r\n\r\n"]
    {
        let answer = String::from_utf8_lossy(&browser.says(bytes).await).into_owned();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    for path in ["/", "/changes", "/changes/", "/changes/x", "/changes/%00", "/..%2f", "/assets/", "/admin", "*", "//x"]
    {
        let shown = browser.goes_to(path).await;
        assert!(shown.status == 404 || shown.status == 400, "{path}: {shown:?}");
    }
    assert_eq!(browser.goes_to(path).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_is_hung_up_on_and_of_too_many_connections_the_oldest_make_room() {
    let server = TestServer::start_with(Engine::Sqlite, "[grpc]\nmax_connections = 10\n").await;
    let mut silent = Vec::new();
    for bytes in ["", "GET / HTTP/1.1\r\nho", "GET / HTTP/1.1\r\nhost: x\r\n\r\n"] {
        let mut stream = TcpStream::connect(server.page()).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        silent.push(stream);
    }
    let post = "POST /changes/01a2077e-bd2f-70b5-9765-98035d47d888 HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\
                content-type: application/x-www-form-urlencoded\r\n\r\ntok";
    let mut half = TcpStream::connect(server.page()).await.unwrap();
    half.write_all(post.as_bytes()).await.unwrap();
    let begin = Instant::now();
    // All at once: each within the patience of the server and some more.
    for (nth, mut stream) in silent.into_iter().chain([half]).enumerate() {
        let mut said = Vec::new();
        let _ = timeout(SOON, stream.read_to_end(&mut said)).await.unwrap();
        assert!(begin.elapsed() > Duration::from_secs(5), "{nth}: {:?}", begin.elapsed());
        assert!(nth != 3 || said.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&said));
    }
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());

    let mut open = Vec::new();
    for _ in 0..12 {
        open.push(TcpStream::connect(server.page()).await.unwrap());
        assert_eq!(server.browser().goes_to("/").await.status, 404);
    }
    // The first has made room.
    let mut said = Vec::new();
    let _ = timeout(Duration::from_secs(2), open[0].read_to_end(&mut said)).await.unwrap();
    assert!(said.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_serves_the_page_where_it_is_told_and_stops_without_cutting_anybody_off() {
    let folder = TempDir::new().unwrap();
    let serving = Serving::start(folder.path(), &[]).await;
    let browser = Browser::at(serving.page.clone().unwrap().parse().unwrap());
    assert_eq!(browser.goes_to("/").await.status, 404);
    // One is kept, and one is in the middle of its form.
    let mut kept = TcpStream::connect(serving.page.clone().unwrap()).await.unwrap();
    kept.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    kept.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 404");
    let mut half = TcpStream::connect(serving.page.clone().unwrap()).await.unwrap();
    let head = "POST /changes/01a2077e-bd2f-70b5-9765-98035d47d888 HTTP/1.1\r\nhost: x\r\ncontent-length: 7\r\n\
                content-type: application/x-www-form-urlencoded\r\n\r\n";
    half.write_all(head.as_bytes()).await.unwrap();
    // It has been taken once another that came after it is answered.
    assert_eq!(browser.goes_to("/").await.status, 404);
    serving.signal("TERM").await;
    eventually("it stops", SOON, async || serving.log().contains("stopping").then_some(())).await;
    half.write_all(b"token=x").await.unwrap();
    let mut said = Vec::new();
    half.read_to_end(&mut said).await.unwrap();
    assert!(said.starts_with(b"HTTP/1.1 403"), "{}", String::from_utf8_lossy(&said));
    assert!(serving.ended().await);

    // Without a page there is none, and calls are taken all the same.
    let serving = Serving::start(folder.path(), &[("RELEVO__PAGE__LISTEN", "")]).await;
    assert_eq!(serving.page, None);
    serving.caller().account("an000001-ovh", "").await.unwrap();
}
