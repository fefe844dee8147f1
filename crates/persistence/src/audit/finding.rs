//! What an audit finds.

use std::fmt;

use relevo_domain::Chain;

use super::moment;

/// Something in the history that was not written so. Displays as one line, whatever stands in the rows: where, then what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The chain that it is in.
    pub(super) chain: Option<Chain>,
    /// What the service of the chain is called.
    pub(super) of: Option<String>,
    pub(super) what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// From one place to another there is nothing.
    Missing(i64, i64),
    /// From one place to another there is what should not be.
    Added(i64, i64),
    Altered(i64),
    HeadMissing,
    HeadAltered,
    HeadDiffers,
    KeyMissing(String),
    OwnerMissing,
    NotAsMarked(i64),
    RolledBack {
        marked: i64,
        is: i64,
    },
    Unchained(Unchained),
}

/// Events that are in no chain: how many, and the first and last of them by id and by time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unchained {
    pub(super) events: i64,
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) since: i64,
    pub(super) until: i64,
}

impl Unchained {
    pub(super) fn and(&self, more: &Self) -> Self {
        Self {
            events: self.events + more.events,
            first: self.first.min(more.first),
            last: self.last.max(more.last),
            since: self.since.min(more.since),
            until: self.until.max(more.until),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(chain) = &self.chain {
            write!(f, "{}", chain.as_str().escape_debug())?;
        }
        if let Some(of) = &self.of {
            write!(f, " ({})", of.escape_debug())?;
        }
        self.what.fmt(f)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Missing(from, to) if from == to => write!(f, " {from}: missing"),
            What::Missing(from, to) => write!(f, " {from} to {to}: missing"),
            What::Added(from, to) if from == to => write!(f, " {from}: added"),
            What::Added(from, to) => write!(f, " {from} to {to}: added"),
            What::Altered(at) => write!(f, " {at}: altered"),
            What::HeadMissing => write!(f, " head: missing"),
            What::HeadAltered => write!(f, " head: altered"),
            What::HeadDiffers => write!(f, " head: not that of the newest event"),
            What::KeyMissing(key) => write!(f, " head: cannot be verified without the key {key:?}"),
            What::OwnerMissing => write!(f, ": what it is the history of is missing"),
            What::NotAsMarked(at) => write!(f, " {at}: another than at the checkpoint"),
            What::RolledBack { marked, is } => {
                write!(f, " {} to {marked}: missing since the checkpoint", is.saturating_add(1))
            }
            What::Unchained(it) => {
                let Unchained { events, first, last, since, until } = it;
                let (since, until) = (moment(*since), moment(*until));
                write!(
                    f,
                    "events {first} to {last}: {events} in no chain, of {since} to {until}: written by an older version, \
                     or added"
                )
            }
        }
    }
}
