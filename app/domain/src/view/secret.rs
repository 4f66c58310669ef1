//! What is shown of secrets: everything but their values.

use crate::id::{EnvironmentId, ProjectId};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// One secret of the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SecretView {
    /// As configurations name it, and as its variable is called.
    pub name: String,
    /// Counts its values, from 1.
    pub version: u32,
    /// When its first value was set.
    pub created_at: Time,
    /// By address; `None`: somebody who is gone.
    pub created_by: Option<String>,
    /// When its present value was set, if that is not the first.
    pub rotated_at: Option<Time>,
    /// By address.
    pub rotated_by: Option<String>,
    /// Environments whose versions have it, or whose next one would.
    pub used_by: Vec<SecretUse>,
}

/// An environment that uses a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SecretUse {
    /// Links name it by this.
    pub environment: EnvironmentId,
    /// `production`.
    pub environment_name: String,
    /// Links name it by this.
    pub project: ProjectId,
    /// As people call it.
    pub project_name: String,
    /// What serves there has an older value.
    pub stale: bool,
}

impl SecretUse {
    /// `web / production`.
    pub fn title(&self) -> String {
        format!("{} / {}", self.project_name, self.environment_name)
    }
}

/// A secret as a deployment was given it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UsedSecret {
    /// As it was called then.
    pub name: String,
    /// Which of its values.
    pub version: u32,
}
