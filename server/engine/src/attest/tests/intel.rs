//! A mock of Intel: a root that is nobody's, a chip, its quoting enclave, and what Intel says of them.
//! All of it is signed after it was changed, so that it shows what is refused by something else than
//! a signature.

mod said;

use super::amd::{FROM, TO, extension, moment, wanted};
use super::*;
use crate::attest::tdx::Root;
use domain::attest::{Collateral, TdxExpected};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm,
};
use serde_json::Value;
use sha2::Digest as _;
use std::sync::OnceLock;
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::der::asn1::{BitString, ObjectIdentifier, OctetString};
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::Extension;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::Validity;
use x509_cert::{Certificate, TbsCertificate, Version};

const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
/// What is before a point of P-256 in a `SubjectPublicKeyInfo`.
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const SGX: &str = "1.2.840.113741.1.13.1";

/// TD report fields of TDX 1.5's extended form, by their places in a version 5 quote.
pub const TD: usize = 54;
pub const MEASURED: [u8; 48] = [0x3e; 48];

struct Key(Vec<u8>);

impl Key {
    fn new() -> Self {
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
        Self(pkcs8.as_ref().to_vec())
    }

    fn pair(&self, algorithm: &'static EcdsaSigningAlgorithm) -> EcdsaKeyPair {
        EcdsaKeyPair::from_pkcs8(algorithm, &self.0, &SystemRandom::new()).unwrap()
    }

    fn sign(&self, algorithm: &'static EcdsaSigningAlgorithm, words: &[u8]) -> Vec<u8> {
        let signature = self.pair(algorithm).sign(&SystemRandom::new(), words);
        signature.unwrap().as_ref().to_vec()
    }

    /// As quotes and collateral have it.
    fn raw(&self, words: &[u8]) -> Vec<u8> {
        self.sign(&ECDSA_P256_SHA256_FIXED_SIGNING, words)
    }

    /// As certificates have it: always of the same length, so that all evidence is.
    fn bits(&self, words: &[u8]) -> BitString {
        loop {
            let signature = self.sign(&ECDSA_P256_SHA256_ASN1_SIGNING, words);
            if signature.len() == 70 {
                return BitString::from_bytes(&signature).unwrap();
            }
        }
    }

    /// Without the 4 in front.
    fn point(&self) -> Vec<u8> {
        let pair = self.pair(&ECDSA_P256_SHA256_FIXED_SIGNING);
        pair.public_key().as_ref()[1..].to_vec()
    }

    fn certificate(&self, tbs: TbsCertificate) -> Vec<u8> {
        let signature = self.bits(&tbs.to_der().unwrap());
        let signature_algorithm = tbs.signature.clone();
        let all = Certificate {
            tbs_certificate: tbs,
            signature_algorithm,
            signature,
        };
        all.to_der().unwrap()
    }

    fn list(&self, tbs: TbsCertList) -> String {
        let signature = self.bits(&tbs.to_der().unwrap());
        let signature_algorithm = tbs.signature.clone();
        let all = CertificateList {
            tbs_cert_list: tbs,
            signature_algorithm,
            signature,
        };
        hexadecimal(&all.to_der().unwrap())
    }
}

pub struct Intel {
    root: Key,
    ca: Key,
    signer: Key,
    chip: Key,
    quoting: Key,
    root_der: Vec<u8>,
}

/// Everything that is said, before it is signed.
pub struct Words {
    /// Header and TD report, for the quoting enclave's key.
    pub td: Vec<u8>,
    /// The quoting enclave's report, for the chip's key.
    pub qe: Vec<u8>,
    pub chip: TbsCertificate,
    /// Intel's extension of the chip's certificate: the last number of each and its DER.
    pub sgx: Vec<(u8, Vec<u8>)>,
    pub ca: TbsCertificate,
    pub signer: TbsCertificate,
    pub root: Vec<u8>,
    pub root_crl: TbsCertList,
    pub pck_crl: TbsCertList,
    pub tcb_info: Value,
    pub qe_identity: Value,
}

pub fn intel() -> &'static Intel {
    static ONE: OnceLock<Intel> = OnceLock::new();
    ONE.get_or_init(Intel::new)
}

impl Intel {
    fn new() -> Self {
        let root = Key::new();
        let root_der = root.certificate(certificate("CN=Root", "CN=Root", 1, &root, true));
        let [ca, signer, chip, quoting] = std::array::from_fn(|_| Key::new());
        Self {
            root,
            ca,
            signer,
            chip,
            quoting,
            root_der,
        }
    }

    pub fn roots(&self) -> Roots {
        Roots {
            intel: Root(Hex(sha2::Sha256::digest(&self.root_der).into())),
            ..Roots::makers()
        }
    }

    /// A root with another serial number, of the same key.
    pub fn other_root(&self) -> Vec<u8> {
        self.root
            .certificate(certificate("CN=Root", "CN=Root", 9, &self.root, true))
    }

    /// What the chip's key signs of the quoting enclave.
    pub fn qe(&self) -> Vec<u8> {
        qe(&self.quoting.point())
    }

    pub fn quoting_key(&self) -> SubjectPublicKeyInfoOwned {
        spki(&self.quoting)
    }

    fn words(&self) -> Words {
        Words {
            td: td(),
            qe: self.qe(),
            chip: certificate("CN=CA", "CN=PCK", 3, &self.chip, false),
            sgx: sgx(),
            ca: certificate("CN=Root", "CN=CA", 2, &self.ca, true),
            signer: certificate("CN=Root", "CN=TCB", 4, &self.signer, false),
            root: self.root_der.clone(),
            root_crl: list("CN=Root"),
            pck_crl: list("CN=CA"),
            tcb_info: said::tcb_info(),
            qe_identity: said::qe_identity(),
        }
    }

    /// Evidence for the usual nonce and key.
    pub fn evidence(&self, change: impl FnOnce(&mut Words)) -> Evidence {
        let mut words = self.words();
        change(&mut words);
        let mut chip = words.chip;
        let fields = words
            .sgx
            .iter()
            .map(|(number, der)| sgx_field(&format!("{SGX}.{number}"), der));
        chip.extensions = Some(vec![extension(SGX, sequence(fields.collect()))]);
        let chip = self.ca.certificate(chip);
        let ca = self.root.certificate(words.ca);
        let signer = self.root.certificate(words.signer);
        let issuers = pem(&[&signer, &words.root]);
        let (tcb_info, qe_identity) = (words.tcb_info.to_string(), words.qe_identity.to_string());
        let collateral = Collateral {
            pck_crl_issuer_chain: pem(&[&ca, &words.root]),
            root_ca_crl: self.root.list(words.root_crl),
            pck_crl: self.ca.list(words.pck_crl),
            tcb_info_issuer_chain: issuers.clone(),
            tcb_info_signature: hexadecimal(&self.signer.raw(tcb_info.as_bytes())),
            tcb_info,
            qe_identity_issuer_chain: issuers,
            qe_identity_signature: hexadecimal(&self.signer.raw(qe_identity.as_bytes())),
            qe_identity,
            pck_certificate_chain: None,
        };
        let chain = pem(&[&chip, &ca, &words.root]);
        let certified = [
            &words.qe[..],
            &self.chip.raw(&words.qe),
            &sized16(&AUTH),
            &typed(5, chain.as_bytes()),
        ];
        let signed = [
            self.quoting.raw(&words.td),
            self.quoting.point(),
            typed(6, &certified.concat()),
        ];
        let report = [words.td, sized32(&signed.concat())].concat();
        Evidence {
            report: Base64(report),
            certs: Certs {
                collateral: Some(collateral),
                ..Certs::default()
            },
            ..envelope(Platform::Tdx)
        }
    }
}

/// What [`Intel::evidence`] measures as.
pub fn expected() -> Expected {
    let measured = Hex(MEASURED);
    let tdx = TdxExpected {
        mrtd: measured,
        rtmr0: measured,
        rtmr1: measured,
        rtmr2: measured,
        mrconfigid: measured,
    };
    Expected {
        tdx: Some(tdx),
        ..image()
    }
}

const AUTH: [u8; 32] = [7; 32];

fn td() -> Vec<u8> {
    let mut td = vec![0; TD + 885];
    let mut put = |at: usize, bytes: &[u8]| td[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &[5, 0, 2, 0, 0x81]);
    put(12, &dcap_qvl::INTEL_QE_VENDOR_ID);
    put(48, &[4, 0, 0x75, 3]);
    let tcb = [4, 1, 2];
    put(TD, &tcb);
    put(TD + 120 + 3, &[0x10]);
    put(TD + 128, &[0xe7]);
    [136, 184, 328, 376, 424]
        .into_iter()
        .for_each(|at| put(TD + at, &MEASURED));
    put(TD + 520, &wanted());
    put(TD + 584, &tcb);
    td
}

fn qe(key: &[u8]) -> Vec<u8> {
    let mut qe = vec![0; 384];
    qe[48] = 0x11;
    qe[128..160].fill(0xdc);
    qe[256..260].copy_from_slice(&[2, 0, 4, 0]);
    let hash = sha2::Sha256::digest([key, &AUTH].concat());
    qe[320..352].copy_from_slice(&hash);
    qe
}

/// Its security versions are at 5, 16 times, and 11 for the PCE.
fn sgx() -> Vec<(u8, Vec<u8>)> {
    let versions = (1..=16).map(|number| (number, vec![0x02, 1, 5]));
    let tcb = versions.chain([(17, vec![0x02, 1, 11]), (18, octets(&[5; 16]))]);
    let tcb = tcb.map(|(number, der)| sgx_field(&format!("{SGX}.2.{number}"), &der));
    vec![
        (1, octets(&[1; 16])),
        (2, sequence(tcb.collect())),
        (3, octets(&[0, 0])),
        (4, octets(&[0xb0, 0xc0, 0x6f, 0, 0, 0])),
        (5, vec![0x0a, 1, 1]),
    ]
}

pub fn octets(bytes: &[u8]) -> Vec<u8> {
    OctetString::new(bytes).unwrap().to_der().unwrap()
}

fn sgx_field(oid: &str, der: &[u8]) -> Vec<u8> {
    let oid: ObjectIdentifier = oid.parse().unwrap();
    sequence(vec![oid.to_der().unwrap(), der.to_vec()])
}

fn sequence(parts: Vec<Vec<u8>>) -> Vec<u8> {
    let inside = parts.concat();
    let length = u16::try_from(inside.len()).unwrap().to_be_bytes();
    match length {
        [0, short @ 0..0x80] => [&[0x30, short], &inside[..]].concat(),
        [0, long] => [&[0x30, 0x81, long], &inside[..]].concat(),
        [high, low] => [&[0x30, 0x82, high, low], &inside[..]].concat(),
    }
}

fn spki(key: &Key) -> SubjectPublicKeyInfoOwned {
    let der = [&P256[..], &[4], &key.point()].concat();
    SubjectPublicKeyInfoOwned::from_der(&der).unwrap()
}

fn algorithm() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: ECDSA_SHA256,
        parameters: None,
    }
}

fn certificate(issuer: &str, subject: &str, serial: u8, key: &Key, ca: bool) -> TbsCertificate {
    let constraints = Extension {
        critical: true,
        ..extension("2.5.29.19", vec![0x30, 3, 1, 1, 0xff])
    };
    TbsCertificate {
        version: Version::V3,
        serial_number: SerialNumber::new(&[serial]).unwrap(),
        signature: algorithm(),
        issuer: issuer.parse().unwrap(),
        validity: Validity {
            not_before: moment(FROM),
            not_after: moment(TO),
        },
        subject: subject.parse().unwrap(),
        subject_public_key_info: spki(key),
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: ca.then(|| vec![constraints]),
    }
}

fn list(issuer: &str) -> TbsCertList {
    TbsCertList {
        version: Version::V2,
        signature: algorithm(),
        issuer: issuer.parse().unwrap(),
        this_update: moment(FROM),
        next_update: Some(moment(TO)),
        revoked_certificates: None,
        crl_extensions: Some(vec![extension("2.5.29.20", vec![2, 1, 1])]),
    }
}

/// Puts a certificate on a list.
pub fn revoke(list: &mut TbsCertList, serial: u8) {
    list.revoked_certificates = Some(vec![RevokedCert {
        serial_number: SerialNumber::new(&[serial]).unwrap(),
        revocation_date: moment(FROM),
        crl_entry_extensions: None,
    }]);
}

fn pem(all: &[&Vec<u8>]) -> String {
    fields::pem::write(&all.iter().map(|der| der.to_vec()).collect::<Vec<_>>())
}

pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sized16(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_le_bytes(), bytes].concat()
}

fn sized32(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_le_bytes(), bytes].concat()
}

fn typed(kind: u16, bytes: &[u8]) -> Vec<u8> {
    [kind.to_le_bytes().to_vec(), sized32(bytes)].concat()
}
