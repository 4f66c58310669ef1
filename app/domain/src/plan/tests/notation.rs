//! A world back as the text that `fixture::world` reads: a property that fails prints its
//! world as a case to keep.

use super::super::world::{Build, Kind, Seen, World};
use super::fixture::world;
use crate::deployment::Deployment;
use crate::id::{DeploymentId, InstanceId};
use crate::instance::{Observed, State};
use crate::route::Target;
use crate::source::Artifact;
use crate::time::Time;
use std::fmt::{self, Write};
use std::ops::Deref;

/// A world that shows itself as text.
#[derive(Clone)]
pub struct Drawn(pub World);

impl Deref for Drawn {
    type Target = World;
    fn deref(&self) -> &World {
        &self.0
    }
}

impl fmt::Debug for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}", text(&self.0))
    }
}

pub fn text(world: &World) -> String {
    let mut out = String::new();
    facts(world, &mut out).map(|()| out).unwrap_or_default()
}

fn facts(world: &World, out: &mut String) -> fmt::Result {
    let number = |id: &DeploymentId| world.deployments.get(id).map_or(0, |d| d.number);
    if world.environment.kind == Kind::Machine {
        writeln!(out, "machines")?;
    }
    if world.environment.stopped {
        writeln!(out, "stopped")?;
    }
    if world.environment.deleting {
        writeln!(out, "deleting")?;
    }
    for (word, id) in [
        ("active", &world.environment.active),
        ("candidate", &world.environment.candidate),
    ] {
        if let Some(id) = id {
            writeln!(out, "{word} #{}", number(id))?;
        }
    }
    for d in world.deployments.values() {
        writeln!(out, "{}", of_deployment(world, d))?;
    }
    for (id, build) in &world.builds {
        writeln!(out, "build #{} {}", number(id), of_build(build))?;
    }
    if let Seen::Unknown(sentence) = &world.seen {
        writeln!(out, "blind \"{sentence}\"")?;
    }
    instances(world, out)?;
    if let Some(target) = &world.served {
        writeln!(out, "served {}", of_target(world, target))?;
    }
    if let Some(shown) = &world.shown {
        writeln!(
            out,
            "shown {} {}",
            shown.host,
            of_target(world, &shown.target)
        )?;
    }
    match &world.in_flight {
        None => writeln!(out, "in-flight unknown"),
        Some(counts) => counts
            .iter()
            .try_for_each(|(id, n)| writeln!(out, "in-flight {}={n}", name(world, id))),
    }
}

fn name(world: &World, id: &InstanceId) -> String {
    let number = world
        .deployments
        .get(&id.deployment)
        .map_or(0, |d| d.number);
    format!("#{number}.{}", id.replica)
}

fn ago(world: &World, at: Time) -> String {
    format!("{}ms", world.now.0 - at.0)
}

fn of_deployment(world: &World, d: &Deployment) -> String {
    let config = &d.config;
    let mut line = format!("#{} {} {}", d.number, d.phase.word(), ago(world, d.since));
    let _ = write!(
        line,
        " replicas={} drain={}s window={}s",
        config.replicas, config.drain_s, config.health.timeout_s
    );
    for resource in &config.exclusive {
        let _ = write!(line, " exclusive={resource}");
    }
    if let Some(host) = &d.hold {
        let _ = write!(line, " hold={host}");
    }
    if matches!(d.artifact, Some(Artifact::Static { .. })) {
        line += " static";
    }
    line
}

fn of_build(build: &Build) -> String {
    match build {
        Build::Working(sentence) => format!("working \"{sentence}\""),
        Build::Done(_) => "done".into(),
        Build::Failed(sentence) => format!("failed \"{sentence}\""),
    }
}

fn instances(world: &World, out: &mut String) -> fmt::Result {
    let seen = |id: &InstanceId| {
        world
            .observed(id)
            .map_or("gone".into(), |o| of_state(world, o))
    };
    let mut all: Vec<_> = world
        .probes
        .keys()
        .chain(
            world
                .deployments
                .keys()
                .flat_map(|d| world.instances_of(d).map(|o| &o.id)),
        )
        .collect();
    all.sort();
    all.dedup();
    for id in all {
        writeln!(
            out,
            "{} {}{}",
            name(world, id),
            seen(id),
            of_probes(world, id)
        )?;
    }
    for (id, t) in &world.troubles {
        let when = if t.permanent {
            "permanent".into()
        } else {
            format!("retry={}ms", t.retry_at.0 - world.now.0)
        };
        writeln!(out, "trouble {} {when} \"{}\"", name(world, id), t.sentence)?;
    }
    Ok(())
}

fn of_state(world: &World, seen: &Observed) -> String {
    let at = seen
        .address
        .map(|a| format!(" :{}", a.port()))
        .unwrap_or_default();
    let started = seen
        .started_at
        .map(|at| format!(" started={}", ago(world, at)))
        .unwrap_or_default();
    match &seen.state {
        State::Running => format!("running{at}{started}"),
        State::Starting => format!("starting{started}"),
        State::Leaving => format!("leaving{started}"),
        State::Exited {
            out_of_memory: true,
            lines,
            ..
        } => format!("oom \"{}\"{started}", lines.join("\n")),
        State::Exited { code, lines, .. } => {
            format!("exited {code} \"{}\"{started}", lines.join("\n"))
        }
    }
}

fn of_probes(world: &World, id: &InstanceId) -> String {
    world.probes.get(id).map_or_else(String::new, |p| {
        let (first, last) = (ago(world, p.first_at), ago(world, p.last_at));
        format!(
            " passes={} fails={} at=:{} first={first} last={last}",
            p.passes,
            p.failures,
            p.address.port()
        )
    })
}

fn of_target(world: &World, target: &Target) -> String {
    let number = |id: &str| {
        world
            .deployments
            .values()
            .find(|d| d.id.as_str() == id)
            .map_or(0, |d| d.number)
    };
    match target {
        Target::Absent { .. } => "nothing".into(),
        Target::Unavailable {
            retry_after_s: 30, ..
        } => "paused".into(),
        Target::Unavailable { .. } => "gap".into(),
        Target::Static { deployment, .. } => format!("static #{}", number(deployment)),
        Target::Upstreams { upstreams, .. } => {
            let one = |id: &str| {
                id.parse()
                    .map_or_else(|_| "?".into(), |id| name(world, &id))
            };
            upstreams
                .iter()
                .map(|u| format!("{}=:{}", one(&u.id), u.address.port()))
                .collect::<Vec<_>>()
                .join(" ")
        }
    }
}

#[test]
fn a_world_reads_back_from_its_own_text() {
    let written = "active #1\ncandidate #2\n\
        #1 live 60000ms replicas=2 drain=5s window=60s exclusive=gpu\n\
        #2 starting 5ms replicas=1 drain=30s window=60s hold=h\n\
        #1.0 running :41001 started=3ms passes=2 fails=0 at=:41001 first=9ms last=5ms\n\
        #1.1 exited 3 \"boom\"\n\
        trouble #2.0 retry=5ms \"It did not start.\"\n\
        served #1.0=:41001\n\
        shown h #2.0=:41002\n\
        in-flight #1.0=12\n";
    assert_eq!(text(&world(written)), written);
}
