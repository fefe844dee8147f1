//! A customer, as far as contact changes need to know.

use std::fmt;

use jiff::Timestamp;
use unic_langid::LanguageIdentifier;

use crate::{AccountId, DisplayName, Invalid};

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What the account is called.
    pub account_id: AccountId,
    /// What a person calls it.
    pub display_name: DisplayName,
    /// Where codes and notices are mailed to.
    pub email: EmailAddress,
    /// The language of its mails.
    pub language: Language,
    /// Whether it pays its bills.
    pub billing_standing: BillingStanding,
    /// When it was added.
    pub create_time: Timestamp,
    /// When it last changed.
    pub update_time: Timestamp,
    /// How often it has changed, counted from 1.
    pub revision: i64,
}

/// Whether an account pays its bills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillingStanding {
    /// No bill is overdue.
    Good,
    /// A bill is overdue.
    Overdue,
}

/// What keeps an account from being deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountUse {
    /// It is a contact of a service.
    Contact,
    /// It has a part in a change that is open, or has not been marked as ended yet.
    Change,
    /// A mail to it is due.
    Mail,
}

impl AccountUse {
    /// The use as words that follow the account.
    pub const fn words(self) -> &'static str {
        match self {
            AccountUse::Contact => "is a contact of a service",
            AccountUse::Change => "has a part in an open contact change",
            AccountUse::Mail => "has a mail that is still to be sent",
        }
    }
}

impl BillingStanding {
    /// All of them.
    pub const ALL: [BillingStanding; 2] = [BillingStanding::Good, BillingStanding::Overdue];

    /// The standing as a word, as it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            BillingStanding::Good => "good",
            BillingStanding::Overdue => "overdue",
        }
    }
}

/// An address that mail can be sent to: RFC 5321, internationalised as in RFC 6531.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// What an address must look like.
    pub const FORM: Invalid = Invalid(
        "must be an e-mail address of at most 254 bytes, as in ann@example.com: no display name, no quotes, \
         no encoded words, no address literal, a domain with a dot",
    );

    /// Reads an address. The domain is kept in lower case, the local part as it is.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let options =
            email_address::Options::default().with_required_tld().without_display_text().without_domain_literal();
        let address = email_address::EmailAddress::parse_with_options(text, options).map_err(|_| Self::FORM)?;
        let (local, domain) = (address.local_part(), address.domain());
        let ascii = idna::domain_to_ascii_strict(domain).map_err(|_| Self::FORM)?;
        let plain = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '"' | '<' | '>' | '\\');
        let formed = text.len() <= 254
            && local.len() + 1 + ascii.len() <= 254
            && text.chars().all(plain)
            // RFC 2047, 5: no encoded word in an address. Readers and relays that decode one would read another address.
            && !local.contains("=?")
            && ascii.contains('.')
            && ascii.rsplit('.').next().is_some_and(|tld| !tld.bytes().all(|b| b.is_ascii_digit()));
        // Beyond ASCII, lower case is what IDNA makes of it: a Greek sigma at the end of a word is not written otherwise.
        let domain = if domain.is_ascii() { domain.to_ascii_lowercase() } else { idna::domain_to_unicode(domain).0 };
        if formed { Ok(Self(format!("{local}@{domain}"))) } else { Err(Self::FORM) }
    }

    /// The address as a person writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address with its domain in A-labels (RFC 5891), as it travels to a relay that knows no SMTPUTF8. ASCII
    /// throughout unless the local part is not.
    pub fn with_ascii_domain(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let domain = idna::domain_to_ascii_strict(domain).unwrap_or_else(|_| domain.to_owned());
        format!("{local}@{domain}")
    }
}

/// A BCP 47 language tag, in its canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language(LanguageIdentifier);

impl Language {
    /// What a language must look like.
    pub const FORM: Invalid = Invalid("must be a BCP 47 language tag, as in en, es or es-MX");

    /// Reads a language tag; an empty one is English.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let tag = if text.is_empty() { "en" } else { text };
        let language: LanguageIdentifier = tag.parse().map_err(|_| Self::FORM)?;
        // The library takes any separator and the root language; a tag has hyphens and names a language.
        if tag.contains('_') || language.language.is_empty() || tag.len() > 35 {
            return Err(Self::FORM);
        }
        Ok(Self(language))
    }

    /// The tag for a localisation library.
    pub fn identifier(&self) -> &LanguageIdentifier {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
