//! What people may write: names and reasons that other people read, in mails too.

use std::fmt;

use crate::Invalid;

/// The name of an account or a service for people: 1 to 200 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// What a display name must be.
    pub const FORM: Invalid =
        Invalid("must be 1 to 200 characters on one line, without control or direction-changing characters");

    /// Reads a display name; white space around it is cut.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let formed = (1..=200).contains(&text.chars().count()) && text.chars().all(is_printable);
        if formed { Ok(Self(text.to_owned())) } else { Err(Self::FORM) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a party refused, in its own words: at most 500 characters of plain text without web addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalReason(String);

impl RefusalReason {
    /// What a reason must be.
    pub const FORM: Invalid = Invalid(
        "must be at most 500 characters of plain text, without control characters and without web addresses \
         (nothing like example.com or https://)",
    );

    /// Reads a reason; white space around it is cut, line ends become `\n`. Blank text is no reason.
    pub fn parse(text: &str) -> Result<Option<Self>, Invalid> {
        // The bound before the copies: what is too long is not worth normalising.
        if text.len() > 4 * 1024 {
            return Err(Self::FORM);
        }
        let text = text.replace("\r\n", "\n");
        let text = text.trim();
        let formed =
            text.chars().count() <= 500 && text.chars().all(|c| c == '\n' || is_printable(c)) && !has_web_address(text);
        match (formed, text.is_empty()) {
            (false, _) => Err(Self::FORM),
            (true, true) => Ok(None),
            (true, false) => Ok(Some(Self(text.to_owned()))),
        }
    }

    /// The reason as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Neither a control character, nor a line or paragraph separator, nor one that changes the direction of text
/// (Unicode Technical Report 36, bidirectional spoofing), nor invisible.
fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether mail readers would make a link of some part of the text: a scheme, or a name with a dot before two letters.
/// What a hyphen or another dot joins to the name does not hide it.
fn has_web_address(text: &str) -> bool {
    let is_top_level = |label: &str| {
        let start = label.split(['-', '_']).next().unwrap_or_default();
        label.starts_with("xn--") || (start.chars().count() >= 2 && start.chars().all(char::is_alphabetic))
    };
    let is_name = |word: &str| {
        word.split('.').zip(word.split('.').skip(1)).any(|(label, next)| !label.is_empty() && is_top_level(next))
    };
    let folded = text.to_lowercase().replace(['\u{3002}', '\u{ff0e}', '\u{ff61}'], ".");
    folded.contains("://")
        || folded.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))).any(is_name)
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
