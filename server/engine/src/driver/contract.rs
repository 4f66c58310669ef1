//! What every driver means by its verbs: one suite, run against each of them.
//!
//! A driver brings a `Harness`; the `contract!` macro turns each function here into a test of
//! that driver. After each of them nothing of it may be left.

use super::{Driver, DriverError, Printed, Scope};
use crate::clock::{Clock, SystemClock};
use crate::probe::{HttpProber, Prober};
use domain::config::Config;
use domain::id::{DeploymentId, EnvironmentId, InstanceId, OrgId, ProjectId, WEB};
use domain::instance::{InstanceSpec, Observed, State};
use domain::time::Time;
use domain::view::Stream;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// How an app behaves; each driver has one that does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Answers 200 on its port, for ever.
    Serves,
    /// Prints `going down` and ends with code 3.
    Exits,
    /// Asks for more memory than it may have.
    EatsMemory,
    /// Prints `out 1`, `err 1`, … `out 200`, `err 200` and then serves.
    Prints,
}

/// An image, and the command that makes it behave so.
#[derive(Clone, Debug)]
pub struct App {
    pub image: String,
    pub command: Option<Vec<String>>,
}

pub trait Harness {
    type Driver: Driver;
    /// A new driver over the same runtime, as after a restart of Sealdock.
    fn connect(&self) -> Self::Driver;
    /// The same runtime, used by another installation.
    fn neighbour(&self) -> Self::Driver;
    fn app(&self, behaviour: Behaviour) -> App;
}

macro_rules! contract {
    ($harness:path: $($name:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            if let Some(harness) = $harness(stringify!($name)).await {
                crate::driver::contract::$name(&harness).await;
                crate::driver::contract::nothing_is_left(&harness).await;
            }
        }
    )*};
}
pub(crate) use contract;

/// All of them, for a driver that can do everything.
macro_rules! whole_contract {
    ($harness:path) => {
        crate::driver::contract::contract! { $harness:
            ensuring_twice_makes_one_instance_that_answers
            a_new_driver_adopts_what_the_old_one_made
            an_exit_is_seen_with_its_code_and_last_lines
            running_out_of_memory_is_seen_as_such
            removing_is_seen_and_ends_and_may_be_asked_again
            each_scope_shows_what_belongs_to_it
            lines_come_in_order_complete_and_by_stream
            lines_resume_where_they_ended
            following_ends_with_the_instance
            a_start_and_an_end_are_hinted
            another_installation_is_not_touched
            a_missing_image_is_refused_and_leaves_nothing
        }
    };
}
pub(crate) use whole_contract;

fn entropy() -> u128 {
    SystemClock.entropy()
}

fn now() -> Time {
    SystemClock.now()
}

pub fn environment() -> EnvironmentId {
    EnvironmentId::new(now(), entropy())
}

pub fn spec(app: App, environment: &EnvironmentId) -> InstanceSpec {
    let mut config = Config::default();
    config.resources.memory_mib = 32;
    InstanceSpec {
        id: InstanceId::of(&DeploymentId::new(now(), entropy()), WEB, 0),
        org: OrgId::new(now(), entropy()),
        project: ProjectId::new(now(), entropy()),
        environment: environment.clone(),
        nickname: "contract-test".into(),
        image: app.image,
        command: app.command,
        env: BTreeMap::from([
            ("PORT".into(), "8080".into()),
            ("GREETING".into(), "a b=c".into()),
        ]),
        port: 8080,
        resources: config.resources.clone(),
        config,
    }
}

pub async fn see(driver: &impl Driver, environment: &EnvironmentId) -> Vec<Observed> {
    driver
        .observe(Scope::Environment(environment))
        .await
        .expect("the runtime answers")
}

/// Looks until `wanted` has an answer.
pub async fn eventually<T>(what: &str, mut wanted: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(found) = wanted().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not within {PATIENCE:?}: {what}");
}

async fn running(driver: &impl Driver, environment: &EnvironmentId) -> Observed {
    eventually("an instance runs", async || {
        see(driver, environment)
            .await
            .into_iter()
            .find(|seen| seen.state == State::Running && seen.address.is_some())
    })
    .await
}

async fn exited(driver: &impl Driver, environment: &EnvironmentId) -> State {
    eventually("an instance exits", async || {
        see(driver, environment)
            .await
            .into_iter()
            .map(|seen| seen.state)
            .find(|state| matches!(state, State::Exited { .. }))
    })
    .await
}

async fn gone(driver: &impl Driver, environment: &EnvironmentId) {
    eventually("the environment is empty", async || {
        see(driver, environment).await.is_empty().then_some(())
    })
    .await;
}

async fn answers(seen: &Observed) {
    let address = seen.address.expect("an address");
    eventually("the instance answers", async || {
        HttpProber
            .probe(&seen.id, address, "/", 1000, &[])
            .await
            .ok()
    })
    .await;
}

async fn ensured(
    driver: &impl Driver,
    harness: &impl Harness,
    behaviour: Behaviour,
) -> InstanceSpec {
    let spec = spec(harness.app(behaviour), &environment());
    driver.ensure(&spec).await.expect("the instance is made");
    spec
}

async fn cleared(driver: &impl Driver, spec: &InstanceSpec) {
    driver.remove(&spec.id, 0).await.expect("removal begins");
    gone(driver, &spec.environment).await;
    driver
        .forget(&spec.environment)
        .await
        .expect("the network goes");
}

pub async fn nothing_is_left(harness: &impl Harness) {
    for driver in [harness.connect(), harness.neighbour()] {
        assert_eq!(
            driver.observe(Scope::Everything).await,
            Ok(vec![]),
            "something of the test is left"
        );
    }
}

pub async fn ensuring_twice_makes_one_instance_that_answers(harness: &impl Harness) {
    let driver = harness.connect();
    let spec = ensured(&driver, harness, Behaviour::Serves).await;
    let first = running(&driver, &spec.environment).await;
    driver.ensure(&spec).await.expect("what runs is adopted");
    let seen = see(&driver, &spec.environment).await;
    assert_eq!((seen.len(), &seen[0]), (1, &first));
    assert!(first.id == spec.id && first.environment == spec.environment);
    assert!(
        first
            .address
            .is_some_and(|address| address.ip().is_loopback())
    );
    assert!(
        first
            .started_at
            .is_some_and(|at| now().since_ms(at) < 60_000)
    );
    answers(&first).await;
    cleared(&driver, &spec).await;
}

pub async fn a_new_driver_adopts_what_the_old_one_made(harness: &impl Harness) {
    let old = harness.connect();
    let spec = ensured(&old, harness, Behaviour::Serves).await;
    let before = running(&old, &spec.environment).await;
    drop(old);
    let new = harness.connect();
    new.ensure(&spec).await.expect("it is adopted");
    assert_eq!(see(&new, &spec.environment).await, [before]);
    cleared(&new, &spec).await;
}

pub async fn an_exit_is_seen_with_its_code_and_last_lines(harness: &impl Harness) {
    let driver = harness.connect();
    let spec = ensured(&driver, harness, Behaviour::Exits).await;
    let State::Exited {
        code,
        out_of_memory,
        lines,
    } = exited(&driver, &spec.environment).await
    else {
        unreachable!()
    };
    assert_eq!(
        (code, out_of_memory, lines.last().map(String::as_str)),
        (3, false, Some("going down"))
    );
    cleared(&driver, &spec).await;
}

pub async fn running_out_of_memory_is_seen_as_such(harness: &impl Harness) {
    let driver = harness.connect();
    let spec = ensured(&driver, harness, Behaviour::EatsMemory).await;
    let state = exited(&driver, &spec.environment).await;
    assert!(
        matches!(
            state,
            State::Exited {
                code: 137,
                out_of_memory: true,
                ..
            }
        ),
        "{state:?}"
    );
    cleared(&driver, &spec).await;
}

pub async fn removing_is_seen_and_ends_and_may_be_asked_again(harness: &impl Harness) {
    let driver = harness.connect();
    let spec = ensured(&driver, harness, Behaviour::Serves).await;
    running(&driver, &spec.environment).await;
    let begun = Instant::now();
    driver.remove(&spec.id, 1).await.expect("removal begins");
    driver
        .remove(&spec.id, 1)
        .await
        .expect("asking again is no harm");
    assert!(
        begun.elapsed() < Duration::from_millis(500),
        "removal must not be waited for"
    );
    let seen = see(&driver, &spec.environment).await;
    assert!(
        seen.iter().all(|seen| seen.state == State::Leaving),
        "{seen:?}"
    );
    gone(&driver, &spec.environment).await;
    driver
        .remove(&spec.id, 0)
        .await
        .expect("what is gone may be removed");
    driver
        .forget(&spec.environment)
        .await
        .expect("the network goes");
    driver
        .forget(&spec.environment)
        .await
        .expect("forgetting twice is no harm");
}

pub async fn each_scope_shows_what_belongs_to_it(harness: &impl Harness) {
    let driver = harness.connect();
    let one = ensured(&driver, harness, Behaviour::Serves).await;
    let two = ensured(&driver, harness, Behaviour::Serves).await;
    let ids = async |scope| {
        let seen = driver.observe(scope).await.expect("the runtime answers");
        seen.into_iter().map(|seen| seen.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(Scope::Environment(&one.environment)).await, vec![one.id.clone()]);
    let empty = environment();
    assert_eq!(ids(Scope::Environment(&empty)).await, []);
    let mut both = vec![one.id.clone(), two.id.clone()];
    both.sort();
    assert_eq!(ids(Scope::Everything).await, both);
    cleared(&driver, &one).await;
    assert_eq!(ids(Scope::Everything).await, vec![two.id.clone()]);
    cleared(&driver, &two).await;
}

/// Reads until `wanted` says that it has enough.
async fn read(
    lines: &mut mpsc::Receiver<Printed>,
    mut enough: impl FnMut(&[Printed]) -> bool,
) -> Vec<Printed> {
    let mut all = Vec::new();
    while !enough(&all) {
        let line = tokio::time::timeout(PATIENCE, lines.recv())
            .await
            .expect("a line in time");
        all.push(line.expect("lines until there are enough"));
    }
    all
}

const PAIRS: usize = 200;

fn of(stream: Stream, printed: &[Printed]) -> Vec<&str> {
    printed
        .iter()
        .filter(|line| line.stream == stream)
        .map(|line| line.text.as_str())
        .collect()
}

fn numbered(word: &str) -> Vec<String> {
    (1..=PAIRS).map(|n| format!("{word} {n}")).collect()
}

async fn follow(
    driver: &impl Driver,
    id: &InstanceId,
    since_ms: i64,
    enough: impl FnMut(&[Printed]) -> bool,
) -> Vec<Printed> {
    let (send, mut receive) = mpsc::channel(16);
    let reading = async {
        let lines = read(&mut receive, enough).await;
        drop(receive);
        lines
    };
    let (followed, lines) = tokio::join!(driver.logs(id, since_ms, send), reading);
    followed.expect("following ends well when nobody listens");
    lines
}

pub async fn lines_come_in_order_complete_and_by_stream(harness: &impl Harness) {
    let driver = harness.connect();
    let begun_ms = now().0 - 1000;
    let spec = ensured(&driver, harness, Behaviour::Prints).await;
    let lines = follow(&driver, &spec.id, 0, |all| all.len() == 2 * PAIRS).await;
    assert_eq!(of(Stream::Out, &lines), numbered("out"));
    assert_eq!(of(Stream::Err, &lines), numbered("err"));
    assert!(
        lines
            .iter()
            .all(|line| line.at_ms >= begun_ms && line.at_ms <= now().0 + 1000)
    );
    cleared(&driver, &spec).await;
}

pub async fn lines_resume_where_they_ended(harness: &impl Harness) {
    let driver = harness.connect();
    let spec = ensured(&driver, harness, Behaviour::Prints).await;
    let all = follow(&driver, &spec.id, 0, |all| all.len() == 2 * PAIRS).await;
    let since_ms = all[all.len() / 2].at_ms;
    let expected: Vec<_> = all
        .iter()
        .filter(|line| line.at_ms >= since_ms)
        .cloned()
        .collect();
    let resumed = follow(&driver, &spec.id, since_ms, |seen| {
        seen.len() == expected.len()
    })
    .await;
    assert_eq!(resumed, expected);
    cleared(&driver, &spec).await;
}

pub async fn following_ends_with_the_instance(harness: &impl Harness) {
    let driver = harness.connect();
    let spec = ensured(&driver, harness, Behaviour::Serves).await;
    running(&driver, &spec.environment).await;
    let (send, _receive) = mpsc::channel(16);
    let (followed, ()) = tokio::join!(
        tokio::time::timeout(PATIENCE, driver.logs(&spec.id, 0, send)),
        cleared(&driver, &spec)
    );
    assert_eq!(followed, Ok(Ok(())));
    let (send, _receive) = mpsc::channel(16);
    assert_eq!(
        driver.logs(&spec.id, 0, send).await,
        Ok(()),
        "what never was is gone already"
    );
}

pub async fn a_start_and_an_end_are_hinted(harness: &impl Harness) {
    let driver = harness.connect();
    let mut hints = driver.hints();
    let spec = ensured(&driver, harness, Behaviour::Serves).await;
    let mut hinted = async |what: &str| {
        let waiting =
            async { while hints.recv().await.expect("hints go on") != spec.environment {} };
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .unwrap_or_else(|_| panic!("no hint of {what}"));
    };
    hinted("the start").await;
    cleared(&driver, &spec).await;
    hinted("the end").await;
}

pub async fn another_installation_is_not_touched(harness: &impl Harness) {
    let (ours, theirs) = (harness.connect(), harness.neighbour());
    let spec = ensured(&theirs, harness, Behaviour::Serves).await;
    let before = running(&theirs, &spec.environment).await;
    assert_eq!(ours.observe(Scope::Everything).await, Ok(vec![]));
    assert_eq!(see(&ours, &spec.environment).await, []);
    ours.remove(&spec.id, 0)
        .await
        .expect("nothing of ours has that id");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(see(&theirs, &spec.environment).await, [before]);
    cleared(&theirs, &spec).await;
}

pub async fn a_missing_image_is_refused_and_leaves_nothing(harness: &impl Harness) {
    let driver = harness.connect();
    let app = App {
        image: format!("sha256:{}", "0".repeat(64)),
        command: None,
    };
    let spec = spec(app, &environment());
    let refused = driver.ensure(&spec).await;
    assert!(
        matches!(&refused, Err(DriverError::Refused(said)) if said.contains("image")),
        "{refused:?}"
    );
    assert_eq!(see(&driver, &spec.environment).await, []);
    driver
        .forget(&spec.environment)
        .await
        .expect("the network goes");
}
