//! The ways in which a call, or the process, fails.

use jiff::SignedDuration;
use relevo_domain::Refusal;

use crate::{caller::Grant, config::ConfigError};

/// A field of a message that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Its path in the message, as in `contacts.technical`.
    pub path: String,
    /// What would be right, to follow the path.
    pub rule: String,
}

/// A call, or the process, failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule said no.
    #[error(transparent)]
    Refused(#[from] Refusal),

    /// Fields are missing or malformed.
    #[error("{} field(s) of the message are not right", .0.len())]
    Invalid(Vec<Violation>),

    /// The page token was made for another list, or for none.
    #[error("the page token was not made for this list with these filters")]
    PageTokenInvalid,

    /// The request id was used with other content.
    #[error("the request_id was used before, with other content")]
    RequestIdReused,

    /// The caller did not say who it is, or could not prove it.
    #[error("{0}")]
    CallerUnknown(&'static str),

    /// The caller holds none of the grants of which the call needs one.
    #[error("The caller {caller} may not do this: it needs the grant {}.", names(.needed).join(" or "))]
    CallerNotPermitted {
        /// Who called.
        caller: String,
        /// Any of them would do.
        needed: &'static [Grant],
    },

    /// The caller or the account does this too often.
    #[error("This is done too often. Try again when it is said to be time.")]
    RateLimited {
        /// The section of the configuration that says how often is not too often.
        setting: &'static str,
        /// How long until it may be done again.
        wait: SignedDuration,
    },

    /// As many calls are under way as there may be.
    #[error("Relevo has more to do than it can. Try again in a moment.")]
    Overloaded,

    /// The database failed.
    #[error(transparent)]
    Store(#[from] relevo_persistence::Error),

    /// The database kept a call waiting for longer than its caller waits.
    #[error("a call had to wait for longer than its caller does")]
    Late,

    /// What was answered before can no longer be read.
    #[error("a remembered answer cannot be read: {0}")]
    Answer(#[from] prost::DecodeError),

    /// There is no randomness to be had.
    #[error("the machine gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),

    /// The configuration is not right.
    #[error(transparent)]
    Config(#[from] ConfigError),

    /// A mail cannot be made.
    #[error(transparent)]
    Compose(#[from] relevo_outbound::message::ComposeError),

    /// A test mail was not taken.
    #[error("the test mail was not sent: {0}")]
    TestMail(String),

    /// A key cannot be read or made.
    #[error("{0}")]
    Key(String),

    /// An address cannot be listened on, a folder not be written to.
    #[error("{0}: {1}")]
    Io(String, #[source] std::io::Error),

    /// The server failed.
    #[error(transparent)]
    Transport(#[from] tonic::transport::Error),

    /// A background task died.
    #[error("a background task died: {0}")]
    Task(#[from] tokio::task::JoinError),

    /// The history is not what was written.
    #[error("the history is not what was written: {0} found")]
    Audit(String),

    /// The mails cannot be shown, or not there.
    #[error("{0}")]
    Preview(String),

    /// The story of the demonstration did not end as it should.
    #[error("{0}")]
    Demo(String),
}

/// Grants as they stand in the configuration.
pub(crate) fn names(grants: &[Grant]) -> Vec<&'static str> {
    grants.iter().map(|grant| grant.name()).collect()
}

impl Error {
    /// Whether the same call may go well in a moment: it is the database that does not answer.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Error::Late => true,
            Error::Store(error) => error.is_passing(),
            _ => false,
        }
    }
}
