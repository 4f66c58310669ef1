//! Hands git what opens a host, for as long as one command runs.

use super::askpass::{self, Answer};
use super::ssh;
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
use zeroize::Zeroizing;

/// An organization's credentials for Git hosts.
pub struct Keyring {
    pub(super) store: Option<Store>,
    /// What a crash leaves in here, the next boot removes.
    pub(super) scratch: PathBuf,
}

/// A file that is its owner's alone, and gone when this is dropped; and the variable that names it.
pub struct Lent(Option<(&'static str, NamedTempFile)>);

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
        match (&self.store, url.over_http()) {
            (Some(store), Some((host, _))) => self.lend_answers(store, org, host).await,
            (Some(store), None) if url.is_over_ssh() => self.lend_key(store, org).await,
            _ => Ok(Lent(None)),
        }
    }

    async fn lend_key(&self, store: &Store, org: &OrgId) -> Reply<Lent> {
        let key = store.private_deploy_key(org).await;
        let Some(key) = key.map_err(|e| unlendable("database", e))? else {
            return Ok(Lent(None));
        };
        let file = written(&self.scratch, "ssh-", key.reveal().as_bytes());
        let file = file.map_err(|e| unlendable("disk", e))?;
        Ok(Lent(Some((ssh::KEY_FILE, file))))
    }

    async fn lend_answers(&self, store: &Store, org: &OrgId, host: &str) -> Reply<Lent> {
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
        let json = serde_json::to_vec(&answers).map(Zeroizing::new);
        let json = json.map_err(|e| unlendable("memory", e))?;
        let file = written(&self.scratch, "askpass-", &json);
        let file = file.map_err(|e| unlendable("disk", e))?;
        Ok(Lent(Some((askpass::FILE, file))))
    }
}

impl Lent {
    pub fn to(&self, command: &mut Command) {
        if let Some((variable, file)) = &self.0 {
            command.env(variable, file.path());
        }
    }
}

/// With mode 0600, as every temporary file of that kind.
fn written(scratch: &Path, prefix: &str, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix(prefix)
        .tempfile_in(scratch)?;
    file.write_all(bytes)?;
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
