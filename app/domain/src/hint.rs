//! "Look again": what the changes bus carries. A hint says where, never what.

use crate::id::{DeploymentId, EnvironmentId, OrgId, ProjectId, ServiceId};
use serde::{Deserialize, Serialize};

/// Something in this organization changed. Receivers read anew; a lost hint costs one poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Hint {
    /// Whose pages should look.
    pub org: OrgId,
    /// What they should look at.
    pub topic: Topic,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Topic {
    /// Its name, its environments, or its being there.
    Project(ProjectId),
    /// Who serves, who is coming, or its being deleted.
    Environment(EnvironmentId),
    /// Its phase, its sentence, its jobs or instances.
    Deployment(DeploymentId),
    /// New lines in this log.
    Log(String),
    /// Its proof, its certificate, or where it leads.
    Domains,
    /// Whether they answer, or what they hold.
    Runtimes,
    /// How it is, who uses it, its backups, or its being there.
    Service(ServiceId),
}
