//! Stop (I-13): what serves ends, its address stays and says so. Starting it again is a deployment of
//! what it made, like a rollback.

use super::versions::place;
use super::{Control, broken, found, moved_on};
use crate::store::environment::Environment;
use domain::access::{Action, Caller};
use domain::api::Reply;
use domain::can;
use domain::deployment::{Deployment, Event};
use domain::id::DeploymentId;
use domain::refusal::Refusal;
use domain::reuse::eligible;
use domain::source::Artifact;
use domain::view::{DeploymentView, StopPreview};

const TYPED: &str = "yes";

impl Control {
    pub(super) async fn stop_preview(
        &self,
        caller: &Caller,
        id: &DeploymentId,
    ) -> Reply<StopPreview> {
        let (deployment, row) = self.stoppable(caller, id).await?;
        let listed = found(self.store.listed(&caller.org, id).await, "deployment")?;
        Ok(StopPreview {
            deployment: self.summary(&listed.entry),
            ends: ends(&deployment),
            urls: self.urls(&row),
            typed: TYPED.into(),
        })
    }

    pub(super) async fn stopped(
        &self,
        caller: &Caller,
        id: &DeploymentId,
        typed: &str,
    ) -> Reply<DeploymentView> {
        let (deployment, _) = self.stoppable(caller, id).await?;
        if typed.trim() != TYPED {
            let sentence = "Stopping it has downtime, and that was not confirmed.";
            return Err(Refusal::invalid("typed", sentence).way_out("Type `yes` to confirm it."));
        }
        let reason = format!("Stopped by {}.", caller.email);
        let ids = || self.now();
        self.store
            .record(id, Event::Stop, Some(&reason), Some(&caller.user), &ids)
            .await
            .map_err(moved_on)?;
        self.wake(&caller.org, &deployment.environment, Some(id));
        self.show(caller, id).await
    }

    async fn stoppable(
        &self,
        caller: &Caller,
        id: &DeploymentId,
    ) -> Reply<(Deployment, Environment)> {
        caller.may(Action::Deploy)?;
        let deployment = found(self.store.deployment(&caller.org, id).await, "deployment")?;
        let row = self
            .store
            .environment(&caller.org, &deployment.environment)
            .await;
        let row = found(row, "environment")?;
        can::change(row.deleting, row.review)?;
        let there = self.store.unfinished(&row.id).await.map_err(broken)?;
        can::stop(&deployment, there.iter().any(|d| d.phase.is_coming()))?;
        Ok((deployment, row))
    }

    /// What is started again where a person stopped what served.
    pub(super) async fn startable(
        &self,
        caller: &Caller,
        row: &Environment,
    ) -> Reply<Option<DeploymentId>> {
        if !row.stopped || row.deleting || row.review {
            return Ok(None);
        }
        let last = self.last_served(caller, &row.id, None).await?;
        let last = last.filter(|of| eligible(of, place(row)).is_ok());
        Ok(last.map(|of| of.id))
    }
}

fn ends(deployment: &Deployment) -> Vec<String> {
    let within = format!(
        "once the requests in flight have finished, within {} s",
        deployment.config.drain_s
    );
    let serving = match (&deployment.artifact, deployment.config.replicas) {
        (Some(Artifact::Static { .. }), _) => "the files are no longer served".to_owned(),
        (_, 1) => format!("its instance ends {within}"),
        (_, n) => format!("its {n} instances end {within}"),
    };
    let crons = "its crons do not run, and a push deploys nothing".to_owned();
    vec![serving, crons]
}
