//! Secrets that we hand out once and keep only as hashes: tokens, invitations, the set-up link.

use sha2::{Digest, Sha256};

const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 62^43 is over 256 bits.
const LENGTH: usize = 43;

/// A secret that nobody can guess, behind a prefix that scanners recognise.
pub fn fresh(prefix: &str) -> String {
    let letters: String = (0..LENGTH)
        .map(|_| LETTERS[usize::from(rand::random::<u8>() % 62)] as char)
        .collect();
    format!("{prefix}{letters}")
}

/// 256 random bits need no slow hash.
pub fn hash(secret: &str) -> String {
    digest(secret.as_bytes())
}

/// SHA-256 in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}
