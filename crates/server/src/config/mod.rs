//! The configuration: embedded defaults, then a file, then the environment. The whole of it is checked before anything
//! starts, and every bad key is named.

use std::{
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use figment::{
    Figment,
    providers::{Format, Toml},
};
use jiff::{SignedDuration, Span, SpanRelativeTo};
use relevo_domain::{EmailAddress, Policy, id::is_suffix};
use relevo_outbound::{Mailbox, Memory, Relay, Retry};
use relevo_persistence::DatabaseUrl;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tracing_subscriber::EnvFilter;

mod environment;
mod grpc;
mod limits;
mod mail;
mod page;
mod shape;

use crate::{
    Callers, TlsFiles,
    keys::{self, Keys},
    limits::Rates,
    load::Capacity,
};
pub use page::{Logo, Look, Page};

/// The keys with their defaults, as they are documented.
pub const DEFAULTS: &str = include_str!("../../../../config/default.toml");

/// What an installation is told, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where calls are taken.
    pub grpc_listen: SocketAddr,
    /// What calls are taken with, if under TLS.
    pub tls: Option<TlsFiles>,
    /// Who may call.
    pub callers: Callers,
    /// How long calls may take to finish once the process is told to stop.
    pub stop_grace: SignedDuration,
    /// How many connections there may be.
    pub max_connections: usize,
    /// How large the message of a call may be, in bytes.
    pub max_message_size: usize,
    /// How often callers and accounts may do what.
    pub rates: Rates,
    /// How many calls are worked on at a time.
    pub capacity: Capacity,
    /// The database.
    pub database_url: DatabaseUrl,
    /// How many connections to a database server there may be.
    pub database_connections: u32,
    /// What account ids end with.
    pub account_id_suffix: String,
    /// What the company decides about changes.
    pub policy: Policy,
    /// How long changes that have ended are kept; `None` for ever.
    pub change_retention: Option<SignedDuration>,
    /// Where the keys of tokens come from.
    pub keys: Keys,
    /// Where mails go.
    pub mail_transport: MailTransport,
    /// Who mails are from.
    pub mail_from: Mailbox,
    /// Where mails that cannot be delivered come back to, if not to whom they are from.
    pub mail_return_path: Option<EmailAddress>,
    /// When mails are tried again.
    pub mail_retry: Retry,
    /// The page behind the links in the mails.
    pub page: Page,
    /// Where the mailbox is served; `None` for nowhere.
    pub mailbox_listen: Option<SocketAddr>,
    /// What is logged.
    pub log_filter: String,
}

/// Where mails go.
#[derive(Debug, Clone)]
pub enum MailTransport {
    /// Into a folder.
    File(PathBuf),
    /// To a relay.
    Smtp(Relay),
    /// Into memory: for tests, and not to be had by configuration.
    Memory(Memory),
}

/// What is wrong with a configuration: one line a key.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError(Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration is not right:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl From<figment::Error> for ConfigError {
    fn from(error: figment::Error) -> Self {
        Self(error.into_iter().map(|problem| problem.to_string()).collect())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    callers: Vec<grpc::RawCaller>,
    grpc: grpc::RawGrpc,
    limits: limits::RawLimits,
    database: RawDatabase,
    account_id: RawAccountId,
    change: RawChange,
    token: RawToken,
    mail: RawMail,
    page: page::RawPage,
    mailbox: mail::RawMailbox,
    log: RawLog,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDatabase {
    url: String,
    connections: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAccountId {
    suffix: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChange {
    lifetime: String,
    remind_before: String,
    expiry_notice: bool,
    resend_interval: String,
    resend_limit: u32,
    good_standing: String,
    retention: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawToken {
    key_file: PathBuf,
    keys: Vec<SecretString>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMail {
    transport: String,
    directory: PathBuf,
    from: String,
    return_path: String,
    smtp: mail::RawSmtp,
    retry: RawRetry,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRetry {
    first: String,
    longest: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLog {
    filter: String,
}

impl Config {
    /// Reads the defaults, then a file if one is given, then the environment.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        if let Some(file) = file {
            // A file that is not there is no empty file.
            if let Err(error) = std::fs::metadata(file) {
                return Err(ConfigError(vec![format!("{}: {error}", file.display())]));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        Self::extract(&environment::merge(figment)?)
    }

    /// Whether people can be served with it: the links in their mails lead to them, and so must the mails.
    pub fn check_mails_reach(&self) -> Result<(), ConfigError> {
        if !matches!(self.mail_transport, MailTransport::File(_)) || self.page.is_private() {
            return Ok(());
        }
        let url = &self.page.public_url;
        Err(ConfigError(vec![format!(
            "mail.transport: must be smtp, as page.public_url is {url}, which is not a loopback address: mails in a folder \
             reach nobody"
        )]))
    }

    /// Reads the defaults, then a text in the form of a file.
    pub fn parse(toml: &str) -> Result<Self, ConfigError> {
        Self::extract(&Figment::from(Toml::string(DEFAULTS)).merge(Toml::string(toml)))
    }

    fn extract(figment: &Figment) -> Result<Self, ConfigError> {
        let misfits = shape::misfits(figment)?;
        if !misfits.is_empty() {
            return Err(ConfigError(misfits));
        }
        let raw: Raw = figment.extract()?;
        let mut checks = Checks(Vec::new());
        let config = checks.config(raw);
        match config {
            Some(config) if checks.0.is_empty() => Ok(config),
            _ => Err(ConfigError(checks.0)),
        }
    }
}

/// What was found wrong so far.
struct Checks(Vec<String>);

impl Checks {
    fn wrong<T>(&mut self, key: &str, what: impl fmt::Display) -> Option<T> {
        self.0.push(format!("{key}: {what}"));
        None
    }

    fn config(&mut self, raw: Raw) -> Option<Config> {
        let callers = self.callers(&raw.callers, &raw.grpc);
        let tls = self.server_tls(&raw.grpc.tls);
        let grpc_listen = self.listen(&raw.grpc, !raw.callers.is_empty());
        let stop_grace = self.duration("grpc.stop_grace", &raw.grpc.stop_grace);
        let max_connections = self.number("grpc.max_connections", raw.grpc.max_connections, 10..=100_000);
        let sizes = 16 * 1024..=64 * 1024 * 1024;
        let max_message_size = self.number("grpc.max_message_size", raw.grpc.max_message_size, sizes);
        let rates = self.rates(&raw.limits);
        let capacity = self.capacity(&raw.limits);
        let suffix = raw.account_id.suffix;
        if !is_suffix(&suffix) {
            self.wrong::<()>(
                "account_id.suffix",
                format_args!("must be 1 to 16 lower-case letters and digits, not {suffix:?}"),
            );
        }
        let policy = self.policy(&raw.change);
        let retention = self.duration("change.retention", &raw.change.retention);
        let database_url = DatabaseUrl::parse(&raw.database.url).map_err(|error| self.0.push(error.to_string())).ok();
        if !(2..=1000).contains(&raw.database.connections) {
            let connections = raw.database.connections;
            self.wrong::<()>("database.connections", format_args!("must be between 2 and 1000, not {connections}"));
        }
        let keys = self.keys(raw.token, database_url.as_ref().is_some_and(DatabaseUrl::is_shared));
        let mail_from = self.mailbox("mail.from", &raw.mail.from);
        let return_path = self.return_path(&raw.mail.return_path);
        let retry = self.retry(&raw.mail.retry);
        let transport = self.transport(&raw.mail);
        let name_of_sender = mail_from.as_ref().and_then(|from| from.name.as_deref());
        let page = self.page(&raw.page, name_of_sender);
        let mailbox_listen = self.mailbox_listen(&raw.mailbox, &raw.mail);
        if let Err(error) = EnvFilter::try_new(&raw.log.filter) {
            self.wrong::<()>("log.filter", error);
        }
        Some(Config {
            grpc_listen: grpc_listen?,
            tls: tls?,
            callers: callers?,
            stop_grace: stop_grace?,
            max_connections: max_connections?,
            max_message_size: max_message_size?,
            rates: rates?,
            capacity: capacity?,
            database_url: database_url?,
            database_connections: raw.database.connections,
            account_id_suffix: suffix,
            policy: policy?,
            change_retention: retention.map(|kept| (!kept.is_zero()).then_some(kept))?,
            keys: keys?,
            mail_transport: transport?,
            mail_from: mail_from?,
            mail_return_path: return_path?,
            mail_retry: retry?,
            page: page?,
            mailbox_listen: mailbox_listen?,
            log_filter: raw.log.filter,
        })
    }

    fn policy(&mut self, raw: &RawChange) -> Option<Policy> {
        let lifetime = self.duration("change.lifetime", &raw.lifetime);
        let remind_before = self.duration("change.remind_before", &raw.remind_before);
        let resend_interval = self.duration("change.resend_interval", &raw.resend_interval);
        if lifetime.is_some_and(|lifetime| lifetime.is_zero()) {
            self.wrong::<()>("change.lifetime", "must be longer than nothing");
        }
        let standing_for_every_role = match raw.good_standing.as_str() {
            "billing" => Some(false),
            "every_role" => Some(true),
            other => self.wrong("change.good_standing", format_args!("must be billing or every_role, not {other:?}")),
        };
        Some(Policy {
            lifetime: lifetime?,
            expiry_notice: raw.expiry_notice,
            remind_before: remind_before.map(|before| (!before.is_zero()).then_some(before))?,
            resend_interval: resend_interval?,
            resend_limit: raw.resend_limit.into(),
            standing_for_every_role: standing_for_every_role?,
        })
    }

    fn keys(&mut self, raw: RawToken, database_is_shared: bool) -> Option<Keys> {
        for (nth, key) in raw.keys.iter().enumerate() {
            if keys::parse(key.expose_secret()).is_none() {
                self.wrong::<()>("token.keys", format_args!("key {} must be 64 hexadecimal digits", nth + 1));
            }
        }
        if !raw.keys.is_empty() {
            return Some(Keys::Given(raw.keys));
        }
        if database_is_shared {
            let what = "must hold a key when the database is PostgreSQL, as all processes that share it need the same; \
                        `openssl rand -hex 32` makes one";
            return self.wrong("token.keys", what);
        }
        Some(Keys::File(raw.key_file))
    }

    fn duration(&mut self, key: &str, text: &str) -> Option<SignedDuration> {
        let duration = text
            .parse::<Span>()
            .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()))
            .ok()
            .filter(|duration| !duration.is_negative() && duration.as_hours() <= 100 * 366 * 24);
        match duration {
            Some(duration) => Some(duration),
            None => self.wrong(key, format_args!("must be a duration, as in 90s, 15m, 4h or 7d, not {text:?}")),
        }
    }

    fn url(&mut self, key: &str, text: &str) -> Option<String> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let formed = rest.is_some_and(|rest| {
            !rest.is_empty()
                && !rest.starts_with('/')
                && rest.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '#' | '?' | '<' | '>' | '"'))
        });
        if formed {
            Some(text.trim_end_matches('/').to_owned())
        } else {
            self.wrong(
                key,
                format_args!(
                    "must be an http or https address without ? or #, as in https://relevo.example.com, not {text:?}"
                ),
            )
        }
    }
}
