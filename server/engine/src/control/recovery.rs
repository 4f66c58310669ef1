//! After an update that stopped the old version and then failed, nothing serves, and nothing is
//! started behind anybody's back (I-9): the failed one is tried again, or the one before it deployed
//! again, when a person says so.

use super::Control;
use crate::store::environment::Environment;
use domain::access::Caller;
use domain::api::Reply;
use domain::deployment::{Deployment, Phase};
use domain::id::DeploymentId;
use domain::reuse::eligible;

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
        let can = eligible(failed, &row.id, None).is_ok();
        let redeploy = redeploys(None, failed, before.as_ref());
        Ok((can.then(|| failed.id.clone()), redeploy))
    }
}

/// Only where nothing serves: else the environment is rolled back, or is as it should be.
pub(super) fn redeploys(
    active: Option<&DeploymentId>,
    failed: &Deployment,
    before: Option<&Deployment>,
) -> Option<DeploymentId> {
    let none = active.is_none() && failed.phase == Phase::Failed;
    let before = before.filter(|b| none && eligible(b, &failed.environment, None).is_ok());
    before.map(|b| b.id.clone())
}
