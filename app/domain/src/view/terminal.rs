//! Whether a terminal can be opened.

use crate::id::{DeploymentId, ProjectId};
use serde::{Deserialize, Serialize};

/// What a page needs before it opens one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TerminalView {
    /// `web / staging`.
    pub title: String,
    /// Whose it is.
    pub project: ProjectId,
    /// For links and the command line.
    pub project_name: String,
    /// `staging`.
    pub environment_name: String,
    /// Why not; `None`: it can.
    pub refused: Option<String>,
    /// What to do instead, where it can't.
    pub way_out: Option<String>,
    /// What serves there.
    pub deployment: Option<DeploymentId>,
    /// How many instances it has; they are counted from 1.
    pub instances: u32,
}
