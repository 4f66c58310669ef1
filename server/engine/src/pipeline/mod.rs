//! Claims jobs that may start, runs them, writes how they ended. One file per kind of job.
//!
//! A job is idempotent: a boot that finds one half-done begins it again. A job that was taken
//! from us (cancelled, or its lease ran out) is dropped at once, and dropping it ends whatever it
//! had started.

mod after;
mod build_image;
mod capture_source_maps;
mod configure_crons;
mod deploy_static;
mod deploy_static_bundle;
mod download_repo;
mod publish;
mod pull_external_image;
mod scan_vulnerabilities;
mod take_screenshot;
mod verify_local_image;

use crate::camera::Camera;
use crate::changes::Bus;
use crate::clock::Clock;
use crate::contents::Scanner;
use crate::dirs::Dirs;
use crate::disk;
use crate::driver::{Lines, Login};
use crate::logs::{LogWriter, Logs};
use crate::reconciler::queue::Queue;
use crate::runtimes::Runtimes;
use crate::secrets::Vault;
use crate::source::git::Git;
use crate::store::job::{Done, Job, Lane};
use crate::store::{Store, StoreError, Stored};
use domain::deployment::Deployment;
use domain::hint::Topic;
use domain::id::DeploymentId;
use domain::job::JobKind;
use domain::redact::Redactor;
use domain::source::Artifact;
use domain::view::Stream;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Two that build, so that a long one does not hold up a short one; and one for what takes a moment, a
/// rollback above all, which waits for no build.
const WORKERS: [Lane; 3] = [Lane::Long, Lane::Long, Lane::Short];
const LEASE_MS: i64 = 15_000;
/// Cancel takes effect within this, even when its hint got lost (P-10 allows 5 s).
const HEARTBEAT: Duration = Duration::from_secs(2);
/// Looks for work this often even when nobody told.
const IDLE: Duration = Duration::from_secs(5);
/// The same for what nobody waits for.
const IDLE_AFTER: Duration = Duration::from_secs(20);

pub struct Pipeline {
    pub store: Store,
    pub runtimes: Arc<Runtimes>,
    pub git: Arc<Git>,
    pub logs: Logs,
    pub clock: Arc<dyn Clock>,
    pub bus: Bus,
    pub queue: Arc<Queue>,
    pub work: Arc<Notify>,
    pub dirs: Dirs,
    pub vault: Arc<Vault>,
    pub camera: Arc<dyn Camera>,
    pub scanner: Arc<dyn Scanner>,
    /// Wakes whoever keeps their time.
    pub crons_changed: Arc<Notify>,
    /// Names this boot: what another one claimed is not ours to end.
    pub epoch: String,
}

/// What a job is given.
struct Task<'a> {
    deployment: &'a Deployment,
    log: &'a LogWriter,
}

impl Task<'_> {
    fn say(&self, sentence: &str) {
        self.log.line(Stream::Note, sentence);
    }
}

/// A sentence for the person, or `Some` artifact for the deployment.
type Ended = Result<Option<Artifact>, String>;

/// How a job ended, on the way to traffic or after it.
enum End {
    Before(Ended),
    After(after::Ended),
}

impl End {
    /// A sentence may quote what was printed, and is kept.
    fn hiding(self, redactor: &Redactor) -> End {
        let hide = |sentence: String| redactor.redact(&sentence).into_owned();
        match self {
            End::Before(ended) => End::Before(ended.map_err(hide)),
            End::After(ended) => End::After(ended.map_err(hide).map(|done| Done {
                skipped: done.skipped.map(hide),
                ..done
            })),
        }
    }
}

impl Pipeline {
    pub fn run(self: Arc<Self>, tasks: &TaskTracker, cancel: &CancellationToken) {
        for lane in WORKERS {
            tasks.spawn(self.clone().work_until(lane, cancel.clone()));
        }
        for kind in JobKind::AFTER {
            tasks.spawn(self.clone().work_until(Lane::After(kind), cancel.clone()));
        }
    }

    async fn work_until(self: Arc<Self>, lane: Lane, cancel: CancellationToken) {
        let idle = match lane {
            Lane::Long | Lane::Short => IDLE,
            Lane::After(_) => IDLE_AFTER,
        };
        loop {
            let news = self.work.notified();
            tokio::select! {
                () = cancel.cancelled() => return,
                worked = self.work_once(lane) => match worked {
                    Ok(true) => continue,
                    Ok(false) => {}
                    Err(error) => tracing::error!("the pipeline can't reach its database: {error}"),
                }
            }
            tokio::select! {
                () = cancel.cancelled() => return,
                () = news => {}
                () = tokio::time::sleep(idle) => {}
            }
        }
    }

    /// Runs one job of that lane, if one may start.
    pub async fn work_once(&self, lane: Lane) -> Stored<bool> {
        let now = self.clock.now();
        let Some(job) = self
            .store
            .claim_job(lane, &self.epoch, now, now.plus_ms(LEASE_MS))
            .await?
        else {
            return Ok(false);
        };
        let Some(deployment) = self.store.deployment_of_any(&job.deployment).await? else {
            return Ok(true);
        };
        self.hint(&deployment);
        let redactor = self.vault.redactor_or_blind(&deployment).await;
        let log = self.logs.writer(
            &job.org,
            &deployment.environment,
            &job.stream(),
            redactor.clone(),
        );
        let task = Task {
            deployment: &deployment,
            log: &log,
        };
        let ended = tokio::select! {
            ended = self.carry_out(&job, &task) => Some(ended),
            () = self.lost(&job) => None,
        };
        match ended {
            Some(ended) => self.settle(&job, &task, ended.hiding(&redactor)).await?,
            None => task.say("Stopped: it was cancelled."),
        }
        log.finish().await;
        self.tidy(&job, &deployment).await;
        self.hint(&deployment);
        self.queue.wake(&deployment.environment);
        self.work.notify_waiters();
        Ok(true)
    }

    async fn carry_out(&self, job: &Job, task: &Task<'_>) -> End {
        if job.kind.is_after() {
            End::After(self.carry_out_after(job, task).await)
        } else {
            End::Before(self.carry_out_before(job, task).await)
        }
    }

    async fn carry_out_before(&self, job: &Job, task: &Task<'_>) -> Ended {
        disk::enough(self.dirs.data())?;
        let made = match job.kind {
            JobKind::DownloadRepoJob => download_repo::run(self, task).await,
            JobKind::BuildImageJob => build_image::run(self, task).await,
            JobKind::PullExternalImageJob => pull_external_image::run(self, task).await,
            JobKind::VerifyLocalImageJob => verify_local_image::run(self, task).await,
            JobKind::DeployStaticJob => deploy_static::run(self, task).await,
            JobKind::DeployStaticBundleJob => deploy_static_bundle::run(self, task).await,
            // These follow the phases, or come after.
            _ => Ok(None),
        }?;
        made.iter().try_for_each(|made| released(task, made))?;
        Ok(made)
    }

    async fn settle(&self, job: &Job, task: &Task<'_>, ended: End) -> Stored<()> {
        let (now, epoch) = (self.clock.now(), self.epoch.as_str());
        let written = match ended {
            End::Before(ended) => {
                ended.as_ref().err().inspect(|sentence| task.say(sentence));
                self.store.end_job(job, epoch, ended, now).await
            }
            End::After(ended) => {
                let said = ended
                    .as_ref()
                    .map_or_else(Some, |done| done.skipped.as_ref());
                said.inspect(|sentence| task.say(sentence));
                self.store.end_after(job, epoch, &ended, now).await
            }
        };
        match written {
            // It was cancelled in the same moment.
            Err(StoreError::Stale) => Ok(()),
            other => other,
        }
    }

    /// Returns when the job is no longer ours.
    async fn lost(&self, job: &Job) {
        let mut hints = self.bus.subscribe();
        loop {
            tokio::select! {
                () = tokio::time::sleep(HEARTBEAT) => {}
                hint = hints.recv() => match hint {
                    Ok(hint) if hint.topic == Topic::Deployment(job.deployment.clone()) => {}
                    Ok(_) => continue,
                    Err(_) => tokio::time::sleep(HEARTBEAT).await,
                }
            }
            let until = self.clock.now().plus_ms(LEASE_MS);
            if matches!(
                self.store.renew_lease(&job.id, &self.epoch, until).await,
                Ok(false)
            ) {
                return;
            }
        }
    }

    /// The work directory, and an image that only carried files, go when no job of the deployment will need it.
    async fn tidy(&self, job: &Job, deployment: &Deployment) {
        let pending = match self.store.jobs(&job.deployment).await {
            Ok(jobs) => jobs
                .iter()
                .any(|j| j.kind.is_worked() && !j.status.is_final()),
            Err(_) => return,
        };
        if !pending {
            remove(&self.dirs.work(&job.deployment)).await;
            publish::discard_carrier(self, deployment).await;
        }
    }

    fn hint(&self, deployment: &Deployment) {
        self.bus
            .hint(&deployment.org, Topic::Deployment(deployment.id.clone()));
    }
}

/// Nothing starts that the plan's release does not name (I-19).
fn released(task: &Task<'_>, made: &Artifact) -> Result<(), String> {
    let build = task.deployment.build.as_ref();
    let Some(released) = build.and_then(|build| build.released.as_ref()) else {
        return Ok(());
    };
    let source = &task.deployment.source;
    released.is(made, &source.label())?;
    task.say(&format!(
        "It is what {} signed as {}.",
        released.key,
        source.label()
    ));
    Ok(())
}

/// What the organization has for registries.
async fn logins(pipeline: &Pipeline, task: &Task<'_>) -> Result<Vec<Login>, String> {
    let keys = pipeline.store.registry_keys(&task.deployment.org).await;
    let keys = keys.map_err(|e| e.to_string())?;
    Ok(keys.into_iter().map(Login::from).collect())
}

/// The number and the artifact of the deployment that is started again.
async fn reused(
    pipeline: &Pipeline,
    task: &Task<'_>,
    of: &DeploymentId,
) -> Result<(u32, Artifact), String> {
    let found = pipeline
        .store
        .deployment(&task.deployment.org, of)
        .await
        .map_err(|e| e.to_string())?;
    let of = found.ok_or("The deployment that was to be started again was deleted.")?;
    let artifact = of
        .artifact
        .ok_or("The deployment that was to be started again has made nothing.")?;
    Ok((of.number, artifact))
}

async fn remove(dir: &std::path::Path) {
    match tokio::fs::remove_dir_all(dir).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(dir = %dir.display(), "can't be removed: {error}");
        }
        _ => {}
    }
}
