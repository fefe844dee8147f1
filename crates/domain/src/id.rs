//! What accounts, services and changes are called.

use std::fmt;

use uuid::Uuid;

use crate::Invalid;

/// The name of an account, as in `aa123456-ovh`: two letters, 1 to 12 digits, a hyphen, a suffix. Kept in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(String);

impl AccountId {
    /// What an account id must look like, with any suffix.
    pub const FORM: Invalid =
        Invalid("must be two letters, 1 to 12 digits, a hyphen and the suffix of the installation, as in aa123456-ovh");

    /// Reads an account id in any case. Which suffix an installation takes is for the caller to check.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (body, suffix) = text.split_once('-').ok_or(Self::FORM)?;
        let (letters, digits) = body.split_at_checked(2).ok_or(Self::FORM)?;
        let formed = letters.bytes().all(|b| b.is_ascii_alphabetic())
            && (1..=12).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && is_suffix(&suffix.to_ascii_lowercase());
        if formed { Ok(Self(text.to_ascii_lowercase())) } else { Err(Self::FORM) }
    }

    /// The part behind the hyphen.
    pub fn suffix(&self) -> &str {
        self.0.split_once('-').map_or("", |(_, suffix)| suffix)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text can be the suffix of account ids: 1 to 16 lower-case letters and digits.
pub fn is_suffix(text: &str) -> bool {
    (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// The name of a service, as in `example.com`. Kept in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceId(String);

impl ServiceId {
    /// What a service id must look like.
    pub const FORM: Invalid = Invalid(
        "must be 1 to 253 characters: dot-separated parts of 1 to 63 letters, digits, hyphens and underscores, \
         each beginning and ending with a letter or a digit, as in example.com (xn-- form for internationalised names)",
    );

    /// Reads a service id in any case.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let part = |part: &str| {
            let bytes = part.as_bytes();
            (1..=63).contains(&bytes.len())
                && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
                && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
                && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        };
        if text.len() <= 253 && text.split('.').all(part) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(Self::FORM)
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of a contact change: a UUID version 7, so that ids sort by the time they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChangeId(pub Uuid);

impl ChangeId {
    /// What a change id must look like.
    pub const FORM: Invalid = Invalid("must be a UUID, as in 01932c07-0d5a-7cc3-9f2e-6d8f4b3f1a20");

    /// Reads a change id in its hyphenated form, in any case.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match Uuid::try_parse(text) {
            Ok(id) if text.len() == 36 => Ok(Self(id)),
            _ => Err(Self::FORM),
        }
    }
}

/// Which registration of a service is meant: an id that was deleted and registered again is another service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceKey(pub Uuid);

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ChangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}
