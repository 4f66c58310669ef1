//! Real reports of AMD's and Intel's are accepted, and nothing else is. Each case names the
//! check that refuses it; `--nocapture` prints them as tables.

mod amd;
mod asking;
mod fields;
mod intel;
mod sim;
mod snp_mock;
mod snp_real;
mod strangers;
mod tdx_real;
mod tpm;
mod vectors;

use super::*;
use domain::attest::{
    Base64, Certs, Crypto, Evidence, Expected, Rootfs, Shape, SignedExpected, extra_data,
    report_data,
};
use ring::signature::{Ed25519KeyPair, KeyPair as _};

pub const NONCE: Nonce = Hex([7; 32]);
pub const SPKI: Digest = Hex([9; 32]);

/// Signs `expected.json` in these tests.
pub fn signer() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[5; 32]).unwrap()
}

pub fn signer_key() -> Hex<32> {
    Hex(signer().public_key().as_ref().try_into().unwrap())
}

/// An image, with nothing known of any platform.
pub fn image() -> Expected {
    Expected {
        v: 1,
        image: "sha256:1".into(),
        config: Hex([1; 32]),
        rootfs: Rootfs {
            root: Hex([2; 32]),
            salt: Hex([3; 32]),
            blocks: 8,
        },
        kernel: Hex([4; 32]),
        initrd: Hex([5; 32]),
        firmware: Hex([6; 32]),
        cmdline: "console=ttyS0".into(),
        shape: Shape {
            cpus: 1,
            memory_mb: 256,
            gpus: 0,
        },
        snp: None,
        tdx: None,
        sim: None,
    }
}

/// Evidence without a report; its nonce and key are those that the question asks for.
pub fn envelope(platform: Platform) -> Evidence {
    Evidence {
        v: 1,
        platform,
        nonce: NONCE,
        crypto: Base64(
            serde_json::to_vec(&Crypto {
                tls_spki_sha256: SPKI,
            })
            .unwrap(),
        ),
        devices: Base64(b"[]".to_vec()),
        report: Base64::default(),
        certs: Certs::default(),
        pcrs: None,
        event_log: None,
        boot: vec![],
    }
}

/// Everything that the one who asks knows.
pub struct Asker {
    pub expected: Option<SignedExpected>,
    pub key: Option<Hex<32>>,
    pub spki: Option<Digest>,
    pub nonce: Option<Nonce>,
    pub policy: Policy,
    pub at: Time,
}

impl Asker {
    pub fn new(expected: &Expected, at: Time) -> Self {
        Self {
            expected: sign(expected, &signer()),
            key: Some(signer_key()),
            spki: Some(SPKI),
            nonce: Some(NONCE),
            policy: Policy::default(),
            at,
        }
    }

    pub fn ask(&self, roots: &Roots, evidence: &Evidence) -> Verdict {
        let question = Question {
            expected: self.expected.as_ref(),
            key: self.key,
            spki: self.spki,
            nonce: self.nonce,
            policy: &self.policy,
            at: self.at,
        };
        verify_under(roots, evidence, &question)
    }
}

pub fn failed(verdict: &Verdict) -> Vec<&str> {
    verdict.failed().map(|check| check.check.as_str()).collect()
}

/// Cases beside the checks that refuse them, printed, and compared all at once.
#[derive(Default)]
pub struct Table(Vec<[String; 3]>);

impl Table {
    pub fn row(&mut self, case: &str, want: &[&str], verdict: &Verdict) {
        assert_eq!(
            verdict.ok,
            verdict.checks.iter().all(|c| c.ok && c.reached),
            "{case}"
        );
        let got = if verdict.ok {
            "accepted".into()
        } else {
            failed(verdict).join(" ")
        };
        let want = if want.is_empty() {
            "accepted".into()
        } else {
            want.join(" ")
        };
        self.0.push([case.into(), want, got]);
    }

    pub fn close(self, title: &str) {
        println!("\n| {title} | verdict, or the checks that refuse |\n|---|---|");
        self.0
            .iter()
            .for_each(|[case, _, got]| println!("| {case} | {got} |"));
        let wrong: Vec<_> = self.0.iter().filter(|[_, want, got]| want != got).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
