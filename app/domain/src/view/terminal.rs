//! Whether a terminal can be opened.

use crate::id::DeploymentId;
use serde::{Deserialize, Serialize};

/// What a page needs before it opens one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TerminalView {
    /// `web / staging`.
    pub title: String,
    /// Why not; `None`: it can.
    pub refused: Option<String>,
    /// What serves there.
    pub deployment: Option<DeploymentId>,
    /// How many instances it has; they are counted from 1.
    pub instances: u32,
}
