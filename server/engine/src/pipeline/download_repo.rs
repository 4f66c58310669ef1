//! Clones the repository at the pinned commit.

use super::{Ended, Pipeline, Task};
use crate::driver::Lines as _;
use domain::source::Source;
use domain::view::Stream;
use std::path::PathBuf;

pub(super) async fn run(pipeline: &Pipeline, task: &Task<'_>) -> Ended {
    fetch(pipeline, task).await.map(|()| None)
}

/// The tree; a restart that came between took it with the work directory.
pub(super) async fn tree(pipeline: &Pipeline, task: &Task<'_>) -> Result<PathBuf, String> {
    let tree = pipeline.dirs.work(&task.deployment.id).join("tree");
    if !tree.is_dir() {
        fetch(pipeline, task).await?;
    }
    Ok(tree)
}

/// A clean tree at the commit, made anew.
pub(super) async fn fetch(pipeline: &Pipeline, task: &Task<'_>) -> Result<(), String> {
    let Source::Git { url, commit, .. } = &task.deployment.source else {
        return Err("This deployment is not made from a Git repository.".into());
    };
    let into = pipeline.dirs.work(&task.deployment.id).join("tree");
    super::remove(&into).await;
    task.say(&format!(
        "Cloning {url} at {} ({}).",
        commit.short(),
        commit.subject
    ));
    let mut line = |text: String| task.log.line(Stream::Err, &text);
    let (org, wanted) = (&task.deployment.org, task.deployment.config.source);
    let done = pipeline
        .git
        .checkout(org, url, &commit.sha, wanted, &into, &mut line)
        .await;
    let done = done.map_err(|error| error.to_string())?;
    task.say(&format!(
        "{} files, {} KiB.",
        done.files,
        done.size_bytes / 1024
    ));
    Ok(())
}
