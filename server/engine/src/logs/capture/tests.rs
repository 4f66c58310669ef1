//! Against a driver that prints what the test says, and is cut off where the test says.

use super::super::tests::{World, texts};
use super::*;
use crate::driver::{Fingerprint, Scope};
use async_trait::async_trait;
use domain::id::DeploymentId;
use domain::instance::{InstanceSpec, Observed};
use std::collections::VecDeque;
use tokio::sync::broadcast;

/// What one call of `logs` sends, and how it ends. When there is none left, it follows forever.
type Call = (Vec<Printed>, Result<(), DriverError>);

struct Script {
    calls: Mutex<VecDeque<Call>>,
    since: Mutex<Vec<i64>>,
}

#[async_trait]
impl Driver for Script {
    async fn fingerprint(&self) -> Result<Fingerprint, DriverError> {
        Ok(Fingerprint {
            gpus: vec![],
            version: "script".into(),
            cpus: 1,
            memory_bytes: 1,
        })
    }

    async fn observe(&self, _: Scope<'_>) -> Result<Vec<Observed>, DriverError> {
        Ok(vec![])
    }

    async fn ensure(&self, _: &InstanceSpec) -> Result<(), DriverError> {
        Ok(())
    }

    async fn remove(&self, _: &InstanceId, _: u32) -> Result<(), DriverError> {
        Ok(())
    }

    async fn logs(
        &self,
        _: &InstanceId,
        since_ms: i64,
        into: mpsc::Sender<Printed>,
    ) -> Result<(), DriverError> {
        held(&self.since).push(since_ms);
        let call = held(&self.calls).pop_front();
        let Some((lines, end)) = call else {
            return std::future::pending().await;
        };
        for line in lines.into_iter().filter(|line| line.at_ms >= since_ms) {
            if into.send(line).await.is_err() {
                break;
            }
        }
        end
    }

    fn hints(&self) -> broadcast::Receiver<EnvironmentId> {
        broadcast::channel(1).1
    }

    async fn forget(&self, _: &EnvironmentId) -> Result<(), DriverError> {
        Ok(())
    }
}

/// `at` in milliseconds, a text for each.
fn printed(lines: &[(i64, &str)]) -> Vec<Printed> {
    let one = |&(at_ms, text): &(i64, &str)| Printed {
        at_ms,
        stream: Stream::Out,
        text: text.into(),
    };
    lines.iter().map(one).collect()
}

/// Tries again at once.
fn eager(world: &World, tracker: &TaskTracker, cancel: &CancellationToken) -> Capture {
    let capture = Capture::new(world.logs.clone(), tracker.clone(), cancel.clone());
    Capture {
        retry_after: Duration::ZERO,
        ..capture
    }
}

struct Followers {
    world: World,
    tracker: TaskTracker,
    cancel: CancellationToken,
    capture: Capture,
}

impl Followers {
    async fn new() -> Self {
        let (world, tracker, cancel) = (
            World::new().await,
            TaskTracker::new(),
            CancellationToken::new(),
        );
        let capture = eager(&world, &tracker, &cancel);
        Self {
            world,
            tracker,
            cancel,
            capture,
        }
    }

    fn of(&self, calls: Vec<Call>) -> (Arc<Script>, Followed) {
        let driver = Arc::new(Script {
            calls: Mutex::new(calls.into()),
            since: Mutex::default(),
        });
        let followed = Followed {
            driver: driver.clone(),
            instance: InstanceId::of(&DeploymentId::new(Time(1), 1), "web", 0),
            org: self.world.org.clone(),
            environment: self.world.environment.clone(),
            redactor: Arc::new(Redactor::new(["hunter22".to_owned()])),
        };
        (driver, followed)
    }

    async fn done(&self) {
        self.tracker.close();
        self.tracker.wait().await;
        self.world.logs.flush().await.unwrap();
    }

    async fn kept(&self, of: &Followed) -> (Vec<String>, bool) {
        let page = self
            .world
            .page_of(&stream_of(&of.instance), LogQuery::default())
            .await;
        (texts(page.clone()), page.ended)
    }
}

fn away() -> Result<(), DriverError> {
    Err(DriverError::Unreachable("the Engine restarts".into()))
}

#[tokio::test]
async fn lines_are_kept_with_their_times_and_stay_when_the_instance_is_gone() {
    let followers = Followers::new().await;
    let (_, of) = followers.of(vec![(printed(&[(7, "hello"), (9, "pw hunter22")]), Ok(()))]);
    followers.capture.ensure(of.clone());
    followers.done().await;
    let page = followers
        .world
        .page_of(&stream_of(&of.instance), LogQuery::default())
        .await;
    let seen: Vec<_> = page
        .lines
        .iter()
        .map(|l| (l.at.0, l.text.as_str()))
        .collect();
    assert_eq!(
        (seen, page.ended),
        (vec![(7, "hello"), (9, "pw [redacted]")], true)
    );
}

#[tokio::test]
async fn a_runtime_that_was_away_leaves_no_gap_and_no_duplicate() {
    let all = printed(&[
        (5, "a"),
        (6, "b"),
        (6, "c"),
        (6, "d"),
        (8, "e"),
        (7, "set back"),
    ]);
    let followers = Followers::new().await;
    let calls = [
        (0, away()),
        (3, away()),
        (3, away()),
        (4, away()),
        (6, Ok(())),
    ];
    let calls = calls
        .map(|(until, end)| (all[..until].to_vec(), end))
        .into();
    let (driver, of) = followers.of(calls);
    followers.capture.ensure(of.clone());
    followers.done().await;
    assert_eq!(*held(&driver.since), [0, 0, 6, 6, 6]);
    let wanted = ["a", "b", "c", "d", "e", "set back"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(followers.kept(&of).await, (wanted, true));
}

#[tokio::test]
async fn an_instance_is_followed_once_until_cancelled_and_its_log_goes_on_later() {
    let followers = Followers::new().await;
    let (driver, of) = followers.of(vec![]);
    (0..3).for_each(|_| followers.capture.ensure(of.clone()));
    while held(&driver.since).is_empty() {
        tokio::task::yield_now().await;
    }
    followers.cancel.cancel();
    followers.done().await;
    assert_eq!(*held(&driver.since), [0]);
    assert_eq!(followers.kept(&of).await, (vec![], false));
    followers.capture.ensure(of);
    assert!(followers.tracker.is_empty(), "nothing new after the end");
}

#[tokio::test]
async fn an_instance_that_the_driver_refuses_is_let_go() {
    let followers = Followers::new().await;
    let refused = Err(DriverError::Refused("no such container".into()));
    let (_, of) = followers.of(vec![(vec![], refused)]);
    followers.capture.ensure(of.clone());
    followers.done().await;
    assert_eq!(followers.kept(&of).await, (vec![], true));
    assert!(held(&followers.capture.followed).is_empty());
}

#[tokio::test]
async fn more_than_the_buffer_holds_makes_the_driver_wait() {
    let limits = super::super::Limits {
        waiting_bytes: 4096,
        ..Default::default()
    };
    let (world, tracker, cancel) = (
        World::limited(limits).await,
        TaskTracker::new(),
        CancellationToken::new(),
    );
    let capture = eager(&world, &tracker, &cancel);
    let followers = Followers {
        world,
        tracker,
        cancel,
        capture,
    };
    let text = "x".repeat(100);
    let lines: Vec<_> = (0..3000).map(|at| (at, text.as_str())).collect();
    let (_, of) = followers.of(vec![(printed(&lines), Ok(()))]);
    followers.capture.ensure(of.clone());
    followers.done().await;
    let query = LogQuery {
        limit: Some(5000),
        ..LogQuery::default()
    };
    let kept = texts(
        followers
            .world
            .page_of(&stream_of(&of.instance), query)
            .await,
    );
    assert!(kept.len() == 3000 && kept.iter().all(|line| *line == text));
}
