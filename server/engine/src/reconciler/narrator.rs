//! Tells the story of a rollout in the log of the job that follows it, so that the deployment's
//! page shows one log from clone to switch.

use crate::driver::Lines as _;
use crate::logs::Logs;
use crate::secrets::Vault;
use crate::store::Store;
use domain::deployment::{Deployment, Phase};
use domain::job::JobKind;
use domain::plan::world::wanted;
use domain::view::Stream;
use std::sync::Arc;

#[derive(Clone)]
pub struct Narrator {
    pub store: Store,
    pub logs: Logs,
    pub vault: Arc<Vault>,
}

impl Narrator {
    pub async fn say(&self, deployment: &Deployment, sentence: &str) {
        self.write(deployment, sentence, false).await;
    }

    pub async fn phase(&self, deployment: &Deployment, phase: Phase, reason: Option<&str>) {
        let runs = !wanted(deployment).is_empty();
        let sentence = match phase {
            Phase::Starting if runs => "The artifact is ready; instances are being started.",
            Phase::Ready if deployment.hold.is_some() => {
                "Healthy; it is held without traffic until somebody promotes it."
            }
            Phase::Ready if runs => "Every instance is healthy.",
            Phase::Live => "Traffic switched; it is live.",
            Phase::Draining => "Its traffic has moved on; requests in flight finish.",
            Phase::Stopped => "Stopped.",
            Phase::Failed | Phase::Cancelled => reason.unwrap_or("It ended."),
            _ => return,
        };
        self.write(deployment, sentence, phase.is_final()).await;
    }

    /// Best effort: a line that can't be written must not stop a rollout.
    async fn write(&self, deployment: &Deployment, sentence: &str, last: bool) {
        let Ok(jobs) = self.store.jobs(&deployment.id).await else {
            return;
        };
        let follower = [JobKind::DeployImageJob, JobKind::MarkDeploymentCompleteJob];
        let Some(job) = follower
            .iter()
            .find_map(|kind| jobs.iter().find(|j| j.kind == *kind))
        else {
            return;
        };
        let writer = self.logs.writer(
            &deployment.org,
            &deployment.environment,
            &job.stream(),
            self.vault.redactor_or_blind(deployment).await,
        );
        writer.line(Stream::Note, sentence);
        if last {
            writer.finish().await;
        }
    }
}
