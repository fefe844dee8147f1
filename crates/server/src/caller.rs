//! Who is calling, and what callers may do.
//!
//! A caller is a program of the company. It proves itself by a client certificate or by a bearer key (RFC 6750), of which
//! the configuration knows the SHA-256 alone. Without callers in the configuration all calls are those of `local`, which
//! may do everything; the configuration keeps the listener on loopback addresses then.

use std::{fmt, sync::Arc};

use http::{HeaderMap, header::AUTHORIZATION};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{Error, console::say};

/// Who everybody is where no callers are configured.
const LOCAL: &str = "local";
/// Who stands in the history for what was done by a command and not by a call.
pub(crate) const OPERATOR: &str = "operator";
/// Who stands in the history for what was done on the page behind the links.
pub(crate) const PAGE: &str = "page";
/// Names that stand in the history for parts of Relevo.
const RESERVED: [&str; 5] = [LOCAL, "sweeper", "courier", OPERATOR, PAGE];
/// What every key begins with, so that those who look for lost secrets find it.
const KEY_PREFIX: &str = "relevo_";

/// Something that a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// Write accounts and services.
    Directory,
    /// Act for accounts on contact changes, and see what they see.
    Request,
    /// See what accounts see.
    Read,
    /// See everything, cancel and resend for any account, send test mails.
    Operate,
}

impl Grant {
    pub(crate) const ALL: [Self; 4] = [Self::Directory, Self::Request, Self::Read, Self::Operate];

    /// As it stands in the configuration.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Request => "request",
            Self::Read => "read",
            Self::Operate => "operate",
        }
    }
}

/// One who calls.
#[derive(Debug)]
pub(crate) struct Caller {
    /// Under which its calls stand in the history, and its `request_id`s are remembered.
    pub(crate) name: String,
    pub(crate) grants: Vec<Grant>,
}

impl Caller {
    /// The page behind the links. It holds no grant: whoever shows a code may do what the code is for, and nothing else.
    pub(crate) fn page() -> Arc<Self> {
        Arc::new(Self { name: PAGE.to_owned(), grants: Vec::new() })
    }

    /// Whether it holds one of these grants.
    pub(crate) fn may(&self, needed: &'static [Grant]) -> Result<(), Error> {
        if needed.iter().any(|grant| self.grants.contains(grant)) {
            return Ok(());
        }
        tracing::warn!(caller = self.name, ?needed, "a call without the grant that it needs");
        Err(Error::CallerNotPermitted { caller: self.name.clone(), needed })
    }

    /// Whether it may see what this account sees or, where a call names none, everything.
    pub(crate) fn sees(&self, account_id: &str) -> Result<(), Error> {
        if account_id.is_empty() { self.may(&[Grant::Operate]) } else { Ok(()) }
    }
}

/// One who calls, and what proves it.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) caller: Arc<Caller>,
    /// Names of which its certificate has one: URIs, or DNS names in lower case.
    pub(crate) certificates: Vec<String>,
    /// The SHA-256 of its keys.
    pub(crate) key_hashes: Vec<[u8; 32]>,
}

/// Those who may call.
#[derive(Clone)]
pub struct Callers(Arc<[Known]>);

/// Their names, and nothing that proves one.
impl fmt::Debug for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|known| &known.caller)).finish()
    }
}

impl Callers {
    pub(crate) fn new(known: Vec<Known>) -> Self {
        Self(known.into())
    }

    /// How many there are. If there are none, everybody is the caller `local`, and may do everything.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Whom a certificate and the headers of a call prove. A header goes before a certificate, and one that proves
    /// nobody is never passed over for it.
    pub(crate) fn identify(&self, headers: &HeaderMap, certificate: &[String]) -> Result<Arc<Caller>, Error> {
        if self.0.is_empty() {
            return Ok(Arc::new(Caller { name: LOCAL.to_owned(), grants: Grant::ALL.to_vec() }));
        }
        let known = if headers.contains_key(AUTHORIZATION) {
            let key = bearer(headers).ok_or(Error::CallerUnknown("The authorization header must be: Bearer <key>."))?;
            self.with_key(key).ok_or(Error::CallerUnknown("The key is no caller's."))?
        } else if certificate.is_empty() {
            return Err(Error::CallerUnknown(
                "Say who calls: by a client certificate, or by authorization: Bearer <key>.",
            ));
        } else {
            self.with_certificate(certificate)
                .ok_or(Error::CallerUnknown("The certificate is not that of one caller."))?
        };
        Ok(known.caller.clone())
    }

    fn with_key(&self, key: &str) -> Option<&Known> {
        let hash: [u8; 32] = Sha256::digest(key).into();
        // All are looked at, so that how long it takes says nothing about any.
        self.0.iter().fold(None, |found, known| {
            let fits = known.key_hashes.iter().fold(0, |fits, of_key| fits | of_key.ct_eq(&hash).unwrap_u8());
            if fits == 1 { Some(known) } else { found }
        })
    }

    /// The one caller that the names of a certificate belong to; none if they are of two.
    fn with_certificate(&self, names: &[String]) -> Option<&Known> {
        let mut fitting = self.0.iter().filter(|known| known.certificates.iter().any(|name| names.contains(name)));
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first)
    }
}

/// The key of the one `authorization` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (scheme, key) = values.next()?.to_str().ok()?.split_once(' ')?;
    let is_formed = scheme.eq_ignore_ascii_case("bearer") && !key.is_empty() && !key.contains(' ');
    (is_formed && values.next().is_none()).then_some(key)
}

/// Whether a caller may have this name.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte))
        && !RESERVED.contains(&text)
}

/// `relevo make-key`: prints a key, and the line for the configuration that knows it again.
pub(crate) fn make_key() -> Result<(), Error> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)?;
    let key = format!("{KEY_PREFIX}{}", hex::encode(secret));
    say(format_args!("{key}\nkey_hashes = [\"{}\"]", hex::encode(Sha256::digest(&key))))
}
