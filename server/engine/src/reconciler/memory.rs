//! What the loop remembers between two looks: probes, troubles, and why. All of it can be lost:
//! a new boot probes again, tries again, and says why again.

use domain::id::{DeploymentId, EnvironmentId, InstanceId};
use domain::plan::world::Trouble;
use domain::probe::Probed;
use domain::time::Time;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug, Default)]
pub struct Memory {
    environments: Mutex<HashMap<EnvironmentId, Remembered>>,
}

/// Of one environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    pub probes: BTreeMap<InstanceId, Probed>,
    pub troubles: BTreeMap<InstanceId, Trouble>,
    pub why: BTreeMap<DeploymentId, String>,
    /// Passes that failed in a row: the pause before the next grows with them.
    pub stumbles: u32,
}

impl Memory {
    pub fn of(&self, environment: &EnvironmentId) -> Remembered {
        self.lock().get(environment).cloned().unwrap_or_default()
    }

    /// What the planner said last of a deployment.
    pub fn why(&self, environment: &EnvironmentId, deployment: &DeploymentId) -> Option<String> {
        self.lock().get(environment)?.why.get(deployment).cloned()
    }

    pub fn with<T>(
        &self,
        environment: &EnvironmentId,
        change: impl FnOnce(&mut Remembered) -> T,
    ) -> T {
        change(self.lock().entry(environment.clone()).or_default())
    }

    pub fn forget(&self, environment: &EnvironmentId) {
        self.lock().remove(environment);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<EnvironmentId, Remembered>> {
        self.environments
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Remembered {
    /// Keeps only what is about deployments that are still there.
    pub fn keep(&mut self, known: impl Fn(&DeploymentId) -> bool) {
        self.probes.retain(|id, _| known(&id.deployment));
        self.troubles.retain(|id, _| known(&id.deployment));
        self.why.retain(|id, _| known(id));
    }

    pub fn stumble(&mut self, now: Time) -> Time {
        self.stumbles = self.stumbles.saturating_add(1);
        now.plus_ms((100_i64 << self.stumbles.min(6)).min(5_000))
    }
}
