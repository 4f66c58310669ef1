//! The key of a project's releases: ed25519, PKCS #8, in base64 on one line, so that it fits into a
//! secret of any CI.

use super::super::exit::{Done, Exit, Failure, Got};
use super::super::say::Say;
use super::{unread, unwritten};
use clap::Args;
use domain::attest::Base64;
use engine::driver::tee::release;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where CI puts it.
pub const VARIABLE: &str = "SEALDOCK_RELEASE_KEY";
const MOST_BYTES: u64 = 4096;

#[derive(Args)]
pub struct Keygen {
    /// Written for its owner alone; one that is there stays.
    #[arg(default_value = "release.key")]
    file: PathBuf,
}

impl Keygen {
    pub fn run(self, say: &Say) -> Done {
        let failed = |e| unwritten(&self.file, &e);
        let made = release::new_key().map_err(failed)?;
        let mut open = File::options();
        let mut file = open
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&self.file)
            .map_err(failed)?;
        let line = serde_json::to_value(Base64(made.clone())).unwrap_or_default();
        let line = format!("{}\n", line.as_str().unwrap_or_default());
        file.write_all(line.as_bytes()).map_err(failed)?;
        let public = release::public(&release::key(&made).map_err(failed)?);
        let said = serde_json::json!({ "file": self.file, "key": public });
        say.result(&said, |_| {
            format!(
                "The key is in {file}. Keep it out of the repository: put its one line into the secret {VARIABLE} of your CI.\n\
                 Whoever checks a release needs its public half:\n{public}\n",
                file = self.file.display()
            )
        });
        Ok(Exit::Ok)
    }
}

/// From the file, or from the variable.
pub fn bytes(file: Option<&Path>) -> Got<Vec<u8>> {
    let text = match file {
        Some(file) => read(file)?,
        None => std::env::var(VARIABLE).map_err(|_| {
            Failure::usage("There is no key to sign with.".to_owned()).way_out(format!(
                "Name it with --key, or set {VARIABLE}. `sealdock release keygen` makes one."
            ))
        })?,
    };
    let text = serde_json::Value::String(text.trim().to_owned());
    let decoded: Result<Base64, _> = serde_json::from_value(text);
    decoded.map(|bytes| bytes.0).map_err(|_| {
        Failure::usage("The key is not one that `sealdock release keygen` made.".to_owned())
    })
}

fn read(file: &Path) -> Got<String> {
    let length = std::fs::metadata(file).map_err(|e| unread(file, &e))?.len();
    if length > MOST_BYTES {
        return Err(unread(file, &"it is too long for a key"));
    }
    std::fs::read_to_string(file).map_err(|e| unread(file, &e))
}
