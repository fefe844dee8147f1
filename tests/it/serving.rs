//! What every gRPC server is expected to answer: health, reflection, and methods that are not there.

use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use prost_types::FileDescriptorProto;
use relevo_outbound::Memory;
use relevo_persistence::{DatabaseUrl, Store};
use relevo_postgres::Cluster;
use relevo_server::{Clock, Config, Keys, Server, config::MailTransport, listen};
use relevo_tests::{Engine, Home, TestServer, eventually, on_every_engine, process::Serving, v1::FILE_DESCRIPTOR_SET};
use tokio_stream::StreamExt;
use tokio_util::sync::CancellationToken;
use tonic::{
    Code,
    transport::{Channel, Endpoint},
};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

on_every_engine!(
    a_server_and_each_of_its_services_are_well,
    a_method_or_a_service_that_is_not_there_is_unimplemented,
    reflection_lists_the_services_and_describes_them_in_both_versions,
);

const SERVICES: [&str; 2] = ["relevo.v1.ContactService", "relevo.v1.RequestService"];

async fn health(channel: &Channel, service: &str) -> Result<ServingStatus, Code> {
    let request = HealthCheckRequest { service: service.to_owned() };
    let answer = HealthClient::new(channel.clone()).check(request).await.map_err(|status| status.code())?;
    Ok(answer.into_inner().status())
}

async fn a_server_and_each_of_its_services_are_well(on: Engine) {
    let server = TestServer::start(on).await;
    for service in ["", SERVICES[0], SERVICES[1]] {
        assert_eq!(health(&server.channel(), service).await, Ok(ServingStatus::Serving), "{service:?}");
    }
    assert_eq!(health(&server.channel(), "relevo.v1.NoService").await, Err(Code::NotFound));
}

/// Waits until a server says so of itself.
async fn says(channel: &Channel, service: &str, status: ServingStatus) {
    let it_does = async || (health(channel, service).await == Ok(status)).then_some(());
    eventually(&format!("{service:?} is {status:?}"), Duration::from_secs(20), it_does).await;
}

/// That a server whose database is no good says so, answers no call, and tells no caller why.
async fn is_not_well(serving: &Serving) {
    for service in ["", SERVICES[0], SERVICES[1]] {
        says(&serving.channel(), service, ServingStatus::NotServing).await;
    }
    let refused = serving.caller().see_service("example.com").await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
    for inner in ["malformed", "sql", "postgres", "connection", "socket"] {
        assert!(!refused.message().to_lowercase().contains(inner), "{inner} in {refused:?}");
    }
}

/// That a server whose database is no good begins to serve, and is well once that is mended.
async fn begins_unwell(server: Server, mend: impl FnOnce()) {
    let listener = listen("grpc.listen", "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(server.serve(listener, stop.clone()));
    let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    says(&channel, "", ServingStatus::NotServing).await;
    mend();
    says(&channel, "", ServingStatus::Serving).await;
    stop.cancel();
    drop(channel);
    serving.await.unwrap().unwrap();
}

/// Writes over files in place: a server has them open.
fn put<T: AsRef<[u8]>>(files: &[PathBuf; 3], contents: &[T; 3]) {
    for (path, bytes) in files.iter().zip(contents) {
        OpenOptions::new().write(true).open(path).unwrap().write_all(bytes.as_ref()).unwrap();
    }
}

/// The files of a database in a folder, what is in them, and as many bytes of garbage.
fn files_in(folder: &Path) -> ([PathBuf; 3], [Vec<u8>; 3], [Vec<u8>; 3]) {
    let files = ["relevo.db", "relevo.db-wal", "relevo.db-shm"].map(|name| folder.join(name));
    let whole = files.clone().map(|path| fs::read(path).unwrap());
    let garbage = whole.clone().map(|bytes| vec![0x5a; bytes.len()]);
    (files, whole, garbage)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_database_is_damaged_is_not_well_until_it_is_whole_again() {
    let home = Home::new(Engine::Sqlite).await;
    let serving = Serving::start_at(&home, &[]).await;
    serving.caller().account("an000001-ovh", "").await.unwrap();
    assert_eq!(health(&serving.channel(), "").await, Ok(ServingStatus::Serving));

    let (files, whole, garbage) = files_in(home.folder());
    put(&files, &garbage);
    is_not_well(&serving).await;
    put(&files, &whole);
    says(&serving.channel(), "", ServingStatus::Serving).await;
    serving.caller().account("no000002-ovh", "").await.unwrap();
}

fn config() -> Config {
    let mut config = Config::parse("").unwrap();
    config.mail_transport = MailTransport::Memory(Memory::default());
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_begins_without_its_database_is_well_once_it_is_there() {
    let home = Home::new(Engine::Sqlite).await;
    let mut config = config();
    home.settle(&mut config);
    let server = Server::open(&config, Clock::system()).await.unwrap();
    let (files, whole, garbage) = files_in(home.folder());
    put(&files, &garbage);
    begins_unwell(server, || put(&files, &whole)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_begins_while_its_database_is_down_is_well_once_it_is_up() {
    let cluster = Cluster::start();
    let database = cluster.database();
    let mut config = config();
    config.database_url = DatabaseUrl::parse(&database.url()).unwrap();
    config.keys = Keys::Given(vec!["ab".repeat(32).into()]);
    Store::open(&config.database_url, 2).await.unwrap().migrate().await.unwrap();
    let server = Server::open(&config, Clock::system()).await.unwrap();
    cluster.crash();
    begins_unwell(server, || cluster.start_again()).await;
}

async fn a_method_or_a_service_that_is_not_there_is_unimplemented(on: Engine) {
    let server = TestServer::start(on).await;
    for path in
        ["/relevo.v1.ContactService/DeleteEverything", "/relevo.v2.ContactService/GetAccount", "/", "/favicon.ico"]
    {
        let mut client = tonic::client::Grpc::new(server.channel());
        client.ready().await.unwrap();
        let request = tonic::Request::new(relevo_tests::v1::GetAccountRequest::default());
        let codec = tonic_prost::ProstCodec::<_, relevo_tests::v1::GetAccountResponse>::default();
        let refused = client.unary(request, path.parse().unwrap(), codec).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unimplemented, "{path}: {refused:?}");
    }
}

/// Asks the reflection service of a version for the services, and for the file of each.
macro_rules! reflect {
    ($version:ident, $server:expr) => {{
        use tonic_reflection::pb::$version::{
            ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
            server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
        };
        let ask = |what| ServerReflectionRequest { host: String::new(), message_request: Some(what) };
        let asks: Vec<_> = std::iter::once(MessageRequest::ListServices(String::new()))
            .chain(SERVICES.map(|service| MessageRequest::FileContainingSymbol(service.to_owned())))
            .chain([
                MessageRequest::FileContainingSymbol("relevo.v1.ContactChange".to_owned()),
                // What the details of errors are made of.
                MessageRequest::FileContainingSymbol("google.rpc.ErrorInfo".to_owned()),
                MessageRequest::FileByFilename("google/protobuf/timestamp.proto".to_owned()),
                MessageRequest::FileContainingSymbol("relevo.v1.Nothing".to_owned()),
            ])
            .map(ask)
            .collect();
        let mut client = ServerReflectionClient::new($server.channel());
        let answers = client.server_reflection_info(tokio_stream::iter(asks)).await.unwrap().into_inner();
        let mut services = BTreeSet::new();
        let mut files = Vec::new();
        let mut refusals = 0;
        for answer in answers.collect::<Vec<_>>().await {
            match answer.map(|answer| answer.message_response.unwrap()) {
                Ok(MessageResponse::ListServicesResponse(list)) => {
                    services.extend(list.service.into_iter().map(|service| service.name));
                }
                Ok(MessageResponse::FileDescriptorResponse(list)) => files.extend(list.file_descriptor_proto),
                _ => refusals += 1,
            }
        }
        (services, files, refusals)
    }};
}

async fn reflection_lists_the_services_and_describes_them_in_both_versions(on: Engine) {
    let server = TestServer::start(on).await;
    for (services, files, refusals) in [reflect!(v1, server), reflect!(v1alpha, server)] {
        for service in [SERVICES[0], SERVICES[1], "grpc.health.v1.Health"] {
            assert!(services.contains(service), "{service} in {services:?}");
        }
        let files: Vec<_> = files
            .iter()
            .map(|file| <FileDescriptorProto as prost::Message>::decode(file.as_slice()).unwrap())
            .collect();
        let described: BTreeSet<_> = files
            .iter()
            .flat_map(|file| file.service.iter().map(move |it| format!("{}.{}", file.package(), it.name())))
            .collect();
        assert!(SERVICES.iter().all(|service| described.contains(*service)), "{described:?}");
        let methods = |files: &[FileDescriptorProto]| -> BTreeSet<String> {
            let services =
                files.iter().filter(|file| file.package() == "relevo.v1").flat_map(|file| file.service.clone());
            services.flat_map(|service| service.method.into_iter().map(|method| method.name().to_owned())).collect()
        };
        let compiled = <prost_types::FileDescriptorSet as prost::Message>::decode(FILE_DESCRIPTOR_SET).unwrap();
        assert_eq!(methods(&files), methods(&compiled.file));
        assert!(methods(&files).len() > 12);
        let names: BTreeSet<_> = files.iter().map(|file| file.name().to_owned()).collect();
        for name in ["relevo/v1/contact_change.proto", "google/protobuf/timestamp.proto", "error_details.proto"] {
            assert!(names.iter().any(|known| known.ends_with(name)), "{name} in {names:?}");
        }
        assert_eq!(refusals, 1, "what is not there is said to be not there");
    }
}
