//! World → Plan. The heart: it looks at intent, observation and the time, and answers with the
//! exact next steps and one sentence that says why.
//!
//! Pure and total: the same world gives the same plan, byte for byte. The executor does the
//! steps in their order, stops at the first that fails, and the loop looks again. Start-up,
//! recovery after a crash, a click, a failed probe and a finished build are all the same call.
//!
//! The rooms: `queue` (who may begin), `candidate` (start, probe, switch), `serving` (what the
//! route shows and what must run for it), `hold` (shown, without traffic), `drain` (finish, then
//! stop), `teardown` (delete), `patience` (when to look again).

mod candidate;
mod drain;
mod hold;
#[cfg(test)]
mod invariants;
mod patience;
mod queue;
mod readiness;
mod serving;
mod teardown;
#[cfg(test)]
pub(crate) mod tests;
pub mod world;

pub use drain::deadline;

use crate::deployment::{Deployment, Event};
use crate::id::{DeploymentId, InstanceId};
use crate::route::{Shown, Target};
use crate::time::Time;
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use world::World;

/// What to do next, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// A failed one ends the pass; the next pass looks anew.
    pub steps: Vec<Step>,
    /// One sentence per deployment that is not final.
    pub why: BTreeMap<DeploymentId, String>,
    /// Look again then, whatever happens before.
    pub wake_at: Option<Time>,
}

/// One idempotent step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Write this move of the phase, with what belongs to it, in one transaction.
    Record {
        /// Whose.
        deployment: DeploymentId,
        /// Which move.
        event: Event,
        /// For the timeline and the row.
        reason: Option<String>,
    },
    /// Create the instance, or adopt the one that is there.
    Ensure(InstanceId),
    /// Ask it once whether it is healthy.
    Probe(InstanceId, SocketAddr),
    /// Tell the data plane, and wait for its acknowledgement.
    Publish(Target),
    /// Take the route away.
    Unpublish,
    /// Let whoever knows this host see what is held.
    Show(Shown),
    /// Nothing is held any more: take that host away.
    Hide,
    /// Begin to stop and remove it.
    Remove(InstanceId),
    /// Nothing of the environment is left: remove its network, its rows and itself.
    Forget,
}

impl Step {
    const fn touches_an_instance(&self) -> bool {
        matches!(self, Step::Ensure(_) | Step::Probe(..) | Step::Remove(_))
    }
}

/// The exact next steps for one environment.
pub fn plan(world: &World) -> Plan {
    let mut plan = Plan::default();
    if world.environment.deleting {
        teardown::plan(world, &mut plan);
    } else {
        queue::plan(world, &mut plan);
        candidate::plan(world, &mut plan);
        serving::plan(world, &mut plan);
    }
    hold::plan(world, &mut plan);
    drain::plan(world, &mut plan);
    // Stable: rows and routes take milliseconds and are what a client feels; containers can wait.
    plan.steps.sort_by_key(Step::touches_an_instance);
    patience::plan(world, &mut plan);
    plan
}

impl Plan {
    fn step(&mut self, step: Step) {
        self.steps.push(step);
    }

    fn record(&mut self, deployment: &Deployment, event: Event, reason: Option<String>) {
        self.step(Step::Record {
            deployment: deployment.id.clone(),
            event,
            reason,
        });
    }

    fn fail(&mut self, deployment: &Deployment, sentence: String) {
        self.say(deployment, sentence.clone());
        self.record(deployment, Event::Fail, Some(sentence));
    }

    fn say(&mut self, deployment: &Deployment, sentence: impl Into<String>) {
        self.why.insert(deployment.id.clone(), sentence.into());
    }

    /// Whether this plan moves the traffic by itself.
    fn switches(&self) -> bool {
        let moves = |event: &Event| matches!(event, Event::Switched | Event::Superseded);
        self.steps
            .iter()
            .any(|s| matches!(s, Step::Record { event, .. } if moves(event)))
    }

    /// Whether this plan ends it before it serves.
    fn ends(&self, id: &DeploymentId) -> bool {
        self.steps.iter().any(|s| {
            matches!(s, Step::Record { deployment, event: Event::Fail | Event::Cancel, .. } if deployment == id)
        })
    }

    fn fails(&self, id: &DeploymentId) -> bool {
        self.steps.iter().any(|s| {
            matches!(s, Step::Record { deployment, event: Event::Fail, .. } if deployment == id)
        })
    }

    fn wake(&mut self, at: Time) {
        self.wake_at = Some(self.wake_at.map_or(at, |earlier| earlier.min(at)));
    }

    /// Nothing to do now. What it waits for is in `why`.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Record {
                event,
                reason: Some(reason),
                ..
            } => write!(f, "record {event:?}: {reason}"),
            Step::Record { event, .. } => write!(f, "record {event:?}"),
            Step::Ensure(id) => write!(f, "ensure {}.{}", id.component, id.replica),
            Step::Probe(id, _) => write!(f, "probe {}.{}", id.component, id.replica),
            Step::Publish(Target::Absent { sentence }) => write!(f, "publish 404: {sentence}"),
            Step::Publish(Target::Unavailable { sentence, .. }) => {
                write!(f, "publish 503: {sentence}")
            }
            Step::Publish(Target::Upstreams { upstreams, .. }) => {
                write!(f, "publish {} upstreams", upstreams.len())
            }
            Step::Publish(Target::Static { .. }) => write!(f, "publish static files"),
            Step::Unpublish => f.write_str("unpublish"),
            Step::Show(Shown { host, .. }) => write!(f, "show at {host}"),
            Step::Hide => f.write_str("hide"),
            Step::Remove(id) => write!(f, "remove {}.{}", id.component, id.replica),
            Step::Forget => f.write_str("forget"),
        }
    }
}
