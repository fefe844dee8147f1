//! The relay's side of a conversation.

use std::{mem, sync::Arc};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::{Duration, timeout},
};

use super::{Answer, Heard, PASSWORD, Shared, Step, TestRelay, USERNAME, Wrap};
use crate::{Letter, mailbox::token_in};

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

struct Conversation {
    stream: BufReader<Box<dyn Stream>>,
    number: usize,
    wrap: Wrap,
    under_tls: bool,
    has_logged_in: bool,
    shared: Arc<Shared>,
}

/// The conversation is over.
struct Over;

pub(super) async fn converse(stream: TcpStream, number: usize, wrap: Wrap, shared: Arc<Shared>) {
    // What is written in pieces is to travel in pieces.
    stream.set_nodelay(true).unwrap();
    let stream: Box<dyn Stream> = Box::new(stream);
    let conversation = Conversation {
        stream: BufReader::new(stream),
        number,
        wrap,
        under_tls: false,
        has_logged_in: false,
        shared: shared.clone(),
    };
    shared.state.lock().unwrap().open += 1;
    // How it ended shows on the other side.
    let _ = conversation.run().await;
    shared.state.lock().unwrap().open -= 1;
}

impl Conversation {
    async fn run(mut self) -> Result<(), Over> {
        if matches!(self.wrap, Wrap::Implicit(_)) {
            self.begin_tls().await?;
        }
        self.answer(Step::Greeting, "220 relay.example ESMTP").await?;
        let (mut from, mut to) = (String::new(), String::new());
        loop {
            let line = self.line().await?;
            let line = line.trim_end();
            if line.starts_with("EHLO") {
                let step = if self.under_tls && self.offers_starttls() { Step::EhloAgain } else { Step::Ehlo };
                let offer = self.offer();
                self.answer(step, &offer).await?;
            } else if line == "STARTTLS" && self.offers_starttls() {
                if self.answer(Step::StartTls, "220 2.0.0 Ready").await? {
                    self.begin_tls().await?;
                }
            } else if let Some(how) = line.strip_prefix("AUTH ") {
                self.log_in(how).await?;
            } else if let Some(path) = line.strip_prefix("MAIL FROM:") {
                path.clone_into(&mut from);
                let needs_login = !self.has_logged_in && !self.shared.state.lock().unwrap().mechanisms.is_empty();
                let line = if needs_login { "530 5.7.0 Who are you?" } else { "250 2.1.0 Ok" };
                self.answer(Step::Mail, line).await?;
            } else if let Some(path) = line.strip_prefix("RCPT TO:") {
                to = path.trim_matches(['<', '>']).to_owned();
                let answer = self.shared.state.lock().unwrap().recipients.get(&to).cloned();
                match answer {
                    Some(answer) => self.act(answer, &[]).await?,
                    None => self.answer(Step::Rcpt, "250 2.1.5 Ok").await.map(drop)?,
                }
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

    fn offers_starttls(&self) -> bool {
        matches!(self.wrap, Wrap::StartTls(_))
    }

    fn offer(&self) -> String {
        let mut offer = "250-relay.example\r\n250-PIPELINING\r\n".to_owned();
        if self.offers_starttls() && !self.under_tls {
            offer.push_str("250-STARTTLS\r\n");
        }
        let mechanisms = self.shared.state.lock().unwrap().mechanisms;
        if !mechanisms.is_empty() {
            offer.push_str(&format!("250-AUTH {mechanisms}\r\n"));
        }
        offer + "250 ENHANCEDSTATUSCODES"
    }

    async fn begin_tls(&mut self) -> Result<(), Over> {
        let (Wrap::StartTls(acceptor) | Wrap::Implicit(acceptor)) = self.wrap.clone() else { return Err(Over) };
        let nothing: Box<dyn Stream> = Box::new(tokio::io::empty());
        let clear = mem::replace(&mut self.stream, BufReader::new(nothing)).into_inner();
        let private: Box<dyn Stream> = Box::new(acceptor.accept(clear).await.map_err(|_| Over)?);
        self.stream = BufReader::new(private);
        self.under_tls = true;
        Ok(())
    }

    /// RFC 4954: what is said in clear is refused, and noted all the same.
    async fn log_in(&mut self, how: &str) -> Result<(), Over> {
        let along = match how.split_once(' ') {
            _ if !self.under_tls => "538 5.7.11 Not in clear",
            None if how == "LOGIN" => {
                if !self.answer(Step::Auth, "334 VXNlcm5hbWU6").await? {
                    return Ok(());
                }
                let username = self.line().await?;
                if !self.answer(Step::Challenge, "334 UGFzc3dvcmQ6").await? {
                    return Ok(());
                }
                let password = self.line().await?;
                let is_right = username.trim_end() == USERNAME.1 && password.trim_end() == PASSWORD.1;
                self.has_logged_in = is_right;
                return self.say(if is_right { "235 2.7.0 Ok" } else { "535 5.7.8 No" }).await;
            }
            Some(("PLAIN", TestRelay::PLAIN)) => "235 2.7.0 Ok",
            Some(("PLAIN", _)) => "535 5.7.8 No",
            _ => "504 5.5.4 What?",
        };
        self.has_logged_in = along.starts_with("235");
        self.answer(Step::Auth, along).await.map(drop)
    }

    /// Says what is scripted for a step, or else what goes along with it. Says whether it went along.
    async fn answer(&mut self, step: Step, along: &str) -> Result<bool, Over> {
        match self.scripted(step) {
            None => self.say(along).await.map(|()| true),
            // The words that go along, in another way.
            Some(Answer::Dribble) => self.dribble(along).await.map(|()| true),
            Some(Answer::ManyLines) => self.say(&many_lines(along)).await.map(|()| true),
            Some(answer) => self.act(answer, &[]).await.map(|()| false),
        }
    }

    async fn take(&mut self, from: &str, to: &str, raw: Vec<u8>) -> Result<(), Over> {
        const TAKEN: &str = "250 2.0.0 Ok: queued";
        let scripted = self.scripted(Step::Dot);
        let is_taken = match &scripted {
            None | Some(Answer::HangUp | Answer::Dribble | Answer::ManyLines) => true,
            Some(Answer::Hold(line)) => line.is_none_or(|line| line.starts_with('2')),
            Some(Answer::Say(line)) => line.starts_with('2'),
            Some(_) => false,
        };
        if is_taken {
            let taken = super::Taken { from: from.to_owned(), to: to.to_owned(), raw: raw.clone() };
            self.shared.state.lock().unwrap().taken.push(taken);
        }
        match scripted {
            None => self.say(TAKEN).await,
            Some(Answer::Dribble) => self.dribble(TAKEN).await,
            Some(Answer::ManyLines) => self.say(&many_lines(TAKEN)).await,
            Some(answer) => self.act(answer, &raw).await,
        }
    }

    async fn act(&mut self, answer: Answer, raw: &[u8]) -> Result<(), Over> {
        match answer {
            Answer::Say(line) => self.say(line).await,
            Answer::SayAndHangUp(bytes) => {
                self.write(bytes).await?;
                Err(Over)
            }
            Answer::Flood(bytes) => loop {
                // Until nobody takes it any more; a relay that is not read from waits for no longer than a test.
                let written = timeout(Duration::from_secs(20), self.write(&bytes.repeat(1024))).await;
                written.unwrap_or(Err(Over))?;
                self.shared.state.lock().unwrap().flooded += bytes.len() * 1024;
            },
            Answer::Dribble | Answer::ManyLines => Ok(()),
            Answer::HangUp => Err(Over),
            Answer::Hold(line) => {
                self.shared.holds.add_permits(1);
                self.shared.goes_on.acquire().await.unwrap().forget();
                self.say(line.ok_or(Over)?).await
            }
            Answer::Silence => {
                // Whatever else comes is read and not answered.
                while self.line().await.is_ok() {}
                Err(Over)
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
        self.write(format!("{line}\r\n").as_bytes()).await
    }

    async fn dribble(&mut self, line: &str) -> Result<(), Over> {
        for byte in format!("{line}\r\n").bytes() {
            self.write(&[byte]).await?;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Over> {
        self.stream.write_all(bytes).await.map_err(|_| Over)?;
        self.stream.flush().await.map_err(|_| Over)
    }

    async fn line(&mut self) -> Result<String, Over> {
        let mut line = String::new();
        match self.stream.read_line(&mut line).await {
            Ok(read) if read > 0 => {
                let heard =
                    Heard { connection: self.number, under_tls: self.under_tls, line: line.trim_end().to_owned() };
                self.shared.state.lock().unwrap().heard.push(heard);
                Ok(line)
            }
            _ => Err(Over),
        }
    }

    async fn mail(&mut self) -> Result<Vec<u8>, Over> {
        let mut raw = Vec::new();
        loop {
            let mut line = Vec::new();
            let read = self.stream.read_until(b'\n', &mut line).await;
            if read.unwrap_or(0) == 0 {
                return Err(Over);
            }
            if line == b".\r\n" {
                return Ok(raw);
            }
            // RFC 5321 4.5.2: a dot that begins a line was doubled on the way.
            raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
    }
}

/// The same reply, with lines before its last one.
fn many_lines(reply: &str) -> String {
    let (code, words) = reply.split_at(3);
    let before: String = ["one", "", "2.0.0 three"].iter().map(|line| format!("{code}-{line}\r\n")).collect();
    // A reply of many lines stays one of its own kind: EHLO's has lines already.
    if words.starts_with('-') { reply.to_owned() } else { format!("{before}{code}{words}") }
}
