//! The contract, and what only this driver does.

use super::{FakeDriver, Fault, Faults, Mode, NoFaults};
use crate::clock::ManualClock;
use crate::driver::contract::{self, App, Behaviour, Harness, environment, see, whole_contract};
use crate::driver::{Build, BuildLimits, Driver, DriverError, Images, Lines, Secrets};
use crate::probe::Prober;
use crate::source::bundle;
use domain::instance::{InstanceSpec, State};
use domain::source::Artifact;
use domain::time::Time;
use domain::view::Stream;
use std::collections::BTreeMap;
use std::sync::Arc;

whole_contract!(here);

struct Here(FakeDriver, FakeDriver);

async fn here(_: &str) -> Option<Here> {
    Some(Here(FakeDriver::serving(), FakeDriver::serving()))
}

impl Harness for Here {
    type Driver = FakeDriver;

    fn connect(&self) -> FakeDriver {
        self.0.clone()
    }

    fn neighbour(&self) -> FakeDriver {
        self.1.clone()
    }

    fn app(&self, behaviour: Behaviour) -> App {
        let image = match behaviour {
            Behaviour::Serves => "fake/ok:v1",
            Behaviour::Exits => "fake/exits-3:v1",
            Behaviour::EatsMemory => "fake/oom:v1",
            Behaviour::Prints => "fake/prints-200:v1",
        };
        App {
            image: image.into(),
            command: None,
        }
    }

    fn keeps_and_prints(&self) -> [Vec<String>; 2] {
        [vec!["keep".into()], vec!["pg_dump".into()]]
    }
}

struct Silence;

impl Lines for Silence {
    fn line(&self, _: Stream, _: &str) {}
}

/// A world whose clock stands still.
fn still() -> (Arc<ManualClock>, FakeDriver) {
    let clock = Arc::new(ManualClock::at(Time(1_000)));
    (
        clock.clone(),
        FakeDriver::new(clock, Mode::Silent, Arc::new(NoFaults)),
    )
}

async fn made(driver: &FakeDriver, image: &str) -> InstanceSpec {
    let spec = contract::spec(
        App {
            image: image.into(),
            command: None,
        },
        &environment(),
    );
    driver.ensure(&spec).await.expect("it is made");
    spec
}

async fn probed(driver: &FakeDriver, spec: &InstanceSpec) -> Result<(), String> {
    let seen = see(driver, &spec.environment).await;
    let address = seen
        .first()
        .and_then(|seen| seen.address)
        .expect("an address");
    driver.probe(&spec.id, address, "/", 1000, &[]).await
}

#[tokio::test]
async fn time_passes_only_with_the_clock() {
    let (clock, driver) = still();
    let slow = made(&driver, "fake/slow-start-500ms:v1").await;
    assert_eq!(
        probed(&driver, &slow).await,
        Err("closed the connection without an answer".into())
    );
    clock.advance_ms(500);
    assert_eq!(probed(&driver, &slow).await, Ok(()));
    let crash = made(&driver, "fake/crash-after-2s:v1").await;
    clock.advance_ms(1_999);
    assert_eq!(
        see(&driver, &crash.environment).await[0].state,
        State::Running
    );
    clock.advance_ms(1);
    let state = see(&driver, &crash.environment).await.remove(0).state;
    assert!(
        matches!(state, State::Exited { code: 1, lines, .. } if lines.last().is_some_and(|line| line == "crashed on purpose"))
    );
}

#[tokio::test]
async fn an_unhealthy_and_a_flapping_one_answer_503() {
    let (clock, driver) = still();
    let unhealthy = made(&driver, "fake/unhealthy").await;
    assert_eq!(
        probed(&driver, &unhealthy).await,
        Err("answered 503".into())
    );
    let flaps = made(&driver, "fake/flaps-200ms").await;
    assert_eq!(probed(&driver, &flaps).await, Ok(()));
    clock.advance_ms(200);
    assert_eq!(probed(&driver, &flaps).await, Err("answered 503".into()));
}

#[tokio::test]
async fn leaving_takes_its_time_and_no_longer_than_the_grace() {
    let (clock, driver) = still();
    let slow = made(&driver, "fake/slow-stop-5s").await;
    driver.remove(&slow.id, 2).await.expect("removal begins");
    clock.advance_ms(1_999);
    assert_eq!(
        see(&driver, &slow.environment).await[0].state,
        State::Leaving
    );
    let early = driver.ensure(&slow).await;
    assert!(
        matches!(&early, Err(DriverError::Unreachable(said)) if said.contains("still being removed")),
        "{early:?}"
    );
    clock.advance_ms(1);
    assert_eq!(see(&driver, &slow.environment).await, []);
}

#[tokio::test]
async fn chaos_is_seen_and_an_old_address_leads_nowhere() {
    let (_, driver) = still();
    let spec = made(&driver, "fake/ok:v1").await;
    let before = see(&driver, &spec.environment).await[0]
        .address
        .expect("an address");
    driver.restart_with_new_port(&spec.id);
    assert_eq!(probed(&driver, &spec).await, Ok(()));
    assert_eq!(
        driver.probe(&spec.id, before, "/", 1000, &[]).await,
        Err("refused the connection".into())
    );
    driver.exit(&spec.id, 9);
    assert!(matches!(
        see(&driver, &spec.environment).await[0].state,
        State::Exited { code: 9, .. }
    ));
    driver
        .ensure(&spec)
        .await
        .expect("what ended is started again");
    assert_eq!(probed(&driver, &spec).await, Ok(()));
    driver.vanish(&spec.id);
    assert_eq!(see(&driver, &spec.environment).await, []);
}

struct Once(&'static str, Fault);

impl Faults for Once {
    fn before(&self, verb: &str, _: &str) -> Fault {
        if verb == self.0 {
            self.1.clone()
        } else {
            Fault::None
        }
    }
}

#[tokio::test]
async fn a_fault_comes_instead_of_the_effect_or_after_it() {
    let lost = DriverError::Unreachable("the line is dead".into());
    for (fault, left) in [
        (Fault::ErrorBefore(lost.clone()), 0),
        (Fault::ErrorAfterEffect(lost.clone()), 1),
    ] {
        let driver = FakeDriver::new(
            Arc::new(ManualClock::default()),
            Mode::Silent,
            Arc::new(Once("ensure", fault)),
        );
        let spec = contract::spec(
            App {
                image: "fake/ok".into(),
                command: None,
            },
            &environment(),
        );
        assert_eq!(driver.ensure(&spec).await, Err(lost.clone()));
        assert_eq!(see(&driver, &spec.environment).await.len(), left);
    }
}

async fn build(dockerfile: &str) -> Result<Artifact, DriverError> {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("Dockerfile"), dockerfile).expect("a Dockerfile");
    let (args, labels) = (BTreeMap::new(), BTreeMap::new());
    let (context, tag) = (dir.path(), "sealdock/web:dep_1");
    let build = Build {
        context,
        dockerfile: "Dockerfile",
        generated: None,
        tag,
        args: &args,
        labels: &labels,
        limits: BuildLimits {
            memory_mib: 64,
            cpus_milli: 1000,
            pids: 64,
        },
        secrets: Secrets::default(),
        logins: &[],
    };
    let driver = FakeDriver::serving();
    let built = driver.build(build, &Silence).await?;
    assert_eq!(driver.find(tag).await, Ok(Some(built.clone())));
    driver.discard(tag).await.expect("it goes");
    assert_eq!(driver.find(tag).await, Ok(None));
    Ok(built)
}

#[tokio::test]
async fn a_build_takes_its_behaviour_from_its_base_image() {
    let pulled = |reference: &'static str| async move {
        FakeDriver::serving().pull(reference, None, &Silence).await
    };
    assert_eq!(
        build("FROM fake/unhealthy:v7").await,
        pulled("fake/unhealthy:v7").await
    );
    assert_eq!(
        build("FROM rust AS b\nRUN x\nFROM scratch").await,
        pulled("fake/ok:dep_1").await
    );
    assert!(
        matches!(build("FROM fake/build-fails").await, Err(DriverError::Refused(said)) if said.contains("Step 1/1"))
    );
}

#[tokio::test]
async fn p6_files_come_out_of_what_was_built() {
    let dir = tempfile::tempdir().expect("a directory");
    let (archive, site) = (dir.path().join("site.tar"), dir.path().join("site"));
    let driver = FakeDriver::serving();
    let tag = "sealdock/build:dep_1";
    let taken = async || driver.take_out(tag, "/site", &archive, 1 << 20).await;
    assert!(matches!(taken().await, Err(DriverError::Refused(said)) if said.contains(tag)));
    let build = Build {
        context: dir.path(),
        dockerfile: ".sealdock.Dockerfile",
        generated: Some("FROM node AS build\nFROM fake/ok:v7"),
        tag,
        args: &BTreeMap::new(),
        labels: &BTreeMap::new(),
        limits: BuildLimits {
            memory_mib: 64,
            cpus_milli: 1000,
            pids: 64,
        },
        secrets: Secrets::default(),
        logins: &[],
    };
    driver.build(build, &Silence).await.expect("it builds");
    taken().await.expect("it comes out");
    let done = bundle::unpack(&archive, &site, bundle::Limits::default()).await;
    assert_eq!(done.expect("it unpacks").files, 1);
    let page = std::fs::read_to_string(site.join("index.html")).expect("the page");
    assert_eq!(page, "v7\n");
}

#[tokio::test]
async fn a_pull_of_what_is_not_there_is_refused() {
    let pulled = |reference: &'static str| async move {
        FakeDriver::serving().pull(reference, None, &Silence).await
    };
    assert!(
        matches!(pulled("fake/missing:v1").await, Err(DriverError::Refused(said)) if said.contains("fake/missing:v1"))
    );
    assert!(matches!(
        pulled("nginx:1").await,
        Err(DriverError::Refused(_))
    ));
    assert!(matches!(
        pulled("fake/unreachable").await,
        Err(DriverError::Unreachable(_))
    ));
}
