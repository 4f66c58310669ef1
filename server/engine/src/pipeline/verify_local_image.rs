//! Verifies that the image is on the runtime's machine, and pins it. One that was sent as a file
//! is loaded first.

use super::{Ended, Pipeline, Task};
use crate::driver::Images;
use crate::image;
use domain::id::{DeploymentId, UploadId};
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
        None => match &task.deployment.source {
            Source::ImageArchive { upload, .. } => {
                loaded(pipeline, task, upload, &place.images).await
            }
            _ => named(task, &place.images).await,
        },
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

async fn loaded(
    pipeline: &Pipeline,
    task: &Task<'_>,
    upload: &UploadId,
    images: &Arc<dyn Images>,
) -> Ended {
    let stored = pipeline.store.upload(&task.deployment.org, upload).await;
    let stored = stored.map_err(|e| e.to_string())?;
    let stored = stored.ok_or("The file is no longer here. Upload it again.")?;
    task.say(&format!(
        "Loading {} ({} KiB). The names in it are not taken over.",
        stored.view.name,
        stored.view.size_bytes / 1024
    ));
    let artifact = images
        .load(stored.path.as_ref(), task.log)
        .await
        .map_err(|e| e.to_string())?;
    images
        .keep(artifact.digest(), &image::tag(&task.deployment.id))
        .await
        .map_err(|e| e.to_string())?;
    Ok(Some(artifact))
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
    if found.is_none() {
        return Err(format!(
            "The image of #{number} ({id}) is no longer on this machine. Deploy its version anew: it is built or pulled again."
        ));
    }
    images
        .keep(id, &image::tag(&task.deployment.id))
        .await
        .map_err(|e| e.to_string())?;
    task.say(&format!("The image of #{number} is here: {id}."));
    // With the name that it was pulled by, which a signed release is compared with.
    Ok(Some(artifact))
}
