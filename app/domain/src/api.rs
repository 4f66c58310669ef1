//! Everything the product can do. Pages, REST, the CLI and the tests are thin shells over this.
//!
//! Every method takes the caller first and looks only inside the caller's organization: another
//! tenant's id is `not_found`, exactly like one that never was. Every write wakes the reconciler
//! and returns what a read would return.

mod account;
mod attestations;
mod domains;
mod imports;
mod lists;
mod logs;
mod reviews;
mod secrets;
mod services;
mod stack_traces;
mod terminals;
mod whole;

pub use account::{NewOwner, NewToken};
pub use attestations::Attestations;
pub use domains::{DomainSettings, Domains, NewDomain, OwnCertificate};
pub use imports::{ComposeFile, ConfirmImport, Imports};
pub use lists::DeploymentFilter;
pub use logs::{LogFilter, LogFind, LogFinder, LogQuery};
pub use reviews::{Approve, Reviews};
pub use secrets::{NewSecret, Secrets};
pub use services::{Link, NewService, Restore, ServiceSettings, Services};
pub use stack_traces::StackTraces;
pub use terminals::{Hears, Terminal, Terminals, Types};
pub use whole::Sealdock;

use crate::access::{Caller, Role};
use crate::build_log::Outline;
use crate::config::ConfigPatch;
use crate::credential::NewCredential;
use crate::hook::Provider;
use crate::id::{
    CredentialId, CronId, DeliveryId, DeploymentId, EnvironmentId, HookId, ProjectId, TokenId,
    UploadId, UserId,
};
use crate::refusal::Refusal;
use crate::reuse::Reuse;
use crate::source::Wanted;
use crate::view::*;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// What was asked for, or the "no" that the caller can act on.
pub type Reply<T> = Result<T, Refusal>;

/// A new project and its first deployment, in one go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    /// Lower case, digits and hyphens; becomes the host name.
    pub name: String,
    /// What the first deployment is made from.
    pub source: Wanted,
    /// `production` when not said.
    #[serde(default)]
    pub environment: Option<String>,
    /// Laid over what the file in the repository says.
    #[serde(default)]
    pub config: ConfigPatch,
    /// The runtime's name; the first reachable one when not said.
    #[serde(default)]
    pub runtime: Option<String>,
}

/// A slot beside the ones that a project has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewEnvironment {
    /// Lower case, digits and hyphens; becomes part of the host name.
    pub name: String,
    /// The runtime's name; the first reachable one when not said.
    #[serde(default)]
    pub runtime: Option<String>,
    /// For debugging: a terminal in its instances. Never `production`.
    #[serde(default)]
    pub debug: bool,
}

/// A change of one environment: what the update page sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Update {
    /// `None`: the same source again (*Edit config*, *Redeploy*).
    #[serde(default)]
    pub source: Option<Wanted>,
    /// `None`: the overrides as they are. `Some`: they become exactly this.
    #[serde(default)]
    pub config: Option<ConfigPatch>,
    /// Instead of both: a deployment's artifact once more, which rolls back or promotes.
    #[serde(default)]
    pub reuse: Option<Reuse>,
}

/// The confirmation of a previewed change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// What was planned; the digest is of exactly this.
    #[serde(default)]
    pub update: Update,
    /// Of the plan that was shown; required, so that nothing runs that nobody saw.
    pub digest: String,
    /// `yes`, where the plan has downtime.
    #[serde(default)]
    pub typed: Option<String>,
    /// The new version stays at ready, without traffic, until it is promoted.
    #[serde(default)]
    pub hold: bool,
}

/// What an environment is to follow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Track {
    /// `None`: nothing.
    #[serde(default)]
    pub branch: Option<String>,
    /// Also ask for the branch's head, in case that no delivery comes.
    #[serde(default)]
    pub poll: bool,
}

/// What came in at a hook's address.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// From the address.
    pub provider: Provider,
    /// From the address.
    pub hook: HookId,
    /// Those of `hook::HEADERS` that were there, by name in lower case.
    pub headers: Vec<(String, String)>,
    /// As it was sent, byte for byte: the signature is over this.
    pub body: Vec<u8>,
}

/// Who is there.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Nobody owns this installation yet.
    async fn needs_setup(&self) -> Reply<bool>;
    /// Makes the first owner, once.
    async fn set_up(&self, owner: NewOwner) -> Reply<Caller>;
    /// The same answer for a wrong password and for nobody, in the same time.
    async fn sign_in(&self, email: &str, password: &str) -> Reply<Caller>;
    /// The caller behind a session: the user, in the organization last used.
    async fn caller_of(&self, user: &UserId) -> Reply<Caller>;
    /// `signed_out` when it is unknown, revoked or expired.
    async fn caller_by_token(&self, token: &str) -> Reply<Caller>;
    /// The caller's own.
    async fn tokens(&self, caller: &Caller) -> Reply<Vec<TokenView>>;
    /// The only time that the token is readable.
    async fn create_token(&self, caller: &Caller, new: NewToken) -> Reply<NewTokenView>;
    /// At once: the next request with it is refused.
    async fn revoke_token(&self, caller: &Caller, id: &TokenId) -> Reply<()>;
    /// Everybody in the caller's organization.
    async fn members(&self, caller: &Caller) -> Reply<Vec<MemberView>>;
    /// The link works for who has it: send it to that address only.
    async fn invite(&self, caller: &Caller, email: &str, role: Role) -> Reply<InvitationView>;
    /// Takes an invitation up, once.
    async fn join(&self, token: &str, password: &str) -> Reply<Caller>;
    /// Never the last owner.
    async fn remove_member(&self, caller: &Caller, user: &UserId) -> Reply<()>;
    /// What an operator set at start, as far as a page shows it.
    async fn settings(&self, caller: &Caller) -> Reply<SettingsView>;
}

/// What a team deploys.
#[async_trait]
pub trait Projects: Send + Sync {
    /// What needs a person, and what moves.
    async fn overview(&self, caller: &Caller) -> Reply<OverviewView>;
    /// All of the caller's organization.
    async fn projects(&self, caller: &Caller) -> Reply<Vec<ProjectView>>;
    /// One, or `not_found`, also for another tenant's.
    async fn project(&self, caller: &Caller, id: &ProjectId) -> Reply<ProjectView>;
    /// Read-only: what creating it would do, or the refusal that it would meet.
    async fn preview_project(&self, caller: &Caller, new: &NewProject) -> Reply<Preview>;
    /// The project, its environment and its first deployment, or nothing.
    async fn create_project(&self, caller: &Caller, new: NewProject) -> Reply<DeploymentView>;
    /// One more slot of a project, with nothing in it yet.
    async fn create_environment(
        &self,
        caller: &Caller,
        project: &ProjectId,
        new: NewEnvironment,
    ) -> Reply<EnvironmentView>;
    /// The sample repository that ships with the product, as a project.
    async fn create_sample(&self, caller: &Caller) -> Reply<DeploymentView>;
    /// What can be chosen from a repository, before a project exists.
    async fn repository(&self, caller: &Caller, url: &str) -> Reply<RepositoryView>;
    /// What a delete would take along.
    async fn preview_delete(&self, caller: &Caller, id: &ProjectId) -> Reply<DeletePreview>;
    /// `typed` is the project's name.
    async fn delete_project(&self, caller: &Caller, id: &ProjectId, typed: &str) -> Reply<()>;
    /// The newest first.
    async fn events(
        &self,
        caller: &Caller,
        project: Option<&ProjectId>,
        cursor: Option<&str>,
    ) -> Reply<Page<EventView>>;
}

/// Slots of a project, one at a time.
#[async_trait]
pub trait Environments: Send + Sync {
    /// What deleting this one alone would take along.
    async fn preview_delete_environment(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
    ) -> Reply<DeletePreview>;
    /// `typed` is its name. The last one goes with its project only.
    async fn delete_environment(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
        typed: &str,
    ) -> Reply<()>;
}

/// One build-and-deploy cycle.
#[async_trait]
pub trait Deployments: Send + Sync {
    /// Newest first, by page.
    async fn deployments(
        &self,
        caller: &Caller,
        filter: &DeploymentFilter,
    ) -> Reply<Page<DeploymentSummary>>;
    /// One, with its jobs, instances and timeline.
    async fn deployment(&self, caller: &Caller, id: &DeploymentId) -> Reply<DeploymentView>;
    /// Lets what is held at ready take the traffic.
    async fn promote(&self, caller: &Caller, id: &DeploymentId) -> Reply<DeploymentView>;
    /// Refused once its instances start, unless it is held.
    async fn cancel(&self, caller: &Caller, id: &DeploymentId) -> Reply<DeploymentView>;
    /// The route answers 503, the instances stay.
    async fn pause(&self, caller: &Caller, id: &DeploymentId) -> Reply<DeploymentView>;
    /// The route leads to the instances again, once they pass a probe.
    async fn resume(&self, caller: &Caller, id: &DeploymentId) -> Reply<DeploymentView>;
    /// What would end, and what to type for it; changes nothing.
    async fn preview_stop(&self, caller: &Caller, id: &DeploymentId) -> Reply<StopPreview>;
    /// Its requests finish, then its instances end; the route stays and answers 404.
    async fn stop(&self, caller: &Caller, id: &DeploymentId, typed: &str) -> Reply<DeploymentView>;
    /// `stream` comes from a `JobView` or an `InstanceView`.
    async fn log(&self, caller: &Caller, stream: &str, query: &LogQuery) -> Reply<LogPage>;
    /// Where the text, or the level, is in the whole log: the next one, and how many there are.
    async fn find_in_log(&self, caller: &Caller, stream: &str, find: &LogFind) -> Reply<LogFound>;
    /// A build's log as its steps; and the first error of any log.
    async fn outline(&self, caller: &Caller, stream: &str) -> Reply<Outline>;
    /// The picture of its front page, as PNG; it never changes once it is there.
    async fn screenshot(&self, caller: &Caller, id: &DeploymentId) -> Reply<Vec<u8>>;
    /// What its artifact is made of, as CycloneDX JSON.
    async fn sbom(&self, caller: &Caller, id: &DeploymentId) -> Reply<Vec<u8>>;
}

/// What happens at set times (P-12).
#[async_trait]
pub trait Crons: Send + Sync {
    /// Of every environment of the project, each with its newest runs.
    async fn crons(&self, caller: &Caller, project: &ProjectId) -> Reply<Vec<CronView>>;
    /// Its history, the newest first.
    async fn cron_runs(
        &self,
        caller: &Caller,
        id: &CronId,
        cursor: Option<&str>,
    ) -> Reply<Page<CronRunView>>;
    /// Besides its schedule, by its rule for overlapping runs.
    async fn run_cron(&self, caller: &Caller, id: &CronId) -> Reply<CronRunView>;
}

/// Replacing what serves (I-3 … I-7).
#[async_trait]
pub trait Updates: Send + Sync {
    /// What a page shows of it.
    async fn environment(&self, caller: &Caller, id: &EnvironmentId) -> Reply<EnvironmentView>;
    /// For the form: tags, what runs now, what was set.
    async fn update_options(&self, caller: &Caller, id: &EnvironmentId) -> Reply<UpdateOptions>;
    /// What can be rolled back to, or promoted from the project's other environments.
    async fn versions(&self, caller: &Caller, id: &EnvironmentId) -> Reply<VersionsView>;
    /// Read-only.
    async fn preview_update(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
        update: &Update,
    ) -> Reply<Preview>;
    /// `plan_changed` when the digest is not of today's plan: nothing has run.
    async fn update(
        &self,
        caller: &Caller,
        id: &EnvironmentId,
        confirm: Confirm,
    ) -> Reply<DeploymentView>;
}

/// What the data plane and the runtimes counted (P-22).
#[async_trait]
pub trait Metrics: Send + Sync {
    /// An environment's last hour.
    async fn traffic(&self, caller: &Caller, id: &EnvironmentId) -> Reply<TrafficView>;
    /// Of every environment of the caller's organization, since the data plane started; `None`
    /// while it does not answer.
    async fn counters(&self, caller: &Caller) -> Reply<Option<Vec<Counters>>>;
    /// Of every instance that serves, as its runtime counts it.
    async fn usage(&self, caller: &Caller) -> Reply<Vec<InstanceCounters>>;
}

/// Deploying what is pushed (P-17).
#[async_trait]
pub trait Hooks: Send + Sync {
    /// What is tracked, and where a Git host sends to.
    async fn git(&self, caller: &Caller, project: &ProjectId) -> Reply<GitView>;
    /// From now on; nothing is deployed by this alone.
    async fn track(
        &self,
        caller: &Caller,
        environment: &EnvironmentId,
        track: Track,
    ) -> Reply<TrackingView>;
    /// Makes the hook, or replaces its secret; the only time that the secret is readable.
    async fn rotate_hook(&self, caller: &Caller, project: &ProjectId) -> Reply<NewHookView>;
    /// Its address takes nothing any more; what came in stays in the list.
    async fn remove_hook(&self, caller: &Caller, project: &ProjectId) -> Reply<()>;
    /// The newest first.
    async fn deliveries(
        &self,
        caller: &Caller,
        project: &ProjectId,
        cursor: Option<&str>,
    ) -> Reply<Page<DeliveryView>>;
    /// Handles it again, as if a person had pushed now.
    async fn redeliver(&self, caller: &Caller, id: &DeliveryId) -> Reply<DeliveryView>;
    /// Whether anything is taken at this address; asked before a body is read.
    async fn knock(&self, hook: &HookId) -> Reply<()>;
    /// Keeps a delivery whose signature holds; it is handled after the answer.
    async fn receive(&self, incoming: Incoming) -> Reply<Received>;
}

/// What opens private repositories (P-4) and registries (I-16).
#[async_trait]
pub trait Credentials: Send + Sync {
    /// Without their secrets, which nothing reads back.
    async fn credentials(&self, caller: &Caller) -> Reply<Vec<CredentialView>>;
    /// Another secret for a place that has one replaces it.
    async fn put_credential(&self, caller: &Caller, new: NewCredential) -> Reply<CredentialView>;
    /// From now on; what was cloned or pulled with it stays.
    async fn remove_credential(&self, caller: &Caller, id: &CredentialId) -> Reply<()>;
}

/// Places where instances run.
#[async_trait]
pub trait Runtimes: Send + Sync {
    /// With whether each answers, asked now.
    async fn runtimes(&self, caller: &Caller) -> Reply<Vec<RuntimeView>>;
    /// What the organization's deployments hold on disk, and why.
    async fn disk(&self, caller: &Caller) -> Reply<DiskView>;
}

/// Files sent ahead.
#[async_trait]
pub trait Uploads: Send + Sync {
    /// The file is already at `path`, inside the upload directory; it is taken over.
    async fn register_upload(&self, caller: &Caller, name: &str, path: &str) -> Reply<UploadView>;
    /// Where the next upload is to be written.
    fn upload_dir(&self) -> String;
    /// One that was sent ahead.
    async fn upload(&self, caller: &Caller, id: &UploadId) -> Reply<UploadView>;
}
