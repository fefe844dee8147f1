//! A connection on which a relay takes mails: made, kept from others, introduced.

use std::{io, net::IpAddr, time::Duration};

use mail_send::SmtpClient;
use smtp_proto::{AUTH_LOGIN, AUTH_PLAIN, EXT_SMTP_UTF8, EXT_START_TLS, EhloResponse, Response};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

use super::{
    conversation::{Conversation, Failure, Stream, negative},
    relay::{Login, Relay, Timeouts, Tls},
};
use crate::message::Message;

/// How long a relay is waited for to say good-bye.
const FAREWELL: Duration = Duration::from_secs(1);
/// What AUTH LOGIN asks, in this order whatever its words: "Username:" and "Password:".
const LOGIN_QUESTIONS: [&str; 2] = ["VXNlcm5hbWU6", "UGFzc3dvcmQ6"];

/// A connection on which a relay takes mails.
pub(super) struct Connection {
    conversation: Conversation<Box<dyn Stream>>,
    timeouts: Timeouts,
    takes_utf8: bool,
}

impl Relay {
    /// Connects, with TLS and AUTH as told. Whatever fails is the relay's fault.
    pub(super) async fn connect(&self) -> Result<Connection, Failure> {
        let tcp = self.dial().await?;
        // The body and its final dot are written apart; waiting to join them costs 40 ms a mail.
        tcp.stream.set_nodelay(true)?;
        let name = own_name(tcp.stream.local_addr()?.ip());
        let mut clear = Conversation::over(tcp);
        let Some(connector) = &self.connector else {
            clear.greeting(self.timeouts().reply).await?;
            return self.introduced(clear, &name, None).await;
        };
        let under_tls =
            |clear: Conversation<TcpStream>| clear.under_tls(connector, &self.settings.host, self.timeouts().handshake);
        let login = self.settings.login.as_ref();
        if self.settings.tls == Tls::Implicit {
            let mut private = under_tls(clear).await?;
            private.greeting(self.timeouts().reply).await?;
            return self.introduced(private, &name, login).await;
        }
        clear.greeting(self.timeouts().reply).await?;
        let offered = clear.ehlo(&name, self.timeouts().reply).await?;
        if offered.has_capability(EXT_START_TLS) {
            clear.command("STARTTLS\r\n", self.timeouts().reply).await?;
            // What was offered in clear may be anybody's word.
            return self.introduced(under_tls(clear).await?, &name, login).await;
        }
        match (self.settings.tls, login) {
            (Tls::StartTlsIfOffered, None) => Ok(self.ready(clear, &offered)),
            (Tls::StartTlsIfOffered, Some(_)) => {
                Err(Failure::Unable("the relay offers no STARTTLS, and a password is never said without TLS"))
            }
            _ => Err(Failure::Unable("the relay offers no STARTTLS")),
        }
    }

    fn timeouts(&self) -> Timeouts {
        self.settings.timeouts
    }

    /// Greets, and says who it is if a login is given: on a conversation under TLS alone.
    async fn introduced<S: Stream + 'static>(
        &self,
        mut conversation: Conversation<S>,
        name: &str,
        login: Option<&Login>,
    ) -> Result<Connection, Failure> {
        let offered = conversation.ehlo(name, self.timeouts().reply).await?;
        if let Some(login) = login {
            authenticate(&mut conversation, login, &offered, self.timeouts().reply).await?;
        }
        Ok(self.ready(conversation, &offered))
    }

    fn ready<S: Stream + 'static>(&self, conversation: Conversation<S>, offered: &EhloResponse<String>) -> Connection {
        let takes_utf8 = offered.has_capability(EXT_SMTP_UTF8);
        Connection { conversation: conversation.boxed(), timeouts: self.timeouts(), takes_utf8 }
    }

    /// Connects to the first address that answers. Without TLS a mail stays on this machine, whatever a name server says.
    async fn dial(&self) -> Result<SmtpClient<TcpStream>, Failure> {
        let wait = self.timeouts().connect;
        let mut last = Failure::from(io::Error::other(match self.settings.tls {
            Tls::None => "the relay's name has no loopback address",
            _ => "the relay's name has no address",
        }));
        let addresses = timeout(wait, lookup_host((self.settings.host.as_str(), self.settings.port)));
        let addresses = addresses.await.map_err(|_| Failure::silent())??;
        for address in addresses.filter(|it| self.settings.tls != Tls::None || it.ip().is_loopback()) {
            match SmtpClient::connect(address, wait).await {
                Ok(client) => return Ok(client),
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    }
}

/// RFC 5321 4.1.4: an address literal where there is no name worth giving.
fn own_name(address: IpAddr) -> String {
    if address.is_ipv4() { format!("[{address}]") } else { format!("[IPv6:{address}]") }
}

/// Says who this is, by the first of PLAIN and LOGIN that is offered.
async fn authenticate<S: Stream>(
    conversation: &mut Conversation<S>,
    login: &Login,
    offered: &EhloResponse<String>,
    wait: Duration,
) -> Result<(), Failure> {
    let credentials = login.credentials();
    let (opening, answers) = if offered.auth() & AUTH_PLAIN != 0 {
        (format!("AUTH PLAIN {}\r\n", credentials.encode(AUTH_PLAIN, "")?), Vec::new())
    } else if offered.auth() & AUTH_LOGIN != 0 {
        let answers = LOGIN_QUESTIONS.map(|question| credentials.encode(AUTH_LOGIN, question));
        ("AUTH LOGIN\r\n".to_owned(), answers.into_iter().collect::<Result<_, _>>()?)
    } else {
        return Err(Failure::Unable("the relay offers neither AUTH PLAIN nor AUTH LOGIN"));
    };
    let mut reply = conversation.say(&opening, wait).await?;
    for answer in answers {
        if reply.code != 334 {
            break;
        }
        reply = conversation.say(&format!("{answer}\r\n"), wait).await?;
    }
    if reply.code == 235 { Ok(()) } else { Err(negative(wordless(reply))) }
}

/// What is said to AUTH may quote the password, as it is or in its coding.
fn wordless(reply: Response<String>) -> Response<String> {
    Response { message: "the relay does not take the username and password".to_owned(), ..reply }
}

impl Connection {
    /// Begins a mail. `Unable` is for a mail that the relay has said it cannot take.
    pub(super) async fn mail_from(&mut self, message: &Message) -> Result<(), Failure> {
        if message.needs_smtputf8 && !self.takes_utf8 {
            return Err(Failure::Unable("the relay takes no internationalised addresses (SMTPUTF8)"));
        }
        let parameters = if message.needs_smtputf8 { " SMTPUTF8 BODY=8BITMIME" } else { "" };
        self.command(&format!("MAIL FROM:<{}>{parameters}\r\n", message.envelope_from)).await
    }

    /// Names the recipient, and hands the mail over. Says with which words it was taken.
    pub(super) async fn hand_over(&mut self, message: &Message) -> Result<Response<String>, Failure> {
        self.command(&format!("RCPT TO:<{}>\r\n", message.envelope_to)).await?;
        let invited = self.conversation.say("DATA\r\n", self.timeouts.reply).await?;
        if invited.code != 354 {
            return Err(negative(invited));
        }
        self.conversation.mail(&message.raw, self.timeouts.take).await
    }

    /// Takes back what was said of a mail; without it the next MAIL would be refused as nested. Says whether it worked.
    pub(super) async fn reset(&mut self) -> bool {
        self.command("RSET\r\n").await.is_ok()
    }

    pub(super) async fn quit(mut self) {
        self.conversation.quit(FAREWELL).await;
    }

    async fn command(&mut self, command: &str) -> Result<(), Failure> {
        self.conversation.command(command, self.timeouts.reply).await.map(drop)
    }
}
