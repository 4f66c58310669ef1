//! Whatever carries our label and belongs to nothing that we know goes away; so do routes.

use super::{Reconciler, Stumble};
use crate::driver::Scope;

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
            let Ok(environment) = id.parse() else {
                continue;
            };
            if self.store.environment_of_any(&environment).await?.is_none() {
                self.plane.unpublish(&environment).await?;
            }
        }
        Ok(())
    }
}
