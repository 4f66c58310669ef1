//! The key of this boot: made in the guest, never leaves it, and named by the evidence.

use rcgen::{CertificateParams, KeyPair, PublicKeyData};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use std::sync::Arc;

pub struct Tls {
    pub server: Arc<ServerConfig>,
    /// SHA-256 of the `SubjectPublicKeyInfo`.
    pub spki: [u8; 32],
}

pub fn make() -> Result<Tls, String> {
    let failed = |e: rcgen::Error| e.to_string();
    let key = KeyPair::generate().map_err(failed)?;
    let spki = Sha256::digest(key.subject_public_key_info()).into();
    let params = CertificateParams::new(vec!["tee.internal".to_owned()]).map_err(failed)?;
    let cert = params.self_signed(&key).map_err(failed)?;
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|s| {
            s.with_no_client_auth()
                .with_single_cert(vec![cert.into()], private)
        })
        .map_err(|e| e.to_string())?;
    Ok(Tls {
        server: Arc::new(server),
        spki,
    })
}
