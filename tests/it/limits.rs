//! What is too much: calls of a caller, questions of an account, wrong codes, calls at a time, long messages. Whoever is
//! told to wait passes after that time, and nobody waits for what others do.

use std::time::{Duration, Instant};

use relevo_tests::{
    Call, Engine, Person, Refused, TestServer, call_as, eventually, on_every_engine,
    v1::{
        AcceptContactChangeRequest, Account, ContactChange, Contacts, CreateAccountRequest,
        CreateContactChangesRequest, GetAccountRequest, ResendTokenRequest,
    },
    with_key,
};
use tokio::task::JoinHandle;
use tonic::{Code, metadata::MetadataMap, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::{ServerReflectionRequest, server_reflection_client::ServerReflectionClient};

use crate::callers::{caller, key_of};

on_every_engine!(
    an_account_that_asks_too_often_is_told_when_it_may_ask_again,
    too_many_wrong_codes_are_slowed_and_counted_and_the_right_one_always_passes,
);

const NO_TOKEN: &str = "0000-0000-0000-0000-0000-0000-0000-0000";
const CREATE_ACCOUNT: &str = "/relevo.v1.ContactService/CreateAccount";
const GET_ACCOUNT: &str = "/relevo.v1.ContactService/GetAccount";

/// That a call was one too many by a section of the settings. Says when to come again.
fn too_often(refused: &Refused, setting: &str) -> Duration {
    assert_eq!((refused.code, refused.reason.as_str()), (Code::ResourceExhausted, "RATE_LIMITED"), "{refused:?}");
    assert_eq!(refused.metadata.get("setting").map(String::as_str), Some(setting));
    refused.retry_after.unwrap()
}

const MILLISECOND: Duration = Duration::from_millis(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_calls_too_often_is_told_when_it_may_call_again_and_others_are_not() {
    let settings = caller("panel", &["read"]) + &caller("orders", &["read"]);
    let limits = "[limits.caller]\nper_second = 3\nburst = 5\n";
    let server = TestServer::start_with(Engine::Sqlite, &(settings + limits)).await;
    let call = async |by: &str| {
        let message = GetAccountRequest { account_id: "an000001-ovh".to_owned() };
        call_as(&server.channel(), GET_ACCOUNT, message, with_key(&key_of(by))).await.unwrap_err()
    };
    for _ in 0..5 {
        assert!(call("panel").await.is("ACCOUNT_NOT_FOUND"));
    }
    let wait = too_often(&call("panel").await, "limits.caller");
    assert_eq!(wait, Duration::from_millis(334));
    assert_eq!(too_often(&call("panel").await, "limits.caller"), wait, "to be refused costs nothing");
    // Whoever has no key is nobody, and takes nothing of the panel's.
    assert!(call("nobody").await.is("CALLER_UNKNOWN"));
    assert!(call("orders").await.is("ACCOUNT_NOT_FOUND"));
    HealthClient::new(server.channel()).check(HealthCheckRequest::default()).await.unwrap();

    server.advance(wait - MILLISECOND);
    assert_eq!(too_often(&call("panel").await, "limits.caller"), MILLISECOND);
    server.advance(MILLISECOND);
    assert!(call("panel").await.is("ACCOUNT_NOT_FOUND"));
    too_often(&call("panel").await, "limits.caller");
    server.advance(Duration::from_secs(3600));
    for _ in 0..5 {
        assert!(call("panel").await.is("ACCOUNT_NOT_FOUND"));
    }
    too_often(&call("panel").await, "limits.caller");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_at_once_by_one_caller_are_nothing_unusual() {
    let server = TestServer::start(Engine::Sqlite).await;
    let began = Instant::now();
    let calls: Vec<_> = (0..1000)
        .map(|nth| {
            let (channel, account_id) = (server.channel(), format!("an{nth}-ovh"));
            tokio::spawn(async move {
                call_as(&channel, GET_ACCOUNT, GetAccountRequest { account_id }, MetadataMap::new()).await
            })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap().unwrap_err().is("ACCOUNT_NOT_FOUND"));
    }
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

fn ask(requester: &Person, nominee: &Person, service: &str, validate_only: bool) -> Call {
    CreateContactChangesRequest {
        service_id: service.to_owned(),
        requester: requester.account_id.clone(),
        contacts: Some(Contacts { technical: nominee.account_id.clone(), ..Default::default() }),
        validate_only,
        ..Default::default()
    }
    .into()
}

async fn an_account_that_asks_too_often_is_told_when_it_may_ask_again(on: Engine) {
    let server = TestServer::start_with(on, "[limits.account]\nper_minute = 2\nburst = 4\n").await;
    server.leaves_mails_unread();
    let [ann, tom, nora] = server.people(["Ann", "Tom", "Nora"]).await;
    for service in ["a.example", "b.example"] {
        ann.orders(service).await;
    }
    tom.orders("t.example").await;
    // A question, an answer without one, a new code, and a question that comes to nothing.
    let change = ann.names(&nora).technical("a.example").await.unwrap();
    ask(&ann, &nora, "b.example", true).send(&server).await.unwrap();
    let resend = |of: &Person, change: &ContactChange| -> Call {
        let (change_id, account_id) = (change.change_id.clone(), of.account_id.clone());
        ResendTokenRequest { change_id, account_id, ..Default::default() }.into()
    };
    resend(&ann, &change).send(&server).await.unwrap();
    assert!(ask(&ann, &nora, "none.example", false).send(&server).await.unwrap_err().is("SERVICE_NOT_FOUND"));

    let before = server.everything_stored().await;
    let asks = [ask(&ann, &nora, "b.example", false), ask(&ann, &nora, "b.example", true), resend(&ann, &change)];
    for ask in asks {
        let wait = too_often(&ask.send(&server).await.unwrap_err(), "limits.account");
        assert_eq!(wait, Duration::from_secs(30));
    }
    assert_eq!(server.everything_stored().await, before);
    // Others ask, and what she does beside is not asking.
    let of_tom = tom.names(&nora).technical("t.example").await.unwrap();
    resend(&nora, &of_tom).send(&server).await.unwrap();
    assert_eq!(ann.lists_changes().await.len(), 1);
    ann.cancels(&change).await.unwrap();

    server.advance(Duration::from_secs(30) - MILLISECOND);
    let refused = ask(&ann, &nora, "b.example", false).send(&server).await.unwrap_err();
    assert_eq!(too_often(&refused, "limits.account"), MILLISECOND);
    server.advance(MILLISECOND);
    ann.names(&nora).technical("b.example").await.unwrap();
    too_often(&ask(&ann, &nora, "a.example", false).send(&server).await.unwrap_err(), "limits.account");
}

async fn too_many_wrong_codes_are_slowed_and_counted_and_the_right_one_always_passes(on: Engine) {
    let server = TestServer::start_with(on, "[limits.wrong_tokens]\nper_minute = 4\nburst = 3\n").await;
    server.leaves_mails_unread();
    let [ann, nora] = server.people(["Ann", "Nora"]).await;
    ann.orders("example.com").await;
    let change = ann.names(&nora).technical("example.com").await.unwrap();
    let other = ann.names(&nora).billing("example.com").await.unwrap();
    let code_of = |letters: &[relevo_tests::Letter], change: &ContactChange| {
        letters.iter().find(|letter| letter.message_id.contains(&change.change_id)).unwrap().token()
    };
    let letters = nora.reads().await;
    let (code, other_code) = (code_of(&letters, &change), code_of(&letters, &other));
    let guess = |validate_only| -> Call {
        AcceptContactChangeRequest {
            change_id: change.change_id.clone(),
            account_id: nora.account_id.clone(),
            token: NO_TOKEN.to_owned(),
            validate_only,
            ..Default::default()
        }
        .into()
    };

    // To only check is to guess as well.
    assert!(nora.accepts(&change, NO_TOKEN).await.unwrap_err().is("TOKEN_INVALID"));
    assert!(guess(true).send(&server).await.unwrap_err().is("TOKEN_INVALID"));
    assert!(nora.refuses(&other, NO_TOKEN, "").await.unwrap_err().is("TOKEN_INVALID"));
    let of_nora = |refused: Refused| too_often(&refused, "limits.wrong_tokens");
    assert_eq!(of_nora(nora.accepts(&change, NO_TOKEN).await.unwrap_err()), Duration::from_secs(15));
    assert_eq!(of_nora(nora.refuses(&other, &code, "").await.unwrap_err()), Duration::from_secs(15));
    assert_eq!(of_nora(guess(true).send(&server).await.unwrap_err()), Duration::from_secs(15));
    let counted = async |change: &ContactChange| {
        server.shows_operator(change).await.confirmations.iter().map(|party| party.wrong_tokens).collect::<Vec<_>>()
    };
    assert_eq!((counted(&change).await, counted(&other).await), (vec![0, 1], vec![0, 1]), "those that were looked at");
    assert!(ann.accepts(&change, NO_TOKEN).await.unwrap_err().is("TOKEN_INVALID"), "another's guesses are not hers");

    server.advance(Duration::from_secs(15) - MILLISECOND);
    assert_eq!(of_nora(nora.accepts(&change, NO_TOKEN).await.unwrap_err()), MILLISECOND);
    server.advance(MILLISECOND);
    assert!(nora.accepts(&change, NO_TOKEN).await.unwrap_err().is("TOKEN_INVALID"));
    // Nobody waits for what they do.
    let mut database = server.home().database().await;
    database.holds_up().await;
    for _ in 0..50 {
        of_nora(nora.accepts(&change, NO_TOKEN).await.unwrap_err());
    }
    database.lets_go().await;
    nora.accepts(&change, &code).await.unwrap();
    nora.refuses(&other, &other_code, "").await.unwrap();
    assert_eq!(counted(&change).await, [1, 2]);
}

/// Begins a call that waits for the database, as soon as there is room for it: those that ask whether there is take some.
fn waits(channel: Channel, by: &str, nth: usize) -> JoinHandle<Result<(), Refused>> {
    let headers = with_key(&key_of(by));
    let account = Account {
        account_id: format!("aa{nth}-ovh"),
        display_name: "Ann".to_owned(),
        email: "ann@example.com".to_owned(),
        ..Default::default()
    };
    let message = CreateAccountRequest { account: Some(account), ..Default::default() };
    tokio::spawn(async move {
        loop {
            let answer = call_as(&channel, CREATE_ACCOUNT, message.clone(), headers.clone()).await;
            if !answer.as_ref().is_err_and(|refused| refused.is("OVERLOADED")) {
                return answer;
            }
        }
    })
}

/// What a caller is told who asks for an account that is not there: whether there is room for a call.
async fn reason(channel: &Channel, by: &str) -> Refused {
    let message = GetAccountRequest { account_id: "no000001-ovh".to_owned() };
    call_as(channel, GET_ACCOUNT, message, with_key(&key_of(by))).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_its_share_a_caller_is_turned_away_at_once_and_beyond_all_everyone_is() {
    let grants = ["directory", "read"];
    let settings = caller("panel", &grants) + &caller("orders", &grants) + &caller("billing", &grants);
    let limits = "[limits]\nconcurrent_calls = 5\n[limits.caller]\nconcurrent_calls = 3\n";
    let server = TestServer::start_with(Engine::Sqlite, &(settings + limits)).await;
    let channel = server.channel();
    let mut database = server.database().await;
    database.holds_up().await;
    let is_full = async |by: &'static str| {
        let refused = eventually("it is full", Duration::from_secs(3), async || {
            Some(reason(&channel, by).await).filter(|refused| !refused.is("ACCOUNT_NOT_FOUND"))
        });
        let refused = refused.await;
        assert_eq!((refused.code, refused.reason.as_str()), (Code::ResourceExhausted, "OVERLOADED"));
        assert_eq!(refused.retry_after, Some(Duration::from_secs(1)));
    };
    let began = Instant::now();
    let mut waiting: Vec<_> = (0..3).map(|nth| waits(channel.clone(), "panel", nth)).collect();
    is_full("panel").await;
    assert!(reason(&channel, "orders").await.is("ACCOUNT_NOT_FOUND"), "there is room for others");
    waiting.extend((3..5).map(|nth| waits(channel.clone(), "orders", nth)));
    is_full("orders").await;
    is_full("billing").await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    // What is looked at to see how it does, and what it is.
    HealthClient::new(channel.clone()).check(HealthCheckRequest::default()).await.unwrap();
    let mut request = tonic::Request::new(tokio_stream::once(ServerReflectionRequest::default()));
    *request.metadata_mut() = with_key(&key_of("billing"));
    ServerReflectionClient::new(channel.clone()).server_reflection_info(request).await.unwrap();

    database.lets_go().await;
    for call in waiting {
        call.await.unwrap().unwrap();
    }
    for by in ["panel", "orders", "billing"] {
        assert!(reason(&channel, by).await.is("ACCOUNT_NOT_FOUND"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_given_up_or_ends_in_vain_leaves_its_room_to_another() {
    let limits = "[limits]\nconcurrent_calls = 2\n[limits.caller]\nconcurrent_calls = 2\n";
    let server = TestServer::start_with(Engine::Sqlite, &(caller("panel", &["directory", "read"]) + limits)).await;
    let channel = server.channel();
    let mut database = server.database().await;
    database.holds_up().await;
    let there_is = async |room: bool| {
        let it_does = async || (reason(&channel, "panel").await.is("OVERLOADED") != room).then_some(());
        eventually(&format!("there is room: {room}"), Duration::from_secs(8), it_does).await;
    };
    let waiting = [waits(channel.clone(), "panel", 0), waits(channel.clone(), "panel", 1)];
    there_is(false).await;
    for call in &waiting {
        call.abort();
    }
    there_is(true).await;
    // And these wait in vain.
    let waiting = [waits(channel.clone(), "panel", 2), waits(channel.clone(), "panel", 3)];
    there_is(false).await;
    for call in waiting {
        assert!(call.await.unwrap().unwrap_err().is("STORE_UNAVAILABLE"));
    }
    there_is(true).await;
    database.lets_go().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_too_long_is_refused_before_it_is_read() {
    const SIZE: usize = 20_000;
    let server = TestServer::start_with(Engine::Sqlite, &format!("grpc.max_message_size = {SIZE}")).await;
    let sized = |size: usize| GetAccountRequest { account_id: "x".repeat(size - 4) };
    assert_eq!(prost::Message::encoded_len(&sized(SIZE)), SIZE);
    let code = async |size: usize| server.contacts().get_account(sized(size)).await.unwrap_err().code();
    assert_eq!(code(SIZE).await, Code::InvalidArgument);
    for size in [SIZE + 1, 2 * SIZE, 3_000_000] {
        assert_eq!(code(size).await, Code::OutOfRange, "{size}");
    }
    // What anybody may ask is short.
    let mut health = HealthClient::new(server.channel());
    let mut check =
        async |size| health.check(HealthCheckRequest { service: "x".repeat(size) }).await.unwrap_err().code();
    assert_eq!(check(4000).await, Code::NotFound);
    assert_eq!(check(5000).await, Code::OutOfRange);
    assert_eq!(code(SIZE).await, Code::InvalidArgument, "the connection is as good as before");
}
