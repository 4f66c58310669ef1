//! Pulls an image from its registry and pins what came.

use super::{Ended, Pipeline, Task};
use domain::source::Source;

pub(super) async fn run(pipeline: &Pipeline, task: &Task<'_>) -> Ended {
    let Source::Image { reference, .. } = &task.deployment.source else {
        return Err("This deployment is not made from an image.".into());
    };
    task.say(&format!("Pulling {reference}."));
    let place = pipeline
        .runtimes
        .of(&task.deployment.runtime)
        .await
        .map_err(|e| e.to_string())?;
    let artifact = place
        .images
        .pull(reference, task.log)
        .await
        .map_err(|e| e.to_string())?;
    task.say(&format!(
        "Pinned {} ({} KiB).",
        artifact.digest(),
        artifact.size_bytes() / 1024
    ));
    Ok(Some(artifact))
}
