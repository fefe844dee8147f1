//! What is told about a relay.

use std::{fmt, io, path::PathBuf, sync::Arc, time::Duration};

use mail_send::Credentials;
use secrecy::{ExposeSecret, SecretString};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        self, ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

/// How what is said to a relay is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Not at all: for a relay on this machine, and never anywhere else, whatever a name server says.
    None,
    /// By TLS after STARTTLS (RFC 3207), without which nothing is said.
    StartTls,
    /// By TLS after STARTTLS where the relay offers it, and else not at all: whoever sits between can take the offer away.
    StartTlsIfOffered,
    /// By TLS from the first byte on (RFC 8314).
    Implicit,
}

/// Who Relevo is to a relay (RFC 4954), by AUTH PLAIN or LOGIN; said under TLS alone.
#[derive(Debug, Clone)]
pub struct Login {
    /// The user.
    pub username: String,
    /// The password.
    pub password: SecretString,
}

impl Login {
    pub(super) fn credentials(&self) -> Credentials<&str> {
        Credentials::new(self.username.as_str(), self.password.expose_secret())
    }
}

/// How long a relay may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To be found, and to take the connection.
    pub connect: Duration,
    /// To agree on TLS.
    pub handshake: Duration,
    /// To answer a command, and to greet.
    pub reply: Duration,
    /// To take the mail itself: it may look into it before, and giving up early sends it twice.
    pub take: Duration,
}

/// Where a relay is, and how it is spoken to.
#[derive(Debug, Clone)]
pub struct RelaySettings {
    /// Its name or address: what its certificate must be for.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How what is said to it is kept from others.
    pub tls: Tls,
    /// A PEM file of the authorities of which one must have signed its certificate; without it those of the system.
    pub ca_file: Option<PathBuf>,
    /// Who Relevo is to it; without it nobody in particular.
    pub login: Option<Login>,
    /// How many conversations there may be with it at a time.
    pub connections: usize,
    /// How long a conversation is kept for the next mail.
    pub idle_timeout: Duration,
    /// How long it may take.
    pub timeouts: Timeouts,
}

/// Why a relay cannot be spoken to as told.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// No certificate can be for this host.
    #[error("{0:?} is neither a name nor an address")]
    Host(String),
    /// The file of authorities cannot be read, or holds none.
    #[error("{}: {problem}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The system has no authorities.
    #[error("the system has no certificate authorities")]
    NoAuthorities,
    /// A login without TLS.
    #[error("a password is never said without TLS")]
    LoginInClear,
    /// TLS is not to be had.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

/// A relay that takes mails by SMTP (RFC 5321). Under TLS its certificate is always checked against its name.
#[derive(Clone)]
pub struct Relay {
    pub(super) settings: Arc<RelaySettings>,
    pub(super) connector: Option<TlsConnector>,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Relay {
    /// The relay of these settings; it is not spoken to yet. Reads the file of authorities, or those of the system.
    pub fn new(settings: RelaySettings) -> Result<Self, RelayError> {
        let connector = match settings.tls {
            Tls::None if settings.login.is_some() => return Err(RelayError::LoginInClear),
            Tls::None => None,
            Tls::StartTls | Tls::StartTlsIfOffered | Tls::Implicit => Some(connector(&settings)?),
        };
        Ok(Self { settings: Arc::new(settings), connector })
    }

    /// How many conversations there may be with it at a time.
    pub(crate) fn connections(&self) -> usize {
        self.settings.connections
    }
}

fn connector(settings: &RelaySettings) -> Result<TlsConnector, RelayError> {
    if ServerName::try_from(settings.host.as_str()).is_err() {
        return Err(RelayError::Host(settings.host.clone()));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(authorities(settings.ca_file.clone())?)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn authorities(file: Option<PathBuf>) -> Result<RootCertStore, RelayError> {
    let mut roots = RootCertStore::empty();
    let Some(path) = file else {
        // Systems have some that nothing can be made of.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return if roots.is_empty() { Err(RelayError::NoAuthorities) } else { Ok(roots) };
    };
    match read_authorities(&path, &mut roots) {
        Ok(()) => Ok(roots),
        Err(problem) => Err(RelayError::CaFile { path, problem }),
    }
}

fn read_authorities(path: &std::path::Path, roots: &mut RootCertStore) -> Result<(), String> {
    let pem = std::fs::read(path).map_err(|error: io::Error| error.to_string())?;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    if roots.is_empty() { Err("holds no certificate in PEM form".to_owned()) } else { Ok(()) }
}
