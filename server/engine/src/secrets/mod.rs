//! Secrets at rest and on their way (I-14, X-15). A master key, which is a file, seals a data key
//! for each organization; a data key seals values. The database never holds more than that.
//!
//! Values are opened at the edge and as late as possible: right before an instance is made or a
//! build begins, and to hide them in logs. A deployment is given the values of the moment that it
//! was asked for, and keeps them for as long as it runs.

mod master;
mod rotate;
mod seal;

pub use master::{MasterError, MasterFile};
pub use rotate::rotate;

use crate::services;
use crate::store::secret::Given;
use crate::store::{Store, StoreError};
use domain::deployment::Deployment;
use domain::id::{DeploymentId, OrgId};
use domain::redact::Redactor;
use domain::secret::{SecretText, Secrets, named};
use domain::time::Time;
use seal::{Key, about_key, about_value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Which master key counts, in the settings.
const SETTING: &str = "master_key";
/// Each holds the forms of a few values; what runs at a time is less.
const REDACTORS_KEPT: usize = 256;

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error(transparent)]
    Master(#[from] MasterError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("The secret `{0}` can't be opened: what is kept of it is damaged. Set it again.")]
    Shut(String),
    #[error("The secret `{0}` was not there when this was deployed. Deploy again.")]
    NotGiven(String),
}

/// Seals and opens.
pub struct Vault {
    store: Store,
    file: MasterFile,
    /// By id: while the master key is replaced there are two.
    masters: Mutex<HashMap<String, Key>>,
    redactors: Mutex<HashMap<DeploymentId, Arc<Redactor>>>,
    /// For what was given nothing.
    plain: Arc<Redactor>,
}

impl Vault {
    /// Makes the master key at the first start. A key that is missing, open to others or another
    /// one is an error: no start is better than one without the secrets.
    pub async fn open(store: Store, file: MasterFile) -> Result<Self, VaultError> {
        let needed = store.master_keys().await?;
        let (own, next) = (file.read()?, file.read_next()?);
        let is = |key: &Option<Key>| key.as_ref().is_some_and(|k| needed == [k.id()]);
        match own {
            _ if is(&next) => file.adopt_next()?,
            Some(_) if needed.is_empty() || is(&own) => {}
            Some(_) => return Err(MasterError::Another { path: file.path() }.into()),
            None if needed.is_empty() => drop(file.make()?),
            None => return Err(MasterError::Missing { path: file.path() }.into()),
        }
        let vault = Self {
            store,
            file,
            masters: Mutex::default(),
            redactors: Mutex::default(),
            plain: Arc::default(),
        };
        let current = vault.reload()?;
        vault.store.set_setting(SETTING, &current).await?;
        Ok(vault)
    }

    /// One of a simulation, where nothing is kept on a disk.
    #[cfg(test)]
    pub fn without_files(store: Store) -> Self {
        Self {
            store,
            file: MasterFile::at("/nonexistent/master.key".into()),
            masters: Mutex::default(),
            redactors: Mutex::default(),
            plain: Arc::default(),
        }
    }

    /// The value, as the database may hold it.
    pub async fn seal(
        &self,
        org: &OrgId,
        name: &str,
        version: u32,
        value: &SecretText,
        at: Time,
    ) -> Result<String, VaultError> {
        let key = self.data_key(org, at).await?;
        let about = about_value(org, name, version);
        key.seal(&about, value.reveal().as_bytes())
            .map_err(|_| VaultError::Shut(name.to_owned()))
    }

    /// What its instances get, by the names of its configuration.
    pub async fn for_instances(&self, of: &Deployment) -> Result<Secrets, VaultError> {
        self.only(of, &of.config.secrets).await
    }

    /// What the steps of its build may mount.
    pub async fn for_build(&self, of: &Deployment) -> Result<Secrets, VaultError> {
        self.only(of, &of.config.build.secrets).await
    }

    async fn only(&self, of: &Deployment, names: &[String]) -> Result<Secrets, VaultError> {
        if names.is_empty() {
            return Ok(Secrets::default());
        }
        let given = self.given(of).await?;
        given.only(names).map_err(VaultError::NotGiven)
    }

    /// Everything that it was given, for its instances and for its build.
    async fn given(&self, of: &Deployment) -> Result<Secrets, VaultError> {
        let given = self.store.given_secrets(&of.id).await?;
        if given.is_empty() {
            return Ok(Secrets::default());
        }
        let key = self.data_key(&of.org, of.created_at).await?;
        given.iter().map(|one| opened(&key, &of.org, one)).collect()
    }

    /// Hides what it was given, also in what an earlier boot began: its secrets, and what opens
    /// the services that it uses.
    pub async fn redactor(&self, of: &Deployment) -> Result<Arc<Redactor>, VaultError> {
        let mut hidden = services::credentials(&self.store, &of.id).await?;
        if hidden.is_empty() {
            return self.own_redactor(of).await;
        }
        let given = self.given(of).await?;
        hidden.extend(given.iter().map(|(_, value)| value.to_owned()));
        Ok(Arc::new(Redactor::new(hidden)))
    }

    /// Of its secrets alone, which never change.
    async fn own_redactor(&self, of: &Deployment) -> Result<Arc<Redactor>, VaultError> {
        if named(&of.config, true).is_empty() {
            return Ok(self.plain.clone());
        }
        if let Some(known) = held(&self.redactors).get(&of.id) {
            return Ok(known.clone());
        }
        let given = self.given(of).await?;
        let redactor = Arc::new(Redactor::new(given.iter().map(|(_, v)| v.to_owned())));
        let mut kept = held(&self.redactors);
        if kept.len() >= REDACTORS_KEPT {
            kept.clear();
        }
        kept.insert(of.id.clone(), redactor.clone());
        Ok(redactor)
    }

    /// For what can't wait: where the values can't be read, it hides everything.
    pub async fn redactor_or_blind(&self, of: &Deployment) -> Arc<Redactor> {
        self.redactor(of).await.unwrap_or_else(|error| {
            tracing::error!(deployment = %of.id, "its lines are hidden, since its secrets can't be read: {error}");
            Arc::new(Redactor::blind())
        })
    }

    async fn data_key(&self, org: &OrgId, at: Time) -> Result<Key, VaultError> {
        if let Some(key) = self.known_key(org).await? {
            return Ok(key);
        }
        let fresh = Key::fresh();
        // The second time, in case that the master key was replaced in the same moment.
        for _ in 0..2 {
            let master = self.current().await?;
            let sealed = master.seal(&about_key(org), fresh.bytes());
            let sealed = sealed.map_err(|_| self.another())?;
            self.store
                .keep_org_key(org, SETTING, &master.id(), &sealed, at)
                .await?;
            if let Some(key) = self.known_key(org).await? {
                return Ok(key);
            }
        }
        Err(StoreError::Stale.into())
    }

    async fn known_key(&self, org: &OrgId) -> Result<Option<Key>, VaultError> {
        let Some((master, sealed)) = self.store.org_key(org).await? else {
            return Ok(None);
        };
        let opened = self.master(&master)?.open(&about_key(org), &sealed);
        let opened = opened.map_err(|_| self.another())?;
        Key::of(&opened).map(Some).ok_or_else(|| self.another())
    }

    /// The one that the database names now.
    async fn current(&self) -> Result<Key, VaultError> {
        let id = self.store.setting(SETTING).await?.unwrap_or_default();
        self.master(&id)
    }

    /// By its id; the files are read again when they may have changed.
    fn master(&self, id: &str) -> Result<Key, VaultError> {
        if let Some(key) = held(&self.masters).get(id) {
            return Ok(key.clone());
        }
        self.reload()?;
        let known = held(&self.masters).get(id).cloned();
        known.ok_or_else(|| self.another())
    }

    /// Reads both files; the id of the one in its place.
    fn reload(&self) -> Result<String, VaultError> {
        let path = self.file.path();
        let own = self.file.read()?.ok_or(MasterError::Missing { path })?;
        let current = own.id();
        let all = [Some(own), self.file.read_next()?].into_iter().flatten();
        held(&self.masters).extend(all.map(|key| (key.id(), key)));
        Ok(current)
    }

    fn another(&self) -> VaultError {
        let path = self.file.path();
        MasterError::Another { path }.into()
    }
}

fn opened(key: &Key, org: &OrgId, one: &Given) -> Result<(String, SecretText), VaultError> {
    let shut = || VaultError::Shut(one.name.clone());
    let about = about_value(org, &one.name, one.version);
    let value = key.open(&about, &one.sealed).map_err(|_| shut())?;
    let text = std::str::from_utf8(&value).map_err(|_| shut())?;
    Ok((one.name.clone(), text.to_owned().into()))
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
