//! A mock of AMD: roots that are nobody's, a chip, and reports that it signs. What the real ones
//! can't show (another chip, an old TCB, an expired certificate) is made with it.

use super::{NONCE, SPKI, envelope, report_data};
use crate::attest::Roots;
use crate::attest::snp::{Pair, Roots as Pairs};
use domain::attest::{Base64, Certs, Evidence, Platform};
use domain::time::Time;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use rsa::pkcs8::EncodePublicKey as _;
use rsa::signature::{RandomizedSigner as _, SignatureEncoding as _};
use rsa::traits::PublicKeyParts as _;
use rsa::{BigUint, RsaPrivateKey};
use sev::certs::snp::Certificate;
use std::sync::OnceLock;
use std::time::Duration;
use x509_cert::der::asn1::{BitString, ObjectIdentifier, OctetString, UtcTime};
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::Extension;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time as X509Time, Validity};
use x509_cert::{Certificate as X509, TbsCertificate, Version};

/// 2026-01-01 and a year later: when the mock's certificates are valid.
pub const FROM: Time = Time(1_767_225_600_000);
pub const TO: Time = Time(1_798_761_600_000);
pub const NOW: Time = Time(1_780_000_000_000);

pub const CHIP: [u8; 64] = [0xc4; 64];
pub const MEASUREMENT: [u8; 48] = [0x3e; 48];
pub const HOST_DATA: [u8; 32] = [0x5d; 32];
/// Boot loader, TEE, SNP and microcode.
pub const TCB: [u8; 4] = [3, 1, 20, 210];

const PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
/// What is before a point of P-384 in a `SubjectPublicKeyInfo`.
const P384: [u8; 23] = [
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
    0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00,
];

/// What the chip's certificate says.
#[derive(Clone)]
pub struct Vcek {
    pub chip: Vec<u8>,
    pub tcb: [u8; 4],
    pub valid: [Time; 2],
}

impl Default for Vcek {
    fn default() -> Self {
        Self {
            chip: CHIP.to_vec(),
            tcb: TCB,
            valid: [FROM, TO],
        }
    }
}

pub struct Amd {
    ark: RsaPrivateKey,
    ask: RsaPrivateKey,
    chip: EcdsaKeyPair,
    ark_der: Vec<u8>,
    ask_der: Vec<u8>,
}

/// The one whose roots are pinned, and somebody else.
pub fn amd() -> &'static Amd {
    static ONE: OnceLock<Amd> = OnceLock::new();
    ONE.get_or_init(|| Amd::new([FROM, TO]))
}

pub fn stranger() -> &'static Amd {
    static OTHER: OnceLock<Amd> = OnceLock::new();
    OTHER.get_or_init(|| Amd::new([FROM, TO]))
}

impl Amd {
    pub fn new(valid: [Time; 2]) -> Self {
        let rsa = || RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
        let (ark, ask) = (rsa(), rsa());
        let ark_der = sealed(tbs("CN=ARK-Mock", "CN=ARK-Mock", spki(&ark), valid), &ark);
        let ask_der = sealed(tbs("CN=ARK-Mock", "CN=SEV-Mock", spki(&ask), valid), &ark);
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P384_SHA384_FIXED_SIGNING;
        let chip = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let chip = EcdsaKeyPair::from_pkcs8(algorithm, chip.as_ref(), &random).unwrap();
        Self {
            ark,
            ask,
            chip,
            ark_der,
            ask_der,
        }
    }

    pub fn roots(&self) -> Roots {
        let read = |der: &[u8]| Certificate::from_der(der).unwrap();
        let pair = Pair {
            ark: read(&self.ark_der),
            ask: read(&self.ask_der),
        };
        Roots {
            amd: Pairs(vec![pair]),
            ..Roots::makers()
        }
    }

    pub fn certs(&self, vcek: &Vcek) -> Certs {
        Certs {
            ark: Some(Base64(self.ark_der.clone())),
            ask: Some(Base64(self.ask_der.clone())),
            vcek: Some(Base64(sealed(self.vcek(vcek), &self.ask))),
            collateral: None,
        }
    }

    /// A VCEK that the ASK signed after it was changed.
    pub fn changed_vcek(&self, edit: impl FnOnce(&mut TbsCertificate)) -> Vec<u8> {
        let mut tbs = self.vcek(&Vcek::default());
        edit(&mut tbs);
        sealed(tbs, &self.ask)
    }

    pub fn vcek(&self, vcek: &Vcek) -> TbsCertificate {
        let base = "1.3.6.1.4.1.3704.1";
        let number =
            |which: u8, value: u8| extension(&format!("{base}.3.{which}"), value.to_der().unwrap());
        let [bootloader, tee, snp, microcode] = vcek.tcb;
        let extensions = vec![
            number(1, bootloader),
            number(2, tee),
            number(3, snp),
            number(8, microcode),
            extension(&format!("{base}.4"), vcek.chip.clone()),
        ];
        let mut tbs = tbs("CN=SEV-Mock", "CN=SEV-VCEK", self.chip_key(), vcek.valid);
        tbs.extensions = Some(extensions);
        tbs
    }

    pub fn chip_key(&self) -> SubjectPublicKeyInfoOwned {
        let point = [P384.as_slice(), self.chip.public_key().as_ref()].concat();
        SubjectPublicKeyInfoOwned::from_der(&point).unwrap()
    }

    pub fn ask_key(&self) -> SubjectPublicKeyInfoOwned {
        spki(&self.ask)
    }

    /// An ASK that the root did not sign.
    pub fn forged_ask(&self) -> Vec<u8> {
        sealed(self.ask(), &self.ask)
    }

    /// An ASK that the root signed after it was changed.
    pub fn changed_ask(&self, edit: impl FnOnce(&mut TbsCertificate)) -> Vec<u8> {
        let mut tbs = self.ask();
        edit(&mut tbs);
        sealed(tbs, &self.ark)
    }

    /// An ARK that signed itself after it was changed.
    pub fn changed_ark(&self, edit: impl FnOnce(&mut TbsCertificate)) -> Vec<u8> {
        let mut tbs = tbs("CN=ARK-Mock", "CN=ARK-Mock", spki(&self.ark), [FROM, TO]);
        edit(&mut tbs);
        sealed(tbs, &self.ark)
    }

    fn ask(&self) -> TbsCertificate {
        tbs("CN=ARK-Mock", "CN=SEV-Mock", spki(&self.ask), [FROM, TO])
    }

    /// A VCEK whose signature is larger by ASK's modulus, which is another spelling of the same
    /// number.
    pub fn respelled(&self) -> Vec<u8> {
        let modulus = self.ask.n().to_bytes_be();
        loop {
            let mut der = self.certs(&Vcek::default()).vcek.unwrap().0;
            let at = der.len() - modulus.len();
            let sum = BigUint::from_bytes_be(&der[at..]) + self.ask.n();
            let sum = sum.to_bytes_be();
            if sum.len() == modulus.len() {
                der[at..].copy_from_slice(&sum);
                return der;
            }
        }
    }

    /// An ARK of another key, with the very same name.
    pub fn ark_der(&self) -> Vec<u8> {
        self.ark_der.clone()
    }

    /// Signs a report, after `edit` had its way with it.
    pub fn report(&self, edit: impl FnOnce(&mut [u8])) -> Vec<u8> {
        let mut report = blank();
        edit(&mut report);
        self.seal(&mut report);
        report
    }

    fn seal(&self, report: &mut [u8]) {
        let signature = self
            .chip
            .sign(&SystemRandom::new(), &report[..0x2a0])
            .unwrap();
        for (at, half) in [0x2a0, 0x2a0 + 72]
            .into_iter()
            .zip(signature.as_ref().chunks(48))
        {
            let little: Vec<u8> = half.iter().rev().copied().collect();
            report[at..at + 48].copy_from_slice(&little);
        }
    }

    /// Evidence for the usual nonce and key.
    pub fn evidence(&self, edit: impl FnOnce(&mut [u8])) -> Evidence {
        Evidence {
            report: Base64(self.report(edit)),
            certs: self.certs(&Vcek::default()),
            ..envelope(Platform::Snp)
        }
    }
}

fn blank() -> Vec<u8> {
    let mut report = vec![0; 1184];
    let [bootloader, tee, snp, microcode] = TCB;
    let tcb = [bootloader, tee, 0, 0, 0, 0, snp, microcode];
    let mut put = |at: usize, bytes: &[u8]| report[at..at + bytes.len()].copy_from_slice(bytes);
    put(0x00, &3u32.to_le_bytes());
    put(0x08, &0x3_0000u64.to_le_bytes());
    put(0x34, &1u32.to_le_bytes());
    put(0x50, &wanted());
    put(0x90, &MEASUREMENT);
    put(0xc0, &HOST_DATA);
    put(0x160, &[0xff; 32]);
    put(0x188, &[0x19, 0x01, 0x01]);
    put(0x1a0, &CHIP);
    [0x38, 0x180, 0x1e0, 0x1f0]
        .into_iter()
        .for_each(|at| put(at, &tcb));
    report
}

/// The report data of the usual question.
pub fn wanted() -> [u8; 64] {
    let evidence = envelope(Platform::Snp);
    assert!(
        evidence
            .crypto
            .0
            .windows(64)
            .any(|text| text == SPKI.to_string().as_bytes())
    );
    report_data(&NONCE, &evidence.crypto.0, &evidence.devices.0)
}

fn spki(key: &RsaPrivateKey) -> SubjectPublicKeyInfoOwned {
    let der = key.to_public_key().to_public_key_der().unwrap();
    SubjectPublicKeyInfoOwned::from_der(der.as_bytes()).unwrap()
}

pub fn extension(oid: &str, value: Vec<u8>) -> Extension {
    Extension {
        extn_id: oid.parse().unwrap(),
        critical: false,
        extn_value: OctetString::new(value).unwrap(),
    }
}

pub fn moment(time: Time) -> X509Time {
    let since = Duration::from_millis(time.0.try_into().unwrap());
    X509Time::UtcTime(UtcTime::from_unix_duration(since).unwrap())
}

fn tbs(
    issuer: &str,
    subject: &str,
    key: SubjectPublicKeyInfoOwned,
    [from, to]: [Time; 2],
) -> TbsCertificate {
    TbsCertificate {
        version: Version::V3,
        serial_number: SerialNumber::new(&[1]).unwrap(),
        signature: AlgorithmIdentifierOwned {
            oid: PSS,
            parameters: None,
        },
        issuer: issuer.parse().unwrap(),
        validity: Validity {
            not_before: moment(from),
            not_after: moment(to),
        },
        subject: subject.parse().unwrap(),
        subject_public_key_info: key,
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: None,
    }
}

fn sealed(tbs: TbsCertificate, signer: &RsaPrivateKey) -> Vec<u8> {
    let signer = rsa::pss::SigningKey::<rsa::sha2::Sha384>::new(signer.clone());
    let signature = signer.sign_with_rng(&mut rsa::rand_core::OsRng, &tbs.to_der().unwrap());
    let signature = BitString::from_bytes(&signature.to_vec()).unwrap();
    X509 {
        signature_algorithm: tbs.signature.clone(),
        tbs_certificate: tbs,
        signature,
    }
    .to_der()
    .unwrap()
}
