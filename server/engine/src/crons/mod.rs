//! The scheduler (P-12): times that came become rows, rows that wait get a worker, and what came
//! of them is written down. A run is begun at most once: the row says so before it begins.

mod carry_out;
mod http;
mod key;

pub use key::CronKey;

use crate::changes::Bus;
use crate::clock::Clock;
use crate::runtimes::Runtimes;
use crate::secrets::Vault;
use crate::store::cron::{Claimed, Ended};
use crate::store::{Now, Store, StoreError, Stored};
use domain::hint::Topic;
use domain::id::{OrgId, ProjectId};
use domain::time::Time;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Runs at the same time, of all crons together.
const AT_ONCE: usize = 8;
/// Looks this often even when no time is near: a machine may have slept, or its clock moved.
const IDLE_MS: i64 = 30_000;
/// After a database that did not answer.
const TROUBLE: Duration = Duration::from_secs(2);

pub struct Crons {
    pub store: Store,
    pub runtimes: Arc<Runtimes>,
    pub clock: Arc<dyn Clock>,
    pub bus: Bus,
    pub key: CronKey,
    pub vault: Arc<Vault>,
    /// Crons were set up, a person wants a run, or a run has ended.
    pub news: Arc<Notify>,
    /// Names this boot: what another one began is not ours to end.
    pub epoch: String,
    pub room: Arc<Semaphore>,
}

/// Where runs find a place.
pub fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(AT_ONCE))
}

impl Crons {
    pub fn run(self: Arc<Self>, tasks: &TaskTracker, cancel: &CancellationToken) {
        tasks.spawn(self.clone().keep_time(tasks.clone(), cancel.clone()));
    }

    async fn keep_time(self: Arc<Self>, tasks: TaskTracker, cancel: CancellationToken) {
        loop {
            let pause = match self.turn(&tasks, &cancel).await {
                Ok(next) => self.until(next),
                Err(error) => {
                    tracing::error!("the crons can't reach their database: {error}");
                    TROUBLE
                }
            };
            tokio::select! {
                () = cancel.cancelled() => return,
                () = self.news.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Everything that is due, and as many runs as there is room for; when to look again.
    async fn turn(
        self: &Arc<Self>,
        tasks: &TaskTracker,
        cancel: &CancellationToken,
    ) -> Stored<Option<Time>> {
        let next = self.look().await?;
        while let Ok(permit) = self.room.clone().try_acquire_owned() {
            let Some(claimed) = self.claim().await? else {
                break;
            };
            let (crons, cancel) = (self.clone(), cancel.clone());
            tasks.spawn(async move {
                cancel
                    .run_until_cancelled(crons.work(claimed, permit))
                    .await
            });
        }
        Ok(next)
    }

    fn until(&self, next: Option<Time>) -> Duration {
        let now = self.clock.now();
        let pause_ms = next.map_or(IDLE_MS, |at| at.since_ms(now).min(IDLE_MS));
        Duration::from_millis(pause_ms.max(1).unsigned_abs())
    }

    /// Writes a row for every time that came; answers when the next one comes.
    pub async fn look(&self) -> Stored<Option<Time>> {
        let ids = || Now {
            at: self.clock.now(),
            entropy: self.clock.entropy(),
        };
        while let Some(cron) = self.store.claim_due_cron(&ids).await? {
            self.hint(&cron.org, &cron.project);
        }
        self.store.next_cron().await
    }

    /// The oldest run that may begin, now ours.
    pub async fn claim(&self) -> Stored<Option<Claimed>> {
        let claimed = self
            .store
            .claim_cron_run(&self.epoch, self.clock.now())
            .await?;
        if let Some(Claimed { cron, .. }) = &claimed {
            self.hint(&cron.org, &cron.project);
        }
        Ok(claimed)
    }

    async fn work(self: Arc<Self>, claimed: Claimed, permit: OwnedSemaphorePermit) {
        let ended = self.carry_out(&claimed).await;
        // Until it is written its cron counts as running.
        while let Err(error) = self.settle(&claimed, &ended).await {
            tracing::error!(run = %claimed.run.id, "how a cron's run ended can't be written: {error}");
            tokio::time::sleep(TROUBLE).await;
        }
        drop(permit);
        // What waited for it may begin.
        self.news.notify_one();
    }

    /// Writes how it ended; a row that went with its environment is no trouble.
    pub async fn settle(&self, claimed: &Claimed, ended: &Ended) -> Stored<()> {
        let now = self.clock.now();
        let written = self
            .store
            .end_cron_run(&claimed.run, &self.epoch, ended, now)
            .await;
        self.hint(&claimed.cron.org, &claimed.cron.project);
        match written {
            Err(StoreError::Stale) => Ok(()),
            other => other,
        }
    }

    fn hint(&self, org: &OrgId, project: &ProjectId) {
        self.bus.hint(org, Topic::Project(project.clone()));
    }
}
