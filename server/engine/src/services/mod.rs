//! Keeps services up (P-23): what is wanted is in the store, what is there is what the driver sees,
//! and `domain::service::upkeep` says what to do about it. A click, a crash and a restart of the
//! machine all only cause another look.
//!
//! One pass at a time for each service; in it, once the service is as it should be, a backup or a
//! restore that waits.

mod ask;
mod pass;
mod redact;
mod spec;
mod standing;
#[cfg(test)]
mod tests;
mod work;

pub use redact::credentials;
pub use spec::{address, of as spec_of};
pub use standing::{How, Standing};
pub use work::file as backup_path;

use crate::changes::Bus;
use crate::clock::Clock;
use crate::dirs::Dirs;
use crate::runtimes::Runtimes;
use crate::store::service::{NewBackup, Service};
use crate::store::{Now, Store, Stored};
use domain::cron::Schedule;
use domain::hint::Topic;
use domain::id::BackupId;
use domain::time::Time;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Passes at the same time. One may pull an image or write a backup for long.
const AT_ONCE: usize = 8;
const TICK: Duration = Duration::from_millis(500);
/// While there are none.
const IDLE: Duration = Duration::from_secs(30);
/// After a database that did not answer.
const TROUBLE: Duration = Duration::from_secs(2);

pub struct ServiceKeeper {
    pub store: Store,
    pub runtimes: Arc<Runtimes>,
    pub clock: Arc<dyn Clock>,
    pub bus: Bus,
    pub dirs: Dirs,
    pub standing: Arc<Standing>,
    /// Names this boot.
    pub epoch: String,
    pub room: Arc<Semaphore>,
}

/// Where passes find a place.
pub fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(AT_ONCE))
}

impl ServiceKeeper {
    pub fn run(self: Arc<Self>, tasks: &TaskTracker, cancel: &CancellationToken) {
        tasks.spawn(self.keep(tasks.clone(), cancel.clone()));
    }

    async fn keep(self: Arc<Self>, tasks: TaskTracker, cancel: CancellationToken) {
        loop {
            let pause = match self.turn(&tasks, &cancel).await {
                Ok(0) => IDLE,
                Ok(_) => TICK,
                Err(error) => {
                    tracing::error!("the services can't be listed: {error}");
                    TROUBLE
                }
            };
            tokio::select! {
                () = cancel.cancelled() => return,
                () = self.standing.news() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Begins a pass for every service that is due; how many services there are.
    async fn turn(
        self: &Arc<Self>,
        tasks: &TaskTracker,
        cancel: &CancellationToken,
    ) -> Stored<usize> {
        let all = self.store.every_service().await?;
        let count = all.len();
        for service in all {
            self.keep_time(&service).await?;
            let Some(turn) = self.standing.begin(&service.id, self.clock.now()) else {
                continue;
            };
            let Ok(permit) = self.room.clone().try_acquire_owned() else {
                break;
            };
            let (keeper, cancel) = (self.clone(), cancel.clone());
            tasks.spawn(async move {
                cancel.run_until_cancelled(keeper.pass(&service)).await;
                drop((turn, permit));
            });
        }
        Ok(count)
    }

    /// A time of the schedule that came becomes a row.
    pub(crate) async fn keep_time(&self, service: &Service) -> Stored<()> {
        let now = self.now();
        let due = service.managed.as_ref().filter(|_| !service.deleting);
        let Some(managed) = due.filter(|m| m.next_backup_at.is_some_and(|at| at <= now.at)) else {
            return Ok(());
        };
        let next = managed
            .schedule
            .as_deref()
            .and_then(|text| next_backup(text, now.at));
        let id = BackupId::new(now.at, now.entropy);
        let new = NewBackup {
            id: &id,
            service,
            restores: None,
            by: None,
        };
        self.store.add_backup(new, Some(next), self.now()).await?;
        self.hint(service);
        Ok(())
    }

    fn now(&self) -> Now {
        Now {
            at: self.clock.now(),
            entropy: self.clock.entropy(),
        }
    }

    fn hint(&self, service: &Service) {
        self.bus
            .hint(&service.org, Topic::Service(service.id.clone()));
    }
}

/// When a schedule comes next; it was read when it was set.
pub fn next_backup(schedule: &str, now: Time) -> Option<Time> {
    Schedule::parse(schedule, "UTC").ok()?.next_after(now)
}
