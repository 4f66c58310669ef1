//! The whole life of a deployment. `Phase::on` is the only way to move; anything else is illegal.
//!
//! Which deployment *serves* is a pointer on the environment, never a phase.

use crate::config::{Config, ConfigPatch};
use crate::detect::BuildPlan;
use crate::id::{DeploymentId, EnvironmentId, OrgId, ProjectId, RuntimeId, UserId};
use crate::source::{Artifact, Source};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Immutable but for its phase (and what is only known later: the artifact and the reason).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Computed ids of its instances begin with it.
    pub id: DeploymentId,
    /// The tenant.
    pub org: OrgId,
    /// Its numbers are counted within this one.
    pub project: ProjectId,
    /// Where it is to serve.
    pub environment: EnvironmentId,
    /// Counts up within the project: `#12`.
    pub number: u32,
    /// Pinned: a rebuild of it gives the same.
    pub source: Source,
    /// Whose artifact it starts again: nothing is built.
    #[serde(default)]
    pub reuses: Option<DeploymentId>,
    /// How its repository is built; `None` where there is none, or in rows from before presets.
    #[serde(default)]
    pub build: Option<BuildPlan>,
    /// What it runs with: the file at the commit, overlaid by what the person set.
    pub config: Config,
    /// What the person set; the *Edit config* form starts from it.
    pub overrides: ConfigPatch,
    /// Why it exists.
    pub trigger: Trigger,
    /// Where its instances run; a change of the environment's runtime does not move it.
    pub runtime: RuntimeId,
    /// `None`: Sealdock itself.
    pub created_by: Option<UserId>,
    /// When it was asked for.
    pub created_at: Time,
    /// The only thing about it that changes.
    pub phase: Phase,
    /// When the phase was entered.
    pub since: Time,
    /// Why it failed or was cancelled: one sentence.
    pub reason: Option<String>,
    /// From the moment that it is built or pulled.
    pub artifact: Option<Artifact>,
    /// What it made was removed to free disk space.
    #[serde(default)]
    pub collected: bool,
    /// At ready it stays, without traffic, and is shown at this host until a person promotes it
    /// (I-8). `None`: it switches by itself.
    #[serde(default)]
    pub hold: Option<String>,
    /// Its environment was declared for debugging when it was asked for (I-10).
    #[serde(default)]
    pub debug: bool,
}

impl Deployment {
    /// Healthy, shown to whoever reviews it, and nothing moves it but a person or a newer one.
    pub fn is_held(&self) -> bool {
        self.phase == Phase::Ready && self.hold.is_some()
    }
}

/// How the deployment came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The first version where nothing ever served.
    Create,
    /// A new tag, branch, commit, image or bundle.
    Update,
    /// The same source with other configuration.
    Config,
    /// The same source, the same configuration.
    Redeploy,
    /// What failed here before it served, once more (I-9).
    Retry,
    /// What serves here, once more (I-13).
    Restart,
    /// What served here until it was stopped, once more (I-13).
    Start,
    /// What served here before, once more (P-13).
    Rollback,
    /// What another environment runs (P-14).
    Promote,
    /// A tracked branch has a new head.
    Push,
}

impl Trigger {
    /// For a page: what a person did.
    pub const fn word(self) -> &'static str {
        match self {
            Trigger::Create => "Created",
            Trigger::Update => "Update",
            Trigger::Config => "Config change",
            Trigger::Redeploy => "Redeploy",
            Trigger::Retry => "Retry",
            Trigger::Restart => "Restart",
            Trigger::Start => "Start",
            Trigger::Rollback => "Rollback",
            Trigger::Promote => "Promotion",
            Trigger::Push => "Push",
        }
    }
}

/// Where a deployment is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Waits for its environment to be free. The planner moves it: claim, or cancel when a newer one waits.
    Queued,
    /// Jobs make its artifact. The planner moves it when they are done or one failed.
    Building,
    /// Its instances start and are probed. The planner moves it when all are healthy, or the window closes.
    Starting,
    /// Healthy, without traffic. The planner switches; a hold keeps it here.
    Ready,
    /// Serves. The planner moves it when a successor took over; a person may pause or stop it.
    Live,
    /// Would serve, but a person told the route to answer 503. A person resumes it.
    Paused,
    /// No longer serves; requests in flight finish. The planner moves it when none is left or the drain deadline passed.
    Draining,
    /// Served once, is gone. Final.
    Stopped,
    /// Never served, or could not. Final.
    Failed,
    /// A person, or a newer deployment, ended it before it served. Final.
    Cancelled,
}

/// What happens to a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Its environment is free: its jobs may run.
    Claim,
    /// The artifact exists.
    Built,
    /// Every instance passed its probes.
    Healthy,
    /// The data plane acknowledged its route.
    Switched,
    /// A person tells the route to answer 503.
    Pause,
    /// A person lets it serve again.
    Resume,
    /// A person ends it; the route says so until another one serves.
    Stop,
    /// Its traffic went to a successor, or must end for one.
    Superseded,
    /// Its instances are gone.
    Drained,
    /// It can't serve; the reason says why.
    Fail,
    /// It is no longer wanted.
    Cancel,
}

/// A move that the life of a deployment does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a deployment that is {} can't take the event {event:?}", phase.word())]
pub struct Illegal {
    /// Where it is.
    pub phase: Phase,
    /// What was tried.
    pub event: Event,
}

impl Phase {
    /// For tables and tests that walk over all.
    pub const ALL: [Phase; 10] = [
        Phase::Queued,
        Phase::Building,
        Phase::Starting,
        Phase::Ready,
        Phase::Live,
        Phase::Paused,
        Phase::Draining,
        Phase::Stopped,
        Phase::Failed,
        Phase::Cancelled,
    ];

    /// The whole life, and the only way to move.
    pub fn on(self, event: Event) -> Result<Phase, Illegal> {
        use {Event as E, Phase as P};
        Ok(match (self, event) {
            (P::Queued, E::Claim) => P::Building,
            (P::Building, E::Built) => P::Starting,
            (P::Starting, E::Healthy) => P::Ready,
            (P::Ready, E::Switched) => P::Live,
            (P::Live, E::Pause) => P::Paused,
            (P::Paused, E::Resume) => P::Live,
            (P::Live | P::Paused, E::Stop | E::Superseded) => P::Draining,
            (P::Draining, E::Drained) => P::Stopped,
            (P::Queued | P::Building | P::Starting | P::Ready, E::Fail) => P::Failed,
            (P::Queued | P::Building | P::Starting | P::Ready, E::Cancel) => P::Cancelled,
            (phase, event) => return Err(Illegal { phase, event }),
        })
    }

    /// The core's own word for logs and tests; pages and API speak through `dialect`.
    pub const fn word(self) -> &'static str {
        match self {
            Phase::Queued => "queued",
            Phase::Building => "building",
            Phase::Starting => "starting",
            Phase::Ready => "ready",
            Phase::Live => "live",
            Phase::Paused => "paused",
            Phase::Draining => "draining",
            Phase::Stopped => "stopped",
            Phase::Failed => "failed",
            Phase::Cancelled => "cancelled",
        }
    }

    /// Reads the store's word back.
    pub fn parse(word: &str) -> Option<Phase> {
        Self::ALL.into_iter().find(|p| p.word() == word)
    }

    /// Never leaves this phase, and converges to no instances.
    pub const fn is_final(self) -> bool {
        matches!(self, Phase::Stopped | Phase::Failed | Phase::Cancelled)
    }

    /// On its way to serve.
    pub const fn is_coming(self) -> bool {
        matches!(
            self,
            Phase::Queued | Phase::Building | Phase::Starting | Phase::Ready
        )
    }

    /// Something about it changes by itself: pages poll faster, the sentence has a countdown.
    pub const fn is_moving(self) -> bool {
        self.is_coming() || matches!(self, Phase::Draining)
    }

    /// The environment's pointer says that this one serves.
    pub const fn is_active(self) -> bool {
        matches!(self, Phase::Live | Phase::Paused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    const EVENTS: [Event; 11] = [
        Event::Claim,
        Event::Built,
        Event::Healthy,
        Event::Switched,
        Event::Pause,
        Event::Resume,
        Event::Stop,
        Event::Superseded,
        Event::Drained,
        Event::Fail,
        Event::Cancel,
    ];

    #[test]
    fn the_whole_life_is_this_table() {
        let mut table = String::new();
        for phase in Phase::ALL {
            for event in EVENTS {
                if let Ok(next) = phase.on(event) {
                    table += &format!(
                        "{:9} {:11} {}\n",
                        phase.word(),
                        format!("{event:?}"),
                        next.word()
                    );
                }
            }
        }
        expect![[r#"
            queued    Claim       building
            queued    Fail        failed
            queued    Cancel      cancelled
            building  Built       starting
            building  Fail        failed
            building  Cancel      cancelled
            starting  Healthy     ready
            starting  Fail        failed
            starting  Cancel      cancelled
            ready     Switched    live
            ready     Fail        failed
            ready     Cancel      cancelled
            live      Pause       paused
            live      Stop        draining
            live      Superseded  draining
            paused    Resume      live
            paused    Stop        draining
            paused    Superseded  draining
            draining  Drained     stopped
        "#]]
        .assert_eq(&table);
    }

    #[test]
    fn a_final_phase_takes_no_event() {
        for phase in Phase::ALL.into_iter().filter(|p| p.is_final()) {
            assert!(EVENTS.iter().all(|e| phase.on(*e).is_err()));
        }
    }
}
