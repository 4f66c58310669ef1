//! Secrets at rest and on their way (I-14, X-15). A master key, which is a file or wrapped by a
//! service, seals a data key for each organization; a data key seals values, each as the text of
//! its row (`store::sealed`). The database never holds more than that.
//!
//! Values are opened at the edge and as late as possible: right before an instance is made or a
//! build begins, and to hide them in logs. A deployment is given the values of the moment that it
//! was asked for, and keeps them for as long as it runs.

mod keys;
mod kms;
mod master;
mod rotate;
pub(crate) mod seal;

pub(crate) use keys::Keys;
pub use kms::Kms;
pub use master::{Kept, MasterError, MasterFile};
pub use rotate::rotate;

use crate::services;
use crate::store::{Store, StoreError};
use domain::deployment::Deployment;
use domain::id::DeploymentId;
use domain::redact::Redactor;
use domain::secret::{Secrets, named};
use domain::time::Time;
use seal::Key;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Each holds the forms of a few values; what runs at a time is less.
const REDACTORS_KEPT: usize = 256;

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error(transparent)]
    Master(#[from] MasterError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("The secret `{0}` was not there when this was deployed. Deploy again.")]
    NotGiven(String),
}

/// Opens what deployments are given, and hides it.
pub struct Vault {
    store: Store,
    file: MasterFile,
    redactors: Mutex<HashMap<DeploymentId, Arc<Redactor>>>,
    /// For what was given nothing.
    plain: Arc<Redactor>,
}

impl Vault {
    /// Makes the master key at the first start, and seals what an older version left in clear. A
    /// key that is missing, open to others or another one is an error: no start is better than one
    /// without the secrets.
    pub async fn open(store: Store, file: MasterFile, now: Time) -> Result<Self, VaultError> {
        let needed = store.master_keys().await?;
        let (own, next) = (file.read().await?, file.read_next().await?);
        let is = |key: &Option<Key>| key.as_ref().is_some_and(|k| needed == [k.id()]);
        match own {
            _ if is(&next) => file.adopt_next()?,
            Some(_) if needed.is_empty() || is(&own) => {}
            Some(_) => return Err(MasterError::Another { path: file.path() }.into()),
            None if needed.is_empty() => drop(file.make().await?),
            None => return Err(MasterError::Missing { path: file.path() }.into()),
        }
        let current = store.keys().read_from(&file).await?;
        store.name_master_key(&current).await?;
        store.seal_what_is_clear(now).await?;
        Ok(Self::over(store, file))
    }

    /// One of a simulation, where nothing is kept on a disk.
    #[cfg(test)]
    pub fn without_files(store: Store) -> Self {
        Self::over(store, MasterFile::at("/nonexistent/master.key".into()))
    }

    fn over(store: Store, file: MasterFile) -> Self {
        Self {
            store,
            file,
            redactors: Mutex::default(),
            plain: Arc::default(),
        }
    }

    /// For people: where the master key is, and how.
    pub fn whereabouts(&self) -> String {
        let path = self.file.path();
        match self.file.kept() {
            Ok(kept) => format!("{}, {kept}", path.display()),
            Err(error) => error.to_string(),
        }
    }

    /// A new data key for everybody, and everything sealed with it; how many values that were.
    pub async fn rotate_data_keys(&self, now: Time) -> Result<usize, VaultError> {
        Ok(self.store.replace_data_keys(now).await?)
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
        Ok(self.store.given_secrets(&of.org, &of.id).await?)
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
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
