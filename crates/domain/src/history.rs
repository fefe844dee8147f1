//! The chains that events are kept in, so that nobody alters the history unseen.
//!
//! An event belongs to one chain: that of the service it happened to, or that of its account if it happened to no
//! service. It holds its number in the chain, and a digest of the digest before it and of all that it says. The head of
//! the chain holds how long it is and its newest digest, which holds all the others, with a proof under a key of the
//! installation: what was written cannot be altered, added to or taken back, the newest event included. Digests need no
//! key, so that a key that turns leaves them as they are. Whoever has the database and not the key can put back what he
//! has copied of a whole chain, and nothing else; what was noted of heads elsewhere tells that.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::{AccountId, Event, KeyId, Keyring, ServiceKey};

const EVENT: &[u8] = b"relevo history event";
const HEAD: &str = "history head";

/// The name of a chain: `service/` and the key of a registration, or `account/` and an account id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chain(String);

impl Chain {
    /// The chain of a service.
    pub fn of_service(key: ServiceKey) -> Self {
        Self(format!("service/{}", key.0))
    }

    /// The chain of an account.
    pub fn of_account(account_id: &AccountId) -> Self {
        Self(format!("account/{account_id}"))
    }

    /// The chain that an event belongs to.
    pub fn of(event: &Event) -> Option<Self> {
        event.service_key.map(Self::of_service).or_else(|| event.account_id.as_ref().map(Self::of_account))
    }

    /// A chain by the name that it has.
    pub fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The digest of an event at a place of its chain, counted from 1, behind the digest before it: SHA-256 (FIPS 180-4) over
/// all of that and all that the event says, each part with its length before it.
pub fn digest(chain: &Chain, sequence: i64, before: &[u8], says: &[&[u8]]) -> Vec<u8> {
    let sequence = sequence.to_be_bytes();
    let mut digest = Sha256::new();
    for part in [EVENT, chain.as_str().as_bytes(), &sequence, before].iter().chain(says) {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().to_vec()
}

/// What the proof of a head turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was made here, for this.
    Holds,
    /// It was not.
    Altered,
    /// The key that it is said to be made with is not on the ring.
    KeyMissing,
}

/// The newest end of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The chain.
    pub chain: Chain,
    /// How many events it holds.
    pub length: i64,
    /// The digest of the newest; empty before the first.
    pub digest: Vec<u8>,
    /// The key that made the proof.
    pub key_id: KeyId,
    /// The proof of all that; empty when the head could not be proven before the chain went on.
    pub proof: Vec<u8>,
}

impl Head {
    /// The head of a chain without events.
    pub fn begin(chain: Chain, keyring: &Keyring) -> Self {
        let key_id = keyring.signing().key_id().clone();
        let mut head = Self { chain, length: 0, digest: Vec::new(), key_id, proof: Vec::new() };
        head.prove(keyring);
        head
    }

    /// Whether the head is as it was made here.
    pub fn verdict(&self, keyring: &Keyring) -> Verdict {
        let length = self.length.to_be_bytes();
        match keyring.proves_by(&self.key_id, HEAD, &self.parts(&length), &self.proof) {
            Some(true) => Verdict::Holds,
            Some(false) => Verdict::Altered,
            None => Verdict::KeyMissing,
        }
    }

    /// Appends what an event says. A head that was altered goes on, and stays unproven for good: to prove it anew would
    /// hide what was done to it.
    pub fn append(&mut self, says: &[&[u8]], keyring: &Keyring) {
        let verdict = self.verdict(keyring);
        self.length = self.length.saturating_add(1);
        self.digest = digest(&self.chain, self.length, &self.digest, says);
        self.key_id = keyring.signing().key_id().clone();
        match verdict {
            Verdict::Holds => self.prove(keyring),
            Verdict::Altered | Verdict::KeyMissing => self.proof.clear(),
        }
    }

    /// Proves a head under the signing key that another key of the ring proves: what was done with that key before stays,
    /// what is done with it from now on is found. A head that does not prove itself is left as it is; says whether it does.
    pub fn prove_anew(&mut self, keyring: &Keyring) -> bool {
        let is_proven = self.verdict(keyring) == Verdict::Holds;
        if is_proven {
            self.key_id = keyring.signing().key_id().clone();
            self.prove(keyring);
        }
        is_proven
    }

    fn prove(&mut self, keyring: &Keyring) {
        let length = self.length.to_be_bytes();
        self.proof = keyring.proof(HEAD, &self.parts(&length)).to_vec();
    }

    fn parts<'a>(&'a self, length: &'a [u8]) -> [&'a [u8]; 3] {
        [self.chain.as_str().as_bytes(), length, &self.digest]
    }
}
