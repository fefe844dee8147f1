//! The settings of mails: where they go, who they are from, how the relay is spoken to.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use jiff::SignedDuration;
use relevo_domain::EmailAddress;
use relevo_outbound::{Login, Mailbox, Relay, RelayError, RelaySettings, Retry, Timeouts, Tls};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{Checks, MailTransport, RawMail, RawRetry};

/// How long a conversation may be kept for the next mail, and how long a relay may be waited for.
const IDLE: (SignedDuration, SignedDuration) = (SignedDuration::ZERO, SignedDuration::from_mins(10));
const WAIT: (SignedDuration, SignedDuration) = (SignedDuration::from_millis(100), SignedDuration::from_hours(1));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSmtp {
    host: String,
    port: u16,
    tls: String,
    ca_file: PathBuf,
    username: String,
    password: SecretString,
    connections: usize,
    idle_timeout: String,
    timeout: RawTimeout,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTimeout {
    connect: String,
    handshake: String,
    reply: String,
    take: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMailbox {
    listen: String,
}

impl Checks {
    /// An address that nobody reaches who is not on this machine.
    pub(super) fn mailbox_listen(&mut self, raw: &RawMailbox, mail: &RawMail) -> Option<Option<SocketAddr>> {
        if raw.listen.is_empty() {
            return Some(None);
        }
        let address = raw.listen.parse::<SocketAddr>().ok().filter(|address| address.ip().is_loopback());
        if mail.transport != "file" {
            let what = format_args!(
                "must be file, as mailbox.listen is {:?}: what is shown there are the mails of a folder",
                raw.listen
            );
            self.wrong::<()>("mail.transport", what);
        }
        match address {
            Some(address) => Some(Some(address)),
            None => self.wrong(
                "mailbox.listen",
                format_args!(
                    "must be a loopback address and a port, as in 127.0.0.1:8025, or empty, not {:?}: whoever reaches it \
                     reads every code",
                    raw.listen
                ),
            ),
        }
    }

    pub(super) fn transport(&mut self, raw: &RawMail) -> Option<MailTransport> {
        // Checked even where it is not used: what is wrong there is never ignored.
        let relay = self.relay(&raw.smtp);
        match raw.transport.as_str() {
            "file" => Some(MailTransport::File(raw.directory.clone())),
            "smtp" => relay.map(MailTransport::Smtp),
            other => self.wrong("mail.transport", format_args!("must be file or smtp, not {other:?}")),
        }
    }

    fn relay(&mut self, raw: &RawSmtp) -> Option<Relay> {
        let tls = self.tls(raw);
        let port = match raw.port {
            0 => self.wrong("mail.smtp.port", "must not be 0"),
            port => Some(port),
        };
        let login = self.login(raw);
        let connections = match raw.connections {
            connections @ 1..=50 => Some(connections),
            other => self.wrong("mail.smtp.connections", format_args!("must be between 1 and 50, not {other}")),
        };
        let idle_timeout = self.wait("mail.smtp.idle_timeout", &raw.idle_timeout, IDLE);
        let connect = self.wait("mail.smtp.timeout.connect", &raw.timeout.connect, WAIT);
        let handshake = self.wait("mail.smtp.timeout.handshake", &raw.timeout.handshake, WAIT);
        let reply = self.wait("mail.smtp.timeout.reply", &raw.timeout.reply, WAIT);
        let take = self.wait("mail.smtp.timeout.take", &raw.timeout.take, WAIT);
        let relay = Relay::new(RelaySettings {
            host: raw.host.clone(),
            port: port?,
            tls: tls?,
            ca_file: Some(raw.ca_file.clone()).filter(|file| !file.as_os_str().is_empty()),
            login: login?,
            connections: connections?,
            idle_timeout: idle_timeout?,
            timeouts: Timeouts { connect: connect?, handshake: handshake?, reply: reply?, take: take? },
        });
        relay.map_err(|error| self.no_relay(&error)).ok()
    }

    fn tls(&mut self, raw: &RawSmtp) -> Option<Tls> {
        let host = &raw.host;
        let is_loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        match raw.tls.as_str() {
            "none" if is_loopback => Some(Tls::None),
            "none" => self.wrong(
                "mail.smtp.tls",
                format_args!("none is for a relay on a loopback address, and mail.smtp.host is {host:?}"),
            ),
            "starttls" => Some(Tls::StartTls),
            "starttls-if-offered" => Some(Tls::StartTlsIfOffered),
            "implicit" => Some(Tls::Implicit),
            other => self.wrong(
                "mail.smtp.tls",
                format_args!("must be starttls, starttls-if-offered, implicit or none, not {other:?}"),
            ),
        }
    }

    fn login(&mut self, raw: &RawSmtp) -> Option<Option<Login>> {
        let password = raw.password.expose_secret();
        match (raw.username.is_empty(), password.is_empty()) {
            (true, true) => return Some(None),
            (true, false) => return self.wrong("mail.smtp.username", "must be there, as there is a password"),
            (false, true) => return self.wrong("mail.smtp.password", "must be there, as there is a username"),
            (false, false) => {}
        }
        if raw.username.chars().any(char::is_control) {
            return self.wrong("mail.smtp.username", "must hold no control characters");
        }
        if password.chars().any(char::is_control) {
            return self.wrong("mail.smtp.password", "must hold no control characters");
        }
        Some(Some(Login { username: raw.username.clone(), password: raw.password.clone() }))
    }

    fn no_relay(&mut self, error: &RelayError) {
        let key = match error {
            RelayError::Host(_) => "mail.smtp.host",
            RelayError::CaFile { .. } | RelayError::NoAuthorities => "mail.smtp.ca_file",
            RelayError::LoginInClear => "mail.smtp.username",
            RelayError::Tls(_) => "mail.smtp.tls",
        };
        self.wrong::<()>(key, error);
    }

    fn wait(&mut self, key: &str, text: &str, bounds: (SignedDuration, SignedDuration)) -> Option<Duration> {
        let (shortest, longest) = bounds;
        let wait = self.duration(key, text)?;
        if !(shortest..=longest).contains(&wait) {
            return self.wrong(key, format_args!("must be between {shortest:#} and {longest:#}, not {text:?}"));
        }
        Some(wait.unsigned_abs())
    }

    pub(super) fn return_path(&mut self, text: &str) -> Option<Option<EmailAddress>> {
        match (text, EmailAddress::parse(text)) {
            ("", _) => Some(None),
            (_, Ok(address)) => Some(Some(address)),
            _ => self.wrong(
                "mail.return_path",
                format_args!("must be an address without a name, as in bounces@example.com, not {text:?}"),
            ),
        }
    }

    pub(super) fn retry(&mut self, raw: &RawRetry) -> Option<Retry> {
        let first = self.duration("mail.retry.first", &raw.first);
        let longest = self.duration("mail.retry.longest", &raw.longest);
        let retry = Retry { first: first?, longest: longest? };
        // A relay that is down is asked so often.
        if retry.first < SignedDuration::from_millis(100) {
            return self.wrong("mail.retry.first", "must not be shorter than 100ms");
        }
        if retry.longest < retry.first {
            return self.wrong("mail.retry.longest", "must not be shorter than mail.retry.first");
        }
        Some(retry)
    }

    pub(super) fn mailbox(&mut self, key: &str, text: &str) -> Option<Mailbox> {
        let (name, address) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, address)) => (Some(name.trim().trim_matches('"')).filter(|name| !name.is_empty()), address),
            None => (None, text),
        };
        let name = name.map(relevo_domain::DisplayName::parse).transpose();
        match (name, EmailAddress::parse(address.trim())) {
            (Ok(name), Ok(address)) => Some(Mailbox { name: name.map(|name| name.to_string()), address }),
            _ => self.wrong(key, format_args!("must be an address, as in Relevo <relevo@example.com>, not {text:?}")),
        }
    }
}
