//! What happens after completion, and at set times.

use crate::cron::{Cron, RunStatus, RunTrigger};
use crate::id::{CronId, DeploymentId, EnvironmentId, RunId};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Every picture has this width, in pixels.
pub const SCREENSHOT_WIDTH: u32 = 1280;
/// Every picture has this height, in pixels.
pub const SCREENSHOT_HEIGHT: u32 = 800;

/// What an artifact is made of, in numbers; the list is at `/v2/deployments/{id}/sbom`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ContentsView {
    /// Packages that were found.
    pub components: u32,
    /// `None`: nobody looked them up.
    pub findings: Option<FindingsView>,
}

/// Known vulnerabilities, by how bad they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FindingsView {
    /// `trivy` or `grype`.
    pub scanner: String,
    /// Drop everything.
    pub critical: u32,
    /// This week.
    pub high: u32,
    /// With the next update.
    pub medium: u32,
    /// To know of.
    pub low: u32,
    /// Nobody has judged them.
    pub unknown: u32,
}

/// A cron of an environment, as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CronView {
    /// Requests name it by this.
    pub id: CronId,
    /// Where it runs.
    pub environment: EnvironmentId,
    /// As people call it.
    pub environment_name: String,
    /// As the file declares it.
    pub cron: Cron,
    /// Its schedule in words.
    pub words: String,
    /// What it does, on one line.
    pub what: String,
    /// The version that declares it.
    pub deployment: DeploymentId,
    /// When its time comes next.
    pub next_at: Option<Time>,
    /// The newest first; the rest is in its history.
    pub runs: Vec<CronRunView>,
    /// Why it can't be run now; `None`: it can.
    pub cannot_run: Option<String>,
}

/// One run, or why there was none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CronRunView {
    /// Sent along with an HTTP call, so that an app can tell a repetition.
    pub id: RunId,
    /// Why it exists.
    pub trigger: RunTrigger,
    /// By address; `None`: Sealdock itself.
    pub by: Option<String>,
    /// When its time came.
    pub due_at: Time,
    /// How it stands.
    pub status: RunStatus,
    /// What there is to say: why it was skipped or failed, or how many times it stands for.
    pub sentence: Option<String>,
    /// The version that it ran in.
    pub deployment: Option<DeploymentId>,
    /// `None` before a worker had it.
    pub started_at: Option<Time>,
    /// `None` while it has not ended.
    pub ended_at: Option<Time>,
    /// The process's exit code, or the HTTP status.
    pub code: Option<i64>,
    /// The end of what it printed or answered.
    pub output: String,
    /// There was more than that.
    pub output_cut: bool,
}
