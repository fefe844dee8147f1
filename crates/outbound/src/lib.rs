//! Relevo's mails: what is due, how it is rendered, where it is sent, when it is tried again. And what the page behind their
//! links says, which is in the same words.
//!
//! The [`Courier`] takes mails that are due from the outbox, makes each one from what is stored at that moment with
//! [`message::compose`], and hands it to a [`Transport`]. No call ever waits for a mail.

mod courier;
mod language;
pub mod message;
pub mod preview;
mod reply;
mod transport;

pub use courier::{Courier, NOTICE_LIFETIME, Retry};
pub use language::{Wording, WordingError, languages};
pub use message::{CHANGE_ID, Mailbox, Message, Sender, TOKEN};
pub use transport::{Folder, Kept, Login, Memory, Relay, RelayError, RelaySettings, Timeouts, Tls, Transport, Verdict};
