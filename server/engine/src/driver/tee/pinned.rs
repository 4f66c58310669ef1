//! Connections to a guest. No authority vouches for its certificate: its key is what the evidence
//! names, and every connection after the first must end in that very key.

use domain::attest::{Digest, Hex, sha256};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, IpAddr, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// QEMU takes connections long before there is a guest: whoever does not shake hands soon is not there.
const PATIENCE: Duration = Duration::from_secs(10);

pub type Connection = TlsStream<TcpStream>;

#[derive(Clone)]
pub struct Guest {
    address: SocketAddr,
    connector: TlsConnector,
}

impl Guest {
    /// `key`: SHA-256 of the one key that is accepted; without it, every key is.
    pub fn new(port: u16, key: Option<Digest>) -> io::Result<Self> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Arc::new(Pinned {
            key,
            provider: provider.clone(),
        });
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        Ok(Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            connector: TlsConnector::from(Arc::new(config)),
        })
    }

    pub async fn connect(&self) -> io::Result<Connection> {
        let name = ServerName::IpAddress(IpAddr::from(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST)));
        let shaking = async {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            self.connector.connect(name, stream).await
        };
        tokio::time::timeout(PATIENCE, shaking).await?
    }
}

/// SHA-256 of the certificate's key.
fn spki(certificate: &CertificateDer<'_>) -> Option<Digest> {
    let end = webpki::EndEntityCert::try_from(certificate).ok()?;
    Some(Hex(sha256(&end.subject_public_key_info())))
}

#[derive(Debug)]
struct Pinned {
    key: Option<Digest>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end: &CertificateDer<'_>,
        _chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.key {
            Some(key) if spki(end) != Some(key) => Err(Error::General(
                "this is not the key that was attested".into(),
            )),
            _ => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
