//! Whatever carries our label and belongs to nothing that we know goes away; so do routes.

use super::{Reconciler, Stumble};
use crate::driver::Scope;
use domain::route::owner;

impl Reconciler {
    pub async fn remove_orphans(&self) -> Result<(), Stumble> {
        for driver in self.runtimes.drivers() {
            let Ok(seen) = driver.observe(Scope::Everything).await else {
                continue;
            };
            for instance in seen {
                if self
                    .store
                    .environment_of_any(&instance.environment)
                    .await?
                    .is_none()
                {
                    tracing::info!(instance = %instance.id, "removing an orphan");
                    driver.remove(&instance.id, 0).await?;
                }
            }
        }
        for id in self.plane.routed().await? {
            let Some((environment, held)) = owner(&id) else {
                continue;
            };
            if self.store.environment_of_any(&environment).await?.is_some() {
                continue;
            }
            match held {
                true => self.plane.hide(&environment).await?,
                false => self.plane.unpublish(&environment).await?,
            }
        }
        Ok(())
    }
}
