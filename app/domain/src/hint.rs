//! "Look again": what the changes bus carries. A hint says where, never what.

use crate::id::{DeploymentId, EnvironmentId, OrgId, ProjectId};
use serde::{Deserialize, Serialize};

/// Something in this organization changed. Receivers read anew; a lost hint costs one poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Hint {
    pub org: OrgId,
    pub topic: Topic,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Topic {
    Project(ProjectId),
    Environment(EnvironmentId),
    Deployment(DeploymentId),
    /// New lines in this log.
    Log(String),
    Runtimes,
}
