//! Clients that do what no proper one does, frame by frame: nobody else is the worse for it.

use std::{net::SocketAddr, time::Duration};

use relevo_tests::{
    Engine, TestServer, call_as,
    http2::{
        ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, Frames, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS,
        WINDOW_UPDATE, call, frame, header,
    },
    v1::GetAccountRequest,
    with_key,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, timeout},
};
use tonic::{Code, Status, metadata::MetadataMap, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::callers::{caller, key_of};

const GET_ACCOUNT: &str = "/relevo.v1.ContactService/GetAccount";
const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const CHECK: &str = "/grpc.health.v1.Health/Check";
/// The errors of a connection (RFC 9113, section 7).
const PROTOCOL_ERROR: u32 = 1;
const ENHANCE_YOUR_CALM: u32 = 11;
const REFUSED_STREAM: [u8; 4] = [0, 0, 0, 7];

/// That a proper call is answered in time.
async fn is_served(channel: &Channel, headers: MetadataMap) {
    let message = GetAccountRequest { account_id: "an000001-ovh".to_owned() };
    let answer = timeout(Duration::from_secs(2), call_as(channel, GET_ACCOUNT, message, headers)).await;
    assert!(answer.unwrap().unwrap_err().is("ACCOUNT_NOT_FOUND"));
}

/// A stream of a call that is opened, and of which this is said, every second anew if that is not nothing. Says what it is
/// answered, and after how long.
async fn silent_call(
    address: SocketAddr,
    path: &str,
    timeout_header: Option<&str>,
    drip: &'static [u8],
) -> (Code, Duration) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let mut request = http::Request::post(format!("http://localhost{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    if let Some(timeout) = timeout_header {
        request = request.header("grpc-timeout", timeout);
    }
    let began = Instant::now();
    let (response, mut stream) = client.send_request(request.body(()).unwrap(), false).unwrap();
    let dripping = async {
        loop {
            // It is over when the server says so.
            if !drip.is_empty() && stream.send_data(drip.into(), false).is_err() {
                break std::future::pending().await;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let answered = async {
        let response = response.await.unwrap();
        if let Some(status) = Status::from_header_map(response.headers()) {
            return status.code();
        }
        let mut body = response.into_body();
        while let Some(Ok(part)) = body.data().await {
            body.flow_control().release_capacity(part.len()).unwrap();
        }
        let trailers = body.trailers().await.unwrap().unwrap();
        Status::from_header_map(&trailers).unwrap().code()
    };
    let code = tokio::select! {
        code = timeout(Duration::from_secs(20), answered) => code.expect(path),
        () = dripping => unreachable!("it goes on until there is an answer"),
    };
    (code, began.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_message_does_not_come_ends_in_time() {
    let settings = "[limits]\nconcurrent_calls = 5\n[limits.caller]\nconcurrent_calls = 5\n";
    let server = TestServer::start_with(Engine::Sqlite, settings).await;
    let address = server.address();
    let silent = |path, timeout, drip| silent_call(address, path, timeout, drip);
    // Of most of them nothing comes, of one a byte now and then.
    let answers = tokio::join!(
        silent(GET_ACCOUNT, None, b""),
        silent(GET_ACCOUNT, Some("1S"), b""),
        silent(GET_ACCOUNT, Some("99H"), b"\0"),
        silent(CHECK, None, b""),
        silent(REFLECTION, None, b""),
    );
    for (what, (code, after), at_least, at_most) in [
        ("silence", answers.0, 8, 12),
        ("silence to one who would wait for a second", answers.1, 0, 3),
        ("now and then a byte", answers.2, 8, 12),
        ("silence about health", answers.3, 8, 12),
    ] {
        assert_eq!(code, Code::DeadlineExceeded, "{what}");
        assert!((at_least..at_most).contains(&after.as_secs()), "{what}: {after:?}");
    }
    // It is answered, as far as it goes, and then it is over.
    let (code, after) = answers.4;
    assert!(code == Code::Ok && (9..13).contains(&after.as_secs()), "{code:?} after {after:?}");

    // What was held is free again.
    for _ in 0..5 {
        is_served(&server.channel(), MetadataMap::new()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_calls_take_the_share_of_their_caller_and_no_other() {
    let settings = caller("panel", &["read"]) + &caller("orders", &["read"]);
    let limits = "[limits]\nconcurrent_calls = 40\n[limits.caller]\nconcurrent_calls = 20\n";
    let server = TestServer::start_with(Engine::Sqlite, &(settings + limits)).await;
    let key = format!("Bearer {}", key_of("panel"));
    let mut panel = Frames::connect(server.address()).await;
    for nth in 0..100 {
        let headers = call(GET_ACCOUNT, &[("authorization", &key)]);
        panel.say(&frame(HEADERS, END_HEADERS, 2 * nth + 1, &headers)).await.unwrap();
    }
    for _ in 0..20 {
        is_served(&server.channel(), with_key(&key_of("orders"))).await;
    }
    // And those of nobody take nothing.
    let mut stranger = Frames::connect(server.address()).await;
    for nth in 0..100 {
        stranger.say(&frame(HEADERS, END_HEADERS, 2 * nth + 1, &call(GET_ACCOUNT, &[]))).await.unwrap();
    }
    is_served(&server.channel(), with_key(&key_of("orders"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_says_half_a_preface_or_answers_no_ping_is_hung_up_on() {
    let server = TestServer::start(Engine::Sqlite).await;
    let half_a_preface = async {
        let began = Instant::now();
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        for byte in &PREFACE[..12] {
            // It may have been hung up on already.
            let _ = stream.write_all(&[*byte]).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let _ = timeout(Duration::from_secs(20), stream.read_to_end(&mut Vec::new())).await.unwrap();
        began.elapsed()
    };
    let answers_no_ping = async {
        let began = Instant::now();
        let mut frames = Frames::connect(server.address()).await;
        timeout(Duration::from_secs(40), frames.ended()).await.expect("it is hung up on");
        began.elapsed()
    };
    let answers_pings = async {
        let mut frames = Frames::connect(server.address()).await;
        let went_on = timeout(Duration::from_secs(30), frames.answers_pings()).await;
        assert!(went_on.is_err(), "who is there may stay");
    };
    let (half, silent, ()) = tokio::join!(half_a_preface, answers_no_ping, answers_pings);
    assert!((9..20).contains(&half.as_secs()), "{half:?}");
    assert!((15..30).contains(&silent.as_secs()), "{silent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_has_two_hundred_calls_open_and_no_more() {
    let server = TestServer::start(Engine::Sqlite).await;
    let mut frames = Frames::connect(server.address()).await;
    let (kind, _, settings) = frames.next().await.unwrap();
    assert_eq!(kind, SETTINGS);
    let settings: Vec<_> =
        settings.chunks(6).map(|it| (it[1], u32::from_be_bytes(it[2..6].try_into().unwrap()))).collect();
    // Streams at a time, the window of each, the size of headers (RFC 9113, section 6.5.2).
    for expected in [(3, 200), (4, 65_536), (6, 16_384)] {
        assert!(settings.contains(&expected), "{expected:?} in {settings:?}");
    }
    // What was said is known to a client that has said so.
    frames.say(&frame(SETTINGS, ACK, 0, &[])).await.unwrap();
    for nth in 0..201 {
        frames.say(&frame(HEADERS, END_HEADERS, 2 * nth + 1, &call(GET_ACCOUNT, &[]))).await.unwrap();
    }
    let refused = async {
        loop {
            if let (RST_STREAM, _, error) = frames.next().await.unwrap() {
                return error;
            }
        }
    };
    assert_eq!(timeout(Duration::from_secs(5), refused).await.unwrap(), REFUSED_STREAM);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_outlives_any_number_of_calls_that_are_refused_before_their_message_has_come() {
    let server = TestServer::start_with(Engine::Sqlite, &caller("panel", &["read"])).await;
    let mut frames = Frames::connect(server.address()).await;
    frames.say(&frame(SETTINGS, ACK, 0, &[])).await.unwrap();
    let headers = call(GET_ACCOUNT, &[]);
    for round in 0..10 {
        let streams = (0..100).map(|nth| 200 * round + 2 * nth + 1);
        let begun = streams.clone().flat_map(|stream| frame(HEADERS, END_HEADERS, stream, &headers));
        let begun: Vec<_> = begun.chain(frame(PING, 0, 0, &[0; 8])).collect();
        frames.say(&begun).await.unwrap();
        let (mut is_read, mut answered) = (false, 0);
        while answered < 100 {
            match frames.next().await.expect("the connection is there") {
                // All have been read by now. Without a message they might be refused already.
                (PING, ACK, _) if !is_read => {
                    is_read = true;
                    let ends = streams.clone().flat_map(|stream| frame(DATA, END_STREAM, stream, &[0; 5]));
                    frames.say(&ends.collect::<Vec<_>>()).await.unwrap();
                }
                (HEADERS, flags, _) if flags & END_STREAM != 0 => answered += 1,
                (GOAWAY, _, error) => panic!("the connection is given up: {error:?}"),
                _ => {}
            }
        }
    }
}

/// How a stream goes on that has begun: frames by their types, flags and payloads.
type Rest = &'static [(u8, u8, &'static [u8])];
const GIVEN_UP: Rest = &[(RST_STREAM, 0, &[0, 0, 0, 8])];
/// More leave than there may be, for which the server has to end the stream.
const FAULTY: Rest = &[(WINDOW_UPDATE, 0, &[0x7f, 0xff, 0xff, 0xff])];

/// Begins ten thousand streams over a connection that all go on alike, as fast as it can. Says with which error that ended.
async fn flood(address: SocketAddr, headers: &[u8], rest: Rest) -> Option<u32> {
    let mut frames = Frames::connect(address).await;
    let mut all = Vec::new();
    for stream in (1..20_000).step_by(2) {
        all.extend(frame(HEADERS, END_HEADERS, stream, headers));
        all.extend(rest.iter().flat_map(|(kind, flags, holds)| frame(*kind, *flags, stream, holds)));
    }
    // It is not listened to for so long.
    let _ = frames.say(&all).await;
    timeout(Duration::from_secs(10), frames.ended()).await.expect("its connection is given up")
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_given_up_by_the_thousand_hold_nobody_up() {
    let settings = caller("panel", &["read"]) + &caller("orders", &["read"]);
    let server = TestServer::start_with(Engine::Sqlite, &settings).await;
    let key = format!("Bearer {}", key_of("panel"));
    let (of_stranger, of_panel) = (call(GET_ACCOUNT, &[]), call(GET_ACCOUNT, &[("authorization", &key)]));
    let mut floods = JoinSet::new();
    for headers in [of_stranger, of_panel] {
        for rest in [GIVEN_UP, FAULTY] {
            let (headers, address) = (headers.clone(), server.address());
            floods.spawn(async move {
                for _ in 0..10 {
                    // A connection that is reset says no more.
                    let error = flood(address, &headers, rest).await;
                    assert!(error.is_none_or(|error| error == ENHANCE_YOUR_CALM), "{error:?}");
                }
            });
        }
    }
    let channel = server.channel();
    let (mut served, mut slowest) = (0, Duration::ZERO);
    while !floods.is_empty() {
        let began = Instant::now();
        is_served(&channel, with_key(&key_of("orders"))).await;
        slowest = slowest.max(began.elapsed());
        served += 1;
        while let Some(flood) = floods.try_join_next() {
            flood.unwrap();
        }
    }
    assert!(served > 10 && slowest < Duration::from_secs(1), "{served} calls, the slowest in {slowest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_without_end_are_refused_and_hold_nobody_up() {
    let server = TestServer::start(Engine::Sqlite).await;
    // More than is taken, by a proper client: the call is refused, the connection goes on.
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    for (size, expected) in [(14_000, 200), (17_000, 431), (14_000, 200)] {
        let request = http::Request::post(format!("http://localhost{CHECK}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("x-flood", "x".repeat(size));
        let mut client = client.clone().ready().await.unwrap();
        let (response, _) = client.send_request(request.body(()).unwrap(), true).unwrap();
        assert_eq!(response.await.unwrap().status(), expected, "{size}");
    }

    // Without end, in frames that each promise one more.
    let address = server.address();
    let flood = async |part: Vec<u8>| {
        let mut frames = Frames::connect(address).await;
        let mut said = frames.say(&frame(HEADERS, 0, 1, &call(CHECK, &[]))).await;
        let part = frame(CONTINUATION, 0, 1, &part);
        for _ in 0..100_000 {
            if said.is_err() {
                break;
            }
            said = frames.say(&part).await;
        }
        assert!(said.is_err(), "it is not listened to for so long");
        timeout(Duration::from_secs(5), frames.ended()).await.expect("its connection is given up")
    };
    let others = async {
        for _ in 0..20 {
            is_served(&server.channel(), MetadataMap::new()).await;
        }
    };
    let large = header("x-flood", &"x".repeat(100)).repeat(100);
    let (with_something, with_nothing, ()) = tokio::join!(flood(large), flood(Vec::new()), others);
    for error in [with_something, with_nothing] {
        assert!(error.is_none_or(|error| [PROTOCOL_ERROR, ENHANCE_YOUR_CALM].contains(&error)), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_is_taken_in_than_is_read() {
    // A stranger's message is read by nobody: what it may send is bounded, for each call and for all of them.
    let server = TestServer::start_with(Engine::Sqlite, &caller("panel", &["read"])).await;
    let mut frames = Frames::connect(server.address()).await;
    let part = vec![0; 16_384];
    let mut said = Ok(());
    for nth in 0..50 {
        let stream = 2 * nth + 1;
        said = frames.say(&frame(HEADERS, END_HEADERS, stream, &call(GET_ACCOUNT, &[]))).await;
        for _ in 0..5 {
            if said.is_ok() {
                said = frames.say(&frame(DATA, 0, stream, &part)).await;
            }
        }
        if said.is_ok() {
            said = frames.say(&frame(DATA, END_STREAM, stream, &[])).await;
        }
    }
    // Whether it notices while it speaks is a question of time.
    drop(said);
    timeout(Duration::from_secs(5), frames.ended()).await.expect("who says more than it may is hung up on");
    is_served(&server.channel(), with_key(&key_of("panel"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_too_many_connections_those_of_strangers_make_room() {
    let settings = format!("grpc.max_connections = 10\n{}", caller("panel", &["read"]));
    let server = TestServer::start_with(Engine::Sqlite, &settings).await;
    let connect = async || {
        let stream = TcpStream::connect(server.address()).await.unwrap();
        let (client, connection) = h2::client::handshake(stream).await.unwrap();
        (client, tokio::spawn(connection))
    };
    let mut panel = connect().await;
    let calls = http::Request::post(format!("http://localhost{GET_ACCOUNT}"))
        .header("content-type", "application/grpc")
        .header("authorization", format!("Bearer {}", key_of("panel")));
    panel.0.send_request(calls.body(()).unwrap(), true).unwrap().0.await.unwrap();
    let mut strangers = Vec::new();
    for _ in 0..30 {
        strangers.push(connect().await);
    }
    // The last of them are here, the first are not.
    let last = strangers.pop().unwrap();
    for (_, connection) in strangers.drain(..20) {
        let _ = timeout(Duration::from_secs(5), connection).await.expect("it has made room");
    }
    assert!(!last.1.is_finished() && !panel.1.is_finished());
    // And others still come in, also to look how it does.
    is_served(&server.another_channel(), with_key(&key_of("panel"))).await;
    HealthClient::new(server.another_channel()).check(HealthCheckRequest::default()).await.unwrap();
}
