//! A certificate and its key, from PEM to what TLS needs. Also the control plane's way to find out
//! whether the data plane will take one.

use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{Error, InconsistentKeys};

/// The cryptography of this process, said once.
pub fn provider() -> CryptoProvider {
    aws_lc_rs::default_provider()
}

/// The certificates of a chain, in their order.
pub fn chain(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        Ok(_) => Err("there is no certificate in it".into()),
        Err(error) => Err(format!("it is not PEM ({error})")),
    }
}

/// The key is that of the first certificate.
pub fn certified(chain_pem: &str, key_pem: &str) -> Result<CertifiedKey, String> {
    let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes())
        .map_err(|_| "there is no private key in PEM".to_owned())?;
    let key = provider()
        .key_provider
        .load_private_key(key)
        .map_err(|_| "its key is not an RSA, ECDSA or Ed25519 key that TLS can use".to_owned())?;
    let certified = CertifiedKey::new(chain(chain_pem)?, key);
    match certified.keys_match() {
        // Not every key tells its public half; a handshake would.
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(_) => Err("the key is another certificate's".into()),
    }
}
