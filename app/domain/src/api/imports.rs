//! Projects from somebody else's description of them.

use super::Reply;
use crate::access::Caller;
use crate::source::Revision;
use crate::view::{DeploymentSummary, ImportPlan};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A `compose.yaml`, and what it does not say itself (P-20).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ComposeFile {
    /// Its text; at most 256 KiB.
    pub file: String,
    /// Projects are called `<name>-<service>`; the file's own `name` when not said.
    #[serde(default)]
    pub name: Option<String>,
    /// The repository of the services that are built.
    #[serde(default)]
    pub url: Option<String>,
    /// Where in that repository.
    #[serde(default)]
    pub revision: Revision,
    /// Of the variables, as `${NAME}`.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// Only these services; all when empty.
    #[serde(default)]
    pub services: Vec<String>,
    /// The runtime's name; the first reachable one when not said.
    #[serde(default)]
    pub runtime: Option<String>,
}

/// The confirmation of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfirmImport {
    /// What was planned; the digest is of exactly this.
    pub import: ComposeFile,
    /// Of the plan that was shown.
    pub digest: String,
}

/// Bringing along what is described elsewhere.
#[async_trait]
pub trait Imports: Send + Sync {
    /// Read-only: the projects that it would make, and what of the file has no place here.
    async fn plan_import(&self, caller: &Caller, file: &ComposeFile) -> Reply<ImportPlan>;
    /// All of the projects with their first deployments, or none.
    async fn import(
        &self,
        caller: &Caller,
        confirm: ConfirmImport,
    ) -> Reply<Vec<DeploymentSummary>>;
}
