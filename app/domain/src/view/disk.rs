//! What holds the space (P-19).

use crate::id::DeploymentId;
use crate::retention::Why;
use crate::source::Source;
use serde::{Deserialize, Serialize};

/// What this organization's deployments hold on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DiskView {
    /// Of what the whole installation made; over it, the oldest goes first.
    pub budget_bytes: u64,
    /// By this organization; an artifact of two deployments is counted once.
    pub used_bytes: u64,
    /// Free on the disk with the data directory.
    pub free_bytes: Option<u64>,
    /// The largest first, at most 500.
    pub items: Vec<DiskItem>,
}

/// What one deployment made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DiskItem {
    /// Links name it by this.
    pub deployment: DeploymentId,
    /// `#12`, counted within the project.
    pub number: u32,
    /// By name.
    pub project: String,
    /// By name.
    pub environment: String,
    /// What it is made from.
    pub source: Source,
    /// `image`, `pulled image` or `files`.
    pub kind: String,
    /// On disk; layers that images share are counted in each.
    pub size_bytes: u64,
    /// Why it is still there.
    pub why: Why,
}
