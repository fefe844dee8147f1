//! A relay that does as it is told: it takes mails, or answers a step with the reply that a test has scripted.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinHandle,
};

use crate::Letter;

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
}

/// A relay on a port of its own.
#[derive(Debug)]
pub struct TestRelay {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    script: VecDeque<(Step, Answer)>,
    /// The envelope and the bytes of each mail that was taken.
    taken: Vec<(String, String, Vec<u8>)>,
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
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                tokio::spawn(converse(stream, shared.clone()));
            }
        });
        Self { address, state, task }
    }

    /// The settings of a server that sends its mails here.
    pub fn settings(&self) -> String {
        format!("[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\n", self.address.port())
    }

    /// Scripts the answer to the next time that a step is reached.
    pub fn answers(&self, step: Step, answer: Answer) {
        self.state.lock().unwrap().script.push_back((step, answer));
    }

    /// Takes out the mails that were taken since the last time.
    pub fn take(&self) -> Vec<Letter> {
        let taken = std::mem::take(&mut self.state.lock().unwrap().taken);
        taken.iter().map(|(_, to, raw)| Letter::parse(raw, to)).collect()
    }

    /// How often it was connected to.
    pub fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
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
    state: Arc<Mutex<State>>,
}

/// The conversation is over.
struct Over;

async fn converse(stream: TcpStream, state: Arc<Mutex<State>>) {
    let (reader, writer) = stream.into_split();
    let mut conversation = Conversation { lines: BufReader::new(reader), writer, state };
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
                self.answer(Step::Rcpt, "250 2.1.5 Ok").await?;
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
        match self.scripted(step) {
            None => self.say(along).await.map(|()| true),
            Some(Answer::Say(line)) => self.say(line).await.map(|()| false),
            Some(Answer::HangUp) => Err(Over),
        }
    }

    async fn take(&mut self, from: &str, to: &str, raw: Vec<u8>) -> Result<(), Over> {
        let scripted = self.scripted(Step::Dot);
        if !matches!(scripted, Some(Answer::Say(_))) {
            self.state.lock().unwrap().taken.push((from.to_owned(), to.to_owned(), raw));
        }
        match scripted {
            None => self.say("250 2.0.0 Ok: queued").await,
            Some(Answer::Say(line)) => self.say(line).await,
            Some(Answer::HangUp) => Err(Over),
        }
    }

    fn scripted(&self, step: Step) -> Option<Answer> {
        let script = &mut self.state.lock().unwrap().script;
        let nth = script.iter().position(|(scripted, _)| *scripted == step)?;
        script.remove(nth).map(|(_, answer)| answer)
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
