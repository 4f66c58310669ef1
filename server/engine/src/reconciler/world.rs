//! Looks: rows, drivers and the data plane become one `World`.

use super::{Reconciler, Stumble};
use crate::driver::{DriverError, Scope};
use crate::store::environment::Environment;
use crate::store::job::Job;
use domain::deployment::{Deployment, Phase};
use domain::id::{DeploymentId, EnvironmentId, InstanceId, RuntimeId};
use domain::instance::{Observed, State};
use domain::job::JobStatus;
use domain::pipeline::{Progress, progress};
use domain::plan::world::{self, Build, Kind, Seen, World};
use domain::source::Artifact;
use std::collections::{BTreeMap, BTreeSet};

/// The world of one environment, and the row that the executor needs beside it.
pub(crate) struct Looked {
    pub row: Environment,
    pub world: World,
    /// Seen, but of no deployment that we know: nobody wants them.
    pub orphans: Vec<(RuntimeId, InstanceId)>,
}

impl Reconciler {
    pub(super) async fn look(&self, id: &EnvironmentId) -> Result<Option<Looked>, Stumble> {
        let Some(row) = self.store.environment_of_any(id).await? else {
            return Ok(None);
        };
        let unfinished = self.store.unfinished(id).await?;
        let (seen, on) = self.observe(&row, &unfinished).await?;
        let mut deployments: BTreeMap<_, _> =
            unfinished.into_iter().map(|d| (d.id.clone(), d)).collect();
        let orphans = self.complete(&mut deployments, &seen, &on).await?;
        let seen = self.hide(seen, &deployments).await;
        let draining = deployments.values().any(|d| d.phase == Phase::Draining);
        let remembered = self.memory.of(id);
        let world = World {
            now: self.clock.now(),
            environment: self.facts(&row).await?,
            builds: self.builds(&deployments).await?,
            seen,
            probes: remembered.probes,
            troubles: remembered.troubles,
            served: self.plane.served(id).await?,
            shown: self.plane.shown(id).await?,
            in_flight: if draining {
                self.in_flight().await
            } else {
                None
            },
            deployments,
        };
        Ok(Some(Looked {
            row,
            world,
            orphans,
        }))
    }

    async fn facts(&self, row: &Environment) -> Result<world::Environment, Stumble> {
        // What can be attested is a machine.
        let kind = match self.driver(&row.runtime).await?.attests() {
            Some(_) => Kind::Machine,
            None => Kind::Container,
        };
        Ok(facts(row, kind))
    }

    /// Everything that the drivers of this environment see, and on which runtime.
    async fn observe(
        &self,
        row: &Environment,
        deployments: &[Deployment],
    ) -> Result<(Seen, BTreeMap<InstanceId, RuntimeId>), Stumble> {
        let runtimes: BTreeSet<_> = deployments
            .iter()
            .map(|d| &d.runtime)
            .chain([&row.runtime])
            .collect();
        let (mut all, mut on) = (BTreeMap::new(), BTreeMap::new());
        for runtime in runtimes {
            match self
                .driver(runtime)
                .await?
                .observe(Scope::Environment(&row.id))
                .await
            {
                Ok(seen) => seen
                    .into_iter()
                    .for_each(|o| note(o, runtime, &mut all, &mut on)),
                Err(DriverError::Unreachable(sentence) | DriverError::Refused(sentence)) => {
                    return Ok((Seen::Unknown(sentence), BTreeMap::new()));
                }
            }
        }
        Ok((Seen::Known(all), on))
    }

    /// Adds the final deployments that still have instances; what belongs to none is an orphan.
    async fn complete(
        &self,
        deployments: &mut BTreeMap<DeploymentId, Deployment>,
        seen: &Seen,
        on: &BTreeMap<InstanceId, RuntimeId>,
    ) -> Result<Vec<(RuntimeId, InstanceId)>, Stumble> {
        let Seen::Known(seen) = seen else {
            return Ok(vec![]);
        };
        let mut orphans = vec![];
        for id in seen.keys() {
            if deployments.contains_key(&id.deployment) {
                continue;
            }
            match (
                self.store.deployment_of_any(&id.deployment).await?,
                on.get(id),
            ) {
                (Some(deployment), _) => {
                    drop(deployments.insert(deployment.id.clone(), deployment))
                }
                (None, Some(runtime)) => orphans.push((runtime.clone(), id.clone())),
                (None, None) => {}
            }
        }
        Ok(orphans)
    }

    /// The last lines of what ended become sentences, rows and events: no secret in them.
    async fn hide(&self, mut seen: Seen, of: &BTreeMap<DeploymentId, Deployment>) -> Seen {
        let Seen::Known(all) = &mut seen else {
            return seen;
        };
        for (id, observed) in all {
            let State::Exited { lines, .. } = &mut observed.state else {
                continue;
            };
            if let Some(deployment) = of.get(&id.deployment) {
                let redactor = self.vault.redactor_or_blind(deployment).await;
                for line in lines {
                    *line = redactor.redact(line).into_owned();
                }
            }
        }
        seen
    }

    async fn builds(
        &self,
        deployments: &BTreeMap<DeploymentId, Deployment>,
    ) -> Result<BTreeMap<DeploymentId, Build>, Stumble> {
        let mut builds = BTreeMap::new();
        for deployment in deployments.values().filter(|d| d.phase == Phase::Building) {
            let jobs = self.store.jobs(&deployment.id).await?;
            if let Some(build) = build(self.artifact(deployment).await?, &jobs) {
                builds.insert(deployment.id.clone(), build);
            }
        }
        Ok(builds)
    }

    /// Read after the jobs: they may have ended since the row was read, and a build that is done
    /// without what it made would look like one whose jobs are lost.
    async fn artifact(&self, deployment: &Deployment) -> Result<Option<Artifact>, Stumble> {
        if deployment.artifact.is_some() {
            return Ok(deployment.artifact.clone());
        }
        let now = self.store.deployment_of_any(&deployment.id).await?;
        Ok(now.and_then(|d| d.artifact))
    }

    /// `None` when the data plane does not say: then only the drain's deadline counts.
    async fn in_flight(&self) -> Option<BTreeMap<InstanceId, u64>> {
        let counts = self.plane.in_flight().await.ok()?;
        Some(
            counts
                .into_iter()
                .filter_map(|(id, n)| Some((id.parse().ok()?, n)))
                .collect(),
        )
    }
}

fn note(
    seen: Observed,
    runtime: &RuntimeId,
    all: &mut BTreeMap<InstanceId, Observed>,
    on: &mut BTreeMap<InstanceId, RuntimeId>,
) {
    on.insert(seen.id.clone(), runtime.clone());
    all.insert(seen.id.clone(), seen);
}

fn facts(row: &Environment, kind: Kind) -> world::Environment {
    world::Environment {
        id: row.id.clone(),
        title: format!("{} / {}", row.project_name, row.name),
        active: row.active.clone(),
        candidate: row.candidate.clone(),
        stopped: row.stopped,
        deleting: row.deleting,
        kind,
    }
}

fn build(artifact: Option<Artifact>, jobs: &[Job]) -> Option<Build> {
    let standing: Vec<_> = jobs.iter().map(Job::standing).collect();
    Some(match progress(&standing) {
        Progress::Failed => Build::Failed(failure(jobs)),
        Progress::Working => Build::Working(working(jobs)),
        Progress::Done => Build::Done(artifact?),
    })
}

fn failure(jobs: &[Job]) -> String {
    let failed = jobs.iter().find(|j| j.status == JobStatus::Failure);
    failed
        .and_then(|j| j.error.clone())
        .unwrap_or_else(|| "A job was cancelled.".into())
}

fn working(jobs: &[Job]) -> String {
    match jobs.iter().find(|j| j.status == JobStatus::Running) {
        Some(job) => format!("{} is running.", job.kind.title()),
        None => "Waits for a free worker.".into(),
    }
}
