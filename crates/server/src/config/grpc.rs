//! The settings of calls: where they are taken, under which certificate, from whom.

use std::{collections::BTreeSet, net::SocketAddr, path::PathBuf, sync::Arc};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::Checks;
use crate::{
    Callers, TlsFiles,
    caller::{Caller, Grant, Known, is_name},
};

/// What one of the `[[callers]]` may hold.
pub(super) const CALLER: &str = "name = \"\"\ncertificates = []\nkey_hashes = []\ngrants = []";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGrpc {
    listen: String,
    insecure: bool,
    pub(super) stop_grace: String,
    pub(super) max_connections: i64,
    pub(super) max_message_size: i64,
    pub(super) tls: RawTls,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTls {
    certificate: PathBuf,
    key: PathBuf,
    client_ca: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(super) struct RawCaller {
    name: String,
    certificates: Vec<String>,
    /// Somebody may put the key itself here.
    key_hashes: Vec<SecretString>,
    grants: Vec<String>,
}

impl Checks {
    /// An address on which not everyone who reaches it may do everything.
    pub(super) fn listen(&mut self, raw: &RawGrpc, has_callers: bool) -> Option<SocketAddr> {
        let Ok(address) = raw.listen.parse::<SocketAddr>() else {
            let listen = &raw.listen;
            let what = format_args!("must be an address and a port, as in 127.0.0.1:50051, not {listen:?}");
            return self.wrong("grpc.listen", what);
        };
        if address.ip().is_loopback() {
            return Some(address);
        }
        let mut is_right = true;
        if !has_callers {
            is_right = false;
            let what = format_args!(
                "must say who may call, as grpc.listen is {address}, which is not a loopback address: whoever reaches it \
                 could do everything"
            );
            self.wrong::<()>("callers", what);
        }
        if raw.tls.certificate.as_os_str().is_empty() && !raw.insecure {
            is_right = false;
            let what = format_args!(
                "must be there, as grpc.listen is {address}, which is not a loopback address: whoever sits in between \
                 could read the keys of callers; grpc.insecure = true does without"
            );
            self.wrong::<()>("grpc.tls.certificate", what);
        }
        is_right.then_some(address)
    }

    pub(super) fn server_tls(&mut self, raw: &RawTls) -> Option<Option<TlsFiles>> {
        let there = |path: &PathBuf| Some(path.clone()).filter(|path| !path.as_os_str().is_empty());
        let (certificate, key, client_ca) = (there(&raw.certificate), there(&raw.key), there(&raw.client_ca));
        let files = match (certificate, key, client_ca) {
            (None, None, None) => return Some(None),
            (Some(certificate), Some(key), client_ca) => TlsFiles { certificate, key, client_ca },
            (Some(_), None, _) => return self.wrong("grpc.tls.key", "must be there, as there is a certificate"),
            (None, Some(_), _) => return self.wrong("grpc.tls.certificate", "must be there, as there is a key"),
            (None, None, Some(_)) => {
                return self.wrong("grpc.tls.certificate", "must be there, as there is grpc.tls.client_ca");
            }
        };
        match files.read() {
            Ok(_) => Some(Some(files)),
            Err(error) => self.wrong(error.key, error.problem),
        }
    }

    pub(super) fn callers(&mut self, raw: &[RawCaller], grpc: &RawGrpc) -> Option<Callers> {
        let (mut names, mut proofs) = (BTreeSet::new(), BTreeSet::new());
        let mut known = Vec::new();
        for (nth, raw) in raw.iter().enumerate() {
            let key = |of: &str| format!("callers[{nth}].{of}");
            if !is_name(&raw.name) {
                let what = "must be 1 to 64 lower-case letters, digits, hyphens, underscores and dots, and not local, \
                            operator, page, sweeper or courier, which are Relevo's own";
                self.wrong::<()>(&key("name"), what);
            } else if !names.insert(&raw.name) {
                self.wrong::<()>(&key("name"), format_args!("there are two callers of the name {}", raw.name));
            }
            let grants = self.grants(&key("grants"), &raw.grants);
            let certificates = self.certificate_names(&key("certificates"), &raw.certificates);
            let key_hashes = self.key_hashes(&key("key_hashes"), &raw.key_hashes);
            if raw.certificates.is_empty() && raw.key_hashes.is_empty() {
                let what = "must hold what `relevo make-key` prints, or certificates a name, as this caller could not \
                            prove who it is";
                self.wrong::<()>(&key("key_hashes"), what);
            }
            if !raw.certificates.is_empty() && grpc.tls.client_ca.as_os_str().is_empty() {
                let what = format_args!("must be there, as {} is", key("certificates"));
                self.wrong::<()>("grpc.tls.client_ca", what);
            }
            let (Some(grants), Some(certificates), Some(key_hashes)) = (grants, certificates, key_hashes) else {
                continue;
            };
            if !certificates.iter().all(|name| proofs.insert(name.clone())) {
                self.wrong::<()>(&key("certificates"), "holds a name twice, or one of another caller");
            }
            if !key_hashes.iter().all(|hash| proofs.insert(hex::encode(hash))) {
                self.wrong::<()>(&key("key_hashes"), "holds a hash twice, or one of another caller");
            }
            let caller = Arc::new(Caller { name: raw.name.clone(), grants });
            known.push(Known { caller, certificates, key_hashes });
        }
        (known.len() == raw.len()).then(|| Callers::new(known))
    }

    fn grants(&mut self, key: &str, texts: &[String]) -> Option<Vec<Grant>> {
        let rule = "must be some of directory, request, read and operate";
        if texts.is_empty() {
            return self.wrong(key, rule);
        }
        let mut grants = Vec::new();
        for text in texts {
            match Grant::ALL.into_iter().find(|grant| grant.name() == text) {
                Some(grant) => grants.push(grant),
                // What is there may be a key.
                None => return self.wrong(key, rule),
            }
        }
        Some(grants)
    }

    fn certificate_names(&mut self, key: &str, texts: &[String]) -> Option<Vec<String>> {
        let mut names = Vec::new();
        for text in texts {
            let is_uri = text.split_once("://").is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty())
                && text.chars().all(|c| c.is_ascii_graphic());
            if is_uri {
                names.push(text.clone());
            } else if is_dns_name(text) {
                names.push(text.to_ascii_lowercase());
            } else {
                let what = "must be URIs or DNS names, as in spiffe://example.com/panel or panel.example.com";
                return self.wrong(key, what);
            }
        }
        Some(names)
    }

    /// No hash is shown: it may be the key.
    fn key_hashes(&mut self, key: &str, texts: &[SecretString]) -> Option<Vec<[u8; 32]>> {
        let mut hashes = Vec::new();
        for (nth, text) in texts.iter().enumerate() {
            let mut hash = [0; 32];
            if hex::decode_to_slice(text.expose_secret(), &mut hash).is_err() {
                let what = format_args!(
                    "hash {} must be 64 hexadecimal digits, as in the line that `relevo make-key` prints",
                    nth + 1
                );
                return self.wrong(key, what);
            }
            hashes.push(hash);
        }
        Some(hashes)
    }
}

fn is_dns_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}
