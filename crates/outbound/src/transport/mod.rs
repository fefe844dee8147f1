//! Where mails go: to a relay, into a folder, into memory.

mod file;
mod memory;
mod smtp;

use relevo_persistence::Reply;

pub use file::Folder;
pub use memory::Memory;
pub use smtp::Relay;

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

/// What became of one attempt to hand a mail over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was taken.
    Taken,
    /// It may be taken later: the recipient's fault, or unknown.
    PutOff(Reply),
    /// It will never be taken.
    Refused(Reply),
    /// No mail can be handed over now, whoever it is for.
    OutOfOrder(Reply),
}

/// Hands mails over one after the other; a relay is greeted once for all of them.
#[derive(Debug)]
pub(crate) enum Session {
    Smtp(smtp::Session),
    File(Folder),
    Memory(Memory),
}

impl Transport {
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

    pub(crate) async fn close(self) {
        if let Session::Smtp(session) = self {
            session.close().await;
        }
    }
}
