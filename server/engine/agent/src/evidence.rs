//! What this machine shows of itself: one JSON, bound to the nonce and to the key of the connection.

use crate::steps::Steps;
use crate::{hex, tpm};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};
use std::collections::BTreeMap;

const CONTEXT: &[u8] = b"tee-evidence-v1\0";
const EVENT_LOG: &str = "/sys/kernel/security/tpm0/binary_bios_measurements";

pub type Nonce = [u8; 32];

/// 64 hexadecimal digits.
pub fn nonce(text: &str) -> Option<Nonce> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes: Option<Vec<u8>> = pairs
        .iter()
        .map(|pair| {
            let is_lower = |b: &u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
            let text = pair.iter().all(is_lower).then_some(pair)?;
            u8::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok()
        })
        .collect();
    rest.is_empty().then_some(bytes?)?.try_into().ok()
}

/// Bytes are hashed as they are sent.
fn report_data(nonce: &Nonce, crypto: &[u8], devices: &[u8]) -> [u8; 64] {
    let mut hash = Sha512::new();
    hash.update(CONTEXT);
    hash.update(nonce);
    hash.update(Sha256::digest(crypto));
    hash.update(Sha256::digest(devices));
    hash.finalize().into()
}

pub fn make(nonce: &Nonce, spki: &[u8; 32], steps: &Steps) -> Result<Value, String> {
    let crypto = json!({ "tls_spki_sha256": hex(spki) }).to_string();
    let devices = "[]";
    let data = report_data(nonce, crypto.as_bytes(), devices.as_bytes());
    let quote = tpm::quote(&Sha256::digest(data))?;
    let pcrs: BTreeMap<String, String> = quote
        .pcrs
        .iter()
        .map(|(number, value)| (number.to_string(), hex(value)))
        .collect();
    let mut evidence = json!({
        "v": 1,
        "platform": "sim",
        "nonce": hex(nonce),
        "crypto": STANDARD.encode(crypto),
        "devices": STANDARD.encode(devices),
        "report": STANDARD.encode(quote.report),
        "certs": {},
        "pcrs": pcrs,
        "boot": steps.all(),
    });
    // A kernel that keeps no log has none; the verifier says what that means.
    if let Ok(log) = std::fs::read(EVENT_LOG) {
        evidence["event_log"] = STANDARD.encode(log).into();
    }
    Ok(evidence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i18_a_nonce_has_one_spelling() {
        assert_eq!(nonce(&"0a".repeat(32)), Some([10; 32]));
        for wrong in [
            "",
            "0a",
            &"0A".repeat(32),
            &"+a".repeat(32),
            &"0a".repeat(33),
        ] {
            assert_eq!(nonce(wrong), None, "{wrong}");
        }
    }
}
