//! Who decides whether a machine may be reached: the one verifier of evidence, over a connection of
//! its own, with a fresh nonce, the TPM's key as it was pinned before boot, and what was computed.

use crate::attest::{self, Question};
use crate::clock::{Clock, SystemClock};
use async_trait::async_trait;
use domain::attest::{
    Digest, Hex, Nonce, Policy, SignedExpected, SimPolicy, TpmKey, Verdict, read_evidence,
};
use ring::rand::{SecureRandom, SystemRandom};

/// What is asked about one machine.
pub struct Asked<'a> {
    /// On loopback.
    pub port: u16,
    pub expected: &'a SignedExpected,
    /// The key that must have signed what is expected.
    pub key: Hex<32>,
    pub tpm: TpmKey,
}

/// What it showed, and what was found.
#[derive(Clone, Debug)]
pub struct Looked {
    /// SHA-256 of the key at the end of the connection that was asked over.
    pub spki: Digest,
    /// What was asked with.
    pub nonce: Nonce,
    /// As it came.
    pub evidence: Vec<u8>,
    /// Or why it can't be read.
    pub verdict: Result<Verdict, String>,
}

impl Looked {
    pub fn holds(&self) -> bool {
        self.verdict.as_ref().is_ok_and(|verdict| verdict.ok)
    }

    /// Of both.
    pub fn sentence(&self) -> String {
        match &self.verdict {
            Ok(verdict) => verdict.sentence(),
            Err(why) => why.clone(),
        }
    }
}

#[async_trait]
pub trait Gate: Send + Sync {
    /// Asks for evidence and verifies it. An error: it does not answer, which it may do later.
    async fn look(&self, asked: &Asked<'_>) -> Result<Looked, String>;
}

/// The verifier that `sealdock verify` has too.
pub struct Verifier;

#[async_trait]
impl Gate for Verifier {
    async fn look(&self, asked: &Asked<'_>) -> Result<Looked, String> {
        let nonce = nonce()?;
        let answer = attest::ask("127.0.0.1", asked.port, nonce).await;
        let answer = answer.map_err(|e| e.to_string())?;
        let verdict = read_evidence(&answer.evidence).map_err(|e| e.to_string());
        let verdict = verdict.map(|evidence| {
            let question = Question {
                expected: Some(asked.expected),
                key: Some(asked.key),
                spki: Some(answer.spki),
                nonce: Some(nonce),
                policy: &policy(asked.tpm),
                at: SystemClock.now(),
            };
            attest::verify(&evidence, &question)
        });
        Ok(Looked {
            spki: answer.spki,
            nonce,
            evidence: answer.evidence,
            verdict,
        })
    }
}

/// Whoever chose this runtime chose a simulated platform, and is told so everywhere.
fn policy(tpm: TpmKey) -> Policy {
    Policy {
        allow_simulated: true,
        sim: SimPolicy { keys: vec![tpm] },
        ..Policy::default()
    }
}

fn nonce() -> Result<Nonce, String> {
    let mut nonce = [0; 32];
    let filled = SystemRandom::new().fill(&mut nonce);
    filled.map_err(|e| e.to_string())?;
    Ok(Hex(nonce))
}
