//! What is said to a relay, and what it answers: one reply for each command.
//!
//! Replies are read here, and not by mail-send, which throws away what follows one and lets one grow without end.

use std::{io, time::Duration};

use mail_send::SmtpClient;
use relevo_persistence::Reply;
use smtp_proto::{EhloResponse, Response, response::parser::ResponseReceiver};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::reply::legible;

/// The longest reply that is read to its end, in bytes: RFC 5321 (4.5.3.1.5) asks for 512 a line.
const LONGEST_REPLY: usize = 4096;

/// How a step failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The relay said no, with 4xx or 5xx; the conversation goes on.
    Reply(Response<String>),
    /// The conversation is over: cut, silent, or out of step.
    Broken(String),
    /// The relay was not asked, as it has said that it cannot.
    Unable(&'static str),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Broken(error.to_string())
    }
}

impl From<mail_send::Error> for Failure {
    fn from(error: mail_send::Error) -> Self {
        match error {
            mail_send::Error::Io(error) => error.into(),
            mail_send::Error::Timeout => Failure::silent(),
            other => Failure::Broken(other.to_string()),
        }
    }
}

impl Failure {
    pub(super) fn silent() -> Self {
        Failure::Broken("the relay did not answer in time".to_owned())
    }

    fn garbled() -> Self {
        Failure::Broken("what the relay says is not SMTP".to_owned())
    }

    pub(super) fn reply(&self) -> Reply {
        match self {
            Failure::Reply(reply) => recorded(reply),
            Failure::Broken(why) => Reply { codes: String::new(), text: legible(why) },
            Failure::Unable(why) => Reply { codes: String::new(), text: (*why).to_owned() },
        }
    }

    pub(super) fn is_final(&self) -> bool {
        matches!(self, Failure::Reply(reply) if reply.code / 100 == 5)
    }

    /// RFC 5321 3.8: 421 closes the connection, whatever it answers.
    pub(super) fn ends_conversation(&self) -> bool {
        match self {
            Failure::Reply(reply) => reply.code == 421,
            Failure::Broken(_) => true,
            Failure::Unable(_) => false,
        }
    }
}

/// A reply as it is kept.
pub(super) fn recorded(reply: &Response<String>) -> Reply {
    let codes = match reply.esc {
        [0, _, _] => reply.code.to_string(),
        [class, subject, detail] => format!("{} {class}.{subject}.{detail}", reply.code),
    };
    Reply { codes, text: legible(&reply.message) }
}

/// A stream of any kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

/// A conversation over a stream.
pub(super) struct Conversation<S: AsyncRead + AsyncWrite> {
    client: SmtpClient<S>,
}

impl Conversation<TcpStream> {
    pub(super) fn over(client: SmtpClient<TcpStream>) -> Self {
        Self { client }
    }

    /// The same conversation, under TLS from now on, with whoever proves to be this host.
    pub(super) async fn under_tls(
        self,
        connector: &TlsConnector,
        host: &str,
        handshake: Duration,
    ) -> Result<Conversation<TlsStream<TcpStream>>, Failure> {
        let client = SmtpClient { timeout: handshake, ..self.client };
        Ok(Conversation { client: client.into_tls(connector, host).await? })
    }
}

impl<S: Stream + 'static> Conversation<S> {
    pub(super) fn boxed(self) -> Conversation<Box<dyn Stream>> {
        let SmtpClient { stream, timeout } = self.client;
        Conversation { client: SmtpClient { stream: Box::new(stream), timeout } }
    }
}

impl<S: Stream> Conversation<S> {
    /// Waits for the greeting.
    pub(super) async fn greeting(&mut self, wait: Duration) -> Result<(), Failure> {
        let raw = timeout(wait, self.listen()).await.map_err(|_| Failure::silent())??;
        positive(parsed(&raw)?).map(drop)
    }

    /// Greets, and hears what the relay offers.
    pub(super) async fn ehlo(&mut self, name: &str, wait: Duration) -> Result<EhloResponse<String>, Failure> {
        let raw = self.ask(&format!("EHLO {name}\r\n"), wait).await?;
        positive(parsed(&raw)?)?;
        EhloResponse::parse(&mut raw.iter()).map_err(|_| Failure::garbled())
    }

    /// Says a command, and waits for its reply, of whatever kind.
    pub(super) async fn say(&mut self, command: &str, wait: Duration) -> Result<Response<String>, Failure> {
        parsed(&self.ask(command, wait).await?)
    }

    /// Says a command that the relay has to go along with.
    pub(super) async fn command(&mut self, command: &str, wait: Duration) -> Result<Response<String>, Failure> {
        positive(self.say(command, wait).await?)
    }

    /// Hands over the mail itself, its dots doubled where they begin a line, and waits for what becomes of it.
    pub(super) async fn mail(&mut self, raw: &[u8], wait: Duration) -> Result<Response<String>, Failure> {
        let taking = async {
            self.client.write_message(raw).await?;
            self.listen().await
        };
        positive(parsed(&timeout(wait, taking).await.map_err(|_| Failure::silent())??)?)
    }

    /// Says good-bye.
    pub(super) async fn quit(&mut self, wait: Duration) {
        // Polite, and of no consequence: every mail has its answer.
        let _ = self.ask("QUIT\r\n", wait).await;
    }

    async fn ask(&mut self, command: &str, wait: Duration) -> Result<Vec<u8>, Failure> {
        let answered = async {
            self.client.stream.write_all(command.as_bytes()).await?;
            self.client.stream.flush().await?;
            self.listen().await
        };
        timeout(wait, answered).await.map_err(|_| Failure::silent())?
    }

    /// Reads one reply. A relay that says more than that is out of step, or somebody else speaks in its name: what comes
    /// with the answer to STARTTLS was not said under TLS (CVE-2011-0411).
    async fn listen(&mut self) -> Result<Vec<u8>, Failure> {
        let mut said = Vec::new();
        let mut piece = [0; 1024];
        loop {
            let read = self.client.stream.read(&mut piece).await?;
            if read == 0 {
                return Err(Failure::Broken("the relay hung up".to_owned()));
            }
            said.extend_from_slice(piece.get(..read).unwrap_or_default());
            match end_of_reply(&said)? {
                Some(end) if end == said.len() => return Ok(said),
                Some(_) => return Err(Failure::Broken("the relay says more than it was asked".to_owned())),
                None if said.len() > LONGEST_REPLY => return Err(Failure::garbled()),
                None => {}
            }
        }
    }
}

/// Where the first reply ends, if it is there whole. Its lines begin with the same three digits (RFC 5321 4.2.1).
fn end_of_reply(said: &[u8]) -> Result<Option<usize>, Failure> {
    let (mut end, mut code) = (0, None);
    for line in said.split_inclusive(|byte| *byte == b'\n') {
        let Some(line) = line.strip_suffix(b"\n") else { break };
        end += line.len() + 1;
        let (digits, rest) = line.split_at_checked(3).ok_or_else(Failure::garbled)?;
        if !digits.iter().all(u8::is_ascii_digit) || code.is_some_and(|code| code != digits) {
            return Err(Failure::garbled());
        }
        code = Some(digits);
        match rest.first() {
            Some(b'-') => {}
            None | Some(b' ' | b'\r') => return Ok(Some(end)),
            Some(_) => return Err(Failure::garbled()),
        }
    }
    Ok(None)
}

fn parsed(raw: &[u8]) -> Result<Response<String>, Failure> {
    ResponseReceiver::default().parse(&mut raw.iter()).map_err(|_| Failure::garbled())
}

/// A reply with which the relay goes along; another kind than yes and no is out of step.
fn positive(reply: Response<String>) -> Result<Response<String>, Failure> {
    match reply.code / 100 {
        2 => Ok(reply),
        _ => Err(negative(reply)),
    }
}

/// A reply that is not the one that was hoped for.
pub(super) fn negative(reply: Response<String>) -> Failure {
    match reply.code / 100 {
        4 | 5 => Failure::Reply(reply),
        _ => Failure::Broken(format!("the relay is out of step: {} {}", reply.code, reply.message)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_ends_with_its_last_line() {
        for (said, end) in [
            ("", Some(None)),
            ("250", Some(None)),
            ("250 ok\r", Some(None)),
            ("250 ok\r\n", Some(Some(8))),
            ("250 ok\n", Some(Some(7))),
            ("250\r\n", Some(Some(5))),
            ("250\n", Some(Some(4))),
            ("250-\r\n", Some(None)),
            ("250-a\r\n250-b\r\n250 c\r\n", Some(Some(21))),
            ("250-a\r\n250-b\r\n250 c\r\n250 d\r\n", Some(Some(21))),
            ("220 ready\r\n550 no\r\n", Some(Some(11))),
            ("250-a\r\n550 b\r\n", None),
            ("\r\n", None),
            ("25\r\n", None),
            ("2500\r\n", None),
            ("25x ok\r\n", None),
            (" 250 ok\r\n", None),
            ("250_ok\r\n", None),
            ("HTTP/1.1 400 Bad Request\r\n", None),
        ] {
            assert_eq!(end_of_reply(said.as_bytes()).ok(), end, "{said:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_relay_says_is_read_or_refused(said in proptest::collection::vec(0_u8..=255, 0..200)) {
            if let Ok(Some(end)) = end_of_reply(&said) {
                proptest::prop_assert!(end <= said.len() && said[end - 1] == b'\n');
                let _ = parsed(&said[..end]);
            }
        }

        #[test]
        fn a_reply_is_parsed_whatever_its_words(code in 200_u16..600, words in "[ -~\u{e0}-\u{ff}]{0,60}") {
            let raw = format!("{code} {words}\r\n");
            let reply = parsed(raw.as_bytes()).unwrap();
            proptest::prop_assert_eq!(reply.code, code);
        }
    }
}
