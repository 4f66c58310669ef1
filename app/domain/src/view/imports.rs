//! What an import would make.

use crate::config::compose::LeftOut;
use crate::source::Source;
use serde::{Deserialize, Serialize};

/// The plan that a person confirms; `digest` goes back with the confirmation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ImportPlan {
    /// Over everything else in here.
    pub digest: String,
    /// One for each service, in the order of the file.
    pub projects: Vec<ImportedProject>,
    /// What the file says and Sealdock has no place for.
    pub left_out: Vec<LeftOut>,
    /// Sentences a person should read first.
    pub notes: Vec<String>,
}

/// A project that it would make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ImportedProject {
    /// As the file calls it.
    pub service: String,
    /// Where that begins in the file.
    pub line: u32,
    /// As the project would be called.
    pub name: String,
    /// Where it would be reached; the first is the one to show.
    pub hosts: Vec<String>,
    /// What its first deployment would be made from: pinned.
    pub source: Source,
    /// What the file says of it, as a `sealdock.yml` does.
    pub config: String,
    /// How the repository would be built, in a few words.
    pub build: Option<String>,
    /// What a person should know of it before.
    pub notes: Vec<String>,
}
