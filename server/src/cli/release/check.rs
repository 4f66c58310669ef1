//! `sealdock release check`: from what an installation expects of an instance to what was released.

use super::super::exit::{Done, Exit, Failure, Got};
use super::super::say::{Say, table};
use super::unread;
use clap::Args;
use domain::attest::{Hex, MOST_EXPECTED, Part, RELEASE_FILE, Released, read_release, read_signed};
use domain::refusal::Refusal;
use engine::attest::{open_expected, open_release};
use serde::Serialize;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct Check {
    /// The signed `release.json`.
    release: PathBuf,
    /// The ed25519 key that must have signed it, 64 hexadecimal digits.
    #[arg(long, value_name = "HEX")]
    key: Hex<32>,
    /// The `expected.json` of an instance; its deployment's page has it.
    #[arg(long, value_name = "FILE", requires = "expected_key")]
    expected: Option<PathBuf>,
    /// The key of the installation, which must have signed that one.
    #[arg(long, value_name = "HEX")]
    expected_key: Option<Hex<32>>,
}

#[derive(Serialize)]
struct Checked {
    ok: bool,
    release: Released,
    parts: Vec<Part>,
}

impl Check {
    pub fn run(self, say: &Say) -> Done {
        let signed = read_release(&bytes(&self.release)?).map_err(unreadable)?;
        let release = open_release(&signed, self.key).map_err(|why| bad(RELEASE_FILE, &why))?;
        let parts = match (&self.expected, self.expected_key) {
            (Some(file), Some(key)) => {
                let signed = read_signed(&bytes(file)?).map_err(unreadable)?;
                let expected =
                    open_expected(&signed, key).map_err(|why| bad("expected.json", &why))?;
                release.compared(&expected)
            }
            _ => vec![],
        };
        let checked = Checked {
            ok: parts.iter().all(|part| part.same),
            release,
            parts,
        };
        say.result(&checked, text);
        Ok(if checked.ok { Exit::Ok } else { Exit::Failed })
    }
}

fn bytes(file: &Path) -> Got<Vec<u8>> {
    let mut bytes = vec![];
    let opened = File::open(file).map_err(|e| unread(file, &e))?;
    let read = opened
        .take(2 * MOST_EXPECTED as u64 + 1)
        .read_to_end(&mut bytes);
    read.map_err(|e| unread(file, &e))?;
    Ok(bytes)
}

fn unreadable(refusal: Refusal) -> Failure {
    Failure::new(Exit::Failed, refusal)
}

fn bad(file: &str, why: &str) -> Failure {
    let sentence = format!("{file} has {why}.");
    Failure::new(Exit::Failed, Refusal::conflict("not_signed", sentence))
}

fn text(checked: &Checked) -> String {
    let Released { tag, image, .. } = &checked.release;
    let rows: Vec<_> = checked
        .parts
        .iter()
        .map(|part| {
            let word = if part.same { "same" } else { "DIFFERENT" };
            vec![part.name.clone(), word.to_owned()]
        })
        .collect();
    format!(
        "{tag} is {image}, and its key signed that.\n{}",
        table(&rows)
    )
}
