//! Verifies that the image is on the runtime's machine, and pins it.

use super::{Ended, Pipeline, Task};
use crate::driver::Images;
use crate::image;
use domain::id::DeploymentId;
use domain::source::{Artifact, Source};
use std::sync::Arc;

pub(super) async fn run(pipeline: &Pipeline, task: &Task<'_>) -> Ended {
    let place = pipeline
        .runtimes
        .of(&task.deployment.runtime)
        .await
        .map_err(|e| e.to_string())?;
    match &task.deployment.reuses {
        Some(of) => again(pipeline, task, of, &place.images).await,
        None => named(task, &place.images).await,
    }
}

async fn named(task: &Task<'_>, images: &Arc<dyn Images>) -> Ended {
    let Source::Image { reference, .. } = &task.deployment.source else {
        return Err("This deployment is not made from an image.".into());
    };
    match images.find(reference).await.map_err(|e| e.to_string())? {
        Some(artifact) => {
            task.say(&format!("{reference} is here: {}.", artifact.digest()));
            Ok(Some(artifact))
        }
        None => Err(format!(
            "There is no image `{reference}` on this machine. Build or load it there, or let Sealdock pull it."
        )),
    }
}

/// The image of an earlier deployment, which stays from now on for as long as this one does.
async fn again(
    pipeline: &Pipeline,
    task: &Task<'_>,
    of: &DeploymentId,
    images: &Arc<dyn Images>,
) -> Ended {
    let (number, artifact) = super::reused(pipeline, task, of).await?;
    let Artifact::Image { image: id, .. } = &artifact else {
        return Err(format!("#{number} has no image, but files."));
    };
    let found = images.find(id).await.map_err(|e| e.to_string())?;
    let Some(found) = found else {
        return Err(format!(
            "The image of #{number} ({id}) is no longer on this machine. Deploy its version anew: it is built or pulled again."
        ));
    };
    images
        .keep(id, &image::tag(&task.deployment.id))
        .await
        .map_err(|e| e.to_string())?;
    task.say(&format!("The image of #{number} is here: {id}."));
    Ok(Some(found))
}
