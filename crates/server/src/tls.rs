//! TLS for callers. Certificate, key and authorities are in files, which are looked at every few seconds: what is put in
//! their place is used from the next connection on.

use std::{convert::Infallible, fmt, fs, path::PathBuf, sync::Arc, time::Duration};

use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio_rustls::rustls::{
    self, RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{NoServerSessionStorage, WebPkiClientVerifier},
};

/// How often the files are looked at.
const INTERVAL: Duration = Duration::from_secs(2);

/// Files in PEM form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate of the server, and those that lead from it to its authority.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// The authorities of which one must have signed the certificate of a client, if clients may have one.
    pub client_ca: Option<PathBuf>,
}

/// Why TLS is not to be had from the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsError {
    /// The key of the configuration.
    pub(crate) key: &'static str,
    pub(crate) problem: String,
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.problem)
    }
}

const CERTIFICATE: &str = "grpc.tls.certificate";
const KEY: &str = "grpc.tls.key";
const CLIENT_CA: &str = "grpc.tls.client_ca";

/// What is in the files.
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

impl TlsFiles {
    /// Reads the files, and says which key of the configuration names one that is no good.
    pub(crate) fn read(&self) -> Result<Arc<ServerConfig>, TlsError> {
        self.contents()?.config()
    }

    fn contents(&self) -> Result<Contents, TlsError> {
        let read = |key, path: &PathBuf| {
            fs::read(path).map_err(|error| TlsError { key, problem: format!("{}: {error}", path.display()) })
        };
        Ok(Contents {
            certificate: read(CERTIFICATE, &self.certificate)?,
            key: read(KEY, &self.key)?,
            client_ca: self.client_ca.as_ref().map(|path| read(CLIENT_CA, path)).transpose()?,
        })
    }
}

impl Contents {
    /// What tells them from others.
    fn digest(&self) -> [u8; 32] {
        let mut all = Sha256::new();
        for part in [Some(&self.certificate), Some(&self.key), self.client_ca.as_ref()].into_iter().flatten() {
            all.update(Sha256::digest(part));
        }
        all.finalize().into()
    }

    fn config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let of_key = |key| move |error: rustls::Error| TlsError { key, problem: error.to_string() };
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(of_key(CERTIFICATE))?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let mut authorities = RootCertStore::empty();
                for authority in certificates(CLIENT_CA, pem)? {
                    authorities.add(authority).map_err(of_key(CLIENT_CA))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), provider)
                    // Others prove themselves by a key, and load balancers not at all.
                    .allow_unauthenticated()
                    .build()
                    .map_err(|error| TlsError { key: CLIENT_CA, problem: error.to_string() })?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|_| TlsError { key: KEY, problem: "must hold a private key in PEM form".to_owned() })?;
        let mut config = builder.with_single_cert(certificates(CERTIFICATE, &self.certificate)?, key).map_err(
            |error| match error {
                rustls::Error::InconsistentKeys(_) => {
                    TlsError { key: KEY, problem: "does not fit the certificate of grpc.tls.certificate".to_owned() }
                }
                error @ rustls::Error::InvalidCertificate(_) => of_key(CERTIFICATE)(error),
                error => of_key(KEY)(error),
            },
        )?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        // A session that is resumed would prove a client by a certificate of which nobody knows whether it is still good.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }
}

fn certificates(key: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |problem: String| TlsError { key, problem };
    let all: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|error| wrong(error.to_string()))?;
    if all.is_empty() { Err(wrong("must hold a certificate in PEM form".to_owned())) } else { Ok(all) }
}

/// TLS as the files have it.
#[derive(Debug)]
pub(crate) struct Tls {
    files: TlsFiles,
    current: watch::Sender<Arc<ServerConfig>>,
    /// What was read first.
    digest: [u8; 32],
}

impl Tls {
    pub(crate) fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let contents = files.contents()?;
        let current = watch::Sender::new(contents.config()?);
        Ok(Self { digest: contents.digest(), files, current })
    }

    /// What a connection that begins now is greeted with.
    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        self.current.borrow().clone()
    }

    /// Looks at the files for ever. What is no good is said once, and what was there before is kept.
    pub(crate) async fn follow(&self) -> Infallible {
        let mut seen = Ok(self.digest);
        loop {
            tokio::time::sleep(INTERVAL).await;
            let files = self.files.clone();
            let Ok(contents) = tokio::task::spawn_blocking(move || files.contents()).await else { continue };
            let now = contents.as_ref().map(Contents::digest).map_err(Clone::clone);
            if now == seen {
                continue;
            }
            seen = now;
            match contents.and_then(|contents| contents.config()) {
                Ok(config) => {
                    self.current.send_replace(config);
                    tracing::info!("new connections get the new certificate");
                }
                Err(error) => tracing::error!(%error, "the old certificate is kept, as the new one is no good"),
            }
        }
    }
}
