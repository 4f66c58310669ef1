//! A job is a run-once unit of the pipeline that leads to an artifact and to traffic.

use crate::deployment::Phase;
use serde::{Deserialize, Serialize};

/// The jobs of seed 002, under exactly these names (P-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum JobKind {
    /// Clones at the pinned commit.
    DownloadRepoJob,
    /// Builds what was cloned.
    BuildImageJob,
    /// Follows the phases from starting to live.
    DeployImageJob,
    /// Takes files to where the data plane serves from: a repository's, its build's, or an earlier deployment's.
    DeployStaticJob,
    /// Unpacks where the data plane serves from.
    DeployStaticBundleJob,
    /// Pulls, and pins the digest.
    PullExternalImageJob,
    /// Looks that an image is on the machine, and pins it.
    VerifyLocalImageJob,
    /// Follows the phases to completion.
    MarkDeploymentCompleteJob,
    /// Makes the environment's crons those of the configuration.
    ConfigureCronsJob,
    /// Takes a picture of the front page.
    TakeScreenshotJob,
    /// Lists what is in the artifact, and looks each up.
    ScanVulnerabilitiesJob,
    /// Keeps the artifact's source maps, for reading stack traces.
    CaptureSourceMapsJob,
}

impl JobKind {
    /// In the order of a pipeline.
    pub const ALL: [JobKind; 12] = [
        JobKind::DownloadRepoJob,
        JobKind::BuildImageJob,
        JobKind::DeployImageJob,
        JobKind::DeployStaticJob,
        JobKind::DeployStaticBundleJob,
        JobKind::PullExternalImageJob,
        JobKind::VerifyLocalImageJob,
        JobKind::MarkDeploymentCompleteJob,
        JobKind::ConfigureCronsJob,
        JobKind::TakeScreenshotJob,
        JobKind::ScanVulnerabilitiesJob,
        JobKind::CaptureSourceMapsJob,
    ];

    /// Come after completion, side by side; none of them can hold up or fail a deployment (P-11).
    pub const AFTER: [JobKind; 4] = [
        JobKind::ConfigureCronsJob,
        JobKind::TakeScreenshotJob,
        JobKind::ScanVulnerabilitiesJob,
        JobKind::CaptureSourceMapsJob,
    ];

    /// As seed 002 writes it.
    pub const fn name(self) -> &'static str {
        match self {
            JobKind::DownloadRepoJob => "DownloadRepoJob",
            JobKind::BuildImageJob => "BuildImageJob",
            JobKind::DeployImageJob => "DeployImageJob",
            JobKind::DeployStaticJob => "DeployStaticJob",
            JobKind::DeployStaticBundleJob => "DeployStaticBundleJob",
            JobKind::PullExternalImageJob => "PullExternalImageJob",
            JobKind::VerifyLocalImageJob => "VerifyLocalImageJob",
            JobKind::MarkDeploymentCompleteJob => "MarkDeploymentCompleteJob",
            JobKind::ConfigureCronsJob => "ConfigureCronsJob",
            JobKind::TakeScreenshotJob => "TakeScreenshotJob",
            JobKind::ScanVulnerabilitiesJob => "ScanVulnerabilitiesJob",
            JobKind::CaptureSourceMapsJob => "CaptureSourceMapsJob",
        }
    }

    /// Reads the store's word back.
    pub fn parse(name: &str) -> Option<JobKind> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }

    /// What it does, for a person: "Clone", "Build", …
    pub const fn title(self) -> &'static str {
        match self {
            JobKind::DownloadRepoJob => "Clone repository",
            JobKind::BuildImageJob => "Build image",
            JobKind::DeployImageJob => "Start, check, route",
            JobKind::DeployStaticJob => "Publish static files",
            JobKind::DeployStaticBundleJob => "Unpack bundle",
            JobKind::PullExternalImageJob => "Pull image",
            JobKind::VerifyLocalImageJob => "Verify local image",
            JobKind::MarkDeploymentCompleteJob => "Complete",
            JobKind::ConfigureCronsJob => "Set up crons",
            JobKind::TakeScreenshotJob => "Take screenshot",
            JobKind::ScanVulnerabilitiesJob => "List and scan contents",
            JobKind::CaptureSourceMapsJob => "Keep source maps",
        }
    }

    /// Fetches or builds, for minutes maybe, and so waits for its turn. The others take a moment, and
    /// wait for none of these: a rollback takes seconds while everybody builds (P-13, P-18).
    pub const fn takes_long(self) -> bool {
        matches!(
            self,
            JobKind::DownloadRepoJob | JobKind::BuildImageJob | JobKind::PullExternalImageJob
        )
    }

    /// A worker of the pipeline carries it out, and the artifact waits for it. The others follow
    /// the phases, or come after completion.
    pub const fn is_worked(self) -> bool {
        !self.is_after()
            && !matches!(
                self,
                JobKind::DeployImageJob | JobKind::MarkDeploymentCompleteJob
            )
    }

    /// A worker carries it out once the deployment is complete, and nothing waits for it.
    pub const fn is_after(self) -> bool {
        matches!(
            self,
            JobKind::ConfigureCronsJob
                | JobKind::TakeScreenshotJob
                | JobKind::ScanVulnerabilitiesJob
                | JobKind::CaptureSourceMapsJob
        )
    }

    /// Where a job that follows the phases stands when its deployment is in `phase`.
    pub const fn follows(self, phase: Phase) -> Option<JobStatus> {
        match self {
            JobKind::DeployImageJob => Some(rolled_out(phase)),
            JobKind::MarkDeploymentCompleteJob => Some(completed(phase)),
            _ => None,
        }
    }
}

const fn rolled_out(phase: Phase) -> JobStatus {
    match phase {
        Phase::Queued | Phase::Building => JobStatus::Pending,
        Phase::Starting | Phase::Ready => JobStatus::Running,
        Phase::Live | Phase::Paused | Phase::Draining | Phase::Stopped => JobStatus::Success,
        Phase::Failed => JobStatus::Failure,
        Phase::Cancelled => JobStatus::Cancelled,
    }
}

const fn completed(phase: Phase) -> JobStatus {
    match phase {
        Phase::Queued | Phase::Building | Phase::Starting | Phase::Ready => JobStatus::Pending,
        Phase::Live | Phase::Paused | Phase::Draining | Phase::Stopped => JobStatus::Success,
        Phase::Failed | Phase::Cancelled => JobStatus::Cancelled,
    }
}

/// The words of seed 002, and one for what could not be done here and does not have to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum JobStatus {
    /// Its needs are not met, or no worker is free.
    Pending,
    /// A worker has it, under a lease.
    Running,
    /// What needs it may start.
    Success,
    /// What needs it is cancelled.
    Failure,
    /// A person or another job's failure ended it.
    Cancelled,
    /// There was nothing to do it with, or to do; its sentence says which. Nothing needs it.
    Skipped,
}

impl JobStatus {
    /// For tables and tests that walk over all.
    pub const ALL: [JobStatus; 6] = [
        JobStatus::Pending,
        JobStatus::Running,
        JobStatus::Success,
        JobStatus::Failure,
        JobStatus::Cancelled,
        JobStatus::Skipped,
    ];

    /// As seed 002 writes it, where it does.
    pub const fn word(self) -> &'static str {
        match self {
            JobStatus::Pending => "Pending",
            JobStatus::Running => "Running",
            JobStatus::Success => "Success",
            JobStatus::Failure => "Failure",
            JobStatus::Cancelled => "Cancelled",
            JobStatus::Skipped => "Skipped",
        }
    }

    /// Reads the store's word back.
    pub fn parse(word: &str) -> Option<JobStatus> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }

    /// Never runs again.
    pub const fn is_final(self) -> bool {
        !matches!(self, JobStatus::Pending | JobStatus::Running)
    }
}
