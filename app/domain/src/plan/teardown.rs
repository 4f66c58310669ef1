//! Delete (I-12): no new request, then everything to its end, then nothing is left.

use super::world::World;
use super::{Plan, Step};
use crate::deployment::{Event, Phase};

pub(super) fn plan(world: &World, plan: &mut Plan) {
    if world.served.is_some() {
        plan.step(Step::Unpublish);
    }
    for deployment in world.deployments.values().filter(|d| !d.phase.is_final()) {
        plan.say(deployment, "It is being deleted.");
        match deployment.phase {
            Phase::Live | Phase::Paused => plan.record(deployment, Event::Superseded, None),
            phase if phase.is_coming() => plan.record(
                deployment,
                Event::Cancel,
                Some("Its environment was deleted.".into()),
            ),
            _ => {}
        }
    }
    if nothing_left(world) {
        plan.step(Step::Forget);
    }
}

fn nothing_left(world: &World) -> bool {
    let ended = world.deployments.values().all(|d| d.phase.is_final());
    let unrouted = world.served.is_none() && world.shown.is_none();
    let gone = !world.blind()
        && world
            .deployments
            .keys()
            .all(|id| world.instances_of(id).next().is_none());
    ended && unrouted && gone
}
