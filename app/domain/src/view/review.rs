//! Previews of a project: what gets one, and those there are.

use super::Deployed;
use crate::attest::Hex;
use crate::id::{EnvironmentId, ProjectId, ReviewId};
use crate::review::{Rules, Subject};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// A project's previews, as its page shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReviewsView {
    /// Whose they are.
    pub project: ProjectId,
    /// What gets one.
    pub rules: Rules,
    /// Open ones first, the newest first.
    pub reviews: Vec<ReviewView>,
    /// Where a host is told how it went; `None`: nowhere.
    pub forge: Option<ForgeView>,
}

/// One preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReviewView {
    /// To approve or close it by.
    pub id: ReviewId,
    /// What it is of.
    pub subject: Subject,
    /// Of a pull request.
    pub title: Option<String>,
    /// By name.
    pub author: Option<String>,
    /// The head's branch.
    pub branch: String,
    /// Its head is of another repository.
    pub fork: bool,
    /// Where it stands.
    pub head: String,
    /// That head waits for a person.
    pub waits: bool,
    /// How it stands.
    pub sentence: String,
    /// Its environment, once it has one.
    pub environment: Option<EnvironmentId>,
    /// Its environment's name.
    pub name: Option<String>,
    /// Where it answers.
    pub url: Option<String>,
    /// What serves there, or is on its way.
    pub deployment: Option<Deployed>,
    /// When it ends by itself.
    pub expires_at: Time,
    /// It is being removed.
    pub ending: bool,
}

/// Where a host is told, without the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ForgeView {
    /// Whose API it is.
    pub provider: crate::hook::Provider,
    /// The API's address.
    pub url: String,
    /// As the host calls it: `team/app`.
    pub repository: String,
    /// Who signs what production takes; `None`: anything may go there.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub release_key: Option<Hex<32>>,
    /// Why the last telling failed.
    pub problem: Option<String>,
    /// When that was.
    pub problem_at: Option<Time>,
}
