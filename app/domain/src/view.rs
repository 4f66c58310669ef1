//! What the API answers and the pages show. Derived on every read; nothing here is stored.

use crate::access::Role;
use crate::config::{Change, Config, ConfigPatch};
use crate::deployment::{Phase, Trigger};
use crate::id::{
    DeploymentId, EnvironmentId, EventId, InstanceId, JobId, OrgId, ProjectId, RuntimeId, TokenId,
    UploadId, UserId,
};
use crate::job::{JobKind, JobStatus};
use crate::source::{Artifact, Commit, Origin, Source, Tag};
use crate::strategy::Strategy;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// One page of a list; `next` is the cursor of the page after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// The words that seed 000 shows for an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum InstanceStatus {
    Deploying,
    Running,
    Failed,
    /// Nothing was ever deployed here, or it was stopped on purpose.
    Stopped,
}

/// How far a replacement is: the words of seed 000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum UpdateStatus {
    Pending,
    Started,
    Ready,
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ProjectView {
    pub id: ProjectId,
    pub name: String,
    pub origin: Origin,
    pub created_at: Time,
    pub environments: Vec<EnvironmentView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EnvironmentView {
    pub id: EnvironmentId,
    pub project: ProjectId,
    pub project_name: String,
    pub name: String,
    /// Where a browser reaches it; the first is the one to show.
    pub urls: Vec<String>,
    pub status: InstanceStatus,
    /// One true sentence that says why the status is what it is.
    pub sentence: String,
    pub active: Option<DeploymentSummary>,
    pub candidate: Option<DeploymentSummary>,
    /// The newest deployment, when it is neither (it failed, or was cancelled).
    pub latest: Option<DeploymentSummary>,
    /// Requests over the last minute, as the data plane counts them.
    pub requests_last_minute: Option<u64>,
    pub deleting: bool,
    pub can: Allowed,
}

/// What this caller may do with it now: `None` is yes, a sentence is why not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Allowed {
    pub update: Option<String>,
    pub cancel: Option<String>,
    pub pause: Option<String>,
    pub resume: Option<String>,
    pub delete: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeploymentSummary {
    pub id: DeploymentId,
    /// `#12`, counted within the project.
    pub number: u32,
    pub project: ProjectId,
    pub project_name: String,
    pub environment: EnvironmentId,
    pub environment_name: String,
    pub phase: Phase,
    /// The word of seed 002: `pending` `running` `deploying` `ready` `completed` …
    pub status: String,
    pub sentence: String,
    /// It is the one that serves its environment.
    pub live: bool,
    pub source: Source,
    pub trigger: Trigger,
    pub created_by: Option<String>,
    pub created_at: Time,
    pub durations: Durations,
}

/// How long each part took so far, in milliseconds; `None` where it did not begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Durations {
    pub queue_ms: Option<i64>,
    pub build_ms: Option<i64>,
    pub deploy_ms: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeploymentView {
    pub summary: DeploymentSummary,
    pub urls: Vec<String>,
    pub runtime: RuntimeId,
    pub strategy: Strategy,
    pub update_status: UpdateStatus,
    pub timeline: Vec<StageView>,
    pub jobs: Vec<JobView>,
    pub config: Config,
    pub overrides: ConfigPatch,
    /// What differs from the deployment that served before it (or serves now).
    pub changes: Vec<Change>,
    pub artifact: Option<Artifact>,
    pub instances: Vec<InstanceView>,
    pub drain: Option<DrainView>,
    pub can: Allowed,
}

/// One move of the phase: the timeline is the list of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct StageView {
    pub phase: Phase,
    pub entered_at: Time,
    pub left_at: Option<Time>,
    pub sentence: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct JobView {
    pub id: JobId,
    pub kind: JobKind,
    pub title: String,
    pub order: u32,
    pub needs: Vec<JobKind>,
    pub status: JobStatus,
    pub error: Option<String>,
    pub started_at: Option<Time>,
    pub ended_at: Option<Time>,
    /// Names its log: `GET /v2/logs/{stream}`.
    pub stream: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct InstanceView {
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub id: InstanceId,
    /// `starting`, `running`, `exited (3)`.
    pub state: String,
    pub healthy: bool,
    pub sentence: String,
    pub address: Option<String>,
    pub started_at: Option<Time>,
    pub stream: String,
}

/// "12 requests finishing on v41, 18 s left".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DrainView {
    pub in_flight: u64,
    pub deadline: Time,
}

/// The plan that a person confirms (I-5). `digest` goes back with the confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Preview {
    pub digest: String,
    pub trigger: Trigger,
    /// What the button says: "Update to v1.4.2", "Replace: about 40 s of downtime".
    pub verb: String,
    pub from: Option<Source>,
    pub to: Source,
    /// Newest first, at most 50; `commits_more` says that there are more.
    pub commits: Vec<Commit>,
    pub commits_more: bool,
    pub changes: Vec<Change>,
    pub strategy: Strategy,
    pub downtime: bool,
    /// What will be stopped, one line each.
    pub stops: Vec<String>,
    /// Sentences a person should read first: "`sealdock.yml` was not found at this tag; …".
    pub notes: Vec<String>,
    /// The word to type before it runs; `None` unless there is downtime.
    pub typed: Option<String>,
    /// The whole configuration that it would run with.
    pub config: Config,
}

/// What the update page needs before anything is chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UpdateOptions {
    pub environment: EnvironmentView,
    pub origin: Origin,
    pub tags: Vec<Tag>,
    /// Why there are no tags to choose from: the repository did not answer, or has none.
    pub tags_problem: Option<String>,
    /// The tag that is live, if a tag is.
    pub live_tag: Option<String>,
    pub overrides: ConfigPatch,
    /// What it runs with now.
    pub config: Option<Config>,
}

/// What disappears with a delete (I-12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeletePreview {
    /// To be typed.
    pub name: String,
    /// "2 running containers", "1 update in progress (cancelled)", "12 deployments and their logs".
    pub lines: Vec<String>,
    pub urls: Vec<String>,
}

/// What a person sees before choosing a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RepositoryView {
    pub url: String,
    pub tags: Vec<Tag>,
    pub branches: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UploadView {
    pub id: UploadId,
    pub name: String,
    pub size_bytes: u64,
    pub digest: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RuntimeView {
    pub id: RuntimeId,
    pub name: String,
    /// `docker` or `fake`.
    pub driver: String,
    pub reachable: bool,
    pub sentence: String,
    /// What to do when it is not reachable.
    pub way_out: Option<String>,
    pub version: Option<String>,
    pub cpus: Option<u32>,
    pub memory_bytes: Option<u64>,
    pub instances: u32,
    pub reserved_cpus_milli: u64,
    pub reserved_memory_mib: u64,
}

/// What the first page asks: is everything fine?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OverviewView {
    /// Failed, held, unreachable: each a sentence with where to go.
    pub needs_me: Vec<AttentionView>,
    pub moving: Vec<DeploymentSummary>,
    pub environments: Vec<EnvironmentView>,
    pub sample_available: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AttentionView {
    pub sentence: String,
    pub href: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EventView {
    pub id: EventId,
    pub at: Time,
    pub who: String,
    pub sentence: String,
    pub project: Option<ProjectId>,
    pub deployment: Option<DeploymentId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TokenView {
    pub id: TokenId,
    pub name: String,
    pub role: Role,
    pub created_at: Time,
    pub expires_at: Option<Time>,
    pub last_used_at: Option<Time>,
}

/// A token in clear: shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct NewTokenView {
    pub token: String,
    pub view: TokenView,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct MemberView {
    pub user: UserId,
    pub email: String,
    pub role: Role,
    pub since: Time,
}

/// An invitation in clear: a link, shown this once, good for seven days and one use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct InvitationView {
    pub email: String,
    pub role: Role,
    pub token: String,
    pub expires_at: Time,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SettingsView {
    pub org: OrgId,
    pub org_name: String,
    pub base_domain: String,
    pub proxy_port: u16,
    pub version: String,
    pub data_dir: String,
    /// Give this to a Git host as a deploy key, and `ssh://` URLs work.
    pub deploy_key: Option<String>,
}

/// Lines of one log, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LogPage {
    pub lines: Vec<LogLine>,
    /// Sequence numbers run from 1 to this; the newest line has it.
    pub last_seq: u64,
    /// No line will follow.
    pub ended: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LogLine {
    pub seq: u64,
    pub at: Time,
    pub stream: Stream,
    pub text: String,
}

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    Out,
    Err,
    /// Sealdock itself.
    Note,
}
