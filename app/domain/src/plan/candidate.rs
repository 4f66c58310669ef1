//! Start beside the old one (or after it), probe, switch.

use super::hold;
use super::readiness::{Readiness, pursue};
use super::serving;
use super::world::{Seen, World};
use super::{Plan, Step};
use crate::deployment::{Deployment, Event, Phase};
use crate::strategy::{Strategy, between};

pub(super) fn plan(world: &World, plan: &mut Plan) {
    // One that was overtaken while it was held has ended in this very plan.
    let Some(candidate) = world.candidate().filter(|c| !plan.ends(&c.id)) else {
        return;
    };
    match candidate.phase {
        Phase::Ready if candidate.is_held() => hold::keep(world, candidate, plan),
        Phase::Starting if must_wait(world, candidate, plan) => {}
        Phase::Starting => start(world, candidate, plan),
        Phase::Ready => switch(world, candidate, plan),
        _ => {}
    }
}

/// Replace: the old one goes first, and is seen to be gone, before the new one begins.
fn must_wait(world: &World, candidate: &Deployment, plan: &mut Plan) -> bool {
    if let Some(active) = replaced(world, candidate) {
        if candidate.hold.is_some() {
            plan.fail(candidate, not_beside(active, candidate));
            return true;
        }
        stop_first(world, active, candidate, plan);
        return true;
    }
    let Some(holder) = holder(world, candidate) else {
        return false;
    };
    plan.say(
        candidate,
        format!(
            "Waits until #{} has stopped: both need {}.",
            holder.number,
            shared(holder, candidate)
        ),
    );
    true
}

/// Another one serves since it was asked for. Nothing is stopped for what nobody promoted.
fn not_beside(active: &Deployment, candidate: &Deployment) -> String {
    format!(
        "It can't be held at ready any more: #{} serves now, and both need {}.",
        active.number,
        shared(active, candidate)
    )
}

fn replaced<'a>(world: &'a World, candidate: &Deployment) -> Option<&'a Deployment> {
    world
        .active()
        .filter(|a| between(Some(&a.config), &candidate.config) == Strategy::Replace)
}

/// Nothing that serves is stopped for a new version that could not start anyway.
fn stop_first(world: &World, active: &Deployment, candidate: &Deployment, plan: &mut Plan) {
    let (number, both) = (active.number, shared(active, candidate));
    if let Seen::Unknown(sentence) = &world.seen {
        plan.say(
            candidate,
            format!("#{number} stays until the runtime answers, both need {both}: {sentence}"),
        );
        return;
    }
    plan.say(
        candidate,
        format!("Stopping #{number} first: both need {both}."),
    );
    let gap = serving::gap(candidate);
    if world.served.as_ref() != Some(&gap) {
        plan.step(Step::Publish(gap));
    }
    plan.record(active, Event::Superseded, None);
}

/// Somebody who may still hold what the candidate needs alone.
fn holder<'a>(world: &'a World, candidate: &Deployment) -> Option<&'a Deployment> {
    world
        .deployments
        .values()
        .filter(|d| {
            d.id != candidate.id && between(Some(&d.config), &candidate.config) == Strategy::Replace
        })
        .find(|d| d.phase == Phase::Draining || world.instances_of(&d.id).next().is_some())
}

fn shared(holder: &Deployment, candidate: &Deployment) -> String {
    let both: Vec<_> = candidate
        .config
        .exclusive
        .iter()
        .filter(|e| holder.config.exclusive.contains(e))
        .map(ToString::to_string)
        .collect();
    both.join(", ")
}

fn start(world: &World, candidate: &Deployment, plan: &mut Plan) {
    match pursue(world, candidate, plan) {
        Readiness::Ready(_) => {
            plan.say(candidate, "Healthy; traffic is about to switch.");
            plan.record(candidate, Event::Healthy, None);
        }
        Readiness::NotYet(sentence) => plan.say(candidate, sentence),
        Readiness::Never(sentence) => plan.fail(candidate, sentence),
    }
}

/// Publish, be acknowledged, and only then write that it is live.
fn switch(world: &World, candidate: &Deployment, plan: &mut Plan) {
    match pursue(world, candidate, plan) {
        Readiness::Ready(upstreams) => {
            let target = serving::target(candidate, upstreams);
            if world.served.as_ref() != Some(&target) {
                plan.step(Step::Publish(target));
            }
            plan.say(candidate, "Traffic is switching to it.");
            if let Some(active) = world.active() {
                plan.say(
                    active,
                    format!("Its traffic goes over to #{}.", candidate.number),
                );
            }
            plan.record(candidate, Event::Switched, None);
        }
        Readiness::NotYet(sentence) => plan.say(candidate, sentence),
        Readiness::Never(sentence) => plan.fail(candidate, sentence),
    }
}
