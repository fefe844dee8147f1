//! A server for one test.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use relevo_api::v1::{
    ContactChange, DeleteServiceRequest, GetContactChangeRequest, GetServiceRequest, InspectTokenRequest,
    InspectTokenResponse, Service, contact_service_client::ContactServiceClient,
    request_service_client::RequestServiceClient,
};
use relevo_outbound::Memory;
use relevo_server::{Clock, Config, Server, config::MailTransport, listen};
use tokio::{runtime::Handle, task::block_in_place};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};

use crate::{Browser, Engine, Home, Letter, Person, Refused};

/// When every test begins.
const BEGINNING: &str = "2026-01-05T09:00:00Z";

/// A server for one test; its clones are the same server.
#[derive(Debug, Clone)]
pub struct TestServer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    server: Server,
    address: SocketAddr,
    page: SocketAddr,
    mailbox: Option<SocketAddr>,
    channel: Channel,
    clock: Clock,
    memory: Memory,
    /// Mails that were sent and not read yet.
    unread: Mutex<Vec<Letter>>,
    counts_mails: Mutex<bool>,
    home: Arc<Home>,
    stop: CancellationToken,
}

impl TestServer {
    /// A server with the default settings.
    pub async fn start(on: Engine) -> Self {
        Self::start_with(on, "").await
    }

    /// A server with settings of its own, over the defaults.
    pub async fn start_with(on: Engine, toml: &str) -> Self {
        let clock = Clock::fixed(BEGINNING.parse().unwrap());
        Self::open(Arc::new(Home::new(on).await), toml, clock, Memory::default()).await
    }

    /// A server of an installation that is kept somewhere of its own, with settings over the defaults.
    pub async fn start_at(home: Home, toml: &str) -> Self {
        let clock = Clock::fixed(BEGINNING.parse().unwrap());
        Self::open(Arc::new(home), toml, clock, Memory::default()).await
    }

    /// Another server of the same installation, with the same settings but those given: the same database, keys, time and
    /// mailbox. For an engine that can be shared.
    pub async fn replica(&self, toml: &str) -> Self {
        let inner = &self.0;
        let replica = Self::open(inner.home.clone(), toml, inner.clock.clone(), inner.memory.clone()).await;
        // Either may deliver what the other has to read.
        replica.leaves_mails_unread();
        replica
    }

    async fn open(home: Arc<Home>, toml: &str, clock: Clock, memory: Memory) -> Self {
        let mut config = Config::parse(toml).unwrap();
        // A relay that the settings name is used, and so is a mailbox; other files would go where nobody looks.
        if config.mailbox_listen.is_some() {
            config.mail_transport = MailTransport::File(home.folder().join("mail"));
        } else if matches!(config.mail_transport, MailTransport::File(_)) {
            config.mail_transport = MailTransport::Memory(memory.clone());
        }
        home.settle(&mut config);
        let server = Server::open(&config, clock.clone()).await.unwrap();
        let listener = listen("grpc.listen", "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(server.serve(listener, stop.clone()));
        let listener = listen("page.listen", "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let page = listener.local_addr().unwrap();
        tokio::spawn(server.serve_page(listener, stop.clone()));
        let mailbox = match config.mailbox_listen {
            Some(address) => {
                let listener = listen("mailbox.listen", address).await.unwrap();
                let address = listener.local_addr().unwrap();
                tokio::spawn(server.serve_mailbox(listener, stop.clone()).unwrap());
                Some(address)
            }
            None => None,
        };
        let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy();
        Self(Arc::new(Inner {
            server,
            address,
            page,
            mailbox,
            channel,
            clock,
            memory,
            unread: Mutex::default(),
            counts_mails: Mutex::new(true),
            home,
            stop,
        }))
    }

    /// A client of the directory.
    pub fn contacts(&self) -> ContactServiceClient<Channel> {
        ContactServiceClient::new(self.0.channel.clone())
    }

    /// A client of the contact changes.
    pub fn requests(&self) -> RequestServiceClient<Channel> {
        RequestServiceClient::new(self.0.channel.clone())
    }

    /// The connection, for other services.
    pub fn channel(&self) -> Channel {
        self.0.channel.clone()
    }

    /// Where it takes calls.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Where it shows the page behind the links.
    pub fn page(&self) -> SocketAddr {
        self.0.page
    }

    /// Where it shows its mails, if its settings say so: mails go there then, and nobody has to read them.
    pub fn mailbox(&self) -> SocketAddr {
        self.0.mailbox.unwrap()
    }

    /// A browser that goes to the page.
    pub fn browser(&self) -> Browser {
        Browser::at(self.0.page)
    }

    /// Where its installation is kept.
    pub fn home(&self) -> &Home {
        &self.0.home
    }

    /// What time it is on the server.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.clock.advance(SignedDuration::try_from(by).unwrap());
    }

    /// Adds an account, in English, that pays its bills.
    pub async fn person(&self, name: &str) -> Person {
        Person::arrives(self, name, "en").await
    }

    /// Adds accounts, in English, that pay their bills.
    pub async fn people<const N: usize>(&self, names: [&str; N]) -> [Person; N] {
        let mut people = Vec::new();
        for name in names {
            people.push(self.person(name).await);
        }
        people.try_into().unwrap()
    }

    /// Adds an account with a language of its own.
    pub async fn person_speaking(&self, name: &str, language: &str) -> Person {
        Person::arrives(self, name, language).await
    }

    /// Looks at a change as a caller that sees everything.
    pub async fn shows_operator(&self, change: &ContactChange) -> ContactChange {
        let request = GetContactChangeRequest { change_id: change.change_id.clone(), ..Default::default() };
        self.requests().get_contact_change(request).await.unwrap().into_inner().change.unwrap()
    }

    /// Looks at a service as a caller that sees everything.
    pub async fn shows_operator_service(&self, service_id: &str) -> Service {
        let request = GetServiceRequest { service_id: service_id.to_owned(), ..Default::default() };
        self.contacts().get_service(request).await.unwrap().into_inner().service.unwrap()
    }

    /// Asks what a code is for, as the page behind the link does.
    pub async fn inspects(&self, change: &ContactChange, token: &str) -> Result<InspectTokenResponse, Refused> {
        let request = InspectTokenRequest { change_id: change.change_id.clone(), token: token.to_owned() };
        Ok(self.requests().inspect_token(request).await?.into_inner())
    }

    /// Ends a service. Says which changes were cancelled by it.
    pub async fn deletes_service(&self, service_id: &str) -> Vec<String> {
        let request = DeleteServiceRequest { service_id: service_id.to_owned(), ..Default::default() };
        self.contacts().delete_service(request).await.unwrap().into_inner().cancelled_change_ids
    }

    /// A connection of its own, for calls that are to come from somewhere else.
    pub fn another_channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.0.address)).unwrap().connect_lazy()
    }

    /// Sends every mail that is due.
    pub async fn deliver(&self) {
        let inner = &self.0;
        inner.server.courier().deliver_due(&|| inner.clock.now(), &inner.stop).await.unwrap();
        let sent = inner.memory.take();
        inner.unread.lock().unwrap().extend(sent.iter().map(Letter::open));
    }

    /// Sends every mail as it becomes due, as a server does by itself, until told to stop.
    pub async fn keeps_delivering(&self, stop: CancellationToken) {
        let inner = &self.0;
        inner.server.courier().run(|| inner.clock.now(), &stop).await;
    }

    /// Says that there may be a mail to send, as a call does that queues one.
    pub fn wakes_courier(&self) {
        self.0.server.courier().wake();
    }

    /// Ends what is over and reminds of what is nearly over.
    pub async fn sweep(&self) -> usize {
        self.tries_to_sweep().await.unwrap()
    }

    /// The same, where it may fail.
    pub async fn tries_to_sweep(&self) -> Result<usize, relevo_persistence::Error> {
        self.0.server.sweeper().sweep().await
    }

    /// Forgets the answers of calls that are a day old. Says how many.
    pub async fn forget(&self) -> u64 {
        self.0.server.sweeper().forget().await.unwrap()
    }

    /// Removes the changes that ended longer ago than they are kept. Says how many.
    pub async fn removes_old_changes(&self) -> usize {
        self.0.server.sweeper().remove().await.unwrap()
    }

    /// Takes the unread mails to an address, in the order in which they were sent, after sending what is due.
    pub async fn take_mails_to(&self, address: &str) -> Vec<Letter> {
        self.deliver().await;
        let mut unread = self.0.unread.lock().unwrap();
        let (taken, left) = unread.drain(..).partition(|letter| letter.to == address);
        *unread = left;
        taken
    }

    /// Takes all unread mails, after sending what is due.
    pub async fn take_mails(&self) -> Vec<Letter> {
        self.deliver().await;
        std::mem::take(&mut *self.0.unread.lock().unwrap())
    }

    /// Makes sure that nobody has a mail to read.
    pub async fn has_no_mails(&self) {
        let left: Vec<_> = self.take_mails().await.iter().map(|it| format!("{} to {}", it.kind, it.to)).collect();
        assert!(left.is_empty(), "nobody should have been mailed: {left:?}");
    }

    /// Says that this test is not about mails: those that nobody reads do not fail it.
    pub fn leaves_mails_unread(&self) {
        *self.0.counts_mails.lock().unwrap() = false;
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // The last of the clones tidies up.
        if Arc::strong_count(&self.0) > 1 || std::thread::panicking() || !*self.0.counts_mails.lock().unwrap() {
            return;
        }
        block_in_place(|| Handle::current().block_on(self.deliver()));
        let unread = self.0.unread.lock().unwrap();
        let left: Vec<_> = unread.iter().map(|letter| format!("{} to {}", letter.kind, letter.to)).collect();
        assert!(left.is_empty(), "nobody has read these mails: {left:?}");
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
