//! The process from its parts: opened, run on a listener, stopped.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use relevo_api::v1::{
    FILE_DESCRIPTOR_SET, contact_service_server::ContactServiceServer, request_service_server::RequestServiceServer,
};
use relevo_outbound::{Courier, Folder, Sender, Transport};
use relevo_persistence::Store;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tower::layer::layer_fn;

use crate::{
    Callers, Clock, Config, Error, Sweeper,
    config::{MailTransport, Page},
    connection,
    deadline::Deadline,
    grpc::{Admission, Api},
    health::Watch,
    http,
    installation::{Ids, Installation},
    keys,
    limits::Limits,
    load::Load,
    mailbox, page,
    tls::Tls,
};

/// How many calls may be under way on a connection; the client keeps others back.
const STREAMS: u32 = 200;
/// How much of its calls a connection may have sent that is not read yet, in bytes: each of them, and all together.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;
/// How large the headers of a call may be, in bytes.
const HEADERS: u32 = 16 * 1024;
/// How many calls a client may have opened and given up before they were looked at, and how many that the server had to
/// end may be remembered, before the connection is given up ("rapid reset", CVE-2023-44487, and "made you reset",
/// CVE-2025-8671).
const RESETS: usize = 50;
const FAULTY: usize = 200;
/// How often a client is asked whether it is there, and how long it may take to answer.
const PING: Duration = Duration::from_secs(10);
/// How large a question about health may be, in bytes: anybody may ask it.
const HEALTH_MESSAGE: usize = 4 * 1024;

/// How many connections to the mailbox there may be: those of the browsers of one person.
const READERS: usize = 50;

/// Where a process is reached.
#[derive(Debug)]
pub struct Listeners {
    /// For calls.
    pub grpc: TcpListener,
    /// For the page behind the links in the mails, if it is served.
    pub page: Option<TcpListener>,
    /// For the mailbox, if it is served.
    pub mailbox: Option<TcpListener>,
}

impl Listeners {
    /// Listens where the configuration says.
    pub async fn open(config: &Config) -> Result<Self, Error> {
        let unless_off = async |key, address| match address {
            Some(address) => listen(key, address).await.map(Some),
            None => Ok(None),
        };
        Ok(Self {
            grpc: listen("grpc.listen", config.grpc_listen).await?,
            page: unless_off("page.listen", config.page.listen).await?,
            mailbox: unless_off("mailbox.listen", config.mailbox_listen).await?,
        })
    }
}

/// A process in the making: its parts are there, nothing runs yet.
#[derive(Debug)]
pub struct Server {
    installation: Arc<Installation>,
    sweeper: Arc<Sweeper>,
    callers: Callers,
    tls: Option<Arc<Tls>>,
    page: Page,
    load: Arc<Load>,
    max_connections: usize,
    max_message_size: usize,
    stop_grace: Duration,
}

/// Listens on an address that the configuration has under a key.
pub async fn listen(key: &str, address: SocketAddr) -> Result<TcpListener, Error> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| Error::Io(format!("{key}: cannot listen on {address}"), error))
}

/// Where mails go.
pub(crate) fn transport(config: &Config) -> Result<Transport, Error> {
    Ok(match &config.mail_transport {
        MailTransport::File(path) => {
            Transport::File(Folder::open(path).map_err(|error| {
                Error::Io(format!("mail.directory: cannot make the folder {}", path.display()), error)
            })?)
        }
        MailTransport::Smtp(relay) => Transport::Smtp(relay.clone()),
        MailTransport::Memory(memory) => Transport::Memory(memory.clone()),
    })
}

/// Who mails are from, and where their links lead.
pub(crate) fn sender(config: &Config) -> Sender {
    Sender {
        from: config.mail_from.clone(),
        return_path: config.mail_return_path.clone(),
        link_template: config.page.link_template.clone(),
    }
}

impl Server {
    /// Opens the database, makes sure of its schema, checks the keys, and makes the parts.
    pub async fn open(config: &Config, clock: Clock) -> Result<Self, Error> {
        let (transport, sender) = (transport(config)?, sender(config));
        let tls = config.tls.clone().map(Tls::open).transpose().map_err(|error| Error::Key(error.to_string()))?;
        let store = Store::open(&config.database_url, config.database_connections).await?;
        store.prepare().await?;
        let asked = Instant::now();
        clock.keep_to(store.ping().await?, asked.elapsed());
        let tx = store.write().await?;
        let keyring = keys::load(&config.keys, tx.newest_key().await?)?;
        tx.register_keys(&keyring, clock.now()).await?;
        tx.commit().await?;

        let courier =
            Courier::new(store.clone(), keyring.clone(), sender.clone(), transport.clone(), config.mail_retry);
        let (policy, retention) = (config.policy.clone(), config.change_retention);
        let sweeper = Sweeper::new(store.clone(), clock.clone(), policy, keyring.clone(), retention);
        let installation = Installation {
            store,
            keyring,
            clock,
            policy: config.policy.clone(),
            account_id_suffix: config.account_id_suffix.clone(),
            courier,
            transport,
            sender,
            test_mails: tokio::sync::Mutex::default(),
            ids: Ids::new(),
            limits: Limits::new(&config.rates),
        };
        let stop_grace = config.stop_grace.try_into().unwrap_or(Duration::MAX);
        Ok(Self {
            installation: Arc::new(installation),
            sweeper: Arc::new(sweeper),
            callers: config.callers.clone(),
            tls: tls.map(Arc::new),
            page: config.page.clone(),
            load: Load::new(config.capacity),
            max_connections: config.max_connections,
            max_message_size: config.max_message_size,
            stop_grace,
        })
    }

    /// Sends what is due.
    pub fn courier(&self) -> &Courier {
        &self.installation.courier
    }

    /// Ends what is over.
    pub fn sweeper(&self) -> &Arc<Sweeper> {
        &self.sweeper
    }

    /// Takes calls until told to stop; then health says so, new calls are turned away, and those under way finish.
    pub fn serve(
        &self,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> impl Future<Output = Result<(), Error>> + Send + 'static {
        let (installation, callers, tls) = (self.installation.clone(), self.callers.clone(), self.tls.clone());
        let (max_connections, max_message_size) = (self.max_connections, self.max_message_size);
        let load = self.load.clone();
        async move {
            let (health, health_service) = tonic_health::server::health_reporter();
            let watch = Watch::begin(health, installation.store.clone(), installation.clock.clone()).await;
            let reflection = || {
                tonic_reflection::server::Builder::configure()
                    .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
                    .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
                    // So that clients without proto files can read the details of errors.
                    .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
            };
            let no_reflection = |error: tonic_reflection::server::Error| {
                Error::Io("reflection".to_owned(), std::io::Error::other(error))
            };
            let api = Api(installation.clone());
            let admission = move |inner| Admission {
                callers: callers.clone(),
                installation: installation.clone(),
                load: load.clone(),
                inner,
            };
            let v1 = reflection().build_v1().map_err(no_reflection)?;
            let v1alpha = reflection().build_v1alpha().map_err(no_reflection)?;
            let serving = tonic::transport::Server::builder()
                .max_concurrent_streams(STREAMS)
                .initial_stream_window_size(STREAM_WINDOW)
                .initial_connection_window_size(CONNECTION_WINDOW)
                .http2_max_header_list_size(HEADERS)
                .http2_max_pending_accept_reset_streams(Some(RESETS))
                .http2_max_local_error_reset_streams(Some(FAULTY))
                .http2_keepalive_interval(Some(PING))
                .http2_keepalive_timeout(Some(PING))
                .layer(layer_fn(Deadline))
                .layer(layer_fn(admission))
                .add_service(health_service.max_decoding_message_size(HEALTH_MESSAGE))
                .add_service(v1.max_decoding_message_size(max_message_size))
                .add_service(v1alpha.max_decoding_message_size(max_message_size))
                .add_service(ContactServiceServer::new(api.clone()).max_decoding_message_size(max_message_size))
                .add_service(RequestServiceServer::new(api).max_decoding_message_size(max_message_size))
                .serve_with_incoming_shutdown(
                    connection::incoming(listener, tls.clone(), max_connections),
                    // It ends with the word that nothing is served, and only then are calls turned away.
                    watch.until(stop),
                );
            let following = async {
                match tls {
                    Some(tls) => tls.follow().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                served = serving => Ok(served?),
                never = following => match never {},
            }
        }
    }

    /// Shows the page behind the links in the mails until told to stop; then nothing new is taken, and what is under way
    /// finishes.
    pub fn serve_page(
        &self,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> impl Future<Output = ()> + Send + 'static {
        let site = page::Site::new(&self.page, self.installation.clone(), self.load.clone());
        http::serve(listener, page::router(site), self.max_connections, stop)
    }

    /// Shows the mails that are sent, as the page is shown. Nothing but mails in a folder can be shown.
    pub fn serve_mailbox(
        &self,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> Result<impl Future<Output = ()> + Send + 'static, Error> {
        let failed = |error| Error::Io("mailbox.listen".to_owned(), error);
        let Transport::File(folder) = &self.installation.transport else {
            return Err(failed(io::Error::other("mail.transport must be \"file\"")));
        };
        let port = listener.local_addr().map_err(failed)?.port();
        Ok(http::serve(listener, mailbox::router(folder.clone(), port), READERS, stop))
    }

    /// Takes calls, shows the page and the mailbox where there are listeners for them, sends mails and sweeps until told
    /// to stop. Everything under way may finish within the grace time; then it is cut off. A part that dies stops the rest.
    pub async fn run(self, listeners: Listeners, stop: CancellationToken) -> Result<(), Error> {
        let Listeners { grpc, page, mailbox } = listeners;
        let mailbox = mailbox.map(|mailbox| self.serve_mailbox(mailbox, stop.clone())).transpose()?;
        let mut tasks = JoinSet::new();
        let guard = || stop.clone().drop_guard();
        let (serve, stopping) = (self.serve(grpc, stop.clone()), guard());
        tasks.spawn(async move {
            let _stopping = stopping;
            serve.await
        });
        if let Some(page) = page {
            let (serve, stopping) = (self.serve_page(page, stop.clone()), guard());
            tasks.spawn(async move {
                let _stopping = stopping;
                serve.await;
                Ok(())
            });
        }
        if let Some(serve) = mailbox {
            let stopping = guard();
            tasks.spawn(async move {
                let _stopping = stopping;
                serve.await;
                Ok(())
            });
        }
        let (installation, stopping, told) = (self.installation.clone(), guard(), stop.clone());
        tasks.spawn(async move {
            let _stopping = stopping;
            installation.courier.run(|| installation.clock.now(), &told).await;
            Ok(())
        });
        let (installation, sweeper, stopping, told) =
            (self.installation.clone(), self.sweeper.clone(), guard(), stop.clone());
        tasks.spawn(async move {
            let _stopping = stopping;
            sweeper.run(|| installation.courier.wake(), &told).await;
            Ok(())
        });

        stop.cancelled().await;
        tracing::info!("stopping");
        let store = self.installation.store.clone();
        let finished = async {
            // A part that has died is no reason to cut the others off.
            let mut all = Ok(());
            while let Some(ended) = tasks.join_next().await {
                all = all.and(ended.map_err(Error::from).and_then(|ended| ended));
            }
            let closed = store.close().await;
            all.and(closed.map_err(Error::from))
        };
        match tokio::time::timeout(self.stop_grace, finished).await {
            Ok(ended) => ended,
            Err(_) => {
                tracing::warn!("calls or a mail under way were cut off at the end of grpc.stop_grace");
                Ok(())
            }
        }
    }
}
