//! A world in which every step works, as a pure function: what the executor, the drivers and
//! the data plane would make of it.

use super::super::Step;
use super::super::tests::fixture::{address, image};
use super::super::world::{Build, Seen, World};
use crate::deployment::{Deployment, Event, Phase};
use crate::id::{DeploymentId, InstanceId};
use crate::instance::{Observed, State};
use crate::probe::Probed;
use crate::time::Time;
use std::net::SocketAddr;

/// The world after the step; an illegal record is an error.
pub fn apply(mut world: World, step: &Step) -> Result<World, String> {
    match step {
        Step::Record {
            deployment, event, ..
        } => record(&mut world, deployment, *event)?,
        Step::Ensure(id) => ensure(&mut world, id),
        Step::Probe(id, at) => probe(&mut world, id, *at),
        Step::Publish(target) => world.served = Some(target.clone()),
        Step::Unpublish => world.served = None,
        Step::Show(shown) => world.shown = Some(shown.clone()),
        Step::Hide => world.shown = None,
        Step::Remove(id) => see(&mut world, id, State::Leaving, None),
        Step::Forget => world.deployments.clear(),
    }
    Ok(world)
}

/// One transaction of the store: the phase, and what belongs to it.
fn record(world: &mut World, id: &DeploymentId, event: Event) -> Result<(), String> {
    let now = world.now;
    let build = world.builds.get(id).cloned();
    let moved = world.deployments.get_mut(id).ok_or("a record of nobody")?;
    moved.phase = moved.phase.on(event).map_err(|e| e.to_string())?;
    moved.since = now;
    if let (Event::Built, Some(Build::Done(artifact))) = (event, build) {
        moved.artifact = Some(artifact);
    }
    point(world, id, event)
}

fn point(world: &mut World, id: &DeploymentId, event: Event) -> Result<(), String> {
    let places = &mut world.environment;
    match event {
        Event::Claim => places.candidate = Some(id.clone()),
        Event::Fail | Event::Cancel if places.candidate.as_ref() == Some(id) => {
            places.candidate = None
        }
        Event::Superseded => places.active = None,
        Event::Switched => {
            places.candidate = None;
            if let Some(old) = places.active.replace(id.clone()) {
                let (now, old) = (
                    world.now,
                    world
                        .deployments
                        .get_mut(&old)
                        .ok_or("no such active one")?,
                );
                old.phase = old.phase.on(Event::Superseded).map_err(|e| e.to_string())?;
                old.since = now;
            }
        }
        _ => {}
    }
    Ok(())
}

fn ensure(world: &mut World, id: &InstanceId) {
    let port = 50_000 + world.deployments[&id.deployment].number as u16 * 10 + id.replica as u16;
    see(world, id, State::Running, Some(address(port)));
    world.troubles.remove(id);
}

fn see(world: &mut World, id: &InstanceId, state: State, address: Option<SocketAddr>) {
    let (environment, now) = (world.environment.id.clone(), world.now);
    if let Seen::Known(all) = &mut world.seen {
        let seen = Observed {
            id: id.clone(),
            environment,
            state,
            address,
            sealed: None,
            started_at: Some(now),
        };
        all.insert(id.clone(), seen);
    }
}

fn probe(world: &mut World, id: &InstanceId, at: SocketAddr) {
    let known = world.probes.remove(id).filter(|k| k.address == at);
    let known = known.unwrap_or_else(|| Probed::begin(at, world.now));
    world
        .probes
        .insert(id.clone(), known.after(world.now, Ok(())));
}

/// Time passes: what starts, runs; what leaves, is gone; builds end; requests finish; an
/// Engine that was away is back.
pub fn breathe(mut world: World, wake_at: Option<Time>) -> World {
    world.now = wake_at
        .unwrap_or(world.now.plus_ms(1_000))
        .max(world.now.plus_ms(1));
    world.in_flight = Some(Default::default());
    if world.blind() {
        world.seen = Seen::Known(Default::default());
    }
    if let Seen::Known(all) = &mut world.seen {
        all.retain(|_, o| o.state != State::Leaving);
        all.values_mut().for_each(boot);
    }
    finish_builds(&mut world);
    let left = ended_without_instances(&world);
    world.deployments.retain(|id, _| !left.contains(id));
    world
}

fn boot(seen: &mut Observed) {
    let started = matches!(seen.state, State::Starting) && seen.started_at.is_some();
    if started || (seen.state == State::Running && seen.address.is_none()) {
        seen.state = State::Running;
        seen.address = Some(address(49_000 + seen.id.replica as u16));
    }
}

fn finish_builds(world: &mut World) {
    let building = |d: &&Deployment| d.phase == Phase::Building;
    let ids: Vec<_> = world
        .deployments
        .values()
        .filter(building)
        .map(|d| (d.id.clone(), d.number))
        .collect();
    for (id, number) in ids {
        let said = world
            .builds
            .entry(id)
            .or_insert_with(|| Build::Working("Waits.".into()));
        if matches!(said, Build::Working(_)) {
            *said = Build::Done(image(number));
        }
    }
}

/// What the store no longer hands out.
fn ended_without_instances(world: &World) -> Vec<DeploymentId> {
    let ended = |d: &&Deployment| d.phase.is_final() && world.instances_of(&d.id).next().is_none();
    world
        .deployments
        .values()
        .filter(ended)
        .map(|d| d.id.clone())
        .collect()
}
