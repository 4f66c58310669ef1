//! `sealdock verify`: whether an instance is what it was built to be, from outside and by anyone.
//! No server of ours takes part in it.

mod answer;
mod parse;
mod show;

use super::exit::{Done, Exit, Failure, Got};
use super::say::{Output, Say};
use answer::Answer;
use clap::Args;
use domain::attest::{Digest, Hex, Nonce, Policy, SignedExpected, SnpTcb, TcbStatus, TpmKey};
use domain::attest::{SimPolicy, SnpPolicy, TdxPolicy, Verdict, read_evidence, read_signed};
use domain::refusal::Refusal;
use engine::attest::{Question, verify};

const HELP: &str = "\
Exits with 0 only if every check of the platform holds; what was not reached does not hold.

  sealdock verify https://app.example.com --expected expected.json --key 5b1f…
  sealdock verify evidence.json --expected expected.json --key 5b1f… --nonce 07c2… --spki 9e44…

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
    /// The signed `expected.json`: a file, or where to download it.
    #[arg(long, value_name = "FILE|URL")]
    expected: Option<String>,
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
        let verdict = self.verdict(&answer, expected.as_ref())?;
        let say = if self.json {
            Say::new(Output::Json)
        } else {
            *say
        };
        say.result(&verdict, show::text);
        Ok(if verdict.ok { Exit::Ok } else { Exit::Failed })
    }

    fn verdict(&self, answer: &Answer, expected: Option<&SignedExpected>) -> Got<Verdict> {
        let evidence = read_evidence(&answer.evidence).map_err(unreadable)?;
        let policy = self.policy();
        let question = Question {
            expected,
            key: self.key,
            spki: answer.spki,
            nonce: answer.nonce,
            policy: &policy,
            at: crate::clock::now(),
        };
        Ok(verify(&evidence, &question))
    }

    async fn expected(&self) -> Got<Option<SignedExpected>> {
        let Some(place) = &self.expected else {
            return Ok(None);
        };
        let bytes = answer::expected(place).await?;
        read_signed(&bytes).map(Some).map_err(unreadable)
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
