//! A certificate authority of one test.

use std::{io::Write, net::SocketAddr, path::Path, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, SanType,
    date_time_ymd,
};
use tempfile::NamedTempFile;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor, TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, ServerName},
    },
};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use uuid::Uuid;

/// A certificate authority that nobody else trusts.
#[derive(Debug)]
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: NamedTempFile,
}

/// A certificate and its key, as PEM.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// The key.
    pub key: String,
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// A new one.
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        // No two have the same name: one that is not trusted is unknown, and not an impostor.
        let name = format!("Authority {}", Uuid::now_v7());
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(issuer.pem().as_bytes()).unwrap();
        Self { issuer, file }
    }

    /// Its certificate, as PEM.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A file with its certificate.
    pub fn file(&self) -> &Path {
        self.file.path()
    }

    /// A server's side of TLS, with a certificate for a name or address.
    pub fn certifies(&self, name: &str) -> TlsAcceptor {
        self.signs(CertificateParams::new(vec![name.to_owned()]).unwrap())
    }

    /// The same, with a certificate that is no longer good.
    pub fn certified(&self, name: &str) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_after = date_time_ymd(2020, 1, 1);
        self.signs(params)
    }

    /// A certificate for names: URIs, or else DNS names.
    pub fn issues(&self, names: &[&str]) -> Issued {
        self.issued(names, CertificateParams::default())
    }

    /// The same, no longer good.
    pub fn issued_long_ago(&self, names: &[&str]) -> Issued {
        let mut params = CertificateParams::default();
        params.not_after = date_time_ymd(2020, 1, 1);
        self.issued(names, params)
    }

    fn issued(&self, names: &[&str], mut params: CertificateParams) -> Issued {
        let name = |name: &&str| match name.strip_prefix("uri:") {
            Some(uri) => SanType::URI(uri.try_into().unwrap()),
            None if name.contains("://") => SanType::URI((*name).try_into().unwrap()),
            None => SanType::DnsName((*name).try_into().unwrap()),
        };
        params.subject_alt_names = names.iter().map(name).collect();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Issued { certificate, key: key.serialize_pem() }
    }

    /// A connection to a server that this authority certifies as localhost, with the certificate of a client if it has one.
    pub async fn connects(&self, to: SocketAddr, client: Option<&Issued>) -> Result<Channel, tonic::transport::Error> {
        let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(self.pem())).domain_name("localhost");
        let tls = match client {
            Some(client) => tls.identity(Identity::from_pem(&client.certificate, &client.key)),
            None => tls,
        };
        Endpoint::from_shared(format!("https://{to}")).unwrap().tls_config(tls).unwrap().connect().await
    }

    /// A connection to such a server on which TLS is agreed on, and nothing said yet.
    pub async fn agrees(&self, to: SocketAddr) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let stream = TcpStream::connect(to).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    fn signs(&self, params: CertificateParams) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}
