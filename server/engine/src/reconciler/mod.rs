//! The one path. A key is an environment; a pass looks, plans and obeys; then it looks again
//! until the plan is empty. Start-up, recovery, clicks, probes and finished builds are wakes.
//!
//! The simulation drives `pass` by hand; `run` is the same with workers and timers.

mod execute;
mod memory;
mod narrator;
mod orphans;
pub mod queue;
mod world;

pub use memory::Memory;
pub use narrator::Narrator;

use crate::changes::Bus;
use crate::clock::Clock;
use crate::crons::CronKey;
use crate::driver::{Driver, DriverError};
use crate::leftovers::Leftovers;
use crate::logs::capture::{Capture, Followed};
use crate::plane::{Plane, PlaneError};
use crate::probe::Prober;
use crate::runtimes::{NoDriver, Runtimes};
use crate::secrets::{Vault, VaultError};
use crate::store::{Store, StoreError};
use domain::deployment::Deployment;
use domain::hint::Topic;
use domain::id::{DeploymentId, EnvironmentId, InstanceId, RuntimeId};
use domain::plan::{Plan, plan};
use domain::time::Time;
use queue::Queue;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use world::Looked;

const WORKERS: usize = 8;
/// Every environment is looked at this often even when nobody hinted.
const SWEEP: Duration = Duration::from_secs(60);

pub struct Reconciler {
    pub store: Store,
    pub runtimes: Arc<Runtimes>,
    pub plane: Arc<dyn Plane>,
    pub prober: Arc<dyn Prober>,
    pub clock: Arc<dyn Clock>,
    pub bus: Bus,
    pub queue: Arc<Queue>,
    pub memory: Arc<Memory>,
    pub narrator: Narrator,
    pub capture: Capture,
    pub leftovers: Leftovers,
    /// Tells the pipeline that a job may be ready.
    pub work: Arc<Notify>,
    /// Instances that are called at set times get their key.
    pub cron_key: CronKey,
    /// Instances get the values that their deployment was given; their lines don't show them.
    pub vault: Arc<Vault>,
}

/// Why a pass ended early. None of it is lost: the next pass looks again.
#[derive(Debug, thiserror::Error)]
pub enum Stumble {
    /// What the plan was made for has changed meanwhile.
    #[error("the world moved on during the pass")]
    Moved,
    #[error("{0}")]
    Driver(String),
    #[error(transparent)]
    Plane(#[from] PlaneError),
    #[error(transparent)]
    Store(StoreError),
    #[error(transparent)]
    NoDriver(#[from] NoDriver),
    #[error("{0}")]
    Leftovers(String),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<DriverError> for Stumble {
    fn from(error: DriverError) -> Self {
        Stumble::Driver(error.to_string())
    }
}

impl From<StoreError> for Stumble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Stumble::Moved,
            other => Stumble::Store(other),
        }
    }
}

/// How a pass ended.
#[derive(Debug)]
pub enum Outcome {
    /// There is no such environment any more.
    Gone,
    /// Steps were taken: look again at once.
    Again,
    /// Nothing to do now; look again then.
    Quiet(Option<Time>),
    Stumbled(Stumble),
}

/// One look, and the plan that came of it.
pub(crate) struct Pass {
    pub looked: Looked,
    pub plan: Plan,
}

impl Pass {
    /// Once its steps are done.
    pub fn outcome(&self) -> Outcome {
        match self.plan.is_empty() {
            true => Outcome::Quiet(self.plan.wake_at),
            false => Outcome::Again,
        }
    }
}

impl Reconciler {
    /// One look, one plan, its steps.
    pub async fn pass(&self, id: &EnvironmentId) -> Outcome {
        match self.try_pass(id).await {
            Ok(outcome) => outcome,
            Err(stumble) => Outcome::Stumbled(stumble),
        }
    }

    async fn try_pass(&self, id: &EnvironmentId) -> Result<Outcome, Stumble> {
        let Some(pass) = self.prepare(id).await? else {
            return Ok(Outcome::Gone);
        };
        for step in &pass.plan.steps {
            tracing::debug!(environment = %id, %step, "step");
            self.execute(&pass.looked, step).await?;
        }
        Ok(pass.outcome())
    }

    /// Everything of a pass but its steps: the simulation may end the process between any two.
    pub(crate) async fn prepare(&self, id: &EnvironmentId) -> Result<Option<Pass>, Stumble> {
        let Some(looked) = self.look(id).await? else {
            self.memory.forget(id);
            return Ok(None);
        };
        for (runtime, orphan) in &looked.orphans {
            // Nobody waits for it: one that can't go now must not hold up its environment.
            if let Err(error) = self.driver(runtime).await?.remove(orphan, 0).await {
                tracing::warn!(instance = %orphan, "an orphan stays for now: {error}");
            }
        }
        let plan = plan(&looked.world);
        self.explain(&looked, &plan);
        for instance in looked
            .world
            .deployments
            .values()
            .flat_map(|d| running(&looked.world, d))
        {
            self.capture_known(&looked, &instance).await?;
        }
        Ok(Some(Pass { looked, plan }))
    }

    /// Keeps the sentences, and hints where one changed.
    fn explain(&self, looked: &Looked, plan: &Plan) {
        let known = |id: &DeploymentId| looked.world.deployments.contains_key(id);
        let changed = self.memory.with(&looked.row.id, |memory| {
            memory.keep(known);
            let changed = differing(&memory.why, &plan.why);
            memory.why.clone_from(&plan.why);
            changed
        });
        for id in changed {
            self.bus.hint(&looked.row.org, Topic::Deployment(id));
        }
    }

    async fn driver(&self, runtime: &RuntimeId) -> Result<Arc<dyn Driver>, Stumble> {
        Ok(self.runtimes.of(runtime).await?.driver)
    }

    async fn capture(
        &self,
        looked: &Looked,
        deployment: &Deployment,
        id: &InstanceId,
    ) -> Result<(), Stumble> {
        if self.capture.follows(id) {
            return Ok(());
        }
        let driver = self.driver(&deployment.runtime).await?;
        self.capture.ensure(Followed {
            driver,
            instance: id.clone(),
            org: deployment.org.clone(),
            environment: looked.row.id.clone(),
            redactor: self.vault.redactor(deployment).await?,
        });
        Ok(())
    }

    async fn capture_known(&self, looked: &Looked, id: &InstanceId) -> Result<(), Stumble> {
        match looked.world.deployments.get(&id.deployment) {
            Some(deployment) => self.capture(looked, deployment, id).await,
            None => Ok(()),
        }
    }

    /// Workers, timers, driver hints and the sweep, until cancelled.
    pub fn run(self: Arc<Self>, tasks: &TaskTracker, cancel: &CancellationToken) {
        for _ in 0..WORKERS {
            tasks.spawn(self.clone().work_until(cancel.clone()));
        }
        for driver in self.runtimes.drivers() {
            tasks.spawn(self.clone().listen(driver, cancel.clone()));
        }
        tasks.spawn(self.clone().sweep(cancel.clone()));
    }

    async fn work_until(self: Arc<Self>, cancel: CancellationToken) {
        while !cancel.is_cancelled() {
            match self.queue.take(self.clock.now()) {
                Some(key) => self.turn(&key).await,
                None => self.rest(&cancel).await,
            }
        }
    }

    async fn turn(&self, key: &EnvironmentId) {
        let outcome = self.pass(key).await;
        self.conclude(key, outcome);
    }

    /// When to look at it again.
    pub(crate) fn conclude(&self, key: &EnvironmentId, outcome: Outcome) {
        match outcome {
            Outcome::Gone => {}
            Outcome::Again | Outcome::Stumbled(Stumble::Moved) => self.queue.wake(key),
            Outcome::Quiet(wake_at) => {
                self.memory.with(key, |memory| memory.stumbles = 0);
                wake_at.inspect(|at| self.queue.wake_at(key, *at));
            }
            Outcome::Stumbled(stumble) => {
                let now = self.clock.now();
                let again = self.memory.with(key, |memory| memory.stumble(now));
                tracing::warn!(environment = %key, "{stumble}");
                self.queue.wake_at(key, again);
            }
        }
        self.queue.done(key);
    }

    async fn rest(&self, cancel: &CancellationToken) {
        let timer = self
            .queue
            .next_timer()
            .map_or(SWEEP.as_millis() as i64, |at| at.since_ms(self.clock.now()));
        tokio::select! {
            () = cancel.cancelled() => {}
            () = self.queue.news() => {}
            () = tokio::time::sleep(Duration::from_millis(timer.max(1) as u64)) => {}
        }
    }

    async fn listen(self: Arc<Self>, driver: Arc<dyn Driver>, cancel: CancellationToken) {
        use tokio::sync::broadcast::error::RecvError;
        let mut hints = driver.hints();
        loop {
            let hint = tokio::select! {
                () = cancel.cancelled() => return,
                hint = hints.recv() => hint,
            };
            match hint {
                Ok(environment) => self.queue.wake(&environment),
                Err(RecvError::Lagged(_)) => self.wake_all().await,
                Err(RecvError::Closed) => return,
            }
        }
    }

    async fn sweep(self: Arc<Self>, cancel: CancellationToken) {
        while !cancel.is_cancelled() {
            self.wake_all().await;
            if let Err(stumble) = self.remove_orphans().await {
                tracing::warn!("looking for orphans: {stumble}");
            }
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(SWEEP) => {}
            }
        }
    }

    async fn wake_all(&self) {
        match self.store.every_environment().await {
            Ok(all) => all.iter().for_each(|id| self.queue.wake(id)),
            Err(error) => tracing::error!("can't list environments: {error}"),
        }
    }
}

fn differing(
    before: &BTreeMap<DeploymentId, String>,
    after: &BTreeMap<DeploymentId, String>,
) -> Vec<DeploymentId> {
    after
        .iter()
        .filter(|(id, why)| before.get(*id) != Some(why))
        .map(|(id, _)| id.clone())
        .collect()
}

/// The instances whose output is worth following.
fn running(world: &domain::plan::world::World, deployment: &Deployment) -> Vec<InstanceId> {
    use domain::instance::State;
    let running = |state: &State| matches!(state, State::Starting | State::Running);
    world
        .instances_of(&deployment.id)
        .filter(|o| running(&o.state))
        .map(|o| o.id.clone())
        .collect()
}
