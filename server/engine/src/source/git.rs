//! Everything with Git, by the `git` executable: argv only, no shell, no hooks, no prompt, no
//! configuration of the user or the system.
//!
//! Each (organization, URL) has a bare mirror without file contents where the host supports
//! that; contents come when a commit is checked out. A mirror is a cache: one that is broken is
//! thrown away and fetched anew.

pub mod askpass;
mod checkout;
mod command;
mod deploy_key;
mod history;
mod keyring;
mod lfs;
mod mirror;
mod pulls;
mod refs;
pub mod ssh;
mod submodules;
mod url;

pub use checkout::Checkout;
pub use keyring::Keyring;

use crate::dirs::Dirs;
use domain::api::Reply;
use domain::id::OrgId;
use domain::time::Time;
use mirror::Mirror;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use url::GitUrl;

/// Limits of one repository.
#[derive(Clone, Debug)]
pub struct Limits {
    pub mirror_bytes: u64,
    pub tree_bytes: u64,
    pub files: usize,
    pub fetch_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            mirror_bytes: 2 << 30,
            tree_bytes: 1 << 30,
            files: 100_000,
            fetch_s: 600,
        }
    }
}

pub struct Git {
    dirs: Dirs,
    limits: Limits,
    keyring: Arc<Keyring>,
    /// Two fetches into one mirror would fight; different mirrors don't wait for each other.
    mirrors: Mutex<HashMap<String, Arc<Mirror>>>,
}

impl Git {
    pub fn new(dirs: &Dirs, keyring: Keyring) -> Self {
        Self::with_limits(dirs, Limits::default(), keyring)
    }

    pub fn with_limits(dirs: &Dirs, limits: Limits, keyring: Keyring) -> Self {
        Self {
            dirs: dirs.clone(),
            limits,
            keyring: Arc::new(keyring),
            mirrors: Mutex::default(),
        }
    }

    /// Give it to a Git host, and `ssh://` URLs of this organization work. `None` where the
    /// machine has no `ssh-keygen`.
    pub async fn deploy_key(&self, org: &OrgId, now: Time) -> Option<String> {
        self.keyring.public_key(org, now).await
    }

    /// Throws the mirror away; the next use fetches it anew.
    pub async fn forget(&self, org: &OrgId, text: &str) -> io::Result<()> {
        let key = key(org, text);
        let mirror = self
            .mirrors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&key);
        let _turn = match &mirror {
            Some(mirror) => Some(mirror.turn.lock().await),
            None => None,
        };
        match tokio::fs::remove_dir_all(self.mirror_dir(&key)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The mirror of a URL that we may reach.
    fn mirror(&self, org: &OrgId, text: &str) -> Reply<Arc<Mirror>> {
        let url = GitUrl::parse(text)?;
        url.outside_of(&self.dirs)?;
        let key = key(org, text);
        let mut mirrors = self.mirrors.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || {
            let (dir, keys) = (self.mirror_dir(&key), self.key_dir(org));
            let mirror = Mirror {
                org: org.clone(),
                url,
                dir,
                keys,
                limits: self.limits.clone(),
                keyring: self.keyring.clone(),
                turn: Default::default(),
            };
            Arc::new(mirror)
        };
        Ok(mirrors.entry(key.clone()).or_insert_with(fresh).clone())
    }

    fn mirror_dir(&self, key: &str) -> PathBuf {
        self.dirs.mirrors().join(format!("{key}.git"))
    }

    /// Keys are an organization's: with another's, a tenant could clone what is not theirs.
    fn key_dir(&self, org: &OrgId) -> PathBuf {
        self.dirs.keys().join(org.as_str())
    }
}

fn key(org: &OrgId, url: &str) -> String {
    let digest = Sha256::digest(format!("{org} {url}"));
    digest.iter().take(16).map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests;
