//! What a person sees before something is done: plans, and what can be chosen.

use super::{DeploymentSummary, EnvironmentView};
use crate::config::{Change, Config, ConfigPatch};
use crate::deployment::{Deployment, Trigger};
use crate::detect::BuildPlan;
use crate::id::DeploymentId;
use crate::source::{Artifact, Commit, Origin, Source, Tag};
use crate::strategy::Strategy;
use serde::{Deserialize, Serialize};

/// The plan that a person confirms (I-5). `digest` goes back with the confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Preview {
    /// Over everything else in here.
    pub digest: String,
    /// Why the deployment would exist.
    pub trigger: Trigger,
    /// What the button says: "Update to v1.4.2", "Replace: about 40 s of downtime".
    pub verb: String,
    /// What serves now; `None` the first time.
    pub from: Option<Source>,
    /// What would serve.
    pub to: Source,
    /// Whose artifact is started again; `None`: it is made anew.
    pub reuses: Option<ReusedView>,
    /// Newest first, at most 50; `commits_more` says that there are more.
    pub commits: Vec<Commit>,
    /// The list was cut.
    pub commits_more: bool,
    /// Of configuration; values of variables included, since the caller may see them.
    pub changes: Vec<Change>,
    /// Computed, never guessed.
    pub strategy: Strategy,
    /// Requests will be answered 503 for a while.
    pub downtime: bool,
    /// What will be stopped, one line each.
    pub stops: Vec<String>,
    /// Why it can't be held at ready; `None`: it can.
    #[serde(default)]
    pub hold: Option<String>,
    /// The instances have a terminal: production's never do.
    #[serde(default)]
    pub debug: bool,
    /// How the repository would be built; `None` where there is none.
    #[serde(default)]
    pub build: Option<BuildPlan>,
    /// Sentences a person should read first: "`sealdock.yml` was not found at this tag; …".
    pub notes: Vec<String>,
    /// The word to type before it runs; `None` unless there is downtime.
    pub typed: Option<String>,
    /// The whole configuration that it would run with.
    pub config: Config,
}

/// The deployment whose artifact is started once more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReusedView {
    /// Links name it by this.
    pub id: DeploymentId,
    /// `#12`, counted within the project.
    pub number: u32,
    /// What starts again; `None` where it is gone.
    pub artifact: Option<Artifact>,
}

impl ReusedView {
    /// As plans and pages name it.
    pub fn of(deployment: &Deployment) -> ReusedView {
        ReusedView {
            id: deployment.id.clone(),
            number: deployment.number,
            artifact: deployment.artifact.clone(),
        }
    }
}

/// What can be started again in an environment: its own former versions, and what the project's
/// other environments run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VersionsView {
    /// The page's head.
    pub environment: EnvironmentView,
    /// Its own, the newest first; at most 50.
    pub earlier: Vec<VersionView>,
    /// What failed here last, and can be tried again.
    #[serde(default)]
    pub failed: Option<VersionView>,
    /// Of the other environments, by their names; what each runs now.
    pub elsewhere: Vec<VersionView>,
}

/// One that could be started again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VersionView {
    /// As lists show it.
    pub deployment: DeploymentSummary,
    /// Why it can't be; `None`: it can.
    pub refused: Option<String>,
}

impl VersionView {
    /// To go back to: what serves can be started once more too, but that leads nowhere else.
    pub fn is_earlier(&self) -> bool {
        self.refused.is_none() && !self.deployment.live
    }
}

/// What the update page needs before anything is chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UpdateOptions {
    /// The page's head.
    pub environment: EnvironmentView,
    /// Decides what can be chosen.
    pub origin: Origin,
    /// Newest first.
    pub tags: Vec<Tag>,
    /// Why there are no tags to choose from: the repository did not answer, or has none.
    pub tags_problem: Option<String>,
    /// Why it is not known which tags have a `release.json`: the Git host did not say.
    pub releases_problem: Option<String>,
    /// The tag that is live, if a tag is.
    pub live_tag: Option<String>,
    /// What a person set so far.
    pub overrides: ConfigPatch,
    /// What it runs with now.
    pub config: Option<Config>,
}

/// What ends with a stop (I-13); it can be started again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct StopPreview {
    /// What serves now.
    pub deployment: DeploymentSummary,
    /// "2 containers", "the cron `nightly`".
    pub ends: Vec<String>,
    /// Which answer 404 until it is started.
    pub urls: Vec<String>,
    /// There is downtime, so this is to be typed: `yes`.
    pub typed: String,
}

/// What disappears with a delete (I-12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeletePreview {
    /// To be typed.
    pub name: String,
    /// "2 running containers", "1 update in progress (cancelled)", "12 deployments and their logs".
    pub lines: Vec<String>,
    /// Which stop answering.
    pub urls: Vec<String>,
}
