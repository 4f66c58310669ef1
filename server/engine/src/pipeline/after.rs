//! The jobs that come after completion (P-11). Each kind has one worker, so that none of them
//! waits for another kind, and no two of a kind run at once.

use super::{
    Pipeline, Task, capture_source_maps, configure_crons, scan_vulnerabilities, take_screenshot,
};
use crate::store::job::{Done, Job};
use domain::job::JobKind;
use std::time::Duration;

/// Why there was nothing to do, what was found, or a sentence about the failure.
pub(super) type Ended = Result<Done, String>;

/// Whatever takes longer is stuck.
const fn limit(kind: JobKind) -> Duration {
    Duration::from_secs(match kind {
        JobKind::TakeScreenshotJob => 60,
        JobKind::ScanVulnerabilitiesJob | JobKind::CaptureSourceMapsJob => 600,
        _ => 30,
    })
}

impl Pipeline {
    pub(super) async fn carry_out_after(&self, job: &Job, task: &Task<'_>) -> Ended {
        let limit = limit(job.kind);
        let work = async {
            match job.kind {
                JobKind::ConfigureCronsJob => configure_crons::run(self, task).await,
                JobKind::TakeScreenshotJob => take_screenshot::run(self, task).await,
                JobKind::ScanVulnerabilitiesJob => scan_vulnerabilities::run(self, task).await,
                JobKind::CaptureSourceMapsJob => capture_source_maps::run(self, task).await,
                _ => Ok(Done::default()),
            }
        };
        match tokio::time::timeout(limit, work).await {
            Ok(ended) => ended,
            Err(_) => Err(format!(
                "It took longer than its limit of {} s and was stopped.",
                limit.as_secs()
            )),
        }
    }
}
