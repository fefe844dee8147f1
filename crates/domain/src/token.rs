//! The personal, single-use code that a party confirms with.
//!
//! A token is 160 bits of HMAC-SHA-256 (RFC 2104) over what it is for and a random nonce, under a key of the
//! installation. The nonce and the name of the key are stored, the token never is: neither the database alone nor the
//! key alone makes one. A mail that is sent again carries the same token; a resend is a new generation with a new
//! nonce. Tokens and keys have no `Display` and a `Debug` that shows nothing, so that they reach no log by accident.

use std::{collections::BTreeSet, fmt};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::{AccountId, ChangeId};

/// The alphabet of Crockford's base32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A code of 160 bits.
#[derive(Clone)]
pub struct Token([u8; 20]);

impl Token {
    /// Reads a token as a person may type it: any case, with or without hyphens and white space, O for 0, I and L
    /// for 1. `None` when it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        // A token with a separator after each character is still short; what is longer is not read at all.
        if text.len() > 256 {
            return None;
        }
        let mut digits = text.chars().filter(|c| *c != '-' && !c.is_whitespace());
        let mut bytes = [0; 20];
        for chunk in bytes.chunks_exact_mut(5) {
            let mut bits = 0_u64;
            for _ in 0..8 {
                bits = bits << 5 | digit(digits.next()?)?;
            }
            chunk.copy_from_slice(bits.to_be_bytes().get(3..)?);
        }
        digits.next().is_none().then_some(Self(bytes))
    }

    /// The token as it is mailed: 32 characters in groups of four. Only for the eyes of its party.
    pub fn reveal(&self) -> String {
        let mut text = String::with_capacity(39);
        for (n, chunk) in self.0.chunks_exact(5).enumerate() {
            let bits = chunk.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            for place in 0..8 {
                if (n, place) != (0, 0) && place % 4 == 0 {
                    text.push('-');
                }
                let index = usize::from((bits >> (35 - 5 * place)).to_be_bytes()[7] & 31);
                text.push(char::from(ALPHABET.get(index).copied().unwrap_or_default()));
            }
        }
        text
    }

    /// Whether both are the same, in a time that does not tell where they differ.
    pub fn matches(&self, other: &Token) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// The value of one character of a token.
fn digit(c: char) -> Option<u64> {
    let upper = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET.iter().position(|known| char::from(*known) == upper).and_then(|n| n.try_into().ok())
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([REDACTED])")
    }
}

/// 128 random bits that make one generation of a token unlike every other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Nonce(pub [u8; 16]);

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce([REDACTED])")
    }
}

/// What one generation of a party's token is made from, beside the key. Written once, never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// The change that the token is for.
    pub change_id: ChangeId,
    /// The party that the token is for.
    pub account_id: AccountId,
    /// Which of the party's tokens for this change, counted from 1.
    pub generation: i64,
    /// What makes it unlike the others.
    pub nonce: Nonce,
    /// The key that makes it.
    pub key_id: KeyId,
}

/// The name of a key: a fingerprint, so that the same name is always the same key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub String);

/// A key of the installation: 256 secret bits.
#[derive(Clone)]
pub struct Key {
    key_id: KeyId,
    secret: [u8; 32],
}

impl Key {
    /// The key with these bits.
    pub fn new(secret: [u8; 32]) -> Self {
        let fingerprint = mac(&secret, &[b"relevo key id"]);
        let hex = fingerprint.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { key_id: KeyId(hex), secret }
    }

    /// Its bits, to be kept where keys are kept.
    pub fn reveal(&self) -> &[u8; 32] {
        &self.secret
    }

    /// The key's name.
    pub fn key_id(&self) -> &KeyId {
        &self.key_id
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, [REDACTED])", self.key_id.0)
    }
}

/// The keys of an installation: the first makes new tokens, all of them check.
#[derive(Debug, Clone)]
pub struct Keyring {
    signing: Key,
    retired: Vec<Key>,
    leaked: BTreeSet<KeyId>,
}

impl Keyring {
    /// A ring of a signing key and those that it replaced.
    pub fn new(signing: Key, retired: Vec<Key>) -> Self {
        Self { signing, retired, leaked: BTreeSet::new() }
    }

    /// The same ring with a new signing key.
    pub fn turned(&self, signing: Key) -> Self {
        Self { signing, retired: self.keys().cloned().collect(), leaked: self.leaked.clone() }
    }

    /// The same ring, of which these keys have leaked: they tell old tokens apart, and prove nothing any more that is
    /// proven by the name of a key.
    pub fn with_leaked(self, leaked: BTreeSet<KeyId>) -> Self {
        Self { leaked, ..self }
    }

    /// Whether a key is on the ring.
    pub fn holds(&self, key_id: &KeyId) -> bool {
        self.keys().any(|key| key.key_id() == key_id)
    }

    /// The key that makes new tokens.
    pub fn signing(&self) -> &Key {
        &self.signing
    }

    /// The keys that make no new tokens.
    pub fn retired(&self) -> &[Key] {
        &self.retired
    }

    /// All keys, the signing one first.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.signing).chain(&self.retired)
    }

    /// The token of a seal; `None` when its key is not on the ring.
    pub fn token(&self, seal: &Seal) -> Option<Token> {
        let key = self.keys().find(|key| *key.key_id() == seal.key_id)?;
        let party = seal.account_id.as_str().as_bytes();
        let digest = mac(
            &key.secret,
            &[
                b"relevo token change",
                seal.change_id.0.as_bytes(),
                &seal.generation.to_be_bytes(),
                &seal.nonce.0,
                party,
            ],
        );
        let mut bytes = [0; 20];
        for (byte, from) in bytes.iter_mut().zip(digest) {
            *byte = from;
        }
        Some(Token(bytes))
    }

    /// The seal whose token was presented, if it is one of these. Takes the same time wherever it is among them.
    pub fn recognise<'a>(&self, presented: &str, seals: &'a [Seal]) -> Option<&'a Seal> {
        let presented = Token::parse(presented)?;
        seals.iter().fold(None, |found, seal| {
            let same = self.token(seal).is_some_and(|token| token.matches(&presented));
            if same { Some(seal) } else { found }
        })
    }

    /// A proof under the signing key that some bytes were seen here, for a purpose that keeps them apart from others.
    pub fn proof(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        proof(&self.signing, purpose, parts)
    }

    /// Whether a proof was made here for these bytes, under any key of the ring.
    pub fn proves(&self, purpose: &str, parts: &[&[u8]], presented: &[u8]) -> bool {
        self.keys().any(|key| proof(key, purpose, parts).ct_eq(presented).into())
    }

    /// Whether a proof was made here for these bytes under one key, which has not leaked; `None` when that key is not on the
    /// ring.
    pub fn proves_by(&self, key_id: &KeyId, purpose: &str, parts: &[&[u8]], presented: &[u8]) -> Option<bool> {
        if self.leaked.contains(key_id) {
            return Some(false);
        }
        let key = self.keys().find(|key| key.key_id() == key_id)?;
        Some(proof(key, purpose, parts).ct_eq(presented).into())
    }
}

fn proof(key: &Key, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut all: Vec<&[u8]> = vec![b"relevo proof", purpose.as_bytes()];
    all.extend(parts);
    mac(&key.secret, &all)
}

/// HMAC-SHA-256 over parts, each with its length before it, so that no two lists of parts read the same.
fn mac(secret: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
