//! A relay that does as it is told: it takes mails, or answers a step with the reply that a test has scripted.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Notify,
    task::JoinHandle,
};

use crate::{Letter, mailbox::token_in};

/// A step of the conversation with a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The greeting.
    Greeting,
    /// EHLO.
    Ehlo,
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

/// A relay on a port of its own.
#[derive(Debug)]
pub struct TestRelay {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Told when a conversation holds, and when it is to go on.
    holds: Notify,
    goes_on: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// For the next time that a step is reached, in order.
    script: Vec<(Step, Answer)>,
    /// For every other time.
    always: Vec<(Step, Answer)>,
    /// What is said to a recipient.
    recipients: BTreeMap<String, &'static str>,
    taken: Vec<Taken>,
    connections: usize,
}

impl TestRelay {
    /// A relay that takes every mail.
    pub async fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap()).await
    }

    /// A relay that takes every mail, at an address that was free a moment ago.
    pub async fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let own = shared.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                own.state.lock().unwrap().connections += 1;
                tokio::spawn(converse(stream, own.clone()));
            }
        });
        Self { address, shared, task }
    }

    /// The settings of a server that sends its mails here.
    pub fn settings(&self) -> String {
        format!("[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\n", self.address.port())
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
        self.shared.state.lock().unwrap().recipients.insert(address.to_owned(), line);
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
        self.shared.holds.notified().await;
    }

    /// Goes on with the conversation that it holds.
    pub fn lets_go(&self) {
        self.shared.goes_on.notify_one();
    }

    /// Takes out the mails that were taken since the last time.
    pub fn take(&self) -> Vec<Letter> {
        self.take_raw().iter().map(|taken| Letter::parse(&taken.raw, &taken.to)).collect()
    }

    /// Takes out the mails that were taken since the last time, as they came.
    pub fn take_raw(&self) -> Vec<Taken> {
        std::mem::take(&mut self.shared.state.lock().unwrap().taken)
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

struct Conversation {
    lines: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    shared: Arc<Shared>,
}

/// The conversation is over.
struct Over;

async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let (reader, writer) = stream.into_split();
    let mut conversation = Conversation { lines: BufReader::new(reader), writer, shared };
    // How it ended shows on the other side.
    let _ = conversation.run().await;
}

impl Conversation {
    async fn run(&mut self) -> Result<(), Over> {
        self.answer(Step::Greeting, "220 relay.example ESMTP").await?;
        let (mut from, mut to) = (String::new(), String::new());
        loop {
            let line = self.line().await?;
            let line = line.trim_end();
            if line.starts_with("EHLO") {
                self.answer(Step::Ehlo, "250-relay.example\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES").await?;
            } else if let Some(path) = line.strip_prefix("MAIL FROM:") {
                path.clone_into(&mut from);
                self.answer(Step::Mail, "250 2.1.0 Ok").await?;
            } else if let Some(path) = line.strip_prefix("RCPT TO:") {
                to = path.trim_matches(['<', '>']).to_owned();
                let line = self.shared.state.lock().unwrap().recipients.get(&to).copied();
                self.answer(Step::Rcpt, line.unwrap_or("250 2.1.5 Ok")).await?;
            } else if line == "DATA" {
                if self.answer(Step::Data, "354 Go on").await? {
                    let raw = self.mail().await?;
                    self.take(&from, &to, raw).await?;
                }
            } else if line == "RSET" {
                self.say("250 2.0.0 Ok").await?;
            } else if line == "QUIT" {
                self.say("221 2.0.0 Bye").await?;
                return Err(Over);
            } else {
                self.say("500 5.5.2 What?").await?;
            }
        }
    }

    /// Says what is scripted for a step, or else what goes along with it. Says whether it went along.
    async fn answer(&mut self, step: Step, along: &str) -> Result<bool, Over> {
        let Some(answer) = self.scripted(step) else {
            self.say(along).await?;
            return Ok(true);
        };
        self.act(answer, &[]).await.map(|()| false)
    }

    async fn take(&mut self, from: &str, to: &str, raw: Vec<u8>) -> Result<(), Over> {
        let scripted = self.scripted(Step::Dot);
        let is_taken = match &scripted {
            None | Some(Answer::HangUp) => true,
            Some(Answer::Hold(line)) => line.is_none_or(|line| line.starts_with('2')),
            Some(Answer::Say(_) | Answer::QuoteCode(_)) => false,
        };
        if is_taken {
            let taken = Taken { from: from.to_owned(), to: to.to_owned(), raw: raw.clone() };
            self.shared.state.lock().unwrap().taken.push(taken);
        }
        self.act(scripted.unwrap_or(Answer::Say("250 2.0.0 Ok: queued")), &raw).await
    }

    async fn act(&mut self, answer: Answer, raw: &[u8]) -> Result<(), Over> {
        match answer {
            Answer::Say(line) => self.say(line).await,
            Answer::HangUp => Err(Over),
            Answer::Hold(line) => {
                self.shared.holds.notify_one();
                self.shared.goes_on.notified().await;
                self.say(line.ok_or(Over)?).await
            }
            Answer::QuoteCode(line) => {
                let code = token_in(&Letter::parse(raw, "").text).unwrap_or_default();
                self.say(&format!("{line} {code} {}", code.replace('-', "").to_lowercase())).await
            }
        }
    }

    fn scripted(&self, step: Step) -> Option<Answer> {
        let mut state = self.shared.state.lock().unwrap();
        match state.script.iter().position(|(scripted, _)| *scripted == step) {
            Some(nth) => Some(state.script.remove(nth).1),
            None => state.always.iter().find(|(scripted, _)| *scripted == step).map(|(_, answer)| answer.clone()),
        }
    }

    async fn say(&mut self, line: &str) -> Result<(), Over> {
        self.writer.write_all(format!("{line}\r\n").as_bytes()).await.map_err(|_| Over)
    }

    async fn line(&mut self) -> Result<String, Over> {
        let mut line = String::new();
        match self.lines.read_line(&mut line).await {
            Ok(read) if read > 0 => Ok(line),
            _ => Err(Over),
        }
    }

    async fn mail(&mut self) -> Result<Vec<u8>, Over> {
        let mut raw = Vec::new();
        loop {
            let line = self.line().await?;
            if line == ".\r\n" {
                return Ok(raw);
            }
            // RFC 5321 4.5.2: a dot that begins a line was doubled on the way.
            raw.extend_from_slice(line.strip_prefix('.').unwrap_or(&line).as_bytes());
        }
    }
}
