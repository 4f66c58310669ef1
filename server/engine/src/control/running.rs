//! What runs of a deployment now, as its runtime sees it.

use super::Control;
use crate::driver::Scope;
use domain::deployment::{Deployment, Phase};
use domain::instance::{Observed, State};
use domain::view::InstanceView;

impl Control {
    /// What runs beside it and of it now; nothing where its runtime does not answer (its sentence
    /// says so).
    pub(super) async fn observed(&self, deployment: &Deployment) -> Vec<Observed> {
        if matches!(deployment.phase, Phase::Queued | Phase::Building)
            || deployment.phase.is_final()
        {
            return vec![];
        }
        let Ok(place) = self.runtimes.of(&deployment.runtime).await else {
            return vec![];
        };
        place
            .driver
            .observe(Scope::Environment(&deployment.environment))
            .await
            .unwrap_or_default()
    }

    pub(super) fn instance_view(&self, deployment: &Deployment, seen: &Observed) -> InstanceView {
        let probed = self
            .memory
            .of(&deployment.environment)
            .probes
            .get(&seen.id)
            .cloned();
        let healthy = seen.state == State::Running && probed.as_ref().is_none_or(|p| p.passes > 0);
        InstanceView {
            id: seen.id.clone(),
            state: state_word(&seen.state),
            healthy,
            sentence: match (healthy, probed.and_then(|p| p.last_failure)) {
                (true, _) => "Its last probe passed.".into(),
                (false, Some(failure)) => format!("Its last probe {failure}."),
                (false, None) => "Not probed yet.".into(),
            },
            address: seen.address.map(|a| a.to_string()),
            started_at: seen.started_at,
            stream: format!("instance/{}", seen.id),
        }
    }
}

fn state_word(state: &State) -> String {
    match state {
        State::Starting => "starting".into(),
        State::Running => "running".into(),
        State::Leaving => "stopping".into(),
        State::Exited {
            out_of_memory: true,
            ..
        } => "killed: out of memory".into(),
        State::Exited { code, .. } => format!("exited ({code})"),
    }
}
