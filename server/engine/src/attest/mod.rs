//! The one verifier of evidence (I-18): the control plane asks it before traffic switches and before
//! secrets are released, `sealdock verify` asks it for anyone. Time is a parameter, and so is every
//! key that it believes, apart from AMD's and Intel's roots, which are pinned here.
//!
//! It fails closed. Every check of the platform starts as *not reached*, and the verdict is yes only
//! when each of them was answered with yes. What depends on a signature that does not hold is not
//! looked at: a stranger's words prove nothing.

mod ask;
mod bytes;
mod case;
mod signed;
mod sim;
mod snp;
mod tdx;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod tls;

pub use ask::{Answer, ask};
pub use signed::{open as open_expected, open_release, sign, sign_release};

use case::Case;
use domain::attest::{Digest, Evidence, Hex, Nonce, Platform, Policy, SignedExpected, Verdict};
use domain::time::Time;

/// What the one who asks knows by itself. What is missing makes its check fail.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// What was computed before boot.
    pub expected: Option<&'a SignedExpected>,
    /// The ed25519 key that must have signed it.
    pub key: Option<Hex<32>>,
    /// SHA-256 of the key at the end of the verifier's own connection.
    pub spki: Option<Digest>,
    /// What was asked with.
    pub nonce: Option<Nonce>,
    /// What is accepted.
    pub policy: &'a Policy,
    /// Now.
    pub at: Time,
}

/// Looks at everything.
pub fn verify(evidence: &Evidence, question: &Question<'_>) -> Verdict {
    verify_under(&Roots::makers(), evidence, question)
}

/// Who is believed.
pub(crate) struct Roots {
    amd: snp::Roots,
    intel: tdx::Root,
}

impl Roots {
    fn makers() -> Self {
        Self {
            amd: snp::Roots::amd(),
            intel: tdx::Root::intel(),
        }
    }
}

fn verify_under(roots: &Roots, evidence: &Evidence, question: &Question<'_>) -> Verdict {
    let mut case = Case::open(evidence, question);
    match evidence.platform {
        Platform::Snp => snp::check(&mut case, &roots.amd),
        Platform::Tdx => tdx::check(&mut case, &roots.intel),
        Platform::Sim => sim::check(&mut case),
    }
    case.close()
}
