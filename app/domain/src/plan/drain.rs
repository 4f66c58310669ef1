//! Finish, then stop. And whatever is final converges to no instances.

use super::world::{Seen, World, wanted};
use super::{Plan, Step};
use crate::deployment::{Deployment, Event, Phase};
use crate::id::DeploymentId;
use crate::instance::State;
use crate::route::Target;
use crate::time::Time;

/// A request that was being routed while the switch was acknowledged is counted by then.
const SHORTEST_DRAIN_MS: i64 = 200;

pub(super) fn plan(world: &World, plan: &mut Plan) {
    for deployment in world.in_phase(Phase::Draining) {
        drain(world, deployment, plan);
    }
    for deployment in world.deployments.values().filter(|d| d.phase.is_final()) {
        remove_all(world, &deployment.id, plan);
    }
}

/// When the drain of a deployment ends, whatever is still in flight.
pub fn deadline(deployment: &Deployment) -> Time {
    deployment
        .since
        .plus_ms((i64::from(deployment.config.drain_s) * 1000).max(SHORTEST_DRAIN_MS))
}

fn drain(world: &World, deployment: &Deployment, plan: &mut Plan) {
    if gone(world, deployment) {
        plan.record(deployment, Event::Drained, None);
        return;
    }
    if still_served(world, deployment) || !drained(world, deployment) {
        plan.say(deployment, finishing(world, deployment));
        if let Some(at) = turns_at(world, deployment) {
            plan.wake(at);
        }
        return;
    }
    plan.say(deployment, stopping(world));
    remove_all(world, &deployment.id, plan);
}

/// Seen to be gone; static files have no instance that could be left.
fn gone(world: &World, deployment: &Deployment) -> bool {
    let none = world.instances_of(&deployment.id).next().is_none();
    none && (!world.blind() || wanted(deployment).is_empty())
}

fn stopping(world: &World) -> String {
    let kind = world.environment.kind.word();
    match &world.seen {
        Seen::Known(_) => format!("Its {kind}s are being stopped."),
        Seen::Unknown(sentence) => {
            format!("Its {kind}s are stopped as soon as the runtime answers: {sentence}")
        }
    }
}

/// Blue-green never takes away what the data plane still sends requests to.
fn still_served(world: &World, deployment: &Deployment) -> bool {
    world.served.as_ref().and_then(Target::deployment) == Some(deployment.id.as_str())
}

/// The next moment that changes the answer by itself.
fn turns_at(world: &World, deployment: &Deployment) -> Option<Time> {
    let shortest = deployment.since.plus_ms(SHORTEST_DRAIN_MS);
    let both = [shortest, deadline(deployment)];
    both.into_iter().filter(|at| *at > world.now).min()
}

fn drained(world: &World, deployment: &Deployment) -> bool {
    let idle = world.in_flight_of(&deployment.id) == Some(0);
    let routed = world.now.since_ms(deployment.since) >= SHORTEST_DRAIN_MS;
    (idle && routed) || world.now >= deadline(deployment)
}

fn finishing(world: &World, deployment: &Deployment) -> String {
    let left_s = deadline(deployment).since_ms(world.now) / 1000;
    match world.in_flight_of(&deployment.id) {
        Some(0) => format!(
            "Its last requests have finished; its {}s are stopped next.",
            world.environment.kind.word()
        ),
        Some(1) => format!("1 request is finishing, {left_s} s left."),
        Some(n) => format!("{n} requests are finishing, {left_s} s left."),
        None => format!("Requests are finishing, {left_s} s left."),
    }
}

fn remove_all(world: &World, id: &DeploymentId, plan: &mut Plan) {
    for seen in world.instances_of(id).filter(|o| o.state != State::Leaving) {
        plan.step(Step::Remove(seen.id.clone()));
    }
}
