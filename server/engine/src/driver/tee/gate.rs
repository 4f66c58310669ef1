//! Who decides whether a machine may be reached: the one verifier of evidence, over a connection of
//! its own, with a fresh nonce, the TPM's key as it was pinned before boot, and what was computed.

use crate::attest::{self, Question};
use crate::clock::{Clock, SystemClock};
use async_trait::async_trait;
use domain::attest::{Digest, Hex, Policy, SignedExpected, SimPolicy, TpmKey, read_evidence};
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

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// It does not answer: ask again.
    #[error("{0}")]
    NotYet(String),
    /// It answered, and is not what was expected: it is ended.
    #[error("{0}")]
    Never(String),
}

#[async_trait]
pub trait Gate: Send + Sync {
    /// Asks for evidence and verifies it; SHA-256 of the key that every later connection must end in.
    async fn verified(&self, asked: &Asked<'_>) -> Result<Digest, No>;
}

/// The verifier that `sealdock verify` has too.
pub struct Verifier;

#[async_trait]
impl Gate for Verifier {
    async fn verified(&self, asked: &Asked<'_>) -> Result<Digest, No> {
        let nonce = nonce()?;
        let answer = attest::ask("127.0.0.1", asked.port, nonce).await;
        let answer = answer.map_err(|e| No::NotYet(e.to_string()))?;
        let evidence = read_evidence(&answer.evidence).map_err(|e| No::Never(e.to_string()))?;
        let question = Question {
            expected: Some(asked.expected),
            key: Some(asked.key),
            spki: Some(answer.spki),
            nonce: Some(nonce),
            policy: &policy(asked.tpm),
            at: SystemClock.now(),
        };
        let verdict = attest::verify(&evidence, &question);
        match verdict.ok {
            true => Ok(answer.spki),
            false => Err(No::Never(verdict.sentence())),
        }
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

fn nonce() -> Result<Hex<32>, No> {
    let mut nonce = [0; 32];
    let filled = SystemRandom::new().fill(&mut nonce);
    filled.map_err(|e| No::NotYet(e.to_string()))?;
    Ok(Hex(nonce))
}
