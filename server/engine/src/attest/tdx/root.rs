//! The root that is believed: Intel's.

use domain::attest::{Digest, Hex};
use sha2::{Digest as _, Sha256};

/// SHA-256 of "Intel SGX Root CA", DER.
const INTEL: [u8; 32] = [
    0x44, 0xa0, 0x19, 0x6b, 0x2b, 0x99, 0xf8, 0x89, 0xb8, 0xe1, 0x49, 0xe9, 0x5b, 0x80, 0x7a, 0x35,
    0x0e, 0x74, 0x24, 0x96, 0x43, 0x99, 0xe8, 0x85, 0xa7, 0xcb, 0xb8, 0xcc, 0xfa, 0xb6, 0x74, 0xd3,
];

/// What every chain must end in, by the digest of its DER. Every chain brings it along.
pub struct Root(pub Digest);

impl Root {
    pub const fn intel() -> Self {
        Self(Hex(INTEL))
    }

    pub fn is(&self, der: &[u8]) -> bool {
        self.0 == Hex(Sha256::digest(der).into())
    }
}
