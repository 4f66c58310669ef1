//! The ed25519 signatures of `expected.json` and `release.json`.

use domain::attest::{Base64, Expected, Hex, SignedExpected, read_expected, signed_bytes};
use domain::attest::{Released, SignedRelease, read_released, release_bytes};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

/// Signs what was computed. The bytes are written once, here, and never again.
pub fn sign(expected: &Expected, key: &Ed25519KeyPair) -> Option<SignedExpected> {
    let bytes = serde_json::to_vec(expected).ok()?;
    let (key, signature) = signature(key, &signed_bytes(&bytes))?;
    Some(SignedExpected {
        expected: Base64(bytes),
        key,
        signature,
    })
}

/// The same of a release.
pub fn sign_release(released: &Released, key: &Ed25519KeyPair) -> Option<SignedRelease> {
    let bytes = serde_json::to_vec(released).ok()?;
    let (key, signature) = signature(key, &release_bytes(&bytes))?;
    Some(SignedRelease {
        release: Base64(bytes),
        key,
        signature,
    })
}

/// What is inside, if the key that the reader brought has signed it.
pub fn open(signed: &SignedExpected, key: Hex<32>) -> Result<Expected, String> {
    let bytes = signed_bytes(&signed.expected.0);
    check(&bytes, key, (signed.key, signed.signature))?;
    read_expected(&signed.expected.0).map_err(|refusal| refusal.to_string())
}

/// What a release says, if the key that the reader brought has signed it.
pub fn open_release(signed: &SignedRelease, key: Hex<32>) -> Result<Released, String> {
    let bytes = release_bytes(&signed.release.0);
    check(&bytes, key, (signed.key, signed.signature))?;
    read_released(&signed.release.0).map_err(|refusal| refusal.to_string())
}

/// Who signed, and the signature.
type Signature = (Hex<32>, Hex<64>);

fn signature(key: &Ed25519KeyPair, bytes: &[u8]) -> Option<Signature> {
    let public = Hex(key.public_key().as_ref().try_into().ok()?);
    Some((public, Hex(key.sign(bytes).as_ref().try_into().ok()?)))
}

fn check(bytes: &[u8], key: Hex<32>, (named, signature): Signature) -> Result<(), String> {
    let verified = UnparsedPublicKey::new(&ED25519, key.0).verify(bytes, &signature.0);
    verified.map_err(|_| format!("a signature that this key did not make (it names {named})"))
}
