//! Mails handed to a relay.
//!
//! Whose fault a failure is depends on the step: until the relay has taken the sender, it is the relay's; from the
//! recipient on, it is this mail's. A connection that breaks after that says nothing about either, and the mail is
//! tried again: it may arrive twice then, with the same Message-ID.

mod connection;
mod conversation;
mod relay;

use std::{fmt, time::Instant};

pub use relay::{Login, Relay, RelayError, RelaySettings, Timeouts, Tls};

use super::Verdict;
use crate::{message::Message, reply::without_addresses};
use connection::Connection;
use conversation::{Failure, recorded};

impl Relay {
    pub(super) fn session(&self) -> Session {
        Session { relay: self.clone(), kept: None }
    }
}

/// A conversation with a relay, begun with the first mail and again after it broke.
pub(crate) struct Session {
    relay: Relay,
    /// A connection, and since when nothing was said on it.
    kept: Option<(Connection, Instant)>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("relay", &self.relay).finish_non_exhaustive()
    }
}

impl Session {
    pub(super) async fn send(&mut self, message: &Message) -> Verdict {
        let verdict = self.handed_over(message).await;
        verdict.map_reply(|reply| without_addresses(reply, &message.envelope_to))
    }

    async fn handed_over(&mut self, message: &Message) -> Verdict {
        let mut connection = match self.begin(message).await {
            Ok(connection) => connection,
            Err(verdict) => return verdict,
        };
        let failure = match connection.hand_over(message).await {
            Ok(reply) => {
                self.keep(connection);
                return Verdict::Taken(recorded(&reply));
            }
            Err(failure) => failure,
        };
        if !failure.ends_conversation() && connection.reset().await {
            self.keep(connection);
        }
        if failure.is_final() { Verdict::Refused(failure.reply()) } else { Verdict::PutOff(failure.reply()) }
    }

    /// A connection on which the relay has taken the sender.
    async fn begin(&mut self, message: &Message) -> Result<Connection, Verdict> {
        if let Some((mut kept, _)) = self.kept.take() {
            match kept.mail_from(message).await {
                // A relay may hang up between two mails, or take so many on one connection and no more.
                Err(failure) if failure.ends_conversation() => {}
                begun => return self.begun(kept, begun, message),
            }
        }
        let mut fresh = self.relay.connect().await.map_err(|failure| Verdict::OutOfOrder(failure.reply()))?;
        let begun = fresh.mail_from(message).await;
        self.begun(fresh, begun, message)
    }

    fn begun(
        &mut self,
        connection: Connection,
        begun: Result<(), Failure>,
        message: &Message,
    ) -> Result<Connection, Verdict> {
        let failure = match begun {
            Ok(()) => return Ok(connection),
            Err(failure) => failure,
        };
        let reply = failure.reply();
        if failure.ends_conversation() {
            return Err(Verdict::OutOfOrder(reply));
        }
        self.keep(connection);
        // With a recipient beyond ASCII the relay is asked for more than with others, and may refuse just that.
        Err(match (message.envelope_to.is_ascii(), failure) {
            (true, _) => Verdict::OutOfOrder(reply),
            (false, Failure::Unable(_)) => Verdict::Refused(reply),
            (false, failure) if failure.is_final() => Verdict::Refused(reply),
            (false, _) => Verdict::PutOff(reply),
        })
    }

    fn keep(&mut self, connection: Connection) {
        self.kept = Some((connection, Instant::now()));
    }

    /// Ends the conversation if nothing was said for as long as it is kept.
    pub(super) async fn rest(&mut self) {
        let idle_timeout = self.relay.settings.idle_timeout;
        if self.kept.as_ref().is_some_and(|(_, since)| since.elapsed() >= idle_timeout) {
            self.close().await;
        }
    }

    pub(super) async fn close(&mut self) {
        if let Some((connection, _)) = self.kept.take() {
            connection.quit().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use tokio::{
        io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
        net::TcpListener,
        time::timeout,
    };

    use relevo_persistence::Reply;

    use super::*;
    use crate::transport::{Memory, Transport};

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
        Relay::new(RelaySettings {
            host: "127.0.0.1".to_owned(),
            port,
            tls: Tls::None,
            ca_file: None,
            login: None,
            connections: 1,
            idle_timeout: brief,
            // Nothing but connecting may wait for so long.
            timeouts: Timeouts { connect: Duration::from_secs(60), handshake: brief, reply: brief, take: brief },
        })
        .unwrap()
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
            assert!(session.kept.is_none(), "{said}: a conversation out of step is not gone on with");
            timeout(Duration::from_secs(10), session.close()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_mail_that_is_sent_once_says_with_which_words_it_was_taken() {
        let replies: &[&str] = &["220 a\r\n", "250 a\r\n", "250 ok\r\n", "250 ok\r\n", "354 go on\r\n"];
        let silent = Transport::Smtp(falls_silent_after(replies).await).send_once(&message()).await;
        assert!(matches!(silent, Verdict::PutOff(_)), "{silent:?}");

        let refusing =
            falls_silent_after(&["220 a\r\n", "250 a\r\n", "250 ok\r\n", "550 5.1.1 <b@c.example> no\r\n"]).await;
        let refused = Transport::Smtp(refusing).send_once(&message()).await;
        let words = Reply { codes: "550 5.1.1".to_owned(), text: "<(an address)> no".to_owned() };
        assert_eq!(refused, Verdict::Refused(words));

        let kept = Transport::Memory(Memory::default()).send_once(&message()).await;
        assert!(matches!(kept, Verdict::Taken(_)), "{kept:?}");
    }

    #[tokio::test]
    async fn a_relay_that_does_not_say_good_bye_holds_up_nothing() {
        let replies: &[&str] = &["220 a\r\n", "250 a\r\n", "250 ok\r\n", "450 busy\r\n", "250 ok\r\n"];
        let mut session = falls_silent_after(replies).await.session();
        let message = message();
        assert!(matches!(session.send(&message).await, Verdict::PutOff(reply) if reply.codes == "450"));
        assert!(session.kept.is_some(), "the conversation goes on");
        timeout(Duration::from_secs(10), session.close()).await.unwrap();
    }
}
