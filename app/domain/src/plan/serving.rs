//! What the route shows, and what must run for it.
//!
//! An instance that is published stays so while it runs at the same address: the data plane
//! ejects and re-admits by its own checks. One that is new, or moved, is probed first.

use super::world::{Seen, World, wanted};
use super::{Plan, Step};
use crate::deployment::{Deployment, Phase};
use crate::id::InstanceId;
use crate::instance::{Observed, State};
use crate::probe::{Verdict, verdict_while_live};
use crate::route::{HealthCheck, Target, Upstream};
use crate::source::Artifact;
use std::net::SocketAddr;

const HEALTH_INTERVAL_MS: u32 = 5_000;
/// Between two starts of an instance that ends by itself.
const RESTART_PAUSE_MS: i64 = 5_000;

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
    candidate.is_some_and(|c| served == Some(c.id.as_str()) && !c.is_held() && !plan.fails(&c.id))
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
        .filter_map(|id| keep_up(world, id, plan))
        .collect();
    plan.say(active, sentence(world, &ids, ready.len()));
    if ready.is_empty() {
        let sentence = "This app can't answer just now; it is being brought back.".into();
        return Target::Unavailable {
            retry_after_s: 2,
            sentence,
            hold_s: 0,
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
fn keep_up(world: &World, id: &InstanceId, plan: &mut Plan) -> Option<Upstream> {
    let Some(seen) = world.observed(id) else {
        return again(world, id, plan);
    };
    match (&seen.state, seen.address) {
        (State::Running, Some(address)) => admit(world, seen, address, plan),
        (State::Exited { .. }, _) => after_exit(world, seen, plan),
        (State::Starting, _) if seen.started_at.is_none() => again(world, id, plan),
        _ => None,
    }
}

/// One that ran for a while is started again at once, one that ends at once is given a pause.
fn after_exit(world: &World, seen: &Observed, plan: &mut Plan) -> Option<Upstream> {
    match seen.started_at.map(|at| at.plus_ms(RESTART_PAUSE_MS)) {
        Some(due) if world.now < due => plan.wake(due),
        _ => return again(world, &seen.id, plan),
    }
    None
}

fn again(world: &World, id: &InstanceId, plan: &mut Plan) -> Option<Upstream> {
    match world.troubles.get(id) {
        Some(trouble) if world.now < trouble.retry_at => plan.wake(trouble.retry_at),
        _ => plan.step(Step::Ensure(id.clone())),
    }
    None
}

fn admit(world: &World, seen: &Observed, address: SocketAddr, plan: &mut Plan) -> Option<Upstream> {
    let id = &seen.id;
    let upstream = Upstream {
        id: id.to_string(),
        address,
        sealed: seen.sealed,
    };
    let served = world.served.as_ref();
    if served.is_some_and(|t| t.upstreams().contains(&upstream)) {
        return Some(upstream);
    }
    match verdict_while_live(id, address, world.probes.get(id), world.now) {
        Verdict::Healthy => return Some(upstream),
        Verdict::Wait(until) => plan.wake(until),
        Verdict::ProbeNow | Verdict::GiveUp(_) => plan.step(Step::Probe(id.clone(), address)),
    }
    None
}

pub(super) fn paused() -> Target {
    Target::Unavailable {
        retry_after_s: 30,
        sentence: "This app is paused by its team.".into(),
        hold_s: 0,
    }
}

pub(super) fn empty(world: &World) -> Target {
    let is_coming = |d: &&Deployment| d.phase.is_coming();
    let next = world.candidate().filter(is_coming);
    match next.or_else(|| world.deployments.values().find(is_coming)) {
        Some(coming) => gap(coming),
        None if world.environment.stopped => Target::Absent {
            sentence: "This app is stopped.".into(),
        },
        None => Target::Absent {
            sentence: "Nothing is deployed here.".into(),
        },
    }
}

/// Before the first version, and while a new one replaces the old one: one and the same page,
/// so that it is published once. Requests wait for what replaces another one, where it asks for that.
pub(super) fn gap(coming: &Deployment) -> Target {
    let replaces = !coming.config.exclusive.is_empty();
    Target::Unavailable {
        retry_after_s: 5,
        sentence: "A new version of this app is being deployed. It will be here shortly.".into(),
        hold_s: if replaces {
            coming.config.max_hold_s
        } else {
            0
        },
    }
}

/// Where a route leads that shows this deployment.
pub(super) fn target(deployment: &Deployment, ready: Vec<Upstream>) -> Target {
    match &deployment.artifact {
        Some(Artifact::Static { .. }) => files(deployment),
        _ => upstreams(deployment, ready),
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
