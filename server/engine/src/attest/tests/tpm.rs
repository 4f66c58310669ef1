//! A TPM in software: it measures, and signs what it measured, in the bytes that a real one answers.

use domain::attest::{Digest, Hex, QUOTED_PCRS, TpmKey, sha256};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use std::collections::BTreeMap;

pub const EVENT: u32 = 0xd;
pub const BLOB: u32 = 0x8000_0008;

pub struct Tpm {
    key: EcdsaKeyPair,
    pcrs: BTreeMap<u8, Digest>,
    log: Vec<u8>,
}

impl Tpm {
    pub fn new() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random).unwrap();
        let pcrs = QUOTED_PCRS
            .iter()
            .map(|number| (*number, Hex([0; 32])))
            .collect();
        Self {
            key,
            pcrs,
            log: header(),
        }
    }

    pub fn key(&self) -> TpmKey {
        Hex(self.key.public_key().as_ref()[1..].try_into().unwrap())
    }

    pub fn pcr(&self, number: u8) -> Digest {
        self.pcrs[&number]
    }

    pub fn pcrs(&self) -> BTreeMap<u8, Digest> {
        self.pcrs.clone()
    }

    pub fn log(&self) -> Vec<u8> {
        self.log.clone()
    }

    /// Extends, and says so in the log.
    pub fn measure(&mut self, number: u8, kind: u32, what: &[u8]) {
        let digest = sha256(what);
        let pcr = self.pcrs.get_mut(&number).unwrap();
        *pcr = Hex(sha256(&[pcr.0, digest].concat()));
        self.log.extend(u32::from(number).to_le_bytes());
        self.log.extend(kind.to_le_bytes());
        self.log.extend(1u32.to_le_bytes());
        self.log.extend(0x000bu16.to_le_bytes());
        self.log.extend(digest);
        self.log
            .extend(u32::try_from(what.len()).unwrap().to_le_bytes());
        self.log.extend(what);
    }

    pub fn quote(&self, extra_data: &[u8]) -> Vec<u8> {
        self.sign(&self.attest(extra_data))
    }

    /// A `TPM2B_ATTEST` and a `TPMT_SIGNATURE`.
    pub fn sign(&self, attest: &[u8]) -> Vec<u8> {
        let signature = self.key.sign(&SystemRandom::new(), attest).unwrap();
        let (r, s) = signature.as_ref().split_at(32);
        let algorithms = [0x00, 0x18, 0x00, 0x0b];
        [sized(attest), algorithms.to_vec(), sized(r), sized(s)].concat()
    }

    /// A `TPMS_ATTEST`.
    pub fn attest(&self, extra_data: &[u8]) -> Vec<u8> {
        let values: Vec<u8> = self.pcrs.values().flat_map(|pcr| pcr.0).collect();
        [
            0xff54_4347u32.to_be_bytes().to_vec(),
            0x8018u16.to_be_bytes().to_vec(),
            sized(&[0x22; 34]),
            sized(extra_data),
            vec![0; 25],
            vec![0, 0, 0, 1, 0x00, 0x0b, 3, 0xff, 0x5a, 0x00],
            sized(&sha256(&values)),
        ]
        .concat()
    }
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

/// The first event: one algorithm, SHA-256.
fn header() -> Vec<u8> {
    let spec = [
        b"Spec ID Event03\0".as_slice(),
        &[0; 8],
        &[1, 0, 0, 0, 0x0b, 0, 32, 0, 0],
    ]
    .concat();
    let size = u32::try_from(spec.len()).unwrap().to_le_bytes();
    [[0; 4].as_slice(), &[3, 0, 0, 0], &[0; 20], &size, &spec].concat()
}
