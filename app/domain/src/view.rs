//! What the API answers and the pages show. Derived on every read; nothing here is stored.

mod account;
mod after;
mod attestation;
mod credential;
mod disk;
mod domain;
mod hook;
mod imports;
mod log;
mod metrics;
mod overview;
mod plan;
mod review;
mod secret;
mod service;
mod source;
mod stack;
mod terminal;

pub use account::*;
pub use after::*;
pub use attestation::*;
pub use credential::*;
pub use disk::*;
pub use domain::*;
pub use hook::*;
pub use imports::*;
pub use log::*;
pub use metrics::*;
pub use overview::*;
pub use plan::*;
pub use review::*;
pub use secret::*;
pub use service::*;
pub use source::*;
pub use stack::*;
pub use terminal::*;

use crate::attest::ReleasedImage;
use crate::config::{Change, Config, ConfigPatch};
use crate::deployment::{Phase, Trigger};
use crate::id::{DeploymentId, EnvironmentId, InstanceId, JobId, ProjectId, RuntimeId};
use crate::job::{JobKind, JobStatus};
use crate::source::{Artifact, Origin, Source};
use crate::strategy::Strategy;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// One page of a list; `next` is the cursor of the page after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// In the list's order.
    pub items: Vec<T>,
    /// `None` on the last page.
    pub next: Option<String>,
}

/// The words that seed 000 shows for an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum InstanceStatus {
    /// Something is on its way and nothing serves.
    Deploying,
    /// Something serves, or is paused on purpose.
    Running,
    /// The newest attempt failed and nothing serves.
    Failed,
    /// Nothing was ever deployed here, or it was stopped on purpose.
    Stopped,
}

/// How far a replacement is: the words of seed 000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum UpdateStatus {
    /// Its turn or its artifact has not come.
    Pending,
    /// Its instances run and are probed.
    Started,
    /// Every instance is healthy, or traffic has moved.
    Ready,
    /// It ended without serving.
    Failed,
}

/// A project with its environments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ProjectView {
    /// Links and requests name it by this.
    pub id: ProjectId,
    /// Becomes its host name.
    pub name: String,
    /// Where its versions come from.
    pub origin: Origin,
    /// When it was made.
    pub created_at: Time,
    /// The oldest first.
    pub environments: Vec<EnvironmentView>,
}

/// An environment, with who serves and who is coming.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EnvironmentView {
    /// Links and requests name it by this.
    pub id: EnvironmentId,
    /// The one it is a slot of.
    pub project: ProjectId,
    /// For lists over several projects.
    pub project_name: String,
    /// `production`, `staging`.
    pub name: String,
    /// Where a browser reaches it; the first is the one to show.
    pub urls: Vec<String>,
    /// The word of seed 000.
    pub status: InstanceStatus,
    /// One true sentence that says why the status is what it is.
    pub sentence: String,
    /// The one that serves, or is paused.
    pub active: Option<DeploymentSummary>,
    /// The one on its way, or waiting.
    pub candidate: Option<DeploymentSummary>,
    /// The newest deployment, when it is neither (it failed, or was cancelled).
    pub latest: Option<DeploymentSummary>,
    /// Requests over the last minute, as the data plane counts them.
    pub requests_last_minute: Option<u64>,
    /// Requests in each minute of the last hour, the oldest first; empty where there were none.
    pub requests_by_minute: Vec<u32>,
    /// Names of secrets that have another value since what serves here was deployed.
    #[serde(default)]
    pub stale_secrets: Vec<String>,
    /// Where nothing serves any more: what failed, which can be tried again.
    #[serde(default)]
    pub retry: Option<DeploymentId>,
    /// Where nothing serves any more: what did before, which can be deployed again.
    #[serde(default)]
    pub redeploy: Option<DeploymentId>,
    /// A person stopped what served here.
    #[serde(default)]
    pub stopped: bool,
    /// Everything about it is ending.
    pub deleting: bool,
    /// It is for debugging: its instances have a terminal.
    #[serde(default)]
    pub debug: bool,
    /// Which buttons work.
    pub can: Allowed,
}

/// What this caller may do with it now: `None` is yes, a sentence is why not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Allowed {
    /// Replace what serves.
    pub update: Option<String>,
    /// End what has not begun to take over.
    pub cancel: Option<String>,
    /// Let what is held at ready take the traffic.
    #[serde(default)]
    pub promote: Option<String>,
    /// Answer 503 on purpose.
    pub pause: Option<String>,
    /// Serve again.
    pub resume: Option<String>,
    /// End what serves, and keep the address.
    #[serde(default)]
    pub stop: Option<String>,
    /// End everything of it.
    pub delete: Option<String>,
}

/// A deployment, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeploymentSummary {
    /// Links and requests name it by this.
    pub id: DeploymentId,
    /// `#12`, counted within the project.
    pub number: u32,
    /// Whose it is.
    pub project: ProjectId,
    /// For lists over several projects.
    pub project_name: String,
    /// Where it serves, or would.
    pub environment: EnvironmentId,
    /// For lists over several environments.
    pub environment_name: String,
    /// The core's own word, for programs.
    pub phase: Phase,
    /// The word of seed 002: `pending` `running` `deploying` `ready` `completed` …
    pub status: String,
    /// Why it is where it is.
    pub sentence: String,
    /// It is the one that serves its environment.
    pub live: bool,
    /// What it is made from.
    pub source: Source,
    /// Why it exists.
    pub trigger: Trigger,
    /// By address; `None`: Sealdock itself.
    pub created_by: Option<String>,
    /// When it was asked for.
    pub created_at: Time,
    /// For the list's column.
    pub durations: Durations,
    /// There is a picture of its front page at `/v2/deployments/{id}/screenshot`.
    #[serde(default)]
    pub screenshot: bool,
    /// It is held at ready until somebody promotes or cancels it.
    #[serde(default)]
    pub held: bool,
}

/// How long each part took so far, in milliseconds; `None` where it did not begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Durations {
    /// From being asked for to being claimed.
    pub queue_ms: Option<i64>,
    /// From being claimed to the artifact.
    pub build_ms: Option<i64>,
    /// From the artifact to traffic.
    pub deploy_ms: Option<i64>,
}

/// A deployment, as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeploymentView {
    /// The list's part.
    pub summary: DeploymentSummary,
    /// Where a browser reaches its environment.
    pub urls: Vec<String>,
    /// Where it can be looked at while it is held at ready; its address is its only key.
    #[serde(default)]
    pub review_url: Option<String>,
    /// Its instances have a terminal.
    #[serde(default)]
    pub debug: bool,
    /// Where its instances run.
    pub runtime: RuntimeId,
    /// As people call it.
    pub runtime_name: String,
    /// How it takes, or took, its predecessor's place.
    pub strategy: Strategy,
    /// The word of seed 000.
    pub update_status: UpdateStatus,
    /// Every phase that it entered, oldest first.
    pub timeline: Vec<StageView>,
    /// In their order.
    pub jobs: Vec<JobView>,
    /// The snapshot that it runs with.
    pub config: Config,
    /// What a person set; the *Edit config* form starts from it.
    pub overrides: ConfigPatch,
    /// What it was given of the organization's secrets: names and versions.
    #[serde(default)]
    pub secrets: Vec<UsedSecret>,
    /// What differs from the deployment that served before it (or serves now).
    pub changes: Vec<Change>,
    /// Whose artifact it started again; `None`: it made its own.
    pub reuses: Option<ReusedView>,
    /// Once it exists.
    pub artifact: Option<Artifact>,
    /// The signed release that it is held to; `None`: none was asked for.
    #[serde(default)]
    pub released: Option<ReleasedImage>,
    /// What is in the artifact, once somebody looked.
    #[serde(default)]
    pub contents: Option<ContentsView>,
    /// Seen now; none where the runtime does not answer.
    pub instances: Vec<InstanceView>,
    /// What they proved of themselves; `None` where the runtime is not confidential.
    #[serde(default)]
    pub attestation: Option<AttestationView>,
    /// While requests finish.
    pub drain: Option<DrainView>,
    /// The version before it, as long as that still runs: what serves until this one does.
    pub predecessor: Option<RunningView>,
    /// Which buttons work.
    pub can: Allowed,
    /// Why its environment can't be rolled back to it, or try it again; `None`: it can.
    pub roll_back: Option<String>,
    /// It failed, and nothing serves: what did before, which can be deployed again.
    #[serde(default)]
    pub redeploy: Option<DeploymentId>,
    /// The project's other environments, where it can be started once more.
    pub promote_to: Vec<PlaceView>,
}

/// An environment by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PlaceView {
    /// Links and requests name it by this.
    pub environment: EnvironmentId,
    /// `production`, `staging`.
    pub name: String,
}

/// One move of the phase: the timeline is the list of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct StageView {
    /// Which one.
    pub phase: Phase,
    /// When it was entered.
    pub entered_at: Time,
    /// `None`: it is still in it.
    pub left_at: Option<Time>,
    /// What was written with the move.
    pub sentence: Option<String>,
}

/// One node of the job graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct JobView {
    /// Names its log too.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// The same for a person.
    pub title: String,
    /// From 1.
    pub order: u32,
    /// The edges of the graph.
    pub needs: Vec<JobKind>,
    /// The word of seed 002.
    pub status: JobStatus,
    /// Why it failed, or was skipped.
    pub error: Option<String>,
    /// `None` before a worker had it.
    pub started_at: Option<Time>,
    /// `None` while it has not ended.
    pub ended_at: Option<Time>,
    /// Names its log: `GET /v2/logs/{stream}`.
    pub stream: String,
}

/// One container, as it was seen now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct InstanceView {
    /// Computed from the deployment.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub id: InstanceId,
    /// `starting`, `running`, `exited (3)`.
    pub state: String,
    /// Its latest probe passed, or it serves and was not asked since a restart of Sealdock.
    pub healthy: bool,
    /// What its last probe got.
    pub sentence: String,
    /// On loopback.
    pub address: Option<String>,
    /// `None` while it does not run.
    pub started_at: Option<Time>,
    /// Names its log.
    pub stream: String,
}

/// Another deployment of the same environment that runs now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RunningView {
    /// Links and requests name it by this.
    pub id: DeploymentId,
    /// `#12`, counted within the project.
    pub number: u32,
    /// What it is made from.
    pub source: Source,
    /// Seen now; none where the runtime does not answer.
    pub instances: Vec<InstanceView>,
}

/// "12 requests finishing on v41, 18 s left".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DrainView {
    /// Requests that it still works on.
    pub in_flight: u64,
    /// Then it is stopped whatever is left.
    pub deadline: Time,
}
