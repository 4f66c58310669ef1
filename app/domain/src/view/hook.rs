//! Git pushes: the address that a host sends to, what is tracked, and what came in.

use crate::hook::Provider;
use crate::id::{DeliveryId, DeploymentId, EnvironmentId, HookId, ProjectId};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// How pushes reach a project, as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct GitView {
    /// Whose it is.
    pub project: ProjectId,
    /// For the page's head.
    pub project_name: String,
    /// The repository whose branches are tracked.
    pub url: String,
    /// `None`: nothing can be sent yet.
    pub hook: Option<HookView>,
    /// The oldest first.
    pub environments: Vec<TrackingView>,
    /// The repository is asked this often, where the poll is on.
    pub poll_every_s: u64,
}

/// An address that takes deliveries, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct HookView {
    /// Part of the address.
    pub id: HookId,
    /// When it was made.
    pub created_at: Time,
    /// When its secret was replaced.
    pub rotated_at: Option<Time>,
    /// Deliveries whose signature was wrong; they are counted, not kept.
    pub rejected: u64,
    /// The newest of those.
    pub rejected_at: Option<Time>,
    /// Below the console's address, one for each kind of sender.
    pub paths: Vec<HookPath>,
}

/// Where one kind of sender sends to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct HookPath {
    /// Who sends there.
    pub provider: Provider,
    /// `/hooks/github/hook_…`
    pub path: String,
}

/// A secret in clear: shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct NewHookView {
    /// What the sender signs with.
    pub secret: String,
    /// Where it sends to.
    pub hook: HookView,
}

/// What an environment follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TrackingView {
    /// Which one.
    pub environment: EnvironmentId,
    /// `production`, `staging`.
    pub name: String,
    /// `None`: pushes change nothing here.
    pub branch: Option<String>,
    /// The branch is also asked for, in case that no delivery comes.
    pub poll: bool,
    /// The branch's head when it was last looked at.
    pub seen: Option<String>,
}

/// One delivery, with what it led to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeliveryView {
    /// To redeliver it by.
    pub id: DeliveryId,
    /// When it came.
    pub at: Time,
    /// Who sent it.
    pub provider: Provider,
    /// The provider's own word for it.
    pub event: String,
    /// Of a push.
    pub branch: Option<String>,
    /// Of a push: the head that the sender named.
    pub commit: Option<String>,
    /// The first line of its message.
    pub subject: Option<String>,
    /// By name.
    pub author: Option<String>,
    /// What it led to, in a sentence.
    pub effect: String,
    /// What it deployed.
    pub deployments: Vec<Deployed>,
    /// It has not been handled to its end.
    pub waiting: bool,
    /// How often the same came again, without an effect.
    pub repeats: u64,
    /// `None`: it can be redelivered; else why not.
    pub redeliver: Option<String>,
}

/// A deployment that a push led to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Deployed {
    /// To link to it.
    pub id: DeploymentId,
    /// `#12`, counted within the project.
    pub number: u32,
}

/// What the sender of a delivery is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Received {
    /// Under which it is kept.
    pub delivery: DeliveryId,
    /// What becomes of it.
    pub effect: String,
}
