//! Worlds as the store, the drivers and the data plane could show them: any mix of phases that
//! the pointers allow, any observation, any memory of probes, any route.

use super::super::serving;
use super::super::tests::fixture::{
    NOW, address, deployment, files, hold_alone, image, nothing_yet,
};
use super::super::tests::notation::Drawn;
use super::super::world::{Build, Seen, Trouble, World, wanted};
use crate::deployment::{Deployment, Phase};
use crate::id::InstanceId;
use crate::instance::{Observed, State};
use crate::probe::Probed;
use crate::route::{Shown, Target, Upstream};
use crate::strategy::{Strategy, between};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// One environment with its deployments, oldest first: final, draining, active, candidate, queued.
pub fn worlds() -> impl Strategy_<Value = Drawn> {
    let phases = (
        vec(
            prop_oneof![
                Just(Phase::Failed),
                Just(Phase::Cancelled),
                Just(Phase::Stopped)
            ],
            0..3,
        ),
        vec(Just(Phase::Draining), 0..3),
        of(prop_oneof![3 => Just(Phase::Live), 1 => Just(Phase::Paused)]),
        of(
            prop_oneof![1 => Just(Phase::Building), 3 => Just(Phase::Starting), 3 => Just(Phase::Ready)],
        ),
        vec(Just(Phase::Queued), 0..3),
    );
    let phases = phases.prop_map(|(ended, draining, active, candidate, queued)| {
        [
            ended,
            draining,
            active.into_iter().collect(),
            candidate.into_iter().collect(),
            queued,
        ]
        .concat()
    });
    phases
        .prop_flat_map(|phases| {
            let numbered = phases.into_iter().zip(1..);
            numbered
                .map(|(phase, number)| deployments(number, phase))
                .collect::<Vec<_>>()
        })
        .prop_map(|all| {
            all.into_iter()
                .map(|d| (d.id.clone(), d))
                .collect::<BTreeMap<_, _>>()
        })
        .prop_flat_map(surroundings)
        .prop_map(Drawn)
}

use proptest::strategy::Strategy as Strategy_;

fn deployments(number: u32, phase: Phase) -> impl Strategy_<Value = Deployment> {
    let kind = prop_oneof![4 => Just(false), 1 => Just(true)];
    (
        0..100_000_i64,
        1..4_u32,
        prop_oneof![Just(0), Just(1), Just(30)],
        any::<bool>(),
        kind,
        any::<bool>(),
    )
        .prop_map(
            move |(ago_ms, replicas, drain_s, exclusive, is_static, hold)| {
                let mut made = deployment(number, phase);
                made.since = NOW.plus_ms(-ago_ms);
                made.config.replicas = replicas;
                made.config.drain_s = drain_s;
                made.hold = (hold && phase.is_coming()).then(|| host(number));
                if exclusive && !is_static {
                    hold_alone(&mut made.config, "gpu");
                }
                if made.artifact.is_some() && is_static {
                    made.artifact = Some(files(number));
                }
                made
            },
        )
}

fn surroundings(all: Deployments) -> impl Strategy_<Value = World> {
    let ids: Vec<_> = all
        .values()
        .filter(|d| d.phase != Phase::Queued)
        .flat_map(wanted)
        .collect();
    let count = ids.len();
    let facts = (
        vec(of(states()), count),
        vec(of(probes()), count),
        vec(of(troubles()), count),
        vec(0..3_u64, count),
        builds(),
    );
    let switches = (
        prop::bool::weighted(0.15),
        prop::bool::weighted(0.15),
        prop::bool::weighted(0.2),
        0..8_usize,
        0..8_usize,
    );
    (Just(all), Just(ids), facts, switches).prop_map(assemble)
}

type Facts = (
    Vec<Option<(State, bool, bool)>>,
    Vec<Option<Probed>>,
    Vec<Option<Trouble>>,
    Vec<u64>,
    Option<Build>,
);

type Deployments = BTreeMap<crate::id::DeploymentId, Deployment>;
/// Blind, deleting, requests uncounted, which route is published, and what is shown of what is held.
type Switches = (bool, bool, bool, usize, usize);

fn assemble((all, ids, facts, switches): (Deployments, Vec<InstanceId>, Facts, Switches)) -> World {
    let (states, probes, troubles, in_flight, build) = facts;
    let (blind, deleting, uncounted, route, shown) = switches;
    let mut world = nothing_yet();
    world.environment.deleting = deleting;
    world.deployments = all;
    point(&mut world);
    let seen = ids
        .iter()
        .zip(states)
        .filter_map(|(id, s)| s.map(|s| (id.clone(), observed(id, s))));
    world.seen = match blind {
        true => Seen::Unknown("Docker Engine does not answer.".into()),
        false => Seen::Known(seen.collect()),
    };
    let known = ids
        .iter()
        .zip(probes)
        .filter_map(|(id, p)| p.map(|p| (id.clone(), at_home(id, p))));
    world.probes = known.collect();
    world.troubles = ids
        .iter()
        .cloned()
        .zip(troubles)
        .filter_map(|(id, t)| t.map(|t| (id, t)))
        .collect();
    world.in_flight = (!uncounted).then(|| ids.iter().cloned().zip(in_flight).collect());
    world.builds = world
        .in_phase(Phase::Building)
        .filter_map(|d| Some((d.id.clone(), build.clone()?)))
        .collect();
    world.shown = doors(&world).into_iter().cycle().nth(shown).flatten();
    world.served = routes(&world).into_iter().cycle().nth(route).flatten();
    world
}

/// The pointers follow from the phases, and nothing is ready beside what it has to replace.
fn point(world: &mut World) {
    let of = |world: &World, coming: &[Phase]| {
        world
            .deployments
            .values()
            .find(|d| coming.contains(&d.phase))
            .map(|d| d.id.clone())
    };
    world.environment.active = of(world, &[Phase::Live, Phase::Paused]);
    world.environment.candidate = of(world, &[Phase::Building, Phase::Starting, Phase::Ready]);
    let impossible = world.candidate().filter(|c| {
        c.phase == Phase::Ready
            && between(world.active().map(|a| &a.config), &c.config) == Strategy::Replace
    });
    if let Some(id) = impossible.map(|c| c.id.clone()) {
        world
            .deployments
            .entry(id)
            .and_modify(|c| c.config.exclusive.clear());
    }
}

fn states() -> impl Strategy_<Value = (State, bool, bool)> {
    let exited = (any::<bool>(), 0..3_i64).prop_map(|(out_of_memory, code)| State::Exited {
        code,
        out_of_memory,
        lines: vec![],
    });
    let state = prop_oneof![4 => Just(State::Running), 1 => Just(State::Starting), 1 => Just(State::Leaving), 1 => exited];
    (state, prop::bool::weighted(0.9), any::<bool>())
}

fn home(id: &InstanceId) -> u16 {
    40_000
        + (id.deployment.as_str().bytes().map(u16::from).sum::<u16>() % 1_000) * 4
        + id.replica as u16
}

fn observed(id: &InstanceId, (state, addressed, started): (State, bool, bool)) -> Observed {
    Observed {
        id: id.clone(),
        environment: nothing_yet().environment.id,
        address: (addressed && state == State::Running).then(|| address(home(id))),
        sealed: None,
        state,
        started_at: started.then(|| NOW.plus_ms(-3_000)),
    }
}

/// Port 0 stands for the instance's own address, port 1 for one that it had before.
fn probes() -> impl Strategy_<Value = Probed> {
    (
        prop::bool::weighted(0.8),
        0..100_000_i64,
        0..6_000_i64,
        0..4_u32,
        0..20_u32,
    )
        .prop_map(|(here, first, last, passes, failures)| Probed {
            address: address(u16::from(!here)),
            first_at: NOW.plus_ms(-first.max(last)),
            last_at: NOW.plus_ms(-last),
            failures: if passes > 0 { 0 } else { failures },
            passes,
            last_failure: (passes == 0).then(|| "answered 503".into()),
        })
}

fn at_home(id: &InstanceId, probed: Probed) -> Probed {
    let port = if probed.address.port() == 0 {
        home(id)
    } else {
        39_999
    };
    Probed {
        address: address(port),
        ..probed
    }
}

fn troubles() -> impl Strategy_<Value = Trouble> {
    (any::<bool>(), -2_000..2_000_i64).prop_map(|(permanent, retry)| Trouble {
        permanent,
        sentence: "It did not start.".into(),
        attempts: 2,
        retry_at: NOW.plus_ms(retry),
    })
}

fn builds() -> impl Strategy_<Value = Option<Build>> {
    of(prop_oneof![
        Just(Build::Working("Builds the image.".into())),
        Just(Build::Done(image(7))),
        Just(Build::Failed("The build failed.".into())),
    ])
}

/// Everything that the data plane could have acknowledged last.
fn routes(world: &World) -> Vec<Option<Target>> {
    let mut all = vec![
        Some(serving::gap(&deployment(0, Phase::Starting))),
        Some(serving::paused()),
        Some(serving::empty(&nothing_yet())),
    ];
    if world.deployments.values().all(|d| d.phase.is_coming()) || world.environment.deleting {
        all.push(None);
    }
    let shown = |d: &&Deployment| {
        matches!(d.phase, Phase::Live | Phase::Ready | Phase::Draining) && !d.is_held()
    };
    for d in world.deployments.values().filter(shown) {
        all.push(Some(target(d)));
    }
    all
}

fn host(number: u32) -> String {
    format!("held-{number}")
}

/// What the data plane may show of what is held, or of what was held once.
fn doors(world: &World) -> Vec<Option<Shown>> {
    let once = |d: &&Deployment| !matches!(d.phase, Phase::Queued | Phase::Building);
    let door = |d: &Deployment| {
        let (host, target) = (host(d.number), target(d));
        Some(Shown { host, target })
    };
    let all = world.deployments.values().filter(once).map(door);
    [None].into_iter().chain(all).collect()
}

fn target(d: &Deployment) -> Target {
    let ids = wanted(d);
    if ids.is_empty() {
        return serving::files(d);
    }
    let upstream = |id: &InstanceId| Upstream {
        id: id.to_string(),
        address: address(home(id)),
        sealed: None,
    };
    serving::upstreams(d, ids.iter().map(upstream).collect())
}
