//! `sealdock verify`: whether an instance is what it was built to be, from outside and by anyone.
//! No server of ours takes part in it.

mod answer;
mod found;
mod parse;
mod show;

use super::exit::{Done, Exit, Failure, Got};
use super::say::{Output, Say};
use answer::Answer;
use clap::Args;
use domain::attest::{
    Digest, Evidence, Hex, Nonce, Policy, SignedExpected, SnpTcb, TcbStatus, TpmKey,
};
use domain::attest::{SimPolicy, SnpPolicy, TdxPolicy, Verdict, read_evidence, read_signed};
use domain::refusal::Refusal;
use engine::attest::{Question, verify};
use found::Found;

const HELP: &str = "\
Exits with 0 only if every check of the platform holds; what was not reached does not hold.

  sealdock verify https://app.example.com --expected expected.json --key 5b1f…
  sealdock verify evidence.json --expected expected.json --key 5b1f… --nonce 07c2… --spki 9e44…
  sealdock verify https://app.example.com --expected expected.json --expected expected-2.json --key 5b1f…

Where one address reaches several instances, each measures differently: give what is expected of each.
The evidence must be all of what one of them says; parts of two are refused.

Sealdock computes `expected.json` before an instance boots: the deployment's page has it, with the key
and this command, and so has GET /v2/deployments/{id}/attestation/expected.json (beside /evidence).

A URL is asked over a connection of its own, with a fresh nonce; its certificate is not believed, the
evidence must name its key. A file is somebody else's answer: give the nonce and the key that it was
asked with, or those two checks fail. An SEV-SNP answer must bring the chip's certificate (VCEK), a
TDX answer Intel's collateral; nothing is fetched from AMD or Intel. Not looked at: AMD's lists of
revoked keys.";

#[derive(Args)]
#[command(after_help = HELP)]
pub struct Verify {
    /// An instance's `https://` address, or a file with its evidence (`-` for standard input).
    target: String,
    /// The signed `expected.json`: a file, or where to download it; may be given again, for an
    /// address of several instances.
    #[arg(long, value_name = "FILE|URL")]
    expected: Vec<String>,
    /// The ed25519 key that must have signed it, 64 hexadecimal digits.
    #[arg(long, value_name = "HEX")]
    key: Option<Hex<32>>,
    /// Accept a simulated platform, which proves nothing against its host.
    #[arg(long)]
    allow_simulated: bool,
    /// The key of a simulated platform's TPM that was pinned before boot, 128 hexadecimal digits.
    #[arg(long, value_name = "HEX")]
    tpm_key: Vec<TpmKey>,
    /// Ask with this nonce, or: the one that the file was asked with; 64 hexadecimal digits.
    #[arg(long, value_name = "HEX")]
    nonce: Option<Nonce>,
    /// For a file: SHA-256 of the public key (SPKI) of the connection that it came over.
    #[arg(long, value_name = "HEX")]
    spki: Option<Digest>,
    /// The lowest firmware of AMD's: any of `fmc`, `bootloader`, `tee`, `snp`, `microcode`.
    #[arg(long, value_name = "snp=20,microcode=210", value_parser = parse::tcb)]
    min_tcb: Option<SnpTcb>,
    /// Accept this chip of AMD's and no other, 128 hexadecimal digits; may be given again.
    #[arg(long, value_name = "HEX")]
    chip: Vec<Hex<64>>,
    /// What Intel may say of the firmware [default: UpToDate].
    #[arg(long, value_name = "STATUS,…", value_delimiter = ',', value_parser = parse::status)]
    tcb_status: Vec<TcbStatus>,
    /// Print the verdict as JSON, as `-o json` does.
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub async fn run(self, say: &Say) -> Done {
        let expected = self.expected().await?;
        let answer = Answer::of(&self.target, self.nonce, self.spki).await?;
        let found = self.found(&answer, &expected)?;
        let say = if self.json {
            Say::new(Output::Json)
        } else {
            *say
        };
        say.result(&found, Found::text);
        Ok(if found.verdict.ok {
            Exit::Ok
        } else {
            Exit::Failed
        })
    }

    /// Each expectation is a case of its own, over the same evidence.
    fn found(&self, answer: &Answer, expected: &[SignedExpected]) -> Got<Found> {
        let evidence = read_evidence(&answer.evidence).map_err(unreadable)?;
        let against = |expected| self.verdict(&evidence, answer, expected);
        let first = against(expected.first());
        let rest = expected.iter().skip(1).map(|one| against(Some(one)));
        Ok(Found::of(first, rest.collect(), &self.expected))
    }

    fn verdict(
        &self,
        evidence: &Evidence,
        answer: &Answer,
        expected: Option<&SignedExpected>,
    ) -> Verdict {
        let policy = self.policy();
        let question = Question {
            expected,
            key: self.key,
            spki: answer.spki,
            nonce: answer.nonce,
            policy: &policy,
            at: crate::clock::now(),
        };
        verify(evidence, &question)
    }

    async fn expected(&self) -> Got<Vec<SignedExpected>> {
        let mut all = vec![];
        for place in &self.expected {
            let bytes = answer::expected(place).await?;
            all.push(read_signed(&bytes).map_err(unreadable)?);
        }
        Ok(all)
    }

    fn policy(&self) -> Policy {
        let tdx = match self.tcb_status.as_slice() {
            [] => TdxPolicy::default(),
            some => TdxPolicy {
                statuses: some.to_vec(),
            },
        };
        Policy {
            allow_simulated: self.allow_simulated,
            snp: SnpPolicy {
                min_tcb: self.min_tcb.unwrap_or_default(),
                chips: self.chip.clone(),
            },
            tdx,
            sim: SimPolicy {
                keys: self.tpm_key.clone(),
            },
        }
    }
}

/// It answered, and that is refused as a failed check is.
fn unreadable(refusal: Refusal) -> Failure {
    Failure::new(Exit::Failed, refusal)
}
