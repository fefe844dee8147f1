//! Where mails go: to a relay, into a folder, into memory.

mod file;
mod memory;
mod smtp;

use relevo_persistence::Reply;

pub use file::{Folder, Kept};
pub use memory::Memory;
pub use smtp::{Login, Relay, RelayError, RelaySettings, Timeouts, Tls};

use crate::message::Message;

/// Where mails go.
#[derive(Debug, Clone)]
pub enum Transport {
    /// To a relay, by SMTP (RFC 5321).
    Smtp(Relay),
    /// Into a folder, one file a mail.
    File(Folder),
    /// Into memory, for tests.
    Memory(Memory),
}

/// What became of one attempt to hand a mail over, and what was said: legible, on one line, and without any address but
/// the recipient's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken.
    Taken(Reply),
    /// It may be taken later: the recipient's fault, or unknown.
    PutOff(Reply),
    /// It will never be taken.
    Refused(Reply),
    /// No mail can be handed over now, whoever it is for.
    OutOfOrder(Reply),
}

impl Verdict {
    pub(crate) fn map_reply(self, map: impl FnOnce(Reply) -> Reply) -> Self {
        match self {
            Verdict::Taken(reply) => Verdict::Taken(map(reply)),
            Verdict::PutOff(reply) => Verdict::PutOff(map(reply)),
            Verdict::Refused(reply) => Verdict::Refused(map(reply)),
            Verdict::OutOfOrder(reply) => Verdict::OutOfOrder(map(reply)),
        }
    }
}

/// Hands mails over one after the other; a relay is greeted once for all of them.
#[derive(Debug)]
pub(crate) enum Session {
    Smtp(smtp::Session),
    File(Folder),
    Memory(Memory),
}

impl Transport {
    /// Hands over one mail now, apart from all others, and says what became of it. What was not taken is not tried again.
    pub async fn send_once(&self, message: &Message) -> Verdict {
        let mut session = self.session();
        let verdict = session.send(message).await;
        session.close().await;
        verdict
    }

    /// How many mails may be handed over at a time.
    pub(crate) fn lanes(&self) -> usize {
        match self {
            Transport::Smtp(relay) => relay.connections(),
            Transport::File(_) | Transport::Memory(_) => 1,
        }
    }

    pub(crate) fn session(&self) -> Session {
        match self {
            Transport::Smtp(relay) => Session::Smtp(relay.session()),
            Transport::File(folder) => Session::File(folder.clone()),
            Transport::Memory(memory) => Session::Memory(memory.clone()),
        }
    }
}

impl Session {
    pub(crate) async fn send(&mut self, message: &Message) -> Verdict {
        match self {
            Session::Smtp(session) => session.send(message).await,
            Session::File(folder) => folder.keep(message).await,
            Session::Memory(memory) => memory.keep(message),
        }
    }

    /// Lets go of a relay that was not needed for a while.
    pub(crate) async fn rest(&mut self) {
        if let Session::Smtp(session) = self {
            session.rest().await;
        }
    }

    pub(crate) async fn close(&mut self) {
        if let Session::Smtp(session) = self {
            session.close().await;
        }
    }
}
