//! Whether a deployment's instances can take traffic, and what would bring them there.

use super::world::{Seen, World, wanted};
use super::{Plan, Step};
use crate::deployment::Deployment;
use crate::id::InstanceId;
use crate::instance::{Observed, State};
use crate::probe::{Verdict, verdict};
use crate::route::Upstream;

/// How far the instances of one deployment are.
pub(super) enum Readiness {
    /// Every one passed its probes.
    Ready(Vec<Upstream>),
    /// The steps are in the plan; the sentence says what is missing.
    NotYet(String),
    /// It will not come.
    Never(String),
}

enum One {
    Ready(Upstream),
    NotYet(String),
    Never(String),
}

/// Puts the steps into `plan` that bring the instances nearer to ready.
pub(super) fn pursue(world: &World, deployment: &Deployment, plan: &mut Plan) -> Readiness {
    let ids = wanted(deployment);
    match &world.seen {
        Seen::Unknown(sentence) if !ids.is_empty() => {
            return Readiness::NotYet(format!("Waits for its runtime: {sentence}"));
        }
        _ => {}
    }
    let before = plan.steps.len();
    let (mut upstreams, mut missing) = (vec![], None);
    for id in &ids {
        match one(world, deployment, id, plan) {
            One::Ready(upstream) => upstreams.push(upstream),
            One::NotYet(sentence) => missing = missing.or(Some(sentence)),
            One::Never(sentence) => {
                plan.steps.truncate(before);
                return Readiness::Never(sentence);
            }
        }
    }
    match missing {
        None => Readiness::Ready(upstreams),
        Some(sentence) => {
            let left = left(world, deployment, &ids);
            let (healthy, all) = (upstreams.len(), ids.len());
            Readiness::NotYet(format!("{healthy} of {all} healthy{left}. {sentence}"))
        }
    }
}

fn one(world: &World, deployment: &Deployment, id: &InstanceId, plan: &mut Plan) -> One {
    let Some(seen) = world.observed(id) else {
        return create(world, id, plan);
    };
    let kind = world.environment.kind.word();
    match (&seen.state, seen.address) {
        (
            State::Exited {
                code,
                out_of_memory,
                lines,
            },
            _,
        ) => One::Never(ended(kind, deployment, *code, *out_of_memory, lines)),
        // Created, and a crash came before it was started.
        (State::Starting, _) if seen.started_at.is_none() => create(world, id, plan),
        (State::Running, Some(_)) => running(world, deployment, seen, plan),
        (State::Running | State::Starting, _) => One::NotYet(format!("The {kind} is starting.")),
        (State::Leaving, _) => One::NotYet("An earlier attempt is being removed.".into()),
    }
}

fn create(world: &World, id: &InstanceId, plan: &mut Plan) -> One {
    match world.troubles.get(id) {
        Some(trouble) if trouble.permanent => One::Never(trouble.sentence.clone()),
        Some(trouble) if world.now < trouble.retry_at => {
            plan.wake(trouble.retry_at);
            One::NotYet(trouble.sentence.clone())
        }
        _ => {
            plan.step(Step::Ensure(id.clone()));
            One::NotYet(format!(
                "The {} is being created.",
                world.environment.kind.word()
            ))
        }
    }
}

fn running(world: &World, deployment: &Deployment, seen: &Observed, plan: &mut Plan) -> One {
    let Some(address) = seen.address else {
        return One::NotYet("It has no address yet.".into());
    };
    let known = world.probes.get(&seen.id);
    match verdict(
        &deployment.config.health,
        &seen.id,
        address,
        known,
        world.now,
    ) {
        Verdict::Healthy => One::Ready(Upstream {
            id: seen.id.to_string(),
            address,
            sealed: seen.sealed,
        }),
        Verdict::ProbeNow => {
            plan.step(Step::Probe(seen.id.clone(), address));
            One::NotYet(last_probe(known.and_then(|k| k.last_failure.as_deref())))
        }
        Verdict::Wait(until) => {
            plan.wake(until);
            One::NotYet(last_probe(known.and_then(|k| k.last_failure.as_deref())))
        }
        Verdict::GiveUp(sentence) => One::Never(sentence),
    }
}

fn last_probe(failure: Option<&str>) -> String {
    failure.map_or_else(
        || "The first probe is on its way.".into(),
        |f| format!("The last probe {f}."),
    )
}

/// Until the first health window closes.
fn left(world: &World, deployment: &Deployment, ids: &[InstanceId]) -> String {
    let window_ms = i64::from(deployment.config.health.timeout_s) * 1000;
    let first = ids
        .iter()
        .filter_map(|id| world.probes.get(id))
        .map(|p| p.first_at)
        .min();
    first.map_or_else(String::new, |at| {
        let left_ms = (window_ms - world.now.since_ms(at)).max(0);
        format!(", {} s left", left_ms / 1000)
    })
}

/// The first failure, with the last lines that the app printed.
fn ended(
    kind: &str,
    deployment: &Deployment,
    code: i64,
    out_of_memory: bool,
    lines: &[String],
) -> String {
    let memory_mib = deployment.config.resources.memory_mib;
    let what = match out_of_memory {
        true => {
            format!("The {kind} used more than its {memory_mib} MiB of memory and was killed.")
        }
        false if deployment.is_held() => {
            format!("The {kind} exited with code {code} while it was held at ready.")
        }
        false => format!("The {kind} exited with code {code} before it was healthy."),
    };
    let tail: Vec<_> = lines
        .iter()
        .rev()
        .take(5)
        .rev()
        .map(String::as_str)
        .collect();
    match tail.is_empty() {
        true => format!("{what} It printed nothing."),
        false => format!("{what} Its last lines: {}", tail.join(" ⏎ ")),
    }
}
