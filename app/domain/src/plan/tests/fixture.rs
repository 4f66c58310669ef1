//! A world as text, one fact per line, and a plan as text: so that a decision reads as a case.
//!
//! ```text
//! active #1                     candidate #2        deleting        blind "no answer"
//! #1 live 60s replicas=2 drain=30s window=60s exclusive=gpu hold=host static
//! #1.0 running :41001 passes=2        #2.0 exited 3 "panic: no url"       #2.1 starting
//! build #2 working "Cloning"          trouble #2.0 permanent "No such image"
//! served #1.0=:41001                  served static #1       served gap / paused / nothing
//! shown host #2.0=:41002            in-flight #1.0=12
//! ```
//! A duration after a phase says how long ago it was entered. `passes=2` and `fails=3` are of
//! probes at the instance's own address unless `at=:41000` says another.

use super::super::world::{Build, Environment, Kind, Seen, Trouble, World};
use super::super::{drain, plan, serving};
use super::printed::print;
use crate::config::{Config, ConfigPatch};
use crate::deployment::{Deployment, Phase, Trigger};
use crate::id::{DeploymentId, EnvironmentId, InstanceId, OrgId, ProjectId, RuntimeId, WEB};
use crate::instance::{Observed, State};
use crate::probe::Probed;
use crate::route::{Shown, Target, Upstream};
use crate::source::{Artifact, Source};
use crate::time::Time;
use expect_test::Expect;
use std::collections::BTreeMap;
use std::net::SocketAddr;

pub const NOW: Time = Time(1_000_000);

/// Plans for the world that the text describes, and holds the printed plan against `expect`.
#[track_caller]
pub fn check(text: &str, expect: Expect) {
    let world = world(text);
    expect.assert_eq(&print(&plan(&world), &world));
}

pub fn deployment(number: u32, phase: Phase) -> Deployment {
    let at = Time(i64::from(number));
    Deployment {
        id: DeploymentId::new(at, u128::from(number)),
        org: OrgId::new(Time(0), 1),
        project: ProjectId::new(Time(0), 1),
        environment: EnvironmentId::new(Time(0), 1),
        number,
        reuses: None,
        collected: false,
        hold: None,
        debug: false,
        source: Source::Image {
            reference: format!("app:{number}"),
            local: false,
        },
        build: None,
        config: Config::default(),
        overrides: ConfigPatch::default(),
        trigger: Trigger::Update,
        runtime: RuntimeId::new(Time(0), 1),
        created_by: None,
        created_at: at,
        phase,
        since: NOW,
        reason: None,
        artifact: (!matches!(phase, Phase::Queued | Phase::Building)).then(|| image(number)),
    }
}

pub fn image(number: u32) -> Artifact {
    Artifact::Image {
        image: format!("sha256:{number}"),
        pulled_as: None,
        size_bytes: 1,
    }
}

pub fn files(number: u32) -> Artifact {
    Artifact::Static {
        digest: format!("sha256:{number}"),
        root: format!("/sites/{number}"),
        files: 3,
        size_bytes: 9,
    }
}

/// The word of `sealdock.yml`, whatever type the configuration gives it.
pub fn hold_alone(config: &mut Config, word: &str) {
    let resource = word
        .parse()
        .unwrap_or_else(|_| panic!("{word} is not exclusive"));
    config.exclusive.push(resource);
}

pub fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

pub fn nothing_yet() -> World {
    World {
        now: NOW,
        environment: Environment {
            id: EnvironmentId::new(Time(0), 1),
            title: "web / production".into(),
            active: None,
            candidate: None,
            stopped: false,
            deleting: false,
            kind: Kind::Container,
        },
        deployments: BTreeMap::new(),
        builds: BTreeMap::new(),
        seen: Seen::Known(BTreeMap::new()),
        probes: BTreeMap::new(),
        troubles: BTreeMap::new(),
        served: None,
        shown: None,
        in_flight: Some(BTreeMap::new()),
    }
}

/// The world that the text describes.
pub fn world(text: &str) -> World {
    let mut world = nothing_yet();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let words = words(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        fact(&mut world, &words);
    }
    world
}

fn fact(world: &mut World, words: &[&str]) {
    match words {
        ["active", number] => world.environment.active = Some(id(number)),
        ["candidate", number] => world.environment.candidate = Some(id(number)),
        ["machines"] => world.environment.kind = Kind::Machine,
        ["stopped"] => world.environment.stopped = true,
        ["deleting"] => world.environment.deleting = true,
        ["blind", sentence] => world.seen = Seen::Unknown((*sentence).into()),
        ["build", number, rest @ ..] => build(world, number, rest),
        ["trouble", instance, rest @ ..] => trouble(world, instance, rest),
        ["served", rest @ ..] => world.served = Some(served(world, rest)),
        ["shown", host, rest @ ..] => {
            let (host, target) = ((*host).into(), served(world, rest));
            world.shown = Some(Shown { host, target });
        }
        ["in-flight", "unknown"] => world.in_flight = None,
        ["in-flight", rest @ ..] => world.in_flight = Some(rest.iter().map(|w| count(w)).collect()),
        [instance, rest @ ..] if instance.contains('.') => instance_fact(world, instance, rest),
        [number, phase, ago, rest @ ..] => deployment_fact(world, number, phase, ago, rest),
        other => panic!("no fact: {other:?}"),
    }
}

/// Split at spaces; a part in quotes is one word.
fn words(line: &str) -> Vec<String> {
    let mut out = vec![];
    for (i, part) in line.split('"').enumerate() {
        match i % 2 {
            0 => out.extend(part.split_whitespace().map(str::to_owned)),
            _ => out.push(part.to_owned()),
        }
    }
    out
}

fn number(word: &str) -> u32 {
    word.trim_start_matches('#')
        .parse()
        .unwrap_or_else(|_| panic!("no number: {word}"))
}

fn id(word: &str) -> DeploymentId {
    deployment(number(word), Phase::Queued).id
}

fn instance(word: &str) -> InstanceId {
    let (number, replica) = word
        .split_once('.')
        .unwrap_or_else(|| panic!("no instance: {word}"));
    InstanceId::of(
        &id(number),
        WEB,
        replica
            .parse()
            .unwrap_or_else(|_| panic!("no replica: {word}")),
    )
}

fn port(word: &str) -> SocketAddr {
    address(
        word.trim_start_matches(':')
            .parse()
            .unwrap_or_else(|_| panic!("no port: {word}")),
    )
}

fn ms(word: &str) -> i64 {
    let (digits, unit) = match word.strip_suffix("ms") {
        Some(digits) => (digits, 1),
        None => (word.trim_end_matches('s'), 1000),
    };
    digits
        .parse::<i64>()
        .unwrap_or_else(|_| panic!("no duration: {word}"))
        * unit
}

fn count(word: &str) -> (InstanceId, u64) {
    let (id, n) = word
        .split_once('=')
        .unwrap_or_else(|| panic!("no count: {word}"));
    (
        instance(id),
        n.parse().unwrap_or_else(|_| panic!("no count: {word}")),
    )
}

fn deployment_fact(world: &mut World, number_word: &str, phase: &str, ago: &str, rest: &[&str]) {
    let phase = Phase::parse(phase).unwrap_or_else(|| panic!("no phase: {phase}"));
    let mut made = deployment(number(number_word), phase);
    made.since = NOW.plus_ms(-ms(ago));
    for word in rest {
        match word.split_once('=') {
            Some(("replicas", n)) => made.config.replicas = number(n),
            Some(("drain", s)) => made.config.drain_s = number(s.trim_end_matches('s')),
            Some(("held", s)) => made.config.max_hold_s = number(s.trim_end_matches('s')),
            Some(("window", s)) => made.config.health.timeout_s = number(s.trim_end_matches('s')),
            Some(("exclusive", resource)) => hold_alone(&mut made.config, resource),
            Some(("hold", host)) => made.hold = Some(host.into()),
            None if *word == "static" => made.artifact = Some(files(made.number)),
            _ => panic!("no attribute: {word}"),
        }
    }
    world.deployments.insert(made.id.clone(), made);
}

fn build(world: &mut World, number_word: &str, rest: &[&str]) {
    let said = match rest {
        ["working", sentence] => Build::Working((*sentence).into()),
        ["done"] => Build::Done(image(number(number_word))),
        ["failed", sentence] => Build::Failed((*sentence).into()),
        other => panic!("no build: {other:?}"),
    };
    world.builds.insert(id(number_word), said);
}

fn trouble(world: &mut World, instance_word: &str, rest: &[&str]) {
    let said = match rest {
        ["permanent", sentence] => Trouble {
            permanent: true,
            sentence: (*sentence).into(),
            attempts: 1,
            retry_at: NOW,
        },
        [retry, sentence] => Trouble {
            permanent: false,
            sentence: (*sentence).into(),
            attempts: 2,
            retry_at: NOW.plus_ms(ms(retry.trim_start_matches("retry="))),
        },
        other => panic!("no trouble: {other:?}"),
    };
    world.troubles.insert(instance(instance_word), said);
}

/// As it is for what comes next there.
fn gap(world: &World) -> Target {
    let coming = |d: &&Deployment| d.phase.is_coming();
    let next = world
        .candidate()
        .or_else(|| world.deployments.values().find(coming));
    serving::gap(next.unwrap_or(&deployment(0, Phase::Starting)))
}

fn served(world: &World, rest: &[&str]) -> Target {
    match rest {
        ["nothing"] => serving::empty(&nothing_yet()),
        ["stopped"] => serving::empty(&self::world("stopped")),
        ["gap"] => gap(world),
        ["paused"] => serving::paused(),
        ["static", number] => serving::files(&world.deployments[&id(number)]),
        upstreams => {
            let all: Vec<_> = upstreams.iter().map(|w| upstream(w)).collect();
            serving::upstreams(
                &world.deployments[&instance_of(upstreams[0]).deployment],
                all,
            )
        }
    }
}

fn instance_of(word: &str) -> InstanceId {
    instance(
        word.split_once('=')
            .unwrap_or_else(|| panic!("no upstream: {word}"))
            .0,
    )
}

fn upstream(word: &str) -> Upstream {
    let (id, at) = word
        .split_once('=')
        .unwrap_or_else(|| panic!("no upstream: {word}"));
    Upstream {
        id: instance(id).to_string(),
        address: port(at),
        sealed: None,
    }
}

fn instance_fact(world: &mut World, word: &str, rest: &[&str]) {
    let id = instance(word);
    let (state, address, rest) = match rest {
        ["running", at, rest @ ..] if at.starts_with(':') => {
            (Some(State::Running), Some(port(at)), rest)
        }
        ["running", rest @ ..] => (Some(State::Running), None, rest),
        ["starting", rest @ ..] => (Some(State::Starting), None, rest),
        ["leaving", rest @ ..] => (Some(State::Leaving), None, rest),
        ["exited", code, lines, rest @ ..] => (Some(exited(code, lines, false)), None, rest),
        ["oom", lines, rest @ ..] => (Some(exited("137", lines, true)), None, rest),
        ["gone", rest @ ..] => (None, None, rest),
        other => panic!("no instance: {other:?}"),
    };
    let started_at = value(rest, "started").map(|w| NOW.plus_ms(-ms(w)));
    probes(world, &id, address, rest);
    if let (Some(state), Seen::Known(all)) = (state, &mut world.seen) {
        let environment = world.environment.id.clone();
        all.insert(
            id.clone(),
            Observed {
                id,
                environment,
                state,
                address,
                sealed: None,
                started_at,
            },
        );
    }
}

fn exited(code: &str, lines: &str, out_of_memory: bool) -> State {
    let code = code.parse().unwrap_or_else(|_| panic!("no code: {code}"));
    State::Exited {
        code,
        out_of_memory,
        lines: lines.lines().map(str::to_owned).collect(),
    }
}

fn value<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    words
        .iter()
        .find_map(|w| w.split_once('=').filter(|(n, _)| *n == name))
        .map(|(_, v)| v)
}

fn probes(world: &mut World, id: &InstanceId, address: Option<SocketAddr>, rest: &[&str]) {
    let at = value(rest, "at").map(port).or(address);
    let counted = |name| value(rest, name).map(number).unwrap_or_default();
    let (passes, failures) = (counted("passes"), counted("fails"));
    let Some(address) = at.filter(|_| passes + failures > 0) else {
        return;
    };
    let known = Probed {
        address,
        first_at: NOW.plus_ms(-ms(value(rest, "first").unwrap_or("1s"))),
        last_at: NOW.plus_ms(-ms(value(rest, "last").unwrap_or("0s"))),
        failures,
        passes,
        last_failure: (failures > 0).then(|| "answered 503".into()),
    };
    world.probes.insert(id.clone(), known);
}

#[test]
fn the_notation_reads_a_whole_world() {
    let world = world(
        r#"
        active #1
        #1 live 60s replicas=2 drain=5s exclusive=gpu
        #1.0 running :41001 passes=2
        #1.1 exited 3 "boom"
        served #1.0=:41001
        in-flight #1.0=12
        "#,
    );
    let active = world.active().expect("an active one");
    assert_eq!(
        (active.number, active.config.replicas, active.config.drain_s),
        (1, 2, 5)
    );
    assert_eq!(drain::deadline(active), NOW.plus_ms(-55_000));
    assert_eq!(world.instances_of(&active.id).count(), 2);
    assert_eq!(world.in_flight_of(&active.id), Some(12));
}
