//! Attestation (I-17, I-18): what a confidential instance shows of itself, what was computed of it
//! before it booted, and the verdict over both. Pure: bytes and sentences. Signatures are checked
//! by the engine's verifier, which the server and `sealdock verify` share.
//!
//! The evidence is one JSON for every platform. It answers for a connection: a fresh nonce, the
//! key of that very connection and the attached devices are hashed into the *report data*, which
//! the hardware signs. So bytes are hashed as they were sent, never as somebody writes them again.

pub mod command;
mod evidence;
mod expected;
mod hex;
mod policy;
mod read;
mod release;
mod report_data;
mod standing;
#[cfg(test)]
mod tests;
mod verdict;

pub use evidence::{Boot, Certs, Collateral, Crypto, Device, Evidence, Status};
pub use expected::{
    Expected, Rootfs, Shape, SignedExpected, SimExpected, SnpExpected, TdxExpected, signed_bytes,
};
pub use hex::{Base64, Digest, Hex, Nonce};
pub use policy::{Policy, SimPolicy, SnpPolicy, SnpTcb, TcbStatus, TdxPolicy, TpmKey};
pub use read::{MOST_EVIDENCE, MOST_EXPECTED, read_crypto, read_devices, read_evidence};
pub use read::{read_expected, read_release, read_released, read_signed};
pub use release::{
    Guest, Part, RELEASE_FILE, Released, ReleasedImage, SignedRelease, release_bytes,
};
pub use report_data::{ReportData, extra_data, report_data, sha256};
pub use standing::{EVERY_S, Running, sentence, standing};
pub use verdict::{Check, Ledger, SIMULATED, Verdict, checks};

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where evidence is served, with `?nonce=` and 64 hexadecimal digits.
pub const EVIDENCE_PATH: &str = "/.well-known/tee/attestation";

/// The one form of evidence and of `expected.json` that there is.
pub const VERSION: u32 = 1;

/// The PCRs that a simulated platform quotes: firmware and its settings (0–7), and what a boot
/// loader and its shim may have measured (9, 11, 12, 14).
pub const QUOTED_PCRS: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 12, 14];

/// Who vouches for an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// AMD SEV-SNP.
    Snp,
    /// Intel TDX.
    Tdx,
    /// QEMU in software with a virtual TPM: a real quote, from a host that must be trusted.
    Sim,
}

impl Platform {
    /// All of them.
    pub const ALL: [Platform; 3] = [Platform::Snp, Platform::Tdx, Platform::Sim];

    /// As evidence, addresses and the store have it.
    pub const fn word(self) -> &'static str {
        match self {
            Platform::Snp => "snp",
            Platform::Tdx => "tdx",
            Platform::Sim => "sim",
        }
    }

    /// For a person; what is simulated says so.
    pub const fn title(self) -> &'static str {
        match self {
            Platform::Snp => "AMD SEV-SNP",
            Platform::Tdx => "Intel TDX",
            Platform::Sim => SIMULATED,
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Platform> {
        Self::ALL.into_iter().find(|p| p.word() == word)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}
