//! Unpacks an uploaded bundle to where the data plane serves it from.

use super::{Ended, Pipeline, Task};
use crate::source::bundle;
use domain::source::{Artifact, Source};
use std::path::Path;

pub(super) async fn run(pipeline: &Pipeline, task: &Task<'_>) -> Ended {
    let Source::Bundle { name, upload, .. } = &task.deployment.source else {
        return Err("This deployment is not made from a bundle.".into());
    };
    let stored = pipeline
        .store
        .upload(&task.deployment.org, upload)
        .await
        .map_err(|e| e.to_string())?;
    let stored =
        stored.ok_or_else(|| format!("The file `{name}` is no longer here. Upload it again."))?;
    let into = pipeline.dirs.site(&task.deployment.id);
    super::remove(&into).await;
    task.say(&format!(
        "Unpacking {name} ({} KiB).",
        stored.view.size_bytes / 1024
    ));
    let done = bundle::unpack(stored.path.as_ref(), &into, bundle::Limits::default())
        .await
        .map_err(|e| e.to_string())?;
    Ok(Some(published(task, done, &into)))
}

/// What the data plane serves from now on, and the line that says so.
pub(super) fn published(task: &Task<'_>, done: bundle::Unpacked, root: &Path) -> Artifact {
    task.say(&format!("{} files, {} KiB.", done.files, done.bytes / 1024));
    Artifact::Static {
        digest: done.digest,
        root: root.display().to_string(),
        files: u32::try_from(done.files).unwrap_or(u32::MAX),
        size_bytes: done.bytes,
    }
}
