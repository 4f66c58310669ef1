//! The ed25519 signature of `expected.json`.

use domain::attest::{Base64, Expected, Hex, SignedExpected, read_expected, signed_bytes};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

/// Signs what was computed. The bytes are written once, here, and never again.
pub fn sign(expected: &Expected, key: &Ed25519KeyPair) -> Option<SignedExpected> {
    let bytes = serde_json::to_vec(expected).ok()?;
    let signature = key.sign(&signed_bytes(&bytes));
    Some(SignedExpected {
        expected: Base64(bytes),
        key: Hex(key.public_key().as_ref().try_into().ok()?),
        signature: Hex(signature.as_ref().try_into().ok()?),
    })
}

/// What is inside, if the key that the reader brought has signed it.
pub fn open(signed: &SignedExpected, key: Hex<32>) -> Result<Expected, String> {
    let bytes = signed_bytes(&signed.expected.0);
    let public = UnparsedPublicKey::new(&ED25519, key.0);
    if public.verify(&bytes, &signed.signature.0).is_err() {
        return Err(format!(
            "a signature that this key did not make (it names {})",
            signed.key
        ));
    }
    read_expected(&signed.expected.0).map_err(|refusal| refusal.to_string())
}
