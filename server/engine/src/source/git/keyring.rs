//! Hands git what opens a host, for as long as one command runs.

use super::askpass::{self, Answer};
use super::url::GitUrl;
use crate::dirs::Dirs;
use crate::store::Store;
use domain::api::Reply;
use domain::credential::CredentialKind;
use domain::id::OrgId;
use domain::refusal::Refusal;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use tokio::process::Command;

/// An organization's credentials for Git hosts.
pub struct Keyring {
    store: Option<Store>,
    /// What a crash leaves in here, the next boot removes.
    scratch: PathBuf,
}

/// A file that is its owner's alone, and gone when this is dropped.
pub struct Lent(Option<NamedTempFile>);

impl Keyring {
    pub fn new(dirs: &Dirs, store: Store) -> Self {
        Self {
            store: Some(store),
            scratch: dirs.scratch(),
        }
    }

    /// Opens nothing.
    pub fn empty() -> Self {
        Self {
            store: None,
            scratch: PathBuf::new(),
        }
    }

    /// What the organization has for the host of this URL, and for no other: where the host sends
    /// git on to, it has nothing to show.
    pub(super) async fn lend(&self, org: &OrgId, url: &GitUrl) -> Reply<Lent> {
        let (Some(store), Some((host, _))) = (&self.store, url.over_http()) else {
            return Ok(Lent(None));
        };
        let keys = store.keys_for(org, CredentialKind::Git, host).await;
        let keys = keys.map_err(|e| unlendable("database", e))?;
        if keys.is_empty() {
            return Ok(Lent(None));
        }
        let answers: Vec<_> = keys
            .into_iter()
            .map(|key| Answer {
                place: key.place,
                username: key.username,
                secret: key.secret,
            })
            .collect();
        let file = written(&self.scratch, &answers);
        Ok(Lent(Some(file.map_err(|e| unlendable("disk", e))?)))
    }
}

impl Lent {
    pub fn to(&self, command: &mut Command) {
        if let Some(file) = &self.0 {
            command.env(askpass::FILE, file.path());
        }
    }
}

/// With mode 0600, as every temporary file of that kind.
fn written(scratch: &Path, answers: &[Answer]) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix("askpass-")
        .tempfile_in(scratch)?;
    file.write_all(&serde_json::to_vec(answers)?)?;
    Ok(file)
}

/// Our own store or disk; neither error says anything of what is in there.
fn unlendable(place: &str, error: impl std::fmt::Display) -> Refusal {
    tracing::error!("git can't be given its credentials: {error}");
    Refusal::unavailable(
        place,
        format!("What opens the Git host can't be read: the {place} did not answer."),
    )
    .way_out("Look at the server's log; free some space on the disk that holds the data directory.")
}
