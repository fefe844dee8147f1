//! A relay that does as it is told: it takes mails, or answers a step with the reply that a test has scripted.

mod conversation;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};
use tokio_rustls::TlsAcceptor;

use crate::{Letter, tls::Authority};

/// The user whom a relay takes mails from, and in base64.
const USERNAME: (&str, &str) = ("relevo", "cmVsZXZv");
/// The password, and in base64.
const PASSWORD: (&str, &str) = ("open sesame", "b3BlbiBzZXNhbWU=");

/// A step of the conversation with a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The greeting.
    Greeting,
    /// EHLO.
    Ehlo,
    /// STARTTLS.
    StartTls,
    /// EHLO after STARTTLS.
    EhloAgain,
    /// AUTH.
    Auth,
    /// The username of AUTH LOGIN.
    Challenge,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA.
    Data,
    /// The dot at the end of the mail.
    Dot,
}

/// What a relay does at a step, instead of going along.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Says this line.
    Say(&'static str),
    /// Says just these bytes, and hangs up.
    SayAndHangUp(&'static [u8]),
    /// Says these bytes over and over, until nobody listens any more.
    Flood(&'static [u8]),
    /// Says nothing any more.
    Silence,
    /// Goes along, byte by byte.
    Dribble,
    /// Goes along, in several lines.
    ManyLines,
    /// Takes the mail, and hangs up before it says so.
    HangUp,
    /// Says nothing until it is [let go](TestRelay::lets_go), and then this line; without one it hangs up.
    Hold(Option<&'static str>),
    /// Says this line, and the code that is in the mail after it.
    QuoteCode(&'static str),
}

/// A mail with its envelope.
#[derive(Debug, Clone)]
pub struct Taken {
    /// What followed MAIL FROM: the sender and the parameters.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// The mail, as it was before the dots were doubled.
    pub raw: Vec<u8>,
}

/// A line that a relay has heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// On which of its connections, from 1.
    pub connection: usize,
    /// Whether nobody else could hear it.
    pub under_tls: bool,
    /// The line, without its end.
    pub line: String,
}

/// How a relay keeps a conversation from others.
#[derive(Clone)]
pub enum Wrap {
    /// Not at all.
    None,
    /// By STARTTLS.
    StartTls(TlsAcceptor),
    /// From the first byte on.
    Implicit(TlsAcceptor),
}

/// A relay on a port of its own.
#[derive(Debug)]
pub struct TestRelay {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// A permit for each conversation that holds, and for each that is to go on.
    holds: Semaphore,
    goes_on: Semaphore,
}

#[derive(Debug, Default)]
struct State {
    /// For the next time that a step is reached, in order.
    script: Vec<(Step, Answer)>,
    /// For every other time.
    always: Vec<(Step, Answer)>,
    /// What is said to a recipient.
    recipients: BTreeMap<String, Answer>,
    taken: Vec<Taken>,
    connections: usize,
    /// Those that are not over.
    open: usize,
    heard: Vec<Heard>,
    flooded: usize,
    /// How one has to say who one is; empty: not at all.
    mechanisms: &'static str,
}

impl TestRelay {
    /// A relay that takes every mail.
    pub async fn start() -> Self {
        Self::start_wrapped(Wrap::None).await
    }

    /// A relay that takes every mail, at an address that was free a moment ago.
    pub async fn start_at(address: SocketAddr) -> Self {
        Self::start_with(address, Wrap::None).await
    }

    /// A relay that takes every mail after STARTTLS, certified for 127.0.0.1.
    pub async fn start_with_starttls(authority: &Authority) -> Self {
        Self::start_wrapped(Wrap::StartTls(authority.certifies("127.0.0.1"))).await
    }

    /// A relay that takes every mail under TLS.
    pub async fn start_wrapped(wrap: Wrap) -> Self {
        Self::start_with("127.0.0.1:0".parse().unwrap(), wrap).await
    }

    async fn start_with(address: SocketAddr, wrap: Wrap) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { state: Mutex::default(), holds: Semaphore::new(0), goes_on: Semaphore::new(0) });
        let own = shared.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = {
                    let mut state = own.state.lock().unwrap();
                    state.connections += 1;
                    state.connections
                };
                tokio::spawn(conversation::converse(stream, number, wrap.clone(), own.clone()));
            }
        });
        Self { address, shared, task }
    }

    /// The settings of a server that sends its mails here. They end in the section of the relay.
    pub fn settings(&self) -> String {
        format!("[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\n", self.address.port())
    }

    /// The settings of a server that sends its mails here under TLS. They end in the section of the relay.
    pub fn settings_with_tls(&self, tls: &str, authority: &Authority) -> String {
        format!("{}tls = {tls:?}\nca_file = {:?}\n", self.settings(), authority.file())
    }

    /// The settings of somebody whom it takes mails from, for the section of the relay.
    pub fn login() -> String {
        format!("username = {:?}\npassword = {:?}\n", USERNAME.0, PASSWORD.0)
    }

    /// What AUTH PLAIN says then.
    pub const PLAIN: &str = "AHJlbGV2bwBvcGVuIHNlc2FtZQ==";

    /// Takes mails from those alone who log in by one of these mechanisms.
    pub fn wants_login(&self, mechanisms: &'static str) {
        self.shared.state.lock().unwrap().mechanisms = mechanisms;
    }

    /// Scripts the answer to the next time that a step is reached.
    pub fn answers(&self, step: Step, answer: Answer) {
        self.shared.state.lock().unwrap().script.push((step, answer));
    }

    /// Scripts the answer to every time that a step is reached.
    pub fn always_answers(&self, step: Step, answer: Answer) {
        self.shared.state.lock().unwrap().always.push((step, answer));
    }

    /// Scripts what is said whenever a mail is for an address.
    pub fn answers_recipient(&self, address: &str, line: &'static str) {
        self.does_with_recipient(address, Answer::Say(line));
    }

    /// Scripts what is done whenever a mail is for an address.
    pub fn does_with_recipient(&self, address: &str, answer: Answer) {
        self.shared.state.lock().unwrap().recipients.insert(address.to_owned(), answer);
    }

    /// Forgets the script, and goes along from now on.
    pub fn goes_along(&self) {
        let mut state = self.shared.state.lock().unwrap();
        state.script.clear();
        state.always.clear();
        state.recipients.clear();
    }

    /// Waits until it [holds](Answer::Hold) a conversation.
    pub async fn holds(&self) {
        self.shared.holds.acquire().await.unwrap().forget();
    }

    /// Goes on with the conversation that it holds.
    pub fn lets_go(&self) {
        self.shared.goes_on.add_permits(1);
    }

    /// Takes out the mails that were taken since the last time.
    pub fn take(&self) -> Vec<Letter> {
        self.take_raw().iter().map(|taken| Letter::parse(&taken.raw, &taken.to)).collect()
    }

    /// Takes out the mails that were taken since the last time, as they came.
    pub fn take_raw(&self) -> Vec<Taken> {
        std::mem::take(&mut self.shared.state.lock().unwrap().taken)
    }

    /// How many bytes somebody took of what has no end.
    pub fn flooded(&self) -> usize {
        self.shared.state.lock().unwrap().flooded
    }

    /// Every line that it has heard, but for the mails.
    pub fn heard(&self) -> Vec<Heard> {
        self.shared.state.lock().unwrap().heard.clone()
    }

    /// How many conversations are not over.
    pub fn open(&self) -> usize {
        self.shared.state.lock().unwrap().open
    }

    /// How often it was connected to.
    pub fn connections(&self) -> usize {
        self.shared.state.lock().unwrap().connections
    }

    /// Goes down: its port is closed.
    pub async fn stop(self) -> SocketAddr {
        self.task.abort();
        let _ = self.task.await;
        self.address
    }
}
