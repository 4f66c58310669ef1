//! When to look again although nothing said so. Drivers and the data plane hint at what they
//! did; a hint may get lost, and then whoever waits for it looks after a second.

use super::Plan;
use super::world::{World, wanted};
use crate::deployment::{Deployment, Phase};
use crate::route::Target;

const LOOK_AGAIN_MS: i64 = 1_000;

/// A plan with steps is followed by another look anyway.
pub(super) fn plan(world: &World, plan: &mut Plan) {
    if plan.is_empty() && waits(world) {
        plan.wake(world.now.plus_ms(LOOK_AGAIN_MS));
    }
}

/// For something outside. Jobs are our own, and their end wakes the loop surely.
fn waits(world: &World) -> bool {
    world.blind()
        || world.environment.deleting
        || world.deployments.values().any(|d| moves(world, d))
        || world.active().is_some_and(|a| lacks_some(world, a))
}

fn moves(world: &World, deployment: &Deployment) -> bool {
    match deployment.phase {
        // It waits for a person; what else it waits for, `hold` wakes for.
        Phase::Ready if deployment.is_held() => false,
        Phase::Starting | Phase::Ready | Phase::Draining => true,
        phase => phase.is_final() && world.instances_of(&deployment.id).next().is_some(),
    }
}

fn lacks_some(world: &World, active: &Deployment) -> bool {
    let served = world
        .served
        .as_ref()
        .map_or(0, |t: &Target| t.upstreams().len());
    active.phase == Phase::Live && served < wanted(active).len()
}
