//! Where a deployment may come from, before there is one.

use crate::detect::BuildPlan;
use crate::id::UploadId;
use crate::source::Tag;
use serde::{Deserialize, Serialize};

/// What a person sees before choosing a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RepositoryView {
    /// As it was asked for.
    pub url: String,
    /// Newest first.
    pub tags: Vec<Tag>,
    /// By name.
    pub branches: Vec<String>,
    /// How the head of the default branch would be built.
    #[serde(default)]
    pub build: Option<BuildPlan>,
    /// Why that is not known.
    #[serde(default)]
    pub build_problem: Option<String>,
}

/// A file that was sent ahead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UploadView {
    /// Named when it is deployed.
    pub id: UploadId,
    /// As the person's file was called.
    pub name: String,
    /// As it lies on disk.
    pub size_bytes: u64,
    /// SHA-256 of it.
    pub digest: String,
}
