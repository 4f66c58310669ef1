//! Obeys: does the steps of a plan in their order and stops at the first that fails. Every step
//! is idempotent, so whatever a crash leaves half-done is simply done again.

use super::world::Looked;
use super::{Reconciler, Stumble};
use crate::driver::DriverError;
use crate::secrets::VaultError;
use crate::spec;
use crate::store::{Now, StoreError};
use domain::deployment::{Deployment, Event, Phase};
use domain::hint::Topic;
use domain::id::InstanceId;
use domain::instance::State;
use domain::plan::Step;
use domain::plan::world::Trouble;
use domain::probe::Probed;
use domain::route::Route;
use domain::source::Artifact;
use std::net::SocketAddr;

/// How long an app gets between SIGTERM and SIGKILL.
const STOP_GRACE_S: u32 = 10;

impl Reconciler {
    pub(crate) async fn execute(&self, looked: &Looked, step: &Step) -> Result<(), Stumble> {
        match step {
            Step::Record {
                deployment,
                event,
                reason,
            } => {
                let deployment = looked
                    .world
                    .deployments
                    .get(deployment)
                    .ok_or(Stumble::Moved)?;
                self.record(deployment, *event, reason.as_deref()).await
            }
            Step::Ensure(id) => self.ensure(looked, id).await,
            Step::Probe(id, address) => self.probe(looked, id, *address).await,
            Step::Publish(target) => {
                let (id, hosts) = (looked.row.id.to_string(), looked.row.hosts.clone());
                self.plane
                    .publish(Route {
                        id,
                        hosts,
                        target: target.clone(),
                    })
                    .await?;
                self.bus
                    .hint(&looked.row.org, Topic::Environment(looked.row.id.clone()));
                Ok(())
            }
            Step::Unpublish => Ok(self.plane.unpublish(&looked.row.id).await?),
            Step::Show(shown) => Ok(self.plane.publish(shown.route(&looked.row.id)).await?),
            Step::Hide => Ok(self.plane.hide(&looked.row.id).await?),
            Step::Remove(id) => self.remove(looked, id).await,
            Step::Forget => self.forget(looked).await,
        }
    }

    async fn record(
        &self,
        deployment: &Deployment,
        event: Event,
        reason: Option<&str>,
    ) -> Result<(), Stumble> {
        let clock = &self.clock;
        let ids = move || Now {
            at: clock.now(),
            entropy: clock.entropy(),
        };
        let phase = match self
            .store
            .record(&deployment.id, event, reason, None, &ids)
            .await
        {
            Err(StoreError::Stale) => return Err(Stumble::Moved),
            other => other?,
        };
        tracing::info!(deployment = %deployment.id, number = deployment.number, phase = phase.word(), reason, "phase");
        self.narrator.phase(deployment, phase, reason).await;
        if matches!(phase, Phase::Building | Phase::Live) {
            self.work.notify_waiters();
        }
        self.bus
            .hint(&deployment.org, Topic::Deployment(deployment.id.clone()));
        self.bus.hint(
            &deployment.org,
            Topic::Environment(deployment.environment.clone()),
        );
        Ok(())
    }

    async fn ensure(&self, looked: &Looked, id: &InstanceId) -> Result<(), Stumble> {
        let deployment = looked
            .world
            .deployments
            .get(&id.deployment)
            .ok_or(Stumble::Moved)?;
        let Some(Artifact::Image { image, .. }) = &deployment.artifact else {
            return Err(Stumble::Moved);
        };
        let links = self.store.links_of_deployment(&deployment.id).await?;
        let seen_before = looked.world.observed(id).is_some();
        let result = match self.vault.for_instances(deployment).await {
            Ok(secrets) => {
                let (row, key) = (&looked.row, &self.cron_key);
                let spec = spec::instance(row, deployment, id, image, key, &links, secrets);
                self.driver(&deployment.runtime).await?.ensure(&spec).await
            }
            Err(VaultError::Store(error)) => return Err(error.into()),
            Err(other) => Err(DriverError::Refused(other.to_string())),
        };
        match result {
            Ok(()) if seen_before => self.trouble(looked, id, false, again(looked, id)),
            Ok(()) => {
                self.narrator
                    .say(
                        deployment,
                        &format!(
                            "Instance {} of {} created.",
                            id.replica + 1,
                            deployment.config.replicas
                        ),
                    )
                    .await
            }
            Err(DriverError::Refused(sentence)) => {
                self.narrator.say(deployment, &sentence).await;
                self.trouble(looked, id, true, sentence);
            }
            Err(DriverError::Unreachable(sentence)) => return Err(Stumble::Driver(sentence)),
        }
        self.capture(looked, deployment, id).await
    }

    fn trouble(&self, looked: &Looked, id: &InstanceId, permanent: bool, sentence: String) {
        let now = self.clock.now();
        self.memory.with(&looked.row.id, |memory| {
            let trouble = Trouble::again(memory.troubles.get(id), permanent, sentence, now);
            memory.troubles.insert(id.clone(), trouble);
        });
    }

    async fn probe(
        &self,
        looked: &Looked,
        id: &InstanceId,
        address: SocketAddr,
    ) -> Result<(), Stumble> {
        let deployment = looked
            .world
            .deployments
            .get(&id.deployment)
            .ok_or(Stumble::Moved)?;
        let health = &deployment.config.health;
        let begun_at = self.clock.now();
        let result = self
            .prober
            .probe(
                id,
                address,
                &health.path,
                health.probe_timeout_ms,
                &health.statuses,
            )
            .await;
        let now = self.clock.now();
        let news = self.memory.with(&looked.row.id, |memory| {
            let known = memory.probes.remove(id).filter(|k| k.address == address);
            let before = known
                .as_ref()
                .map(|k| (k.passes.min(1), k.last_failure.clone()));
            let known = known
                .unwrap_or_else(|| Probed::begin(address, begun_at))
                .after(now, result);
            let after = (known.passes.min(1), known.last_failure.clone());
            if known.passes > 0 {
                memory.troubles.remove(id);
            }
            memory.probes.insert(id.clone(), known);
            (before.as_ref() != Some(&after)).then_some(after)
        });
        // A line only when something changed: a slow start is one line, not five hundred.
        if let Some((passed, failure)) = news {
            let what = if passed > 0 {
                "passed"
            } else {
                failure.as_deref().unwrap_or("failed")
            };
            self.narrator
                .say(
                    deployment,
                    &format!(
                        "Probe of instance {}: GET {} {what}.",
                        id.replica + 1,
                        health.path
                    ),
                )
                .await;
        }
        Ok(())
    }

    async fn remove(&self, looked: &Looked, id: &InstanceId) -> Result<(), Stumble> {
        let deployment = looked
            .world
            .deployments
            .get(&id.deployment)
            .ok_or(Stumble::Moved)?;
        Ok(self
            .driver(&deployment.runtime)
            .await?
            .remove(id, STOP_GRACE_S)
            .await?)
    }

    /// The environment leaves nothing: network, images, directories, rows.
    async fn forget(&self, looked: &Looked) -> Result<(), Stumble> {
        let row = &looked.row;
        self.leftovers.discard(row).await?;
        self.driver(&row.runtime).await?.forget(&row.id).await?;
        let now = Now {
            at: self.clock.now(),
            entropy: self.clock.entropy(),
        };
        self.narrator.logs.forget(&row.id).await?;
        self.store.forget(row, now).await?;
        self.memory.forget(&row.id);
        self.plane.forgotten(&row.id).await;
        tracing::info!(environment = %row.id, "gone");
        self.bus.hint(&row.org, Topic::Project(row.project.clone()));
        self.bus.hint(&row.org, Topic::Environment(row.id.clone()));
        Ok(())
    }
}

/// With the last that it said, which is why.
fn again(looked: &Looked, id: &InstanceId) -> String {
    let said = match looked.world.observed(id).map(|seen| &seen.state) {
        Some(State::Exited { lines, .. }) => lines.last(),
        _ => None,
    };
    said.map_or_else(
        || "It was started again.".into(),
        |line| format!("It was started again; its last line was: {line}"),
    )
}
