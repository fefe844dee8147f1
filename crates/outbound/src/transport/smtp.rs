//! Mails handed to a relay.
//!
//! Whose fault a failure is depends on the step: until the relay has taken the sender, it is the relay's; from the
//! recipient on, it is this mail's. A connection that breaks after that says nothing about either, and the mail is
//! tried again: it may arrive twice then, with the same Message-ID.

use std::{fmt, io, time::Duration};

use mail_send::{SmtpClient, smtp::AssertReply};
use relevo_persistence::Reply;
use smtp_proto::{EXT_SMTP_UTF8, Response};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

use super::Verdict;
use crate::message::Message;

/// How long a relay may take.
#[derive(Debug, Clone, Copy)]
struct Timeouts {
    /// To be found, and to take the connection.
    connect: Duration,
    /// To answer a command, and to greet.
    reply: Duration,
    /// To take the mail itself: it may look into it before, and giving up early sends it twice.
    take: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), reply: Duration::from_secs(60), take: Duration::from_secs(300) }
    }
}

/// A relay that takes mails by SMTP, without TLS: one on this machine.
#[derive(Debug, Clone)]
pub struct Relay {
    host: String,
    port: u16,
    timeouts: Timeouts,
}

impl Relay {
    /// The relay at a host and port.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port, timeouts: Timeouts::default() }
    }

    pub(super) fn session(&self) -> Session {
        Session { relay: self.clone(), connection: None }
    }
}

/// A conversation with a relay, begun with the first mail and again after it broke.
pub(crate) struct Session {
    relay: Relay,
    connection: Option<Connection>,
}

struct Connection {
    client: SmtpClient<TcpStream>,
    timeouts: Timeouts,
    takes_utf8: bool,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("relay", &self.relay).finish_non_exhaustive()
    }
}

/// How a step failed.
enum Failure {
    /// The relay said no; the conversation goes on.
    Reply(Response<String>),
    /// The conversation is over.
    Broken(mail_send::Error),
    /// The relay was not asked, as it has said that it cannot.
    Unable(&'static str),
}

impl From<mail_send::Error> for Failure {
    fn from(error: mail_send::Error) -> Self {
        match error {
            mail_send::Error::UnexpectedReply(reply) => Failure::Reply(reply),
            other => Failure::Broken(other),
        }
    }
}

impl Failure {
    fn reply(&self) -> Reply {
        match self {
            Failure::Reply(reply) => {
                let codes = match reply.esc {
                    [0, _, _] => reply.code.to_string(),
                    [class, subject, detail] => format!("{} {class}.{subject}.{detail}", reply.code),
                };
                Reply { codes, text: legible(&reply.message) }
            }
            Failure::Broken(error) => Reply { codes: String::new(), text: legible(&error.to_string()) },
            Failure::Unable(why) => Reply { codes: String::new(), text: (*why).to_owned() },
        }
    }

    fn is_final(&self) -> bool {
        matches!(self, Failure::Reply(reply) if reply.code / 100 == 5)
    }

    /// RFC 5321 3.8: 421 closes the connection, whatever it answers.
    fn ends_conversation(&self) -> bool {
        match self {
            Failure::Reply(reply) => reply.code == 421,
            Failure::Broken(_) => true,
            Failure::Unable(_) => false,
        }
    }
}

/// A reply on one line of a bearable length.
fn legible(text: &str) -> String {
    let words: Vec<_> = text.split(|c: char| c.is_control() || c == ' ').filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(480).collect()
}

impl Session {
    pub(super) async fn send(&mut self, message: &Message) -> Verdict {
        let mut connection = match self.begin(message).await {
            Ok(connection) => connection,
            Err(verdict) => return verdict,
        };
        let Err(failure) = connection.hand_over(message).await else {
            self.connection = Some(connection);
            return Verdict::Taken;
        };
        // Without RSET the next MAIL would be refused as nested.
        if !failure.ends_conversation() && connection.client.rset().await.is_ok() {
            self.connection = Some(connection);
        }
        if failure.is_final() { Verdict::Refused(failure.reply()) } else { Verdict::PutOff(failure.reply()) }
    }

    /// A connection on which the relay has taken the sender.
    async fn begin(&mut self, message: &Message) -> Result<Connection, Verdict> {
        if let Some(mut kept) = self.connection.take() {
            match kept.mail_from(message).await {
                // A relay may hang up between two mails, or take so many on one connection and no more.
                Err(failure) if failure.ends_conversation() => {}
                begun => return self.begun(kept, begun),
            }
        }
        let mut fresh = self.relay.connect().await.map_err(|failure| Verdict::OutOfOrder(failure.reply()))?;
        let begun = fresh.mail_from(message).await;
        self.begun(fresh, begun)
    }

    fn begun(&mut self, connection: Connection, begun: Result<(), Failure>) -> Result<Connection, Verdict> {
        match begun {
            Ok(()) => Ok(connection),
            Err(failure @ Failure::Unable(_)) => {
                self.connection = Some(connection);
                Err(Verdict::Refused(failure.reply()))
            }
            Err(failure) => Err(Verdict::OutOfOrder(failure.reply())),
        }
    }

    pub(super) async fn close(self) {
        if let Some(connection) = self.connection {
            // Polite, and of no consequence: every mail has its answer.
            let _ = timeout(self.relay.timeouts.connect, connection.client.quit()).await;
        }
    }
}

impl Relay {
    async fn connect(&self) -> Result<Connection, Failure> {
        let timeouts = self.timeouts;
        let mut client = self.dial().await?;
        // The body and its final dot are written apart; waiting to join them costs 40 ms a mail.
        client.stream.set_nodelay(true).map_err(mail_send::Error::Io)?;
        client.timeout = timeouts.reply;
        let greeting = timeout(timeouts.reply, client.read()).await.map_err(|_| mail_send::Error::Timeout)??;
        greeting.assert_positive_completion()?;
        // RFC 5321 4.1.4: an address literal where there is no name worth giving.
        let own = client.stream.local_addr().map_err(mail_send::Error::Io)?.ip();
        let name = if own.is_ipv4() { format!("[{own}]") } else { format!("[IPv6:{own}]") };
        let offered = client.ehlo(&name).await?;
        Ok(Connection { client, timeouts, takes_utf8: offered.capabilities & EXT_SMTP_UTF8 != 0 })
    }
}

impl Relay {
    /// Connects to the first address that answers. Without TLS a mail stays on this machine, whatever a name server says.
    async fn dial(&self) -> Result<SmtpClient<TcpStream>, mail_send::Error> {
        let mut last = mail_send::Error::Io(io::Error::other("the relay's name has no loopback address"));
        let addresses = timeout(self.timeouts.connect, lookup_host((self.host.as_str(), self.port)));
        let addresses = addresses.await.map_err(|_| mail_send::Error::Timeout)?.map_err(mail_send::Error::Io)?;
        for address in addresses.filter(|address| address.ip().is_loopback()) {
            match SmtpClient::connect(address, self.timeouts.connect).await {
                Ok(client) => return Ok(client),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

impl Connection {
    async fn mail_from(&mut self, message: &Message) -> Result<(), Failure> {
        if message.needs_smtputf8 && !self.takes_utf8 {
            return Err(Failure::Unable("the relay takes no internationalised addresses (SMTPUTF8)"));
        }
        let parameters = if message.needs_smtputf8 { " SMTPUTF8 BODY=8BITMIME" } else { "" };
        let command = format!("MAIL FROM:<{}>{parameters}\r\n", message.envelope_from);
        Ok(self.client.cmd(command).await?.assert_positive_completion()?)
    }

    async fn hand_over(&mut self, message: &Message) -> Result<(), Failure> {
        let command = format!("RCPT TO:<{}>\r\n", message.envelope_to);
        self.client.cmd(command).await?.assert_positive_completion()?;
        self.client.timeout = self.timeouts.take;
        let taken = self.client.data(&message.raw).await;
        self.client.timeout = self.timeouts.reply;
        taken?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use tokio::{
        io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
        net::TcpListener,
    };

    use super::*;

    /// A relay that says these lines, one for the greeting and one for each command, and then nothing any more.
    async fn falls_silent_after(replies: &'static [&'static str]) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let (reader, mut writer) = stream.into_split();
            let mut commands = BufReader::new(reader).lines();
            for reply in replies {
                writer.write_all(reply.as_bytes()).await.unwrap();
                commands.next_line().await.unwrap();
            }
            // Whatever else comes is read and not answered.
            while let Ok(Some(_)) = commands.next_line().await {}
        });
        let brief = Duration::from_millis(200);
        let timeouts = Timeouts { connect: brief, reply: brief, take: brief };
        Relay { timeouts, ..Relay::new("127.0.0.1", port) }
    }

    fn message() -> Message {
        Message {
            message_id: "a@relevo.example".to_owned(),
            date: Timestamp::UNIX_EPOCH,
            envelope_from: "relevo@relevo.example".to_owned(),
            envelope_to: "ann@example.com".to_owned(),
            raw: b"Subject: a\r\n\r\nb\r\n".to_vec(),
            needs_smtputf8: false,
        }
    }

    #[tokio::test]
    async fn a_relay_that_falls_silent_is_waited_for_no_longer_than_the_step_may_take() {
        const REPLIES: [&str; 5] = ["220 a\r\n", "250 a\r\n", "250 ok\r\n", "250 ok\r\n", "354 go on\r\n"];
        for said in 0..=REPLIES.len() {
            let mut session = falls_silent_after(&REPLIES[..said]).await.session();
            let message = message();
            let verdict = timeout(Duration::from_secs(10), session.send(&message)).await.unwrap();
            // Greeting, EHLO and MAIL are the relay's; RCPT, DATA and the dot are this mail's.
            match (said < 3, &verdict) {
                (true, Verdict::OutOfOrder(reply)) | (false, Verdict::PutOff(reply)) => {
                    assert!(reply.codes.is_empty() && !reply.text.is_empty(), "{said}: {reply:?}");
                }
                _ => panic!("silent after {said} replies: {verdict:?}"),
            }
            assert!(session.connection.is_none(), "{said}: a conversation out of step is not gone on with");
            timeout(Duration::from_secs(10), session.close()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_relay_that_does_not_say_good_bye_holds_up_nothing() {
        let replies: &[&str] = &["220 a\r\n", "250 a\r\n", "250 ok\r\n", "450 busy\r\n", "250 ok\r\n"];
        let mut session = falls_silent_after(replies).await.session();
        let message = message();
        assert!(matches!(session.send(&message).await, Verdict::PutOff(reply) if reply.codes == "450"));
        assert!(session.connection.is_some(), "the conversation goes on");
        timeout(Duration::from_secs(10), session.close()).await.unwrap();
    }
}
