//! What a deployment is made from, and what came of it.

use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Where a project's versions come from; each deployment pins one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Origin {
    Git { url: String },
    Image { repository: String },
    Bundle,
}

impl Origin {
    pub const fn word(&self) -> &'static str {
        match self {
            Origin::Git { .. } => "Git",
            Origin::Image { .. } => "Image",
            Origin::Bundle => "Bundle",
        }
    }
}

/// What a person asks for: may still move (a branch does).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Wanted {
    Git {
        url: String,
        revision: Revision,
    },
    /// `local`: the image is already on the runtime's machine; nothing is pulled.
    Image {
        reference: String,
        #[serde(default)]
        local: bool,
    },
    /// A file sent ahead with `POST /v2/uploads`.
    Bundle {
        upload: crate::id::UploadId,
    },
}

/// A point in a Git repository, as a person names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(
    tag = "kind",
    content = "name",
    rename_all = "snake_case",
    deny_unknown_fields
)]
pub enum Revision {
    /// The head of the default branch.
    #[default]
    Head,
    Branch(String),
    Tag(String),
    Commit(String),
}

impl Revision {
    /// The name a page shows: `v1.2.0`, `main`, `3f2a91c`.
    pub fn label(&self) -> String {
        match self {
            Revision::Head => "HEAD".into(),
            Revision::Branch(name) | Revision::Tag(name) => name.clone(),
            Revision::Commit(sha) => sha.chars().take(7).collect(),
        }
    }
}

/// One commit, as far as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Commit {
    pub sha: String,
    pub subject: String,
    pub author: String,
    pub at: Time,
}

impl Commit {
    pub fn short(&self) -> &str {
        self.sha.get(..7).unwrap_or(&self.sha)
    }
}

/// One tag of a repository, newest first in every list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Tag {
    pub name: String,
    pub commit: Commit,
    /// By the rules of semantic versioning: a hyphen after the numbers.
    pub pre_release: bool,
}

/// What a deployment is made from: pinned, never moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Source {
    Git {
        url: String,
        revision: Revision,
        commit: Commit,
    },
    Image {
        reference: String,
        local: bool,
    },
    /// `digest` is of the file as it was sent.
    Bundle {
        name: String,
        upload: crate::id::UploadId,
        digest: String,
        size_bytes: u64,
    },
}

impl Source {
    /// `v1.2.0`, `main@3f2a91c`, `registry.example/app:7`, `site.zip`.
    pub fn label(&self) -> String {
        match self {
            Source::Git {
                revision: Revision::Tag(name),
                ..
            } => name.clone(),
            Source::Git {
                revision: Revision::Branch(name),
                commit,
                ..
            } => format!("{name}@{}", commit.short()),
            Source::Git { commit, .. } => commit.short().to_owned(),
            Source::Image { reference, .. } => reference.clone(),
            Source::Bundle { name, .. } => name.clone(),
        }
    }

    pub fn commit(&self) -> Option<&Commit> {
        match self {
            Source::Git { commit, .. } => Some(commit),
            _ => None,
        }
    }
}

/// What a build produced or a registry delivered, by digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Artifact {
    /// `image` is the Engine's id of it, `sha256:…`.
    Image { image: String, size_bytes: u64 },
    /// A directory under the data directory, named by its digest.
    Static {
        digest: String,
        root: String,
        files: u32,
        size_bytes: u64,
    },
}

impl Artifact {
    pub fn digest(&self) -> &str {
        match self {
            Artifact::Image { image, .. } => image,
            Artifact::Static { digest, .. } => digest,
        }
    }

    pub const fn size_bytes(&self) -> u64 {
        match self {
            Artifact::Image { size_bytes, .. } | Artifact::Static { size_bytes, .. } => *size_bytes,
        }
    }
}
