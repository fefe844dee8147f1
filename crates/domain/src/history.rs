//! The chains that events are kept in, so that nobody alters the history unseen.
//!
//! An event belongs to one chain: that of the service it happened to, or that of its account if it happened to no
//! service. Its link holds its number in the chain, and a digest under a key of the installation of the digest before
//! it and of all that the event says. The head of the chain holds how long it is and its newest digest, with a proof of
//! its own: what the newest event was cannot be taken back either. Whoever has the database and not the key can put
//! back what he has copied of a whole chain, and nothing else; what was noted of heads elsewhere tells that.

use std::fmt;

use crate::{AccountId, Event, KeyId, Keyring, ServiceKey};

const EVENT: &str = "history event";
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

/// What a digest or a proof turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was made here, for this.
    Holds,
    /// It was not.
    Altered,
    /// The key that it is said to be made with is not on the ring.
    KeyMissing,
}

impl Verdict {
    fn of(proved: Option<bool>) -> Self {
        match proved {
            Some(true) => Verdict::Holds,
            Some(false) => Verdict::Altered,
            None => Verdict::KeyMissing,
        }
    }
}

/// The place of an event in its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Which event of the chain it is, counted from 1.
    pub sequence: i64,
    /// The digest of the one before and of all that the event says.
    pub digest: Vec<u8>,
    /// The key that made it.
    pub key_id: KeyId,
}

impl Link {
    /// Whether the link holds an event, in this chain, behind the digest before it.
    pub fn verdict(&self, chain: &Chain, before: &[u8], says: &[&[u8]], keyring: &Keyring) -> Verdict {
        let sequence = self.sequence.to_be_bytes();
        Verdict::of(keyring.proves_by(&self.key_id, EVENT, &parts(chain, &sequence, before, says), &self.digest))
    }
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
        let parts = parts(&self.chain, &length, &self.digest, &[]);
        Verdict::of(keyring.proves_by(&self.key_id, HEAD, &parts, &self.proof))
    }

    /// Appends what an event says. A head that was altered goes on, and stays unproven for good: to prove it anew would
    /// hide what was done to it.
    pub fn append(&mut self, says: &[&[u8]], keyring: &Keyring) -> Link {
        let is_proven = self.verdict(keyring) == Verdict::Holds;
        let sequence = self.length.saturating_add(1);
        let digest = keyring.proof(EVENT, &parts(&self.chain, &sequence.to_be_bytes(), &self.digest, says)).to_vec();
        self.length = sequence;
        self.digest.clone_from(&digest);
        self.key_id = keyring.signing().key_id().clone();
        self.proof.clear();
        if is_proven {
            self.prove(keyring);
        }
        Link { sequence, digest, key_id: self.key_id.clone() }
    }

    fn prove(&mut self, keyring: &Keyring) {
        let length = self.length.to_be_bytes();
        self.proof = keyring.proof(HEAD, &parts(&self.chain, &length, &self.digest, &[])).to_vec();
    }
}

fn parts<'a>(chain: &'a Chain, number: &'a [u8], digest: &'a [u8], says: &[&'a [u8]]) -> Vec<&'a [u8]> {
    [&[chain.as_str().as_bytes(), number, digest], says].concat()
}
