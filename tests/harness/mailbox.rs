//! Mails as their readers see them.

use jiff::Timestamp;
use mail_parser::MessageParser;
use relevo_outbound::Message;

/// A mail as its reader sees it.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Which mail: the first word of its Message-ID, as in `confirm`.
    pub kind: String,
    /// The address on the envelope.
    pub to: String,
    /// Its Message-ID.
    pub message_id: String,
    /// Its date: when it became due.
    pub date: Timestamp,
    /// Its subject.
    pub subject: String,
    /// Its headers as they travel.
    pub headers: String,
    /// Its plain text.
    pub text: String,
    /// Its HTML.
    pub html: String,
    /// The code that stands alone on a line of the text, if one does.
    pub token: Option<String>,
}

impl Letter {
    /// Opens a mail.
    pub fn open(message: &Message) -> Self {
        Self::parse(&message.raw, &message.envelope_to)
    }

    /// Opens a mail that came as bytes.
    pub fn parse(raw: &[u8], to: &str) -> Self {
        let parsed = MessageParser::default().parse(raw).unwrap();
        let message_id = parsed.message_id().unwrap().to_owned();
        let text = parsed.body_text(0).unwrap().into_owned();
        let whole = String::from_utf8_lossy(raw);
        let (headers, _) = whole.split_once("\r\n\r\n").unwrap();
        let token = token_in(&text);
        Self {
            headers: headers.to_owned(),
            kind: message_id.split('.').next().unwrap_or_default().to_owned(),
            to: to.to_owned(),
            date: Timestamp::from_second(parsed.date().unwrap().to_timestamp()).unwrap(),
            subject: parsed.subject().unwrap().to_owned(),
            html: parsed.body_html(0).unwrap().into_owned(),
            message_id,
            text,
            token,
        }
    }

    /// The link to the page in the mail.
    pub fn link(&self) -> String {
        let link = self.text.lines().map(str::trim).find(|line| line.starts_with("http"));
        link.unwrap_or_else(|| panic!("no link in {self:?}")).to_owned()
    }

    /// The code in the mail.
    pub fn token(&self) -> String {
        self.token.clone().unwrap_or_else(|| panic!("no code in {self:?}"))
    }
}

/// The code that stands alone on a line of a text, if one does.
pub(crate) fn token_in(text: &str) -> Option<String> {
    text.lines().map(str::trim).find(|line| is_token(line)).map(str::to_owned)
}

fn is_token(line: &str) -> bool {
    let groups: Vec<_> = line.split('-').collect();
    groups.len() == 8
        && groups
            .iter()
            .all(|group| group.len() == 4 && group.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()))
}
