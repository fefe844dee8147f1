//! Who may call what: callers prove who they are by a key, and need the grant that a method names.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use prost_types::FileDescriptorSet;
use relevo_tests::{
    Engine, Refused, TestServer, call_as, on_every_engine,
    process::{Serving, run},
    tls::Authority,
    v1::{
        Account, CreateAccountRequest, FILE_DESCRIPTOR_SET, GetAccountRequest, GetServiceRequest, ListAccountsRequest,
    },
    with_key,
};
use sha2::{Digest, Sha256};
use tonic::{Code, metadata::MetadataMap, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::{ServerReflectionRequest, server_reflection_client::ServerReflectionClient};

use crate::callers_tls::Files;

on_every_engine!(
    the_name_of_the_caller_stands_in_the_history_and_a_request_id_is_its_own,
    without_callers_everyone_is_local_and_may_do_everything,
);

const GRANTS: [&str; 4] = ["directory", "request", "read", "operate"];

/// Each method with the grants of which one is needed, and whether `operate` is needed without an account.
const METHODS: [(&str, &[&str], bool); 22] = [
    ("ContactService/CreateAccount", &["directory"], false),
    ("ContactService/GetAccount", &["read", "request", "operate"], false),
    ("ContactService/UpdateAccount", &["directory"], false),
    ("ContactService/DeleteAccount", &["directory"], false),
    ("ContactService/ListAccounts", &["operate"], false),
    ("ContactService/CreateService", &["directory"], false),
    ("ContactService/GetService", &["read", "request", "operate"], true),
    ("ContactService/UpdateService", &["directory"], false),
    ("ContactService/DeleteService", &["directory"], false),
    ("ContactService/ListServices", &["read", "request", "operate"], true),
    ("ContactService/ListServiceEvents", &["read", "request", "operate"], true),
    ("ContactService/SendTestMail", &["operate"], false),
    ("RequestService/CreateContactChanges", &["request"], false),
    ("RequestService/GetContactChange", &["read", "request", "operate"], true),
    ("RequestService/ListContactChanges", &["read", "request", "operate"], true),
    ("RequestService/AcceptContactChange", &["request"], false),
    ("RequestService/RefuseContactChange", &["request"], false),
    ("RequestService/CancelContactChange", &["request", "operate"], true),
    ("RequestService/ResendToken", &["request", "operate"], false),
    ("RequestService/InspectToken", &["read", "request", "operate"], false),
    ("RequestService/ListDeliveries", &["read", "request", "operate"], true),
    ("RequestService/ListChangeEvents", &["read", "request", "operate"], true),
];

/// Every method of both services, with the number of the field `account_id` of its message if that is optional.
fn methods() -> BTreeMap<String, Option<i32>> {
    let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap();
    let ours: Vec<_> = set.file.iter().filter(|file| file.package() == "relevo.v1").collect();
    let account_id_of = |message: &str| {
        let message =
            ours.iter().flat_map(|file| &file.message_type).find(|it| message.ends_with(&format!(".{}", it.name())));
        message.unwrap().field.iter().find(|field| field.name() == "account_id").map(|field| field.number())
    };
    let services = ours.iter().flat_map(|file| &file.service);
    let of_service = |service: &prost_types::ServiceDescriptorProto| {
        let name = service.name().to_owned();
        service
            .method
            .iter()
            .map(|it| (format!("{name}/{}", it.name()), account_id_of(it.input_type())))
            .collect::<Vec<_>>()
    };
    services.flat_map(of_service).collect()
}

/// The grants that the comments of the proto files say for each method, word for word.
fn granted_in_words() -> BTreeMap<String, String> {
    let mut words = BTreeMap::new();
    for (service, text) in [
        ("ContactService", include_str!("../../proto/relevo/v1/contact_service.proto")),
        ("RequestService", include_str!("../../proto/relevo/v1/request_service.proto")),
    ] {
        let mut grant = None;
        for line in text.lines().map(str::trim) {
            if let Some(said) = line.strip_prefix("// Grant: ") {
                grant = Some(said.to_owned());
            } else if let Some(rpc) = line.strip_prefix("rpc ") {
                let method = rpc.split('(').next().unwrap_or_default();
                words.insert(format!("{service}/{method}"), grant.take().unwrap_or_default());
            }
        }
    }
    words
}

#[test]
fn the_manual_says_of_each_method_which_grants_it_takes() {
    let words = granted_in_words();
    assert_eq!(words.len(), METHODS.len());
    for (method, grants, takes_operate_without_an_account) in METHODS {
        let quoted: Vec<_> = grants.iter().map(|grant| format!("`{grant}`")).collect();
        let (last, others) = quoted.split_last().unwrap();
        let listed = if others.is_empty() { last.clone() } else { format!("{} or {last}", others.join(", ")) };
        let without = if takes_operate_without_an_account { "; without `account_id`, `operate`" } else { "" };
        assert_eq!(words.get(method), Some(&format!("{listed}{without}.")), "{method}");
    }
}

/// The key of a caller of a test.
pub(crate) fn key_of(name: &str) -> String {
    format!("relevo_{}", name.repeat(8))
}

pub(crate) fn hash_of(key: &str) -> String {
    Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The settings of a caller with its key.
pub(crate) fn caller(name: &str, grants: &[&str]) -> String {
    let hash = hash_of(&key_of(name));
    format!("[[callers]]\nname = {name:?}\ngrants = {grants:?}\nkey_hashes = [{hash:?}]\n")
}

/// The settings of a caller of each grant, and of one that has all.
fn callers() -> String {
    GRANTS.iter().map(|grant| caller(grant, &[grant])).collect::<String>() + &caller("all", &GRANTS)
}

fn headers(values: &[&str]) -> MetadataMap {
    let mut headers = MetadataMap::new();
    for value in values {
        headers.append("authorization", value.parse().unwrap());
    }
    headers
}

/// Whether a caller was let through to the method, whatever that said; or why not.
fn admitted(answer: Result<(), Refused>, what: &str) -> Option<Code> {
    match answer {
        Ok(()) => None,
        Err(refused) => match (refused.code, refused.reason.as_str()) {
            (Code::Unauthenticated, "CALLER_UNKNOWN") | (Code::PermissionDenied, "CALLER_NOT_PERMITTED") => {
                Some(refused.code)
            }
            (Code::InvalidArgument | Code::NotFound, _) => None,
            _ => panic!("{what}: {refused:?}"),
        },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_is_for_those_callers_alone_who_hold_its_grant() {
    let methods = methods();
    let listed: BTreeSet<_> = METHODS.iter().map(|(method, ..)| (*method).to_owned()).collect();
    assert_eq!(listed, methods.keys().cloned().collect(), "each method has its grants here and in the service");

    let authority = Authority::new();
    let files = Files::new(&authority);
    let of_certificates =
        "[[callers]]\nname = \"reader\"\ngrants = [\"read\"]\ncertificates = [\"spiffe://x/reader\"]\n";
    let settings = callers() + of_certificates + &files.settings();
    let server = TestServer::start_with(Engine::Sqlite, &settings).await;
    let connect = async |names: Option<&[&str]>| {
        let issued = names.map(|names| authority.issues(names));
        authority.connects(server.address(), issued.as_ref()).await.unwrap()
    };
    let (bare, reader) = (connect(None).await, connect(Some(&["spiffe://x/reader"])).await);
    let stranger = connect(Some(&["spiffe://x/stranger", "reader"])).await;

    let key = |name: &str| with_key(&key_of(name));
    let (good, nobodys) = (key_of("all"), key_of("nobody"));
    // Who calls, how, and what it was granted; nothing if it is unknown.
    let mut kinds: Vec<(&str, &Channel, MetadataMap, Option<&[&str]>)> = vec![
        ("nobody", &bare, headers(&[]), None),
        ("a key that is nobody's", &bare, with_key(&nobodys), None),
        ("a certificate that is nobody's", &stranger, headers(&[]), None),
        ("a certificate", &reader, headers(&[]), Some(&["read"])),
        ("a certificate and the key of another", &reader, key("operate"), Some(&["operate"])),
        ("a certificate and a key that is nobody's", &reader, with_key(&nobodys), None),
        ("a certificate that is nobody's and a key", &stranger, key("read"), Some(&["read"])),
        ("all", &bare, key("all"), Some(&GRANTS)),
        ("bearer in small letters", &bare, headers(&[&format!("bearer {good}")]), Some(&GRANTS)),
        ("two keys", &bare, headers(&[&format!("Bearer {good}"), &format!("Bearer {nobodys}")]), None),
    ];
    for grant in &GRANTS {
        kinds.push((grant, &bare, key(grant), Some(std::slice::from_ref(grant))));
    }
    let malformed = ["", "Bearer", "Bearer ", &good, &format!("Basic {good}"), &format!("Bearer  {good}")];
    let also_malformed = [format!("Bearer {good} x"), format!("Bearer {}", hash_of(&good)), format!("Bearer {good}x")];
    let malformed: Vec<_> = malformed.into_iter().chain(also_malformed.iter().map(String::as_str)).collect();
    for value in &malformed {
        kinds.push((value, &bare, headers(&[value]), None));
    }

    let before = server.everything_stored().await;
    for (method, needed, takes_all) in METHODS {
        let path = format!("/relevo.v1.{method}");
        for (who, channel, headers, granted) in &kinds {
            let may = |needed: &[&str]| match granted {
                None => Some(Code::Unauthenticated),
                Some(granted) if needed.iter().any(|grant| granted.contains(grant)) => None,
                Some(_) => Some(Code::PermissionDenied),
            };
            let what = format!("{method} by {who}");
            // Nothing in it is right: who calls is looked at before.
            let empty = call_as(channel, &path, (), headers.clone()).await;
            let alone: &[&str] = if takes_all { &["operate"] } else { needed };
            assert_eq!(admitted(empty, &what), may(alone), "{what}, without an account");
            if takes_all {
                // The first or the second field of each of these messages.
                let mut message = GetServiceRequest::default();
                match methods[method] {
                    Some(1) => message.service_id = "an000001-ovh".to_owned(),
                    Some(2) => message.account_id = "an000001-ovh".to_owned(),
                    other => panic!("{method}: account_id is {other:?}"),
                }
                let answer = call_as(channel, &path, message, headers.clone()).await;
                assert_eq!(admitted(answer, &what), may(needed), "{what}, for an account");
            }
        }
    }
    assert_eq!(server.everything_stored().await, before, "and nothing was done");
}

/// What calls are answered that nobody may make.
async fn refused(server: &TestServer, path: &str, headers: MetadataMap) -> Refused {
    call_as(&server.channel(), path, GetAccountRequest { account_id: "???".to_owned() }, headers).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_is_looked_at_before_what_is_said_and_the_answer_names_the_grant() {
    let server = TestServer::start_with(Engine::Sqlite, &callers()).await;
    let path = "/relevo.v1.ContactService/GetAccount";
    let unknown = refused(&server, path, headers(&[])).await;
    assert_eq!((unknown.code, unknown.reason.as_str()), (Code::Unauthenticated, "CALLER_UNKNOWN"));
    assert!(unknown.violations.is_empty() && unknown.message.contains("authorization: Bearer <key>"), "{unknown:?}");
    for headers in [headers(&["Basic YTpi"]), with_key("relevo_5ec2e7")] {
        let unknown = refused(&server, path, headers).await;
        assert!(unknown.is("CALLER_UNKNOWN") && !unknown.message.contains("5ec2e7"), "{unknown:?}");
    }

    let not_permitted = refused(&server, path, with_key(&key_of("directory"))).await;
    assert!(not_permitted.is("CALLER_NOT_PERMITTED") && not_permitted.violations.is_empty());
    let message = "The caller directory may not do this: it needs the grant read or request or operate.";
    assert_eq!(not_permitted.message, message);
    assert_eq!(not_permitted.metadata.get("grants").map(String::as_str), Some("read,request,operate"));
    let wrong = refused(&server, path, with_key(&key_of("read"))).await;
    assert!(wrong.is("FIELD_INVALID"), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_for_all_and_reflection_for_callers() {
    let server = TestServer::start_with(Engine::Sqlite, &caller("panel", &["read"])).await;
    let mut health = HealthClient::new(server.channel());
    health.check(HealthCheckRequest::default()).await.unwrap();
    health.watch(HealthCheckRequest::default()).await.unwrap();

    let mut reflection = ServerReflectionClient::new(server.channel());
    let mut ask = async |headers| {
        let mut request = tonic::Request::new(tokio_stream::once(ServerReflectionRequest::default()));
        *request.metadata_mut() = headers;
        reflection.server_reflection_info(request).await
    };
    let unknown = Refused::from(ask(headers(&[])).await.unwrap_err());
    assert_eq!((unknown.code, unknown.reason.as_str()), (Code::Unauthenticated, "CALLER_UNKNOWN"));
    ask(with_key(&key_of("panel"))).await.unwrap();

    // What is not there is not there for callers, and nobody else learns even that.
    for path in ["/relevo.v1.ContactService/MergeAccounts", "/relevo.v2.ContactService/GetAccount", "/favicon.ico"] {
        for (headers, code) in
            [(headers(&[]), Code::Unauthenticated), (with_key(&key_of("panel")), Code::Unimplemented)]
        {
            let mut client = tonic::client::Grpc::new(server.channel());
            client.ready().await.unwrap();
            let mut request = tonic::Request::new(());
            *request.metadata_mut() = headers;
            let codec = tonic_prost::ProstCodec::<(), ()>::default();
            let refused = client.unary(request, path.parse().unwrap(), codec).await.unwrap_err();
            assert_eq!(refused.code(), code, "{path}");
        }
    }
}

fn new_account(account_id: &str) -> CreateAccountRequest {
    let account = Account {
        account_id: account_id.to_owned(),
        display_name: account_id.to_owned(),
        email: format!("{account_id}@example.com"),
        ..Default::default()
    };
    let request_id = "5f3c0e6e-8d0b-4a5e-9d2c-0f5b1a7c9e42".to_owned();
    CreateAccountRequest { account: Some(account), request_id, ..Default::default() }
}

const CREATE_ACCOUNT: &str = "/relevo.v1.ContactService/CreateAccount";

async fn the_name_of_the_caller_stands_in_the_history_and_a_request_id_is_its_own(on: Engine) {
    let settings = caller("billing", &["directory"]) + &caller("orders", &["directory"]);
    let server = TestServer::start_with(on, &settings).await;
    let create = async |by: &str, account_id: &str| {
        call_as(&server.channel(), CREATE_ACCOUNT, new_account(account_id), with_key(&key_of(by))).await
    };
    create("billing", "an000001-ovh").await.unwrap();
    create("billing", "an000001-ovh").await.unwrap();
    let another = create("orders", "an000001-ovh").await.unwrap_err();
    assert!(another.is("ACCOUNT_EXISTS"), "the id of another caller is another id: {another:?}");
    create("orders", "no000002-ovh").await.unwrap();

    let mut database = server.database().await;
    let events = database.texts("SELECT caller || ' ' || account_id FROM event ORDER BY event_id").await;
    assert_eq!(events, ["billing an000001-ovh", "orders no000002-ovh"]);
    let requests = database.texts("SELECT caller || ' ' || account_id FROM request ORDER BY 1").await;
    assert_eq!(requests, events);
}

async fn without_callers_everyone_is_local_and_may_do_everything(on: Engine) {
    let server = TestServer::start(on).await;
    let channel = server.channel();
    call_as(&channel, CREATE_ACCOUNT, new_account("an000001-ovh"), headers(&[])).await.unwrap();
    // Whoever comes with a key that nobody asks for is not turned away.
    call_as(&channel, CREATE_ACCOUNT, new_account("no000002-ovh"), with_key("x")).await.unwrap();
    call_as(&channel, "/relevo.v1.ContactService/ListAccounts", ListAccountsRequest::default(), headers(&[]))
        .await
        .unwrap();
    assert_eq!(server.database().await.texts("SELECT DISTINCT caller FROM event").await, ["local"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_made_is_good_beside_the_one_before_until_that_is_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let make = async || {
        let made = run(folder.path(), &["make-key"], &[]).await;
        assert!(made.status.success() && made.stderr.is_empty(), "{made:?}");
        let made = String::from_utf8(made.stdout).unwrap();
        let [key, line] = made.lines().collect::<Vec<_>>().try_into().unwrap();
        let digits = key.strip_prefix("relevo_").unwrap();
        assert!(digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()), "{key}");
        assert_eq!(line, format!("key_hashes = [\"{}\"]", hash_of(key)));
        (key.to_owned(), line.to_owned())
    };
    let ((old, old_line), (new, new_line)) = (make().await, make().await);
    assert_ne!(old, new);
    assert!(!folder.path().join("data").exists(), "nothing is kept");

    let both = format!("key_hashes = [\"{}\", \"{}\"]", hash_of(&old), hash_of(&new));
    for (line, old_is_good, new_is_good) in [(&old_line, true, false), (&both, true, true), (&new_line, false, true)] {
        let settings = format!("[[callers]]\nname = \"panel\"\ngrants = [\"read\"]\n{line}\n");
        std::fs::write(folder.path().join("relevo.toml"), settings).unwrap();
        let serving = Serving::start_as(folder.path(), &["serve", "--config", "relevo.toml"], &[]).await;
        for (key, is_good) in [(&old, old_is_good), (&new, new_is_good)] {
            let message = GetAccountRequest { account_id: "an000001-ovh".to_owned() };
            let path = "/relevo.v1.ContactService/GetAccount";
            let refused = call_as(&serving.channel(), path, message, with_key(key)).await.unwrap_err();
            assert_eq!(refused.reason, if is_good { "ACCOUNT_NOT_FOUND" } else { "CALLER_UNKNOWN" }, "{line}");
        }
        let log = serving.log();
        assert!(log.contains("callers=1") && !log.contains(&old) && !log.contains(&new), "{log}");
    }
}
