//! Held at ready (I-8): healthy, without traffic, shown at a host of its own, until a person
//! promotes or cancels it, or a newer one overtakes it.

use super::readiness::{Readiness, pursue};
use super::world::World;
use super::{Plan, Step, serving};
use crate::deployment::Deployment;
use crate::route::{Shown, Target};

/// What it waits for may take seconds; a hint about it may get lost.
const LOOK_AGAIN_MS: i64 = 1_000;

/// Keeps it ready. What is shown stays while an instance is brought back.
pub(super) fn keep(world: &World, held: &Deployment, plan: &mut Plan) {
    match pursue(world, held, plan) {
        Readiness::Ready(upstreams) => {
            plan.say(
                held,
                "Held at ready: healthy, and without traffic until somebody promotes it.",
            );
            show(world, held, serving::target(held, upstreams), plan);
        }
        Readiness::NotYet(sentence) => {
            plan.wake(world.now.plus_ms(LOOK_AGAIN_MS));
            plan.say(held, sentence);
        }
        Readiness::Never(sentence) => plan.fail(held, sentence),
    }
}

fn show(world: &World, held: &Deployment, target: Target, plan: &mut Plan) {
    let Some(host) = held.hold.clone() else {
        return;
    };
    let shown = Shown { host, target };
    if world.shown.as_ref() != Some(&shown) {
        plan.step(Step::Show(shown));
    }
}

/// Whatever is shown beyond what is held goes.
pub(super) fn plan(world: &World, plan: &mut Plan) {
    let shows = plan.steps.iter().any(|s| matches!(s, Step::Show(_)));
    let Some(shown) = world.shown.as_ref().filter(|_| !shows) else {
        return;
    };
    if !stays(world, shown, plan) {
        plan.step(Step::Hide);
    }
}

fn stays(world: &World, shown: &Shown, plan: &Plan) -> bool {
    let its = |held: &Deployment| {
        held.is_held()
            && held.hold.as_ref() == Some(&shown.host)
            && shown.target.deployment() == Some(held.id.as_str())
            && !plan.ends(&held.id)
    };
    !world.environment.deleting && world.candidate().is_some_and(its)
}
