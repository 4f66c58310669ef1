//! Where nothing serves, nothing is started behind anybody's back: what a person stopped is started
//! again (I-13), and after an update that stopped the old version and then failed (I-9), the failed one
//! is tried again or the one before it deployed again, when a person says so.

use super::Control;
use super::versions::place;
use crate::store::environment::Environment;
use domain::access::Caller;
use domain::api::Reply;
use domain::deployment::{Deployment, Phase};
use domain::id::DeploymentId;
use domain::reuse::{Place, eligible};

type Either = (Option<DeploymentId>, Option<DeploymentId>);

impl Control {
    /// What can be tried again, and what can be deployed again.
    pub(super) async fn after_failure(
        &self,
        caller: &Caller,
        row: &Environment,
        failed: &Deployment,
    ) -> Reply<Either> {
        if failed.phase != Phase::Failed || row.deleting || row.review {
            return Ok((None, None));
        }
        let before = self.served_before(caller, failed).await?;
        let can = eligible(failed, place(row)).is_ok();
        let redeploy = redeploys(place(row), failed, before.as_ref());
        Ok((can.then(|| failed.id.clone()), redeploy))
    }

    /// What a deployment's page offers where nothing serves: itself, when it is what was stopped.
    pub(super) async fn once_more(
        &self,
        caller: &Caller,
        row: &Environment,
        deployment: &Deployment,
        before: Option<&Deployment>,
    ) -> Reply<Option<DeploymentId>> {
        let stopped = self.startable(caller, row).await?;
        let own = stopped.filter(|last| *last == deployment.id);
        Ok(own.or_else(|| redeploys(place(row), deployment, before)))
    }
}

/// Only where nothing serves: else the environment is rolled back, or is as it should be.
fn redeploys(
    place: Place<'_>,
    failed: &Deployment,
    before: Option<&Deployment>,
) -> Option<DeploymentId> {
    let none = place.active.is_none() && failed.phase == Phase::Failed;
    let before = before.filter(|b| none && eligible(b, place).is_ok());
    before.map(|b| b.id.clone())
}
