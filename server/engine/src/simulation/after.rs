//! What comes after completion, in fair weather: jobs that are tried again, given up or cancelled
//! (P-11). Crons are in `crons`.

mod crons;
mod imports;

use super::boot::Boot;
use super::outside::{Outside, Weather};
use super::run::found;
use crate::camera::{Camera, Shot};
use crate::reconciler::Outcome;
use crate::store::Store;
use crate::store::job::{Done, Fact, Job, Lane};
use async_trait::async_trait;
use domain::access::Caller;
use domain::api::{Confirm, Deployments, NewProject, Projects, Update, Updates};
use domain::config::ConfigPatch;
use domain::cron::Cron;
use domain::id::{DeploymentId, EnvironmentId, ProjectId};
use domain::job::{JobKind, JobStatus};
use domain::source::Wanted;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::Notify;

const SHOT: Lane = Lane::After(JobKind::TakeScreenshotJob);
const MINUTE: i64 = 60_000;

struct Calm {
    outside: Arc<Outside>,
    boot: Boot,
    caller: Caller,
    project: ProjectId,
    environment: EnvironmentId,
    first: DeploymentId,
    _home: TempDir,
}

impl Calm {
    /// A project that serves, with everything done that comes after when `all`.
    async fn serving(image: &str, crons: Vec<Cron>, all: bool) -> Self {
        let home = tempfile::tempdir().unwrap();
        let store = Store::in_memory().await.unwrap();
        let outside = Outside::of(1, &store, home.path()).await;
        *outside.weather() = Weather {
            calm: true,
            ..Weather::default()
        };
        let caller = found(&outside).await;
        let boot = Boot::start(&outside).await.unwrap();
        let new = NewProject {
            name: "web".into(),
            source: wanted(image),
            environment: None,
            config: with(crons),
            runtime: None,
        };
        let made = boot.control.create_project(&caller, new).await.unwrap();
        let calm = Self {
            project: made.summary.project,
            environment: made.summary.environment,
            first: made.summary.id,
            outside,
            boot,
            caller,
            _home: home,
        };
        calm.roll(all).await;
        calm
    }

    async fn update(&self, image: &str, crons: Vec<Cron>, all: bool) -> DeploymentId {
        let update = Update {
            source: Some(wanted(image)),
            config: Some(with(crons)),
            ..Update::default()
        };
        let (control, id) = (&self.boot.control, &self.environment);
        let plan = control
            .preview_update(&self.caller, id, &update)
            .await
            .unwrap();
        let confirm = Confirm {
            update,
            digest: plan.digest,
            typed: plan.typed,
            hold: false,
        };
        let made = control.update(&self.caller, id, confirm).await.unwrap();
        self.roll(all).await;
        made.summary.id
    }

    /// Until nothing moves; with what comes after, or up to that.
    async fn roll(&self, all: bool) {
        let (reconciler, pipeline) = (&self.boot.reconciler, &self.boot.pipeline);
        loop {
            while let Some(key) = reconciler.queue.take(self.outside.now()) {
                let outcome = reconciler.pass(&key).await;
                assert!(!matches!(outcome, Outcome::Stumbled(_)), "{outcome:?}");
                reconciler.conclude(&key, outcome);
            }
            let after = JobKind::AFTER.into_iter().filter(|_| all);
            let mut worked = false;
            for lane in Lane::WAY.into_iter().chain(after.map(Lane::After)) {
                worked |= pipeline.work_once(lane).await.unwrap();
            }
            if worked {
                continue;
            }
            match reconciler.queue.next_timer() {
                Some(at) => self.wait(at.since_ms(self.outside.now()).max(1)),
                None => return,
            }
        }
    }

    fn wait(&self, ms: i64) {
        self.outside.clock.advance_ms(ms);
    }

    async fn job(&self, of: &DeploymentId, kind: JobKind) -> Job {
        let jobs = self.outside.store.jobs(of).await.unwrap();
        jobs.into_iter().find(|j| j.kind == kind).unwrap()
    }

    async fn claim(&self, lane: Lane, epoch: &str) -> Option<Job> {
        let now = self.outside.now();
        let store = &self.outside.store;
        store
            .claim_job(lane, epoch, now, now.plus_ms(15_000))
            .await
            .unwrap()
    }
}

fn wanted(image: &str) -> Wanted {
    Wanted::Image {
        reference: image.into(),
        local: false,
    }
}

fn with(crons: Vec<Cron>) -> ConfigPatch {
    ConfigPatch {
        crons: Some(crons),
        drain_s: Some(0),
        ..ConfigPatch::default()
    }
}

#[tokio::test]
async fn p11_what_comes_after_is_done_once_it_serves() {
    let calm = Calm::serving("fake/ok:v1", vec![], true).await;
    for kind in JobKind::AFTER {
        let job = calm.job(&calm.first, kind).await;
        let fine = matches!(job.status, JobStatus::Success | JobStatus::Skipped);
        assert!(fine, "{kind:?} is {:?}: {:?}", job.status, job.error);
        assert_eq!(job.status == JobStatus::Skipped, job.error.is_some());
    }
    let view = calm
        .boot
        .control
        .deployment(&calm.caller, &calm.first)
        .await
        .unwrap();
    assert_eq!(view.summary.status, "completed");
    assert_eq!(view.contents.map(|c| c.components), Some(0));
}

/// Takes a picture for as long as it is told to.
#[derive(Default)]
struct SlowCamera {
    begun: Notify,
    go_on: Notify,
}

#[async_trait]
impl Camera for SlowCamera {
    async fn take(&self, _: &str, into: &Path) -> Result<Shot, String> {
        self.begun.notify_one();
        self.go_on.notified().await;
        std::fs::create_dir_all(into.parent().unwrap()).unwrap();
        std::fs::write(into, "503").unwrap();
        Ok(Shot::Taken { size_bytes: 3 })
    }
}

#[tokio::test]
async fn p11_nobody_is_shown_a_picture_of_a_pause() {
    let mut calm = Calm::serving("fake/ok:v1", vec![], false).await;
    let camera = Arc::new(SlowCamera::default());
    calm.boot.pipeline.camera = camera.clone();
    let pause = async {
        camera.begun.notified().await;
        let paused = calm.boot.control.pause(&calm.caller, &calm.first).await;
        camera.go_on.notify_one();
        paused
    };
    let (worked, paused) = tokio::join!(calm.boot.pipeline.work_once(SHOT), pause);
    assert!(worked.unwrap() && paused.is_ok());
    let job = calm.job(&calm.first, JobKind::TakeScreenshotJob).await;
    assert_eq!(job.status, JobStatus::Skipped);
    assert!(job.error.unwrap().contains("is paused"));
    let left = calm.boot.pipeline.dirs.screenshot(&calm.first);
    assert!(!left.exists(), "and nothing of it stays");
}

#[tokio::test]
async fn p11_a_job_that_fails_is_tried_again_later_and_given_up_at_the_third_time() {
    let calm = Calm::serving("fake/ok:v1", vec![], false).await;
    let store = &calm.outside.store;
    for attempt in 1..=3 {
        let job = calm.claim(SHOT, "a").await.unwrap();
        assert_eq!(job.attempts, attempt);
        let failed = Err("It broke.".to_owned());
        store
            .end_after(&job, "a", &failed, calm.outside.now())
            .await
            .unwrap();
        let job = calm.job(&calm.first, job.kind).await;
        let status = if attempt < 3 {
            JobStatus::Pending
        } else {
            JobStatus::Failure
        };
        assert_eq!(
            (job.status, job.error.as_deref()),
            (status, Some("It broke."))
        );
        assert_eq!(calm.claim(SHOT, "a").await, None, "at once");
        calm.wait(MINUTE);
    }
    assert_eq!(calm.claim(SHOT, "a").await, None);
    let view = calm
        .boot
        .control
        .deployment(&calm.caller, &calm.first)
        .await
        .unwrap();
    assert_eq!(
        view.summary.status, "completed",
        "the deployment does not mind"
    );
}

#[tokio::test]
async fn p11_a_job_whose_process_is_gone_each_time_is_given_up_too() {
    let calm = Calm::serving("fake/ok:v1", vec![], false).await;
    for epoch in ["a", "b", "c"] {
        let freed = calm
            .outside
            .store
            .release_leases_of_earlier_boots(epoch)
            .await;
        freed.unwrap();
        assert!(calm.claim(SHOT, epoch).await.is_some(), "{epoch}");
    }
    calm.outside
        .store
        .release_leases_of_earlier_boots("d")
        .await
        .unwrap();
    assert_eq!(calm.claim(SHOT, "d").await, None);
    let job = calm.job(&calm.first, JobKind::TakeScreenshotJob).await;
    assert_eq!(job.status, JobStatus::Failure);
    assert!(job.error.unwrap().contains("begun 3 times"));
}

#[tokio::test]
async fn p11_what_did_not_run_before_a_successor_took_over_is_cancelled() {
    let calm = Calm::serving("fake/ok:v1", vec![], false).await;
    let running = calm.claim(SHOT, "a").await.unwrap();
    let second = calm.update("fake/ok:v2", vec![], false).await;
    for kind in JobKind::AFTER {
        let job = calm.job(&calm.first, kind).await;
        assert_eq!(job.status, JobStatus::Cancelled, "{kind:?}");
        assert!(job.error.unwrap().contains("stopped being live"));
        assert_eq!(calm.job(&second, kind).await.status, JobStatus::Pending);
    }
    let late = Ok(Done::with(Fact::Screenshot));
    let ended = calm
        .outside
        .store
        .end_after(&running, "a", &late, calm.outside.now())
        .await;
    assert!(ended.is_err(), "the one that ran may not say that it ended");
}
