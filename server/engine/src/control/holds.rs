//! What is held at ready: where it is shown, and letting it go (I-8).

use super::{Control, found, moved_on};
use crate::store::environment::Environment;
use domain::access::{Action, Caller};
use domain::api::Reply;
use domain::deployment::Deployment;
use domain::id::DeploymentId;
use domain::view::DeploymentView;
use domain::{can, name};

impl Control {
    /// Nobody guesses it: who is told it sees the version before its visitors do.
    pub(super) fn held_host(&self, row: &Environment) -> String {
        let secret = self.clock.entropy();
        name::held_host(
            secret,
            &row.project_name,
            &row.name,
            &self.settings.base_domain,
        )
    }

    /// Once it is there to be looked at.
    pub(super) fn review_url(&self, deployment: &Deployment) -> Option<String> {
        let host = deployment.hold.as_ref().filter(|_| deployment.is_held())?;
        Some(self.url(host))
    }

    pub(super) async fn promoted(
        &self,
        caller: &Caller,
        id: &DeploymentId,
    ) -> Reply<DeploymentView> {
        caller.may(Action::Deploy)?;
        let deployment = found(self.store.deployment(&caller.org, id).await, "deployment")?;
        can::promote(&deployment)?;
        self.still_released(&deployment).await?;
        let promoted = self.store.promote_held(caller, id, self.now()).await;
        promoted.map_err(moved_on)?;
        self.wake(&caller.org, &deployment.environment, Some(id));
        self.show(caller, id).await
    }
}
