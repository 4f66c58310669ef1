//! `expected.json`: what an image must measure as, computed before it ever boots, from files alone.

use super::{Base64, Digest, Hex};
use serde::{Deserialize, Serialize};

/// What is signed is domain-separated, so that no other signature of the same key fits.
const SIGNED: &[u8] = b"sealdock-expected-v1\0";

/// What was computed. A platform whose part is missing can't be verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// [`VERSION`](super::VERSION).
    pub v: u32,
    /// The image's id, `sha256:…`.
    pub image: String,
    /// SHA-256 of the config disk.
    pub config: Digest,
    /// The root file system.
    pub rootfs: Rootfs,
    /// SHA-256 of the file.
    pub kernel: Digest,
    /// SHA-256 of the file.
    pub initrd: Digest,
    /// SHA-256 of the file.
    pub firmware: Digest,
    /// All of it; `tee.debug=1` makes it another measurement.
    pub cmdline: String,
    /// What the machine looks like; part of some measurements.
    pub shape: Shape,
    /// AMD SEV-SNP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snp: Option<SnpExpected>,
    /// Intel TDX.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tdx: Option<TdxExpected>,
    /// The simulated platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sim: Option<SimExpected>,
}

/// What dm-verity holds the root file system to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rootfs {
    /// The root of the hash tree.
    pub root: Digest,
    /// Goes into every hash.
    pub salt: Digest,
    /// Of 4096 bytes each, without the tree.
    pub blocks: u64,
}

/// The virtual machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Virtual processors.
    pub cpus: u32,
    /// MiB.
    pub memory_mb: u32,
    /// Devices that are passed through.
    pub gpus: u32,
}

/// AMD SEV-SNP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnpExpected {
    /// The launch digest: firmware, kernel hashes and the processors' first state.
    pub measurement: Hex<48>,
    /// What the host is told to put into the report; the report must have it.
    pub host_data: Digest,
}

/// Intel TDX.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TdxExpected {
    /// The firmware. Pinned.
    pub mrtd: Hex<48>,
    /// The firmware's settings and the shape. Pinned.
    pub rtmr0: Hex<48>,
    /// The kernel.
    pub rtmr1: Hex<48>,
    /// The command line and the initrd.
    pub rtmr2: Hex<48>,
    /// What the host is told to put into the report; the report must have it.
    pub mrconfigid: Hex<48>,
}

/// The simulated platform. Of the firmware, `pcr0` or `dxefv` has to be known, or nothing passes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimExpected {
    /// The firmware, calibrated for it and the shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pcr0: Option<Digest>,
    /// SHA-256 of the firmware's DXEFV volume: an event in PCR 0 of the event log, which then is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dxefv: Option<Digest>,
    /// The kernel.
    pub pcr4: Digest,
    /// The command line and the initrd.
    pub pcr9: Digest,
}

/// The file as it is downloaded: the bytes of [`Expected`] as JSON, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedExpected {
    /// The bytes of an [`Expected`] as JSON.
    pub expected: Base64,
    /// The ed25519 public key. It only tells keys apart: the reader brings the key that counts.
    pub key: Hex<32>,
    /// ed25519 over [`signed_bytes`] of `expected`.
    pub signature: Hex<64>,
}

/// What the signature of [`SignedExpected`] is over.
pub fn signed_bytes(expected: &[u8]) -> Vec<u8> {
    [SIGNED, expected].concat()
}
