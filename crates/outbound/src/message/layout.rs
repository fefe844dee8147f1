//! How a mail looks: one layout for all of them, as text and as HTML.

use askama::Template;

use super::letter::Letter;

/// The longest line of the text part, where words allow (RFC 3676 advises 78 with the quoting of replies in mind).
const WIDTH: usize = 76;

#[derive(Template)]
#[template(path = "mail.txt", escape = "none")]
struct Text<'a> {
    letter: &'a Letter,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    letter: &'a Letter,
}

/// The text part, with CRLF.
pub(super) fn text(letter: &Letter) -> Result<String, askama::Error> {
    Text { letter }.render().map(with_crlf)
}

/// The HTML part, with CRLF.
pub(super) fn html(letter: &Letter) -> Result<String, askama::Error> {
    Html { letter }.render().map(with_crlf)
}

/// Lines as RFC 2046 wants them in every part of a type `text`: under base64 nobody else would see to it.
fn with_crlf(text: String) -> String {
    text.replace('\n', "\r\n")
}

impl Text<'_> {
    /// The line under the title.
    fn underline(&self) -> String {
        "=".repeat(self.letter.title.chars().count().min(WIDTH))
    }

    fn paragraph(&self, text: &str) -> String {
        wrap(text, "", "")
    }

    /// A paragraph of someone else's words.
    fn quoted(&self, line: &str) -> String {
        if line.is_empty() { ">".to_owned() } else { wrap(line, "> ", "> ") }
    }

    /// A detail: its label, and its value in a column of its own.
    fn detail(&self, label: &str, value: &str) -> String {
        let widest = self.letter.details.iter().map(|detail| detail.label.chars().count()).max().unwrap_or_default();
        let colon = &self.letter.colon;
        let column = widest + colon.chars().count() + 2;
        let label = format!("{label}{colon}");
        wrap(value, &format!("{label:column$}"), &" ".repeat(column))
    }
}

/// Breaks a text at its spaces into lines of at most [`WIDTH`] characters; a longer word has a line of its own.
fn wrap(text: &str, first_prefix: &str, prefix: &str) -> String {
    let mut lines = String::from(first_prefix);
    let mut used = first_prefix.chars().count();
    let mut is_line_start = true;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if !is_line_start && used + 1 + length > WIDTH {
            lines.push('\n');
            lines.push_str(prefix);
            used = prefix.chars().count();
            is_line_start = true;
        }
        if !is_line_start {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += length;
        is_line_start = false;
    }
    lines
}
