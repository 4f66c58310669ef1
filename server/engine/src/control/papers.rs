//! What was found out about a deployment after its completion, as files.

use super::{Control, broken, found};
use domain::access::{Action, Caller};
use domain::api::Reply;
use domain::id::DeploymentId;
use domain::refusal::Refusal;
use std::path::Path;

impl Control {
    pub(super) async fn kept_screenshot(
        &self,
        caller: &Caller,
        id: &DeploymentId,
    ) -> Reply<Vec<u8>> {
        caller.may(Action::Read)?;
        found(self.store.deployment(&caller.org, id).await, "deployment")?;
        read(&self.dirs.screenshot(id), "screenshot").await
    }

    pub(super) async fn kept_sbom(&self, caller: &Caller, id: &DeploymentId) -> Reply<Vec<u8>> {
        caller.may(Action::Read)?;
        found(self.store.deployment(&caller.org, id).await, "deployment")?;
        read(&self.dirs.sbom(id), "SBOM").await
    }
}

async fn read(path: &Path, noun: &str) -> Reply<Vec<u8>> {
    match tokio::fs::read(path).await {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Refusal::not_found(noun)
            .way_out("It is made after the deployment completed; the page of the deployment says how that went.")),
        Err(error) => Err(broken(error)),
    }
}
