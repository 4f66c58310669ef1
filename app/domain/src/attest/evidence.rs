//! What an instance answers at [`EVIDENCE_PATH`](super::EVIDENCE_PATH). Nothing in it is believed
//! before the report's signature holds, and then only what the report binds.

use super::{Base64, Digest, Nonce, Platform};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One JSON for every platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// [`VERSION`](super::VERSION).
    pub v: u32,
    /// Whose report it is.
    pub platform: Platform,
    /// As it was asked for.
    pub nonce: Nonce,
    /// The bytes of a [`Crypto`] as JSON. They are hashed as they are.
    pub crypto: Base64,
    /// The bytes of a JSON list of [`Device`]. They are hashed as they are.
    pub devices: Base64,
    /// `snp`: the attestation report, 1184 bytes. `tdx`: the quote. `sim`: what `TPM2_Quote`
    /// answers with, which is a `TPM2B_ATTEST` and right behind it the `TPMT_SIGNATURE`.
    pub report: Base64,
    /// What leads from the report's signature to a pinned root; `{}` for `sim`, whose key is pinned.
    pub certs: Certs,
    /// `sim` only, and needed there: the SHA-256 PCRs that were quoted, by number as text (`"0"`,
    /// `"9"`), exactly [`QUOTED_PCRS`](super::QUOTED_PCRS). The quote itself has only their digest.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "super::read::pcrs"
    )]
    pub pcrs: Option<BTreeMap<u8, Digest>>,
    /// The TCG event log, crypto-agile form, as the firmware left it
    /// (`/sys/kernel/security/tpm0/binary_bios_measurements`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_log: Option<Base64>,
    /// How the boot went, for people; nothing signs it.
    pub boot: Vec<Boot>,
}

/// The key at the end of the connection that the evidence came over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crypto {
    /// SHA-256 of the TLS certificate's `SubjectPublicKeyInfo`, DER.
    pub tls_spki_sha256: Digest,
}

/// A device inside the guest that brings a report of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// `gpu`.
    pub kind: String,
    /// As the device calls itself.
    pub model: String,
    /// Its own report.
    pub report: Base64,
}

/// Certificates are public and signed: it does not matter who hands them over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certs {
    /// `snp`: AMD's root (ARK), DER.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ark: Option<Base64>,
    /// `snp`: the intermediate (ASK), DER.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<Base64>,
    /// `snp`: the chip's certificate, DER.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vcek: Option<Base64>,
    /// `tdx`: what Intel says of the platform at the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collateral: Option<Collateral>,
}

/// Intel's signed statements: which keys are revoked, and which firmware is how good. In the form
/// that Intel's and others' caching services hand out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collateral {
    /// PEM.
    pub pck_crl_issuer_chain: String,
    /// DER, as hexadecimal.
    pub root_ca_crl: String,
    /// DER, as hexadecimal.
    pub pck_crl: String,
    /// PEM.
    pub tcb_info_issuer_chain: String,
    /// JSON, as it was signed.
    pub tcb_info: String,
    /// Raw ECDSA signature, as hexadecimal.
    pub tcb_info_signature: String,
    /// PEM.
    pub qe_identity_issuer_chain: String,
    /// JSON, as it was signed.
    pub qe_identity: String,
    /// Raw ECDSA signature, as hexadecimal.
    pub qe_identity_signature: String,
    /// PEM; for quotes that don't carry it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pck_certificate_chain: Option<String>,
}

/// One step of the boot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Boot {
    /// `config`, `rootfs`, `tls`.
    pub name: String,
    /// How it went.
    pub status: Status,
    /// How long it took.
    pub ms: u64,
    /// A sentence, or nothing.
    #[serde(default)]
    pub detail: String,
}

/// How a step of the boot went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Done.
    Ok,
    /// Not needed here.
    Skipped,
    /// It did not work.
    Failed,
}
