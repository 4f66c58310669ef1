//! The 64 bytes that a report signs for its guest.

use super::Nonce;
use sha2::{Digest as _, Sha256, Sha512};

/// 64 bytes, as every platform's report has room for.
pub type ReportData = [u8; 64];

const CONTEXT: &[u8] = b"tee-evidence-v1\0";

/// `SHA-512("tee-evidence-v1\0" ‖ nonce ‖ SHA-256(crypto) ‖ SHA-256(devices))`, over the bytes as
/// they are sent. Every part has a fixed length, so no two inputs run into one.
pub fn report_data(nonce: &Nonce, crypto: &[u8], devices: &[u8]) -> ReportData {
    let mut hash = Sha512::new();
    hash.update(CONTEXT);
    hash.update(nonce.0);
    hash.update(sha256(crypto));
    hash.update(sha256(devices));
    hash.finalize().into()
}

/// What a TPM is given in its place: it takes no more than a digest.
pub fn extra_data(report_data: &ReportData) -> [u8; 32] {
    sha256(report_data)
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
