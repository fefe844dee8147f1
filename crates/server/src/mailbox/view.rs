//! What a page of the mailbox shows, read from the folder at that moment; nothing is kept for the next.

use std::{collections::BTreeMap, io};

use mail_parser::{Message, MessageParser};
use relevo_outbound::{Folder, Kept};
use sha2::{Digest, Sha256};

/// How many mails are listed: the newest.
const LISTED: usize = 200;
/// How much of a mail is read for the list, and how much at all, in bytes. A mail of ours has some 20 KiB.
const HEAD: u64 = 4 * 1024;
const WHOLE: u64 = 1024 * 1024;

/// Why there is nothing to show.
#[derive(Debug)]
pub(super) enum NotShown {
    /// Who asks has this version of it already.
    Known(String),
    /// There is no such mail.
    Gone,
    /// The folder or a file in it cannot be read.
    Folder(io::Error),
}

impl From<io::Error> for NotShown {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => NotShown::Gone,
            _ => NotShown::Folder(error),
        }
    }
}

/// Whose mails are listed: those of one account, or all.
#[derive(Debug)]
pub(super) struct Filter(Option<String>);

impl Filter {
    /// From the query of a request: `to=` and an account id. What cannot be one narrows to nobody's.
    pub(super) fn read(query: Option<&str>) -> Self {
        let to = query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("to="));
        Self(to.filter(|to| !to.is_empty()).map(str::to_owned))
    }

    fn holds(&self, mail: &Kept) -> bool {
        self.0.is_none() || mail.account_id() == self.0.as_deref()
    }

    /// As it stands at the end of an address.
    fn query(&self) -> String {
        let is_id = |id: &&String| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        self.0.as_ref().filter(is_id).map(|id| format!("?to={id}")).unwrap_or_default()
    }
}

/// The mails that are listed, and whose there are.
pub(super) struct Listing {
    pub(super) rows: Vec<Row>,
    pub(super) recipients: Vec<Recipient>,
    /// How many mails there are that the filter holds, listed or not; and how many at all.
    pub(super) found: usize,
    pub(super) all: usize,
    /// Whose mails are listed, if not everyone's.
    pub(super) whose: Option<String>,
    /// Another one as soon as the list is another.
    pub(super) version: String,
    /// Where the list is, without a mail that is opened.
    pub(super) address: String,
}

/// A mail in the list.
pub(super) struct Row {
    pub(super) head: Head,
    pub(super) kind: String,
    pub(super) address: String,
    pub(super) is_open: bool,
}

/// What the headers of a mail say.
pub(super) struct Head {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) to_address: String,
    pub(super) subject: String,
    pub(super) language: String,
    /// For people, and for programs (RFC 3339).
    pub(super) date: String,
    pub(super) moment: String,
}

/// Somebody who got mails.
pub(super) struct Recipient {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) mails: usize,
    pub(super) is_chosen: bool,
}

impl Listing {
    /// What there is to list, unless who asks knows this version already: then no mail is read.
    pub(super) fn read(
        folder: &Folder,
        filter: &Filter,
        open: Option<&str>,
        knows: impl FnOnce(&str) -> bool,
    ) -> Result<Self, NotShown> {
        let mails = folder.list().map_err(NotShown::Folder)?;
        let held: Vec<_> = mails.iter().filter(|mail| filter.holds(mail)).collect();
        let version = version(&mails, &held);
        if knows(&version) {
            return Err(NotShown::Known(version));
        }
        let mut rows = Vec::new();
        let mut names = BTreeMap::new();
        for mail in held.iter().take(LISTED) {
            // One that was taken away meanwhile is not listed.
            let Ok(head) = Head::read(folder, mail) else { continue };
            if let Some(account_id) = mail.account_id() {
                names.entry(account_id).or_insert_with(|| head.to.clone());
            }
            rows.push(Row {
                head,
                kind: mail.kind().replace('_', " "),
                address: format!("/mails/{}{}", mail.name(), filter.query()),
                is_open: open == Some(mail.name()),
            });
        }
        Ok(Self {
            rows,
            recipients: recipients(folder, filter, &mails, names),
            found: held.len(),
            all: mails.len(),
            whose: filter.0.clone(),
            version,
            address: format!("/{}", filter.query()),
        })
    }
}

/// Another one as soon as a list shows something else: as mails are never altered, their names and number say so.
fn version(mails: &[Kept], held: &[&Kept]) -> String {
    let mut version = Sha256::new_with_prefix(env!("CARGO_PKG_VERSION"));
    version.update(mails.len().to_be_bytes());
    version.update(held.len().to_be_bytes());
    for mail in mails.iter().take(LISTED).chain(held.iter().copied().take(LISTED)) {
        version.update(mail.name());
        version.update([0]);
    }
    hex::encode(version.finalize())
}

/// The accounts that the newest mails are for, and the one that is chosen, by name. Of some the name is known already.
fn recipients<'a>(
    folder: &Folder,
    filter: &Filter,
    mails: &'a [Kept],
    mut names: BTreeMap<&'a str, String>,
) -> Vec<Recipient> {
    let mut counts = BTreeMap::new();
    for account_id in mails.iter().filter_map(Kept::account_id) {
        *counts.entry(account_id).or_insert(0) += 1;
    }
    for mail in mails.iter().take(LISTED) {
        let Some(account_id) = mail.account_id().filter(|id| !names.contains_key(id)) else { continue };
        if let Ok(head) = Head::read(folder, mail) {
            names.insert(account_id, head.to);
        }
    }
    let mut recipients: Vec<_> = names
        .into_iter()
        .map(|(account_id, name)| Recipient {
            name,
            address: format!("/?to={account_id}"),
            mails: counts.get(account_id).copied().unwrap_or_default(),
            is_chosen: filter.0.as_deref() == Some(account_id),
        })
        .collect();
    recipients.sort_by_key(|recipient| recipient.name.to_lowercase());
    recipients
}

impl Head {
    fn read(folder: &Folder, mail: &Kept) -> io::Result<Self> {
        let raw = folder.read(mail, HEAD)?;
        Ok(Self::of(mail, MessageParser::new().parse_headers(&raw).as_ref()))
    }

    fn of(mail: &Kept, parsed: Option<&Message<'_>>) -> Self {
        let shown = |person: Option<&mail_parser::Address<'_>>| {
            let person = person.and_then(|it| it.first());
            let address = person.and_then(|it| it.address()).unwrap_or_default().to_owned();
            let name = person.and_then(|it| it.name()).map_or_else(|| address.clone(), str::to_owned);
            (name, address)
        };
        let (from, _) = shown(parsed.and_then(Message::from));
        let (to, to_address) = shown(parsed.and_then(Message::to));
        let subject = parsed.and_then(Message::subject).unwrap_or("(no subject)").to_owned();
        let language = parsed.and_then(|it| it.header_raw("Content-Language")).unwrap_or_default().trim().to_owned();
        let (date, moment) = (mail.date().strftime("%-d %b %H:%M").to_string(), mail.date().to_string());
        Self { from, to, to_address, subject, language, date, moment }
    }
}

/// Which part of a mail is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Html,
    Text,
    Source,
}

/// A mail that is looked at.
pub(super) struct Opened {
    pub(super) head: Head,
    pub(super) part: Part,
    /// The text or the source; of the HTML there is only its frame.
    pub(super) lines: Vec<Line>,
    /// Where its parts are: HTML, text, source, and the frame of the HTML.
    pub(super) addresses: [String; 4],
}

/// A line of a text.
pub(super) struct Line {
    pub(super) text: String,
    /// Whether it is a web address and nothing else.
    pub(super) is_link: bool,
}

impl Opened {
    pub(super) fn read(folder: &Folder, name: &str, part: Part, filter: &Filter) -> Result<Self, NotShown> {
        let mail = found(folder, name)?;
        let raw = folder.read(&mail, WHOLE)?;
        let parsed = MessageParser::new().parse(&raw);
        let shown = match part {
            Part::Html => String::new(),
            Part::Text => parsed.as_ref().and_then(|it| it.body_text(0)).unwrap_or_default().into_owned(),
            Part::Source => String::from_utf8_lossy(&raw).into_owned(),
        };
        let is_link = |line: &str| {
            let rest = line.strip_prefix("http://").or_else(|| line.strip_prefix("https://"));
            part == Part::Text && rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
        };
        let line = |line: &str| Line { text: line.to_owned(), is_link: is_link(line) };
        let address = |of: &str| format!("/mails/{}{of}{}", mail.name(), filter.query());
        Ok(Self {
            head: Head::of(&mail, parsed.as_ref()),
            part,
            lines: shown.lines().map(line).collect(),
            addresses: [address(""), address("/text"), address("/source"), format!("/mails/{}/frame", mail.name())],
        })
    }
}

/// The HTML of a mail, whose links open elsewhere.
pub(super) fn frame(folder: &Folder, name: &str) -> Result<String, NotShown> {
    const BASE: &str = "<base target=\"_blank\">";
    let raw = folder.read(&found(folder, name)?, WHOLE)?;
    let parsed = MessageParser::new().parse(&raw);
    let html = parsed.as_ref().and_then(|it| it.body_html(0)).unwrap_or_default();
    Ok(match html.split_once("<head>") {
        Some((before, after)) => format!("{before}<head>{BASE}{after}"),
        None => format!("{BASE}{html}"),
    })
}

/// Looks a mail up in the listing.
fn found(folder: &Folder, name: &str) -> Result<Kept, NotShown> {
    let mails = folder.list().map_err(NotShown::Folder)?;
    mails.into_iter().find(|mail| mail.name() == name).ok_or(NotShown::Gone)
}
