//! Which part of a list is wanted.

use crate::id::ProjectId;
use serde::{Deserialize, Serialize};

/// Which deployments a list holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default, deny_unknown_fields)]
pub struct DeploymentFilter {
    /// Only this project's.
    pub project: Option<ProjectId>,
    /// By the environment's name.
    pub environment: Option<String>,
    /// A word of seed 002, or `moving`: on its way, or draining.
    pub status: Option<String>,
    /// In the source's label, the commit's subject or author, the project's name.
    pub text: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// 1 to 1,000; 50 when not said.
    pub limit: Option<u32>,
}
