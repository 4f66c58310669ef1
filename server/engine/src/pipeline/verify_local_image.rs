//! Verifies that the image is on the runtime's machine, and pins it.

use super::{Ended, Pipeline, Task};
use domain::source::Source;

pub(super) async fn run(pipeline: &Pipeline, task: &Task<'_>) -> Ended {
    let Source::Image { reference, .. } = &task.deployment.source else {
        return Err("This deployment is not made from an image.".into());
    };
    let place = pipeline
        .runtimes
        .of(&task.deployment.runtime)
        .await
        .map_err(|e| e.to_string())?;
    match place
        .images
        .find(reference)
        .await
        .map_err(|e| e.to_string())?
    {
        Some(artifact) => {
            task.say(&format!("{reference} is here: {}.", artifact.digest()));
            Ok(Some(artifact))
        }
        None => Err(format!(
            "There is no image `{reference}` on this machine. Build or load it there, or let Sealdock pull it."
        )),
    }
}
