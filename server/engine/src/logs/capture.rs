//! Follows what running instances print into the log `instance/<id>`, which stays when the
//! instance is gone.
//!
//! After a restart, or when the runtime was away, it goes on at the time of the last line that
//! was kept: the driver sends that millisecond again, and what is already here is skipped.

use super::{LogWriter, Logs, held};
use crate::driver::{Driver, DriverError, Printed};
use crate::store::{StoreError, Stored};
use domain::api::LogQuery;
use domain::id::{EnvironmentId, InstanceId, OrgId};
use domain::redact::Redactor;
use domain::time::Time;
use domain::view::{LogLine, Stream};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Instances followed at once. The reconciler asks again, so the rest get their turn.
const FOLLOWED_MAX: usize = 512;
/// Lines between driver and log: a full channel makes the driver wait, and nothing is lost.
const CHANNEL_LINES: usize = 256;
/// Enough to hold every line of one millisecond.
const RESUME_LINES: u32 = 1000;
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// The log of an instance.
pub fn stream_of(instance: &InstanceId) -> String {
    format!("instance/{instance}")
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Capture {
    logs: Logs,
    tracker: TaskTracker,
    cancel: CancellationToken,
    followed: Arc<Mutex<HashSet<InstanceId>>>,
    retry_after: Duration,
}

/// Whose output, and where it belongs.
#[derive(Clone)]
pub struct Followed {
    pub driver: Arc<dyn Driver>,
    pub instance: InstanceId,
    pub org: OrgId,
    pub environment: EnvironmentId,
    pub redactor: Arc<Redactor>,
}

#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("{0}")]
    Driver(#[from] DriverError),
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl Capture {
    pub fn new(logs: Logs, tracker: TaskTracker, cancel: CancellationToken) -> Self {
        Self {
            logs,
            tracker,
            cancel,
            followed: Arc::default(),
            retry_after: RETRY_AFTER,
        }
    }

    /// Its output is being read.
    pub fn follows(&self, instance: &InstanceId) -> bool {
        held(&self.followed).contains(instance)
    }

    /// Follows the instance, unless that is done already.
    pub fn ensure(&self, followed: Followed) {
        let Some(place) = self.place(&followed.instance) else {
            return;
        };
        let capture = self.clone();
        self.tracker.spawn(async move {
            capture
                .cancel
                .run_until_cancelled(capture.follow(&followed))
                .await;
            drop(place);
        });
    }

    fn place(&self, instance: &InstanceId) -> Option<Place> {
        let mut followed = held(&self.followed);
        let free = followed.len() < FOLLOWED_MAX && !self.cancel.is_cancelled();
        let place = || Place {
            followed: self.followed.clone(),
            instance: instance.clone(),
        };
        (free && followed.insert(instance.clone())).then(place)
    }

    /// Until the instance is gone.
    async fn follow(&self, of: &Followed) {
        let stream = stream_of(&of.instance);
        let writer =
            self.logs
                .rolling_writer(&of.org, &of.environment, &stream, of.redactor.clone());
        while let Err(broken) = self.read(of, &writer).await {
            if let Broken::Driver(DriverError::Refused(why)) = &broken {
                tracing::info!(instance = %of.instance, why, "its output can't be followed");
                break;
            }
            tracing::debug!(instance = %of.instance, %broken, "its output is followed again soon");
            tokio::time::sleep(self.retry_after).await;
        }
        writer.finish().await;
    }

    async fn read(&self, of: &Followed, writer: &LogWriter) -> Result<(), Broken> {
        let resume = self.resume(of).await?;
        let (sender, receiver) = mpsc::channel(CHANNEL_LINES);
        let printing = of.driver.logs(&of.instance, resume.since_ms, sender);
        // However the driver ends, what it sent is kept; when that fails, it need not go on.
        let printing = async { Ok(printing.await) };
        let (ended, ()) = tokio::try_join!(printing, keep(resume, receiver, writer))?;
        Ok(ended?)
    }

    async fn resume(&self, of: &Followed) -> Stored<Resume> {
        let end = LogQuery {
            limit: Some(RESUME_LINES),
            ..LogQuery::default()
        };
        let page = self
            .logs
            .page(&of.org, &stream_of(&of.instance), &end)
            .await?;
        Ok(Resume::after(&page.unwrap_or_default().lines))
    }
}

async fn keep(
    mut resume: Resume,
    mut printed: mpsc::Receiver<Printed>,
    writer: &LogWriter,
) -> Stored<()> {
    while let Some(line) = printed.recv().await {
        if resume.is_new(line.at_ms) {
            writer.line_at(Time(line.at_ms), line.stream, &line.text);
            writer.room().await?;
        }
    }
    Ok(())
}

/// Where an earlier reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Resume {
    since_ms: i64,
    /// Lines of that very millisecond that are here already.
    seen: usize,
    /// Up to there. Later lines are new whatever their time: a clock may be set back.
    over: bool,
}

impl Resume {
    fn after(lines: &[LogLine]) -> Self {
        let printed = || {
            lines
                .iter()
                .rev()
                .filter(|line| line.stream != Stream::Note)
        };
        let last = printed().next().map(|line| line.at);
        let seen = printed().take_while(|line| Some(line.at) == last).count();
        Self {
            since_ms: last.map_or(0, |at| at.0),
            seen,
            over: last.is_none(),
        }
    }

    fn is_new(&mut self, at_ms: i64) -> bool {
        if !self.over && at_ms == self.since_ms && self.seen > 0 {
            self.seen -= 1;
            return false;
        }
        self.over |= at_ms >= self.since_ms;
        self.over
    }
}

/// A place among those that are followed, given back however the task ends.
struct Place {
    followed: Arc<Mutex<HashSet<InstanceId>>>,
    instance: InstanceId,
}

impl Drop for Place {
    fn drop(&mut self) {
        held(&self.followed).remove(&self.instance);
    }
}

#[cfg(test)]
mod tests;
