//! What a deployment is made from, and what came of it.

use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Where a project's versions come from; each deployment pins one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Origin {
    /// A repository; tags and branches are versions.
    Git {
        /// Where it is cloned from, without credentials.
        url: String,
    },
    /// An image; tags and digests are versions.
    Image {
        /// Without tag or digest.
        repository: String,
    },
    /// Files that a person sends; each one is a version.
    Bundle,
}

impl Origin {
    /// For a page.
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
    /// A point in a repository.
    Git {
        /// Where it is cloned from, without credentials.
        url: String,
        /// Resolved to a commit before anything is planned.
        revision: Revision,
    },
    /// `local`: the image is already on the runtime's machine; nothing is pulled.
    Image {
        /// An image by name.
        reference: String,
        /// With tag or digest.
        #[serde(default)]
        local: bool,
    },
    /// A file sent ahead with `POST /v2/uploads`: a static bundle, or an image as `docker save`
    /// writes it; which one is seen from the file.
    Bundle {
        /// Taken over when the deployment is written.
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
    /// By name; moves.
    Branch(String),
    /// By name; should not move.
    Tag(String),
    /// By hash, whole or shortened.
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
    /// All forty digits.
    pub sha: String,
    /// Its message's first line.
    pub subject: String,
    /// By name.
    pub author: String,
    /// When it was committed.
    pub at: Time,
}

impl Commit {
    /// As people write it: seven digits.
    pub fn short(&self) -> &str {
        self.sha.get(..7).unwrap_or(&self.sha)
    }
}

/// One tag of a repository, newest first in every list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Tag {
    /// As Git has it.
    pub name: String,
    /// What it points at.
    pub commit: Commit,
    /// By the rules of semantic versioning, a hyphen after the numbers; or its Git host says so.
    pub pre_release: bool,
    /// Its release at the Git host carries a file `release.json` (I-19), as `sealdock release`
    /// signs one. Known by name alone: nobody looked at its signature.
    #[serde(default)]
    pub release_json: bool,
}

/// What a deployment is made from: pinned, never moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Source {
    /// A commit of a repository.
    Git {
        /// Where it is cloned from, without credentials.
        url: String,
        /// How the person named it; for labels.
        revision: Revision,
        /// What is really built.
        commit: Commit,
    },
    /// An image by name; its digest is the artifact's.
    Image {
        /// As the person wrote it.
        reference: String,
        /// Already on the machine: nothing is pulled.
        local: bool,
    },
    /// `digest` is of the file as it was sent.
    Bundle {
        /// As the person's file was called.
        name: String,
        /// The file itself.
        upload: crate::id::UploadId,
        /// SHA-256: the same file is the same version.
        digest: String,
        /// For pages and limits.
        size_bytes: u64,
    },
    /// An image as `docker save` writes it; `digest` is of the file as it was sent.
    ImageArchive {
        /// As the person's file was called.
        name: String,
        /// The file itself.
        upload: crate::id::UploadId,
        /// SHA-256: the same file is the same version.
        digest: String,
        /// For pages and limits.
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
            Source::Bundle { name, .. } | Source::ImageArchive { name, .. } => name.clone(),
        }
    }

    /// Where there is a repository.
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
    Image {
        /// An image on the runtime.
        image: String,
        /// As its registry names it, where it came from one: `registry.example.org/app@sha256:…`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pulled_as: Option<String>,
        /// For pages and the disk's budget.
        size_bytes: u64,
    },
    /// A directory under the data directory, named by its digest.
    Static {
        /// SHA-256 over what was unpacked.
        digest: String,
        /// Where the data plane serves from.
        root: String,
        /// How many there are.
        files: u32,
        /// Of all together.
        size_bytes: u64,
    },
}

impl Artifact {
    /// What makes it the same artifact somewhere else.
    pub fn digest(&self) -> &str {
        match self {
            Artifact::Image { image, .. } => image,
            Artifact::Static { digest, .. } => digest,
        }
    }

    /// On disk.
    pub const fn size_bytes(&self) -> u64 {
        match self {
            Artifact::Image { size_bytes, .. } | Artifact::Static { size_bytes, .. } => *size_bytes,
        }
    }
}
