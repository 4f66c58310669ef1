//! What the control plane says to this machine: signed by the key in the measured config.

use crate::config::Config;
use crate::evidence;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    /// The bytes of what is said, as JSON; they are signed as they are, after the context.
    payload: String,
    signature: String,
}

/// `context`: what it is about, so that nothing that was said for one purpose serves another.
pub fn read<T: DeserializeOwned>(
    context: &[u8],
    body: &[u8],
    config: &Config,
) -> Result<T, String> {
    let sent: Sent = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    let bytes = |text: &str| STANDARD.decode(text).map_err(|e| e.to_string());
    let (payload, signature) = (bytes(&sent.payload)?, bytes(&sent.signature)?);
    let key = evidence::nonce(&config.control).ok_or("the config has no key")?;
    UnparsedPublicKey::new(&ED25519, key)
        .verify(&[context, &payload].concat(), &signature)
        .map_err(|_| "the signature is not of the key in the config".to_owned())?;
    serde_json::from_slice(&payload).map_err(|e| e.to_string())
}
