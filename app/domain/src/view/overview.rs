//! What the first page asks: is everything fine, and what happened?

use super::{DeploymentSummary, EnvironmentView};
use crate::id::{DeploymentId, EventId, ProjectId, ReviewId, RuntimeId};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// A place where instances run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RuntimeView {
    /// Links and requests name it by this.
    pub id: RuntimeId,
    /// For people.
    pub name: String,
    /// `docker` or `fake`.
    pub driver: String,
    /// It answered just now.
    pub reachable: bool,
    /// Why it is or is not.
    pub sentence: String,
    /// What to do when it is not reachable.
    pub way_out: Option<String>,
    /// As it says itself.
    pub version: Option<String>,
    /// Of the machine, not what is free.
    pub cpus: Option<u32>,
    /// Of the machine, not what is free.
    pub memory_bytes: Option<u64>,
    /// What it names of GPUs; empty: it names none.
    #[serde(default)]
    pub gpus: Vec<String>,
    /// What it should be running.
    pub instances: u32,
    /// By the ceilings of those.
    pub reserved_cpus_milli: u64,
    /// By the ceilings of those.
    pub reserved_memory_mib: u64,
}

/// What the first page asks: is everything fine?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OverviewView {
    /// Failed, held, unreachable: each a sentence with where to go.
    pub needs_me: Vec<AttentionView>,
    /// Not settled, newest first.
    pub moving: Vec<DeploymentSummary>,
    /// All, for the list below.
    pub environments: Vec<EnvironmentView>,
    /// Nobody has tried the sample yet.
    pub sample_available: bool,
}

/// Something that needs a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AttentionView {
    /// What, and why.
    pub sentence: String,
    /// Where to do something about it.
    pub href: String,
    /// A fork's commit that this caller may approve.
    #[serde(default)]
    pub approve: Option<ApprovalView>,
}

impl AttentionView {
    /// Something that is done elsewhere.
    pub fn at(sentence: String, href: String) -> AttentionView {
        AttentionView {
            sentence,
            href,
            approve: None,
        }
    }
}

/// What an approval is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ApprovalView {
    /// The preview.
    pub review: ReviewId,
    /// Whole: that one, and no other.
    pub commit: String,
}

/// One business fact: the timeline and the audit log are lists of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EventView {
    /// Sorts by age.
    pub id: EventId,
    /// When it happened.
    pub at: Time,
    /// An address, or `Sealdock`.
    pub who: String,
    /// What happened.
    pub sentence: String,
    /// What it is about, where it is about one.
    pub project: Option<ProjectId>,
    /// Its name, while it is there.
    pub project_name: Option<String>,
    /// What it is about, where it is about one.
    pub deployment: Option<DeploymentId>,
}
