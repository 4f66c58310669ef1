//! The key that opens an organization's repositories over ssh: made by `ssh-keygen` at first use, kept
//! sealed in the database, and a file only while git runs.

use super::Keyring;
use crate::dirs::Dirs;
use crate::store::{Store, Stored};
use domain::id::OrgId;
use domain::secret::SecretText;
use domain::time::Time;
use std::io;
use std::path::Path;
use std::process::Stdio;

/// How it is called on its way.
const FILE: &str = "deploy_key";
const PUBLIC: &str = "deploy_key.pub";

/// Both halves.
struct Pair {
    public: String,
    private: SecretText,
}

impl Keyring {
    /// The half that hosts are given. `None` where the machine has no `ssh-keygen`.
    pub(super) async fn public_key(&self, org: &OrgId, now: Time) -> Option<String> {
        let store = self.store.as_ref()?;
        match known_or_made(store, &self.scratch, org, now).await {
            Ok(key) => key,
            Err(error) => {
                tracing::error!("the deploy key can't be read or made: {error}");
                None
            }
        }
    }

    /// Keys of an older version are files: they become rows, and are files no more.
    pub async fn take_in(dirs: &Dirs, store: &Store, now: Time) -> Stored<()> {
        let orgs = store.orgs().await?;
        for org in &orgs {
            let keys = dirs.keys().join(org.as_str());
            let Ok(Some(pair)) = pair_in(&keys) else {
                continue;
            };
            store
                .put_deploy_key(org, &pair.public, &pair.private, now)
                .await?;
            for name in [FILE, PUBLIC] {
                if let Err(error) = std::fs::remove_file(keys.join(name)) {
                    tracing::error!(
                        "{} can't be removed, and holds a key in clear: {error}",
                        keys.join(name).display()
                    );
                }
            }
        }
        Ok(())
    }
}

async fn known_or_made(
    store: &Store,
    scratch: &Path,
    org: &OrgId,
    now: Time,
) -> Stored<Option<String>> {
    if let Some(known) = store.public_deploy_key(org).await? {
        return Ok(Some(known));
    }
    if let Some(pair) = made(scratch).await {
        store
            .put_deploy_key(org, &pair.public, &pair.private, now)
            .await?;
    }
    store.public_deploy_key(org).await
}

/// In a directory that is its owner's alone, and gone right afterwards.
async fn made(scratch: &Path) -> Option<Pair> {
    let dir = tempfile::Builder::new()
        .prefix("deploy-key-")
        .tempdir_in(scratch)
        .ok()?;
    let made = tokio::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "sealdock", "-f"])
        .arg(dir.path().join(FILE))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    made.await.ok().filter(|o| o.status.success())?;
    pair_in(dir.path()).ok()?
}

fn pair_in(dir: &Path) -> io::Result<Option<Pair>> {
    let text = |name| match std::fs::read_to_string(dir.join(name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    };
    let (Some(private), Some(public)) = (text(FILE)?, text(PUBLIC)?) else {
        return Ok(None);
    };
    Ok(Some(Pair {
        public: public.trim().to_owned(),
        private: private.into(),
    }))
}
