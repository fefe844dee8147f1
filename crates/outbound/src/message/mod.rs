//! How a mail is made: from the facts of the moment to the bytes that are sent.
//!
//! [`compose`] is a function of its arguments alone: the same facts make the same bytes, so that a mail that is sent
//! again after a crash is the same mail. What a mail says is in `letter`, in the words of `language`; how it looks is
//! in `layout` and `templates/`. No address of one account is shown to another, and no mail holds a token but those
//! that [carry one](relevo_domain::MailKind::carries_token).

mod layout;
mod letter;
pub mod sheet;

use std::fmt;

use jiff::Timestamp;
use mail_builder::{
    MessageBuilder,
    headers::{address::Address, content_type::ContentType, date::Date, raw::Raw},
    mime::MimePart,
};
use relevo_domain::{Account, DisplayName, EmailAddress, Language, Mail, Token};
use relevo_persistence::Subject;

use crate::language::{Wording, WordingError};
use letter::Letter;
pub use letter::{Detail, Reason};

/// Where the id of the change is put into the address of a link.
pub const CHANGE_ID: &str = "{change_id}";
/// Where the code is put into the address of a link.
pub const TOKEN: &str = "{token}";

/// Who sends, and where the links lead.
#[derive(Debug, Clone)]
pub struct Sender {
    /// Whom the mails are from.
    pub from: Mailbox,
    /// Where a mail that cannot be delivered comes back to; without it to whom the mails are from.
    pub return_path: Option<EmailAddress>,
    /// Where the link leads: an address with a place in it for the change, [`CHANGE_ID`], and one for the code, [`TOKEN`].
    pub link_template: String,
}

/// An address and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// What mail readers show.
    pub name: Option<String>,
    /// Where mail goes.
    pub address: EmailAddress,
}

/// What a mail is made from, read when it is sent.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Which mail.
    pub mail: &'a Mail,
    /// Who gets it.
    pub recipient: &'a Account,
    /// The change it is about; `None` for a mail about an account.
    pub about: Option<&'a Subject>,
    /// The recipient's token, for a mail that carries one; no other mail shows it.
    pub token: Option<&'a Token>,
    /// When the mail became due.
    pub create_time: Timestamp,
}

/// A mail ready to send.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The `Message-ID`, without its angle brackets.
    pub message_id: String,
    /// Its `Date`: when it became due.
    pub date: Timestamp,
    /// The reverse-path, its domain in A-labels.
    pub envelope_from: String,
    /// The forward-path, its domain in A-labels.
    pub envelope_to: String,
    /// The mail itself: RFC 5322, with CRLF. It may hold a token.
    pub raw: Vec<u8>,
    /// Whether an address has a local part beyond ASCII, so that only a relay with SMTPUTF8 (RFC 6531) can take it.
    pub needs_smtputf8: bool,
}

/// Why a mail could not be made. Holds no value that would be in the mail.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The facts do not fit the kind of the mail.
    #[error("a mail of the kind {kind} needs {needs}")]
    Facts {
        /// The kind as a word.
        kind: &'static str,
        /// What is missing.
        needs: &'static str,
    },
    /// A sentence is missing or broken.
    #[error(transparent)]
    Wording(#[from] WordingError),
    /// The layout could not be filled.
    #[error("the layout of the mails cannot be filled")]
    Layout(#[from] askama::Error),
    /// A test mail has no id to be had.
    #[error("the machine gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

/// Makes a mail, in the language of its recipient.
pub fn compose(facts: &Facts<'_>, sender: &Sender) -> Result<Message, ComposeError> {
    let wording = Wording::of(&facts.recipient.language);
    let letter = Letter::write(facts, &sender.link_template, wording)?;
    let Mail { kind, change_id, account_id, generation, to_address } = facts.mail;
    let about = change_id.map_or_else(|| account_id.to_string(), |change_id| change_id.to_string());
    let id = match change_id {
        Some(_) => format!("{}.{about}.{account_id}.{generation}", kind.name()),
        None => format!("{}.{about}.{generation}", kind.name()),
    };
    let address = Addressing {
        name: Some(&facts.recipient.display_name),
        to: to_address.as_ref().unwrap_or(&facts.recipient.email),
        date: facts.create_time,
        id,
        // No mail has this id: it is what all mails of a change answer to, so that mail readers show them together.
        thread: change_id.map(|change_id| format!("change.{change_id}")),
        boundary: format!("=_{}.{about}", kind.name()),
    };
    Ok(post(&letter, address, sender)?)
}

/// Whom a test mail goes to.
#[derive(Debug, Clone, Copy)]
pub enum TestRecipient<'a> {
    /// An account, in its language.
    Account(&'a Account),
    /// An address, whether or not an account has it, in a language.
    Address(&'a EmailAddress, &'a Language),
}

/// Makes the mail that an operator sends to see whether mails arrive. It is about no change, carries no token, and has a
/// `Message-ID` of its own each time.
pub fn compose_test(
    recipient: TestRecipient<'_>,
    sender: &Sender,
    create_time: Timestamp,
) -> Result<Message, ComposeError> {
    let (name, to, language) = match recipient {
        TestRecipient::Account(account) => (Some(&account.display_name), &account.email, &account.language),
        TestRecipient::Address(address, language) => (None, address, language),
    };
    let letter = Letter::test(recipient, Wording::of(language))?;
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    let id = format!("test.{:032x}", u128::from_be_bytes(random));
    let boundary = format!("=_{id}");
    let address = Addressing { name, to, date: create_time, id, thread: None, boundary };
    Ok(post(&letter, address, sender)?)
}

/// What the headers of a mail say, besides what its letter does.
struct Addressing<'a> {
    name: Option<&'a DisplayName>,
    to: &'a EmailAddress,
    date: Timestamp,
    /// The `Message-ID` up to the `@`.
    id: String,
    /// What the mail answers to, up to the `@`.
    thread: Option<String>,
    /// What separates the parts: the same for the same mail.
    boundary: String,
}

/// Puts a letter into its envelope.
fn post(letter: &Letter, address: Addressing<'_>, sender: &Sender) -> Result<Message, askama::Error> {
    let (text, html) = (layout::text(letter)?, layout::html(letter)?);
    let from = sender.from.address.with_ascii_domain();
    let to = address.to.with_ascii_domain();
    let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain);
    let message_id = format!("{}@{domain}", address.id);
    let mut boundary = address.boundary;
    // Whoever refuses knows the id of the change, and could write the boundary into the reason.
    while text.contains(&boundary) || html.contains(&boundary) {
        boundary.push('_');
    }

    let mut builder = MessageBuilder::new()
        .from(Address::new_address(sender.from.name.as_deref().map(literal), from.as_str()))
        .to(Address::new_address(address.name.map(DisplayName::as_str).map(literal), to.as_str()))
        .subject(letter.subject.as_str())
        .date(Date::new(address.date.as_second()))
        .message_id(message_id.as_str());
    if let Some(thread) = address.thread {
        let thread = format!("{thread}@{domain}");
        builder = builder.in_reply_to(thread.clone()).references(thread);
    }
    let multipart = ContentType::new("multipart/alternative").attribute("boundary", boundary);
    let parts = vec![MimePart::new("text/plain", text), MimePart::new("text/html", html)];
    let mut raw = Vec::new();
    builder
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("Content-Language", Raw::new(letter.language))
        .body(MimePart::new(multipart, parts))
        .serialize(&mut raw);

    let return_path = sender.return_path.as_ref().map_or_else(|| from.clone(), EmailAddress::with_ascii_domain);
    let needs_smtputf8 = ![&from, &to, &return_path].into_iter().all(|address| address.is_ascii());
    Ok(Message { message_id, date: address.date, envelope_from: return_path, envelope_to: to, raw, needs_smtputf8 })
}

/// A name with no encoded word in it (RFC 2047): many readers decode one even within quotes, and show what no name may
/// hold.
fn literal(name: &str) -> String {
    name.replace("=?", "= ?")
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("message_id", &self.message_id)
            .field("size", &self.raw.len())
            .field("needs_smtputf8", &self.needs_smtputf8)
            .finish_non_exhaustive()
    }
}
