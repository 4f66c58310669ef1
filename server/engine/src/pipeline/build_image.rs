//! Builds the image from the repository's Dockerfile, through the Engine.

use super::{Ended, Pipeline, Task, download_repo};
use crate::driver::{Build, DriverError};
use crate::image;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) async fn run(pipeline: &Pipeline, task: &Task<'_>) -> Ended {
    let deployment = task.deployment;
    let tree = pipeline.dirs.work(&deployment.id).join("tree");
    if !tree.is_dir() {
        // A restart came between: what was cloned went with the work directory.
        download_repo::fetch(pipeline, task).await?;
    }
    let config = &deployment.config.build;
    let context = root(&tree, &config.root)?;
    if !context.join(&config.dockerfile).is_file() {
        return Err(missing(&config.dockerfile, &config.root));
    }
    let tag = image::tag(&deployment.id);
    let labels = image::labels(&deployment.id);
    let build = Build {
        context: &context,
        dockerfile: &config.dockerfile,
        tag: &tag,
        args: &config.args,
        labels: &labels,
        memory_mib: config.memory_mib,
    };
    let place = pipeline
        .runtimes
        .of(&deployment.runtime)
        .await
        .map_err(|e| e.to_string())?;
    let limit = Duration::from_secs(u64::from(config.timeout_s));
    match tokio::time::timeout(limit, place.images.build(build, task.log)).await {
        Ok(Ok(artifact)) => {
            task.say(&format!(
                "Built {} ({} KiB).",
                artifact.digest(),
                artifact.size_bytes() / 1024
            ));
            Ok(Some(artifact))
        }
        Ok(Err(DriverError::Refused(sentence) | DriverError::Unreachable(sentence))) => {
            Err(sentence)
        }
        Err(_) => Err(format!(
            "The build took longer than its limit of {} s and was stopped. Raise `build.timeout_s` or make it faster.",
            config.timeout_s
        )),
    }
}

fn root(tree: &Path, root: &str) -> Result<PathBuf, String> {
    let context = tree.join(root);
    match context.is_dir() {
        true => Ok(context),
        false => Err(format!(
            "The repository has no directory `{root}` at this commit. Correct `build.root`."
        )),
    }
}

fn missing(dockerfile: &str, root: &str) -> String {
    let place = if root == "." {
        String::new()
    } else {
        format!(" in `{root}`")
    };
    format!(
        "The repository has no `{dockerfile}`{place} at this commit. Add one, or name yours with `build.dockerfile` in sealdock.yml."
    )
}
