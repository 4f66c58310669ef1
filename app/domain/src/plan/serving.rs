//! What the route shows, and what must run for it.
//!
//! An instance that is published stays so while it runs at the same address: the data plane
//! ejects and re-admits by its own checks. One that is new, or moved, is probed first.

use super::world::{Seen, World, wanted};
use super::{Plan, Step};
use crate::deployment::{Deployment, Phase};
use crate::id::InstanceId;
use crate::instance::State;
use crate::probe::{Verdict, verdict};
use crate::route::{HealthCheck, Target, Upstream};
use crate::source::Artifact;

const HEALTH_INTERVAL_MS: u32 = 2_000;

pub(super) fn plan(world: &World, plan: &mut Plan) {
    if plan.switches() {
        return;
    }
    let target = match world.active() {
        Some(active) => serve(world, active, plan),
        None => Some(empty(world)),
    };
    let news = target.filter(|t| world.served.as_ref() != Some(t));
    if let Some(target) = news.filter(|_| !ahead(world, plan)) {
        plan.step(Step::Publish(target));
    }
}

/// The candidate was published, and a crash came before the record: the route is ahead of the
/// rows and stays there, unless the candidate is lost.
fn ahead(world: &World, plan: &Plan) -> bool {
    let served = world.served.as_ref().and_then(Target::deployment);
    let candidate = world.candidate();
    candidate.is_some_and(|c| served == Some(c.id.as_str()) && !plan.fails(&c.id))
}

/// `None`: whatever is published stays. Pausing and static files need no look at a runtime.
fn serve(world: &World, active: &Deployment, plan: &mut Plan) -> Option<Target> {
    if active.phase == Phase::Paused {
        plan.say(
            active,
            "Paused: requests are answered 503 until it is resumed.",
        );
        return Some(paused());
    }
    if matches!(active.artifact, Some(Artifact::Static { .. })) {
        plan.say(active, "Serves static files.");
        return Some(files(active));
    }
    if let Seen::Unknown(sentence) = &world.seen {
        plan.say(
            active,
            format!("Serves as before, but its runtime does not answer: {sentence}"),
        );
        return None;
    }
    Some(live(world, active, plan))
}

fn live(world: &World, active: &Deployment, plan: &mut Plan) -> Target {
    let ids = wanted(active);
    let ready: Vec<_> = ids
        .iter()
        .filter_map(|id| keep_up(world, active, id, plan))
        .collect();
    plan.say(active, sentence(world, &ids, ready.len()));
    if ready.is_empty() {
        let sentence = "This app can't answer just now; it is being brought back.".into();
        return Target::Unavailable {
            retry_after_s: 2,
            sentence,
        };
    }
    upstreams(active, ready)
}

fn sentence(world: &World, ids: &[InstanceId], ready: usize) -> String {
    let trouble = ids
        .iter()
        .find_map(|id| world.troubles.get(id))
        .map(|t| format!(" {}", t.sentence))
        .unwrap_or_default();
    match (ready, ids.len()) {
        (1, 1) => format!("Serves from 1 instance.{trouble}"),
        (n, all) if n == all => format!("Serves from {n} instances.{trouble}"),
        (0, _) => format!("Can't serve just now: none of its instances is healthy yet.{trouble}"),
        (n, all) => format!(
            "Serves from {n} of {all} instances; the others are being brought back.{trouble}"
        ),
    }
}

/// Keeps one instance running; answers with where it can be reached, if it can.
fn keep_up(
    world: &World,
    active: &Deployment,
    id: &InstanceId,
    plan: &mut Plan,
) -> Option<Upstream> {
    let seen = world.observed(id);
    match seen.map(|s| (&s.state, s.address)) {
        None | Some((State::Exited { .. }, _)) => {
            again(world, id, plan);
            None
        }
        Some((State::Running, Some(address))) => {
            let upstream = Upstream {
                id: id.to_string(),
                address,
            };
            admit(world, active, id, upstream, plan)
        }
        Some(_) => None,
    }
}

fn again(world: &World, id: &InstanceId, plan: &mut Plan) {
    match world.troubles.get(id) {
        Some(trouble) if world.now < trouble.retry_at => plan.wake(trouble.retry_at),
        _ => plan.step(Step::Ensure(id.clone())),
    }
}

fn admit(
    world: &World,
    active: &Deployment,
    id: &InstanceId,
    upstream: Upstream,
    plan: &mut Plan,
) -> Option<Upstream> {
    let published = world
        .served
        .as_ref()
        .is_some_and(|t| t.upstreams().contains(&upstream));
    let known = world.probes.get(id);
    if published || known.is_some_and(|k| k.passes_at(upstream.address)) {
        return Some(upstream);
    }
    match verdict(
        &active.config.health,
        id,
        upstream.address,
        known,
        world.now,
    ) {
        Verdict::Wait(until) => plan.wake(until),
        // An instance that served before is never given up: its owner may be fixing what it waits for.
        Verdict::ProbeNow | Verdict::GiveUp(_) => {
            plan.step(Step::Probe(id.clone(), upstream.address))
        }
        Verdict::Healthy => return Some(upstream),
    }
    None
}

pub(super) fn paused() -> Target {
    Target::Unavailable {
        retry_after_s: 30,
        sentence: "This app is paused by its team.".into(),
    }
}

pub(super) fn empty(world: &World) -> Target {
    let coming = world.deployments.values().any(|d| d.phase.is_coming());
    match coming {
        true => gap(),
        false => Target::Absent {
            sentence: "Nothing is deployed here.".into(),
        },
    }
}

/// Before the first version, and while a new one replaces the old one: one and the same page,
/// so that it is published once.
pub(super) fn gap() -> Target {
    Target::Unavailable {
        retry_after_s: 5,
        sentence: "A new version of this app is being deployed. It will be here shortly.".into(),
    }
}

pub(super) fn upstreams(deployment: &Deployment, upstreams: Vec<Upstream>) -> Target {
    let health = &deployment.config.health;
    // Other codes count as healthy only where the configuration names them; the data plane
    // knows 2xx alone, so it leaves such an app's health to its connections.
    let health = health.statuses.is_empty().then(|| HealthCheck {
        path: health.path.clone(),
        interval_ms: HEALTH_INTERVAL_MS,
        timeout_ms: health.probe_timeout_ms,
    });
    Target::Upstreams {
        deployment: deployment.id.to_string(),
        upstreams,
        health,
    }
}

pub(super) fn files(deployment: &Deployment) -> Target {
    let root = match &deployment.artifact {
        Some(Artifact::Static { root, .. }) => root.clone(),
        _ => String::new(),
    };
    Target::Static {
        deployment: deployment.id.to_string(),
        root,
        spa: deployment.config.spa,
    }
}
