//! Which driver serves which runtime. A runtime is a registered place; a driver is the code for
//! that kind of place.

use crate::driver::{Driver, Images};
use crate::store::{Store, StoreError};
use domain::id::RuntimeId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A kind of place: its driver, and its images.
#[derive(Clone)]
pub struct Place {
    pub driver: Arc<dyn Driver>,
    pub images: Arc<dyn Images>,
}

pub struct Runtimes {
    pub store: Store,
    /// By name: `docker`, `fake`.
    pub places: BTreeMap<String, Place>,
}

#[derive(Debug, thiserror::Error)]
pub enum NoDriver {
    #[error("this server was not started with the runtime `{0}`; start it with `--runtime {0}`")]
    NotStarted(String),
    #[error("there is no runtime {0}")]
    Unknown(RuntimeId),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Runtimes {
    pub async fn of(&self, id: &RuntimeId) -> Result<Place, NoDriver> {
        let name = self
            .store
            .runtime_driver(id)
            .await?
            .ok_or_else(|| NoDriver::Unknown(id.clone()))?;
        self.places
            .get(&name)
            .cloned()
            .ok_or(NoDriver::NotStarted(name))
    }

    pub fn drivers(&self) -> Vec<Arc<dyn Driver>> {
        self.places.values().map(|p| p.driver.clone()).collect()
    }
}
