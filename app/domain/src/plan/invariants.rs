//! The promises of the planner, each over generated worlds.

mod cooperate;
mod worlds;

use super::world::{Seen, World, wanted};
use super::{Plan, Step, plan};
use crate::deployment::{Deployment, Event, Phase};
use crate::id::DeploymentId;
use crate::route::{Shown, Target, Upstream};
use crate::strategy::{Strategy, between};
use cooperate::{apply, breathe};
use proptest::prelude::*;
use worlds::worlds;

/// Enough for a queue of three to be built, switched and drained, with every wait in between.
const ROUNDS: usize = 400;

fn records(plan: &Plan) -> impl Iterator<Item = (&DeploymentId, Event)> {
    plan.steps.iter().filter_map(|s| match s {
        Step::Record {
            deployment, event, ..
        } => Some((deployment, *event)),
        _ => None,
    })
}

fn published(plan: &Plan) -> impl Iterator<Item = &Target> {
    plan.steps.iter().filter_map(|s| match s {
        Step::Publish(target) => Some(target),
        _ => None,
    })
}

/// What the route shows while each step is done: the step, and the target before it.
fn with_route(world: &World, plan: &Plan) -> Vec<(Option<Target>, Step)> {
    let mut served = world.served.clone();
    let mut out = vec![];
    for step in &plan.steps {
        out.push((served.clone(), step.clone()));
        match step {
            Step::Publish(target) => served = Some(target.clone()),
            Step::Unpublish => served = None,
            _ => {}
        }
    }
    out
}

fn shows(plan: &Plan) -> impl Iterator<Item = &Shown> {
    plan.steps.iter().filter_map(|s| match s {
        Step::Show(shown) => Some(shown),
        _ => None,
    })
}

fn may_be_published(world: &World, upstream: &Upstream) -> bool {
    let before = [
        world.served.as_ref(),
        world.shown.as_ref().map(|s| &s.target),
    ];
    let served = before
        .into_iter()
        .flatten()
        .any(|t| t.upstreams().contains(upstream));
    let passed = world.probes.iter().any(|(id, probed)| {
        id.to_string() == upstream.id && probed.address == upstream.address && probed.passes > 0
    });
    served || passed
}

fn leads_somewhere(target: &Target) -> bool {
    match target {
        Target::Upstreams { upstreams, .. } => !upstreams.is_empty(),
        Target::Static { root, .. } => !root.is_empty(),
        Target::Absent { sentence } | Target::Unavailable { sentence, .. } => !sentence.is_empty(),
    }
}

fn settled(world: &World) -> bool {
    let rests = |d: &Deployment| d.phase.is_active() || d.is_held();
    world.deployments.values().all(rests)
}

/// What a person decides about what is held in the end.
fn decide(mut world: World, promote: bool) -> World {
    let held = world.candidate().filter(|c| c.is_held());
    let Some(id) = held.map(|c| c.id.clone()) else {
        return world;
    };
    if promote {
        world.deployments.entry(id).and_modify(|d| d.hold = None);
        return world;
    }
    let cancel = Step::Record {
        deployment: id,
        event: Event::Cancel,
        reason: None,
    };
    apply(world, &cancel).unwrap_or_else(|e| panic!("{e}"))
}

/// Lets the world answer until there is nothing to do; the rounds it took.
fn carry_out(mut world: World) -> Result<(World, usize), String> {
    for round in 0..ROUNDS {
        let plan = plan(&world);
        if plan.is_empty() && plan.wake_at.is_none() && settled(&world) {
            return Ok((world, round));
        }
        for step in &plan.steps {
            world = apply(world, step)?;
        }
        if plan.steps.contains(&Step::Forget) {
            return Ok((world, round));
        }
        world = breathe(world, plan.wake_at);
    }
    Err(format!(
        "still busy after {ROUNDS} rounds: {:#?}",
        plan(&world)
    ))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_world_gives_the_same_bytes(world in worlds()) {
        prop_assert_eq!(format!("{:?}", plan(&world)), format!("{:?}", plan(&world.0.clone())));
    }

    #[test]
    fn every_record_is_a_legal_move(world in worlds()) {
        let mut phases: Vec<_> = world.deployments.values().map(|d| (d.id.clone(), d.phase)).collect();
        for (id, event) in records(&plan(&world)) {
            let phase = &mut phases.iter_mut().find(|(i, _)| i == id).expect("a known one").1;
            *phase = phase.on(event).map_err(|e| TestCaseError::fail(e.to_string()))?;
        }
    }

    #[test]
    fn there_is_one_active_and_one_candidate_at_most_after_every_step(world in worlds()) {
        let steps = plan(&world).steps;
        let mut world = world.0;
        for step in &steps {
            world = apply(world, step).map_err(TestCaseError::fail)?;
            let actives = world.deployments.values().filter(|d| d.phase.is_active()).count();
            let coming = world.deployments.values().filter(|d| d.phase.is_coming() && d.phase != Phase::Queued).count();
            prop_assert!(actives <= 1 && coming <= 1, "{actives} active, {coming} coming after {step}");
        }
    }

    #[test]
    fn an_instance_of_the_active_one_is_never_removed(world in worlds()) {
        for step in plan(&world).steps {
            if let Step::Remove(id) = step {
                let phase = world.deployments[&id.deployment].phase;
                prop_assert!(phase == Phase::Draining || phase.is_final(), "{id} is {}", phase.word());
            }
        }
    }

    #[test]
    fn what_the_route_leads_to_is_never_removed(world in worlds()) {
        for (served, step) in with_route(&world, &plan(&world)) {
            if let Step::Remove(id) = step {
                let leads = served.as_ref().and_then(Target::deployment) == Some(id.deployment.as_str());
                prop_assert!(!leads || world.deployments[&id.deployment].phase.is_final(), "{id} still serves");
            }
        }
    }

    #[test]
    fn only_what_passed_its_latest_probe_or_served_there_is_published(world in worlds()) {
        let plan = plan(&world);
        for target in published(&plan).chain(shows(&plan).map(|s| &s.target)) {
            for upstream in target.upstreams() {
                prop_assert!(may_be_published(&world, upstream), "{upstream:?}");
            }
        }
    }

    #[test]
    fn a_route_never_points_at_nothing(world in worlds()) {
        let plan = plan(&world);
        for target in published(&plan).chain(shows(&plan).map(|s| &s.target)) {
            prop_assert!(leads_somewhere(target), "{:?}", target);
        }
        let leaves_none = plan.steps.contains(&Step::Unpublish) || (world.served.is_none() && published(&plan).count() == 0);
        prop_assert!(!leaves_none || world.environment.deleting || world.blind(), "an environment without a route");
    }

    #[test]
    fn live_is_recorded_only_of_what_the_route_shows(world in worlds()) {
        for (served, step) in with_route(&world, &plan(&world)) {
            if let Step::Record { deployment, event: Event::Switched, .. } = step {
                prop_assert_eq!(served.as_ref().and_then(Target::deployment), Some(deployment.as_str()));
            }
        }
    }

    #[test]
    fn replace_never_starts_the_new_one_before_the_old_one_is_seen_gone(world in worlds()) {
        for step in plan(&world).steps {
            let Step::Ensure(id) = step else { continue };
            let new = &world.deployments[&id.deployment];
            if new.phase != Phase::Starting { continue }
            let holds = |o: &crate::instance::Observed| o.id.deployment != new.id
                && between(world.deployments.get(&o.id.deployment).map(|d| &d.config), &new.config) == Strategy::Replace;
            let held = match &world.seen {
                Seen::Known(all) => all.values().any(holds),
                Seen::Unknown(_) => true,
            };
            prop_assert!(!held, "{id} would start beside what holds its resource");
        }
    }

    #[test]
    fn a_blind_planner_touches_no_instance_and_no_route_of_one(world in worlds()) {
        let mut world = world.0;
        world.seen = Seen::Unknown("Docker Engine does not answer.".into());
        let plan = plan(&world);
        prop_assert!(!plan.steps.iter().any(Step::touches_an_instance), "{:?}", plan.steps);
        let serves = world.active().is_some_and(|a| a.phase == Phase::Live && !wanted(a).is_empty());
        let taken = world.environment.deleting || records(&plan).any(|(_, e)| e == Event::Switched);
        prop_assert!(!serves || taken || published(&plan).count() == 0, "{:?}", plan.steps);
    }

    #[test]
    fn a_failed_candidate_touches_no_row_of_the_active_one(world in worlds()) {
        let plan = plan(&world);
        let fails = records(&plan).any(|(_, e)| e == Event::Fail);
        let active = world.environment.active.as_ref();
        prop_assert!(!fails || world.environment.deleting || records(&plan).all(|(id, _)| Some(id) != active));
        let more = |s: &Step| matches!(s, Step::Ensure(i) | Step::Probe(i, _) if records(&plan).any(|(id, e)| e == Event::Fail && *id == i.deployment));
        prop_assert!(!plan.steps.iter().any(more), "more instances for what failed");
    }

    #[test]
    fn the_planner_wakes_in_the_future_and_explains_everyone(world in worlds()) {
        let plan = plan(&world);
        prop_assert!(plan.wake_at.is_none_or(|at| at > world.now));
        for d in world.deployments.values().filter(|d| !d.phase.is_final()) {
            let moved = records(&plan).any(|(id, _)| *id == d.id);
            prop_assert!(moved || plan.why.get(&d.id).is_some_and(|w| w.ends_with('.')), "nothing said of #{}", d.number);
        }
    }

    #[test]
    fn i8_what_is_held_gets_no_traffic_and_nothing_stops_for_it(world in worlds()) {
        let plan = plan(&world);
        let hold = |id: &str| world.deployments.values().any(|d| d.id.as_str() == id && d.hold.is_some());
        prop_assert!(published(&plan).all(|t| t.deployment().is_none_or(|id| !hold(id))), "{:?}", plan.steps);
        prop_assert!(records(&plan).all(|(id, e)| e != Event::Switched || !hold(id.as_str())), "{:?}", plan.steps);
        let stops = records(&plan).any(|(_, e)| e == Event::Superseded);
        let held = world.candidate().is_some_and(|c| c.hold.is_some());
        prop_assert!(!stops || !held || world.environment.deleting, "{:?}", plan.steps);
    }

    #[test]
    fn i8_only_what_is_held_is_shown_and_at_its_own_host(world in worlds()) {
        let steps = plan(&world).steps;
        let mut world = world.0;
        for step in &steps {
            if let Step::Remove(id) = step {
                let shown = world.shown.as_ref().and_then(|s| s.target.deployment());
                prop_assert!(shown != Some(id.deployment.as_str()), "{id} is removed while it is shown");
            }
            world = apply(world, step).map_err(TestCaseError::fail)?;
        }
        if let Some(shown) = &world.shown {
            let held = world.candidate().filter(|c| c.is_held());
            prop_assert_eq!(held.map(|c| c.id.as_str()), shown.target.deployment());
            prop_assert_eq!(held.and_then(|c| c.hold.as_ref()), Some(&shown.host));
        }
    }

    #[test]
    fn i8_what_is_held_is_shown_in_the_end_and_then_serves_or_goes(world in worlds(), promote in any::<bool>()) {
        let deleting = world.environment.deleting;
        let (calm, _) = carry_out(world.0).map_err(TestCaseError::fail)?;
        let held = calm.candidate().filter(|c| c.is_held()).map(|c| c.id.clone());
        prop_assert_eq!(calm.shown.as_ref().and_then(|s| s.target.deployment()), held.as_ref().map(|id| id.as_str()));
        prop_assert!(held.is_none() || !deleting);
        let before = calm.environment.active.clone();
        let (end, _) = carry_out(decide(calm, promote)).map_err(TestCaseError::fail)?;
        prop_assert!(end.shown.is_none() && end.environment.candidate.is_none());
        let after = if promote { held.or(before) } else { before };
        prop_assert!(deleting || end.environment.active == after, "{:?} serves", end.environment.active);
    }

    #[test]
    fn in_a_cooperative_world_every_plan_comes_to_its_end(world in worlds()) {
        let newest = world.deployments.values().filter(|d| d.phase.is_coming()).map(|d| d.number).max();
        let deleting = world.environment.deleting;
        let (calm, _) = carry_out(world.0).map_err(TestCaseError::fail)?;
        let (end, _) = carry_out(decide(calm, true)).map_err(TestCaseError::fail)?;
        prop_assert!(end.deployments.len() <= 1, "leftovers: {:?}", end.deployments);
        prop_assert!(!deleting || end.deployments.is_empty() && end.served.is_none());
        if let Some(active) = end.active().filter(|a| a.phase == Phase::Live) {
            let ids: Vec<_> = wanted(active).iter().map(ToString::to_string).collect();
            let served: Vec<_> = end.served.iter().flat_map(Target::upstreams).map(|u| u.id.clone()).collect();
            prop_assert_eq!(ids, served, "the route is not the rows");
        }
        if let Some(active) = end.active() {
            prop_assert!(newest.is_none_or(|n| active.number <= n || active.phase.is_active()));
            let strays = match &end.seen {
                Seen::Known(all) => all.keys().filter(|i| i.deployment != active.id).count(),
                Seen::Unknown(_) => 1,
            };
            prop_assert_eq!(strays, 0, "instances without a deployment");
        }
    }
}
