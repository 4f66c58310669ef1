//! Everything the planner looks at: intent (rows), observation (driver, data plane, probes), time.

use crate::deployment::{Deployment, Phase};
use crate::id::{DeploymentId, EnvironmentId, InstanceId, WEB};
use crate::instance::Observed;
use crate::probe::Probed;
use crate::route::{Shown, Target};
use crate::source::Artifact;
use crate::time::Time;
use std::collections::BTreeMap;

/// One environment and all that bears on it, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// The only clock that the planner has.
    pub now: Time,
    /// The row.
    pub environment: Environment,
    /// Every deployment that is not final, and final ones that still have instances.
    pub deployments: BTreeMap<DeploymentId, Deployment>,
    /// Of those that are building.
    pub builds: BTreeMap<DeploymentId, Build>,
    /// What runs, or that nobody knows.
    pub seen: Seen,
    /// What probes came to; lost with a restart, and then asked again.
    pub probes: BTreeMap<InstanceId, Probed>,
    /// What can't be created just now.
    pub troubles: BTreeMap<InstanceId, Trouble>,
    /// What the data plane last acknowledged for this environment; `None`: it has no such route.
    pub served: Option<Target>,
    /// Where the data plane shows what is held; `None`: nowhere.
    pub shown: Option<Shown>,
    /// Requests in flight by instance; `None`: the data plane did not say.
    pub in_flight: Option<BTreeMap<InstanceId, u64>>,
}

/// The environment's row, as far as the planner looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The route's key.
    pub id: EnvironmentId,
    /// `web / production`, for sentences.
    pub title: String,
    /// The one that serves.
    pub active: Option<DeploymentId>,
    /// The one on its way.
    pub candidate: Option<DeploymentId>,
    /// A person stopped what served, and nothing has since.
    pub stopped: bool,
    /// Everything is to end, and then the environment too.
    pub deleting: bool,
    /// What an instance is there, for sentences.
    pub kind: Kind,
}

/// What an instance is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Of an Engine.
    #[default]
    Container,
    /// A confidential one.
    Machine,
}

impl Kind {
    /// In the middle of a sentence.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Container => "container",
            Kind::Machine => "machine",
        }
    }
}

/// How the jobs of a building deployment stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Build {
    /// Jobs run or wait; the sentence says which.
    Working(String),
    /// What they made.
    Done(Artifact),
    /// Why they will not.
    Failed(String),
}

/// What the drivers saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Exactly these exist.
    Known(BTreeMap<InstanceId, Observed>),
    /// The runtime does not answer; the sentence says how. Nothing is assumed about it.
    Unknown(String),
}

/// What went wrong the last times that an instance was ensured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Trying again can't help.
    pub permanent: bool,
    /// For the person who waits.
    pub sentence: String,
    /// The pause grows with them.
    pub attempts: u32,
    /// Not before this.
    pub retry_at: Time,
}

impl Trouble {
    /// One more failure at `now`: the pause doubles from half a second to half a minute.
    pub fn again(
        earlier: Option<&Trouble>,
        permanent: bool,
        sentence: String,
        now: Time,
    ) -> Trouble {
        let attempts = earlier.map_or(0, |t| t.attempts) + 1;
        let pause_ms = 500_i64 << attempts.min(7).saturating_sub(1);
        Trouble {
            permanent,
            sentence,
            attempts,
            retry_at: now.plus_ms(pause_ms.min(30_000)),
        }
    }
}

impl World {
    /// The one that serves, or would if it were not paused.
    pub fn active(&self) -> Option<&Deployment> {
        self.deployments.get(self.environment.active.as_ref()?)
    }

    /// The one on its way.
    pub fn candidate(&self) -> Option<&Deployment> {
        self.deployments.get(self.environment.candidate.as_ref()?)
    }

    /// Oldest first.
    pub fn in_phase(&self, phase: Phase) -> impl DoubleEndedIterator<Item = &Deployment> {
        self.deployments.values().filter(move |d| d.phase == phase)
    }

    /// `None` also when nobody can see: ask [`World::blind`] before concluding that it is gone.
    pub fn observed(&self, id: &InstanceId) -> Option<&Observed> {
        match &self.seen {
            Seen::Known(all) => all.get(id),
            Seen::Unknown(_) => None,
        }
    }

    /// Everything seen of one deployment.
    pub fn instances_of<'a>(&'a self, id: &'a DeploymentId) -> impl Iterator<Item = &'a Observed> {
        let all = match &self.seen {
            Seen::Known(all) => Some(all.values()),
            Seen::Unknown(_) => None,
        };
        all.into_iter()
            .flatten()
            .filter(move |o| o.id.deployment == *id)
    }

    /// The runtime does not answer: nothing may be created, removed or concluded.
    pub const fn blind(&self) -> bool {
        matches!(self.seen, Seen::Unknown(_))
    }

    /// Requests that a deployment's instances still work on.
    pub fn in_flight_of(&self, id: &DeploymentId) -> Option<u64> {
        let counts = self.in_flight.as_ref()?;
        Some(
            counts
                .iter()
                .filter(|(i, _)| i.deployment == *id)
                .map(|(_, n)| n)
                .sum(),
        )
    }
}

/// The instances that a deployment should have.
pub fn wanted(deployment: &Deployment) -> Vec<InstanceId> {
    match deployment.artifact {
        Some(Artifact::Image { .. }) => (0..deployment.config.replicas)
            .map(|n| InstanceId::of(&deployment.id, WEB, n))
            .collect(),
        Some(Artifact::Static { .. }) | None => vec![],
    }
}
