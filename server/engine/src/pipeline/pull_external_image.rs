//! Pulls an image from its registry and pins what came. It is kept by a tag of ours, so that it is
//! collected like one that was built (P-19).

use super::{Ended, Pipeline, Task};
use crate::image;
use domain::source::{Artifact, Source};

pub(super) async fn run(pipeline: &Pipeline, task: &Task<'_>) -> Ended {
    let reference = named(task).ok_or("This deployment is not made from an image.")?;
    let login = pipeline
        .store
        .login_for(&task.deployment.org, reference)
        .await;
    let login = login.map_err(|e| e.to_string())?;
    match &login {
        Some(login) => task.say(&format!("Pulling {reference} as {}.", login.username)),
        None => task.say(&format!("Pulling {reference}.")),
    }
    let place = pipeline
        .runtimes
        .of(&task.deployment.runtime)
        .await
        .map_err(|e| e.to_string())?;
    let tag = image::tag(&task.deployment.id);
    let artifact = place
        .images
        .adopt(reference, &tag, login.as_ref(), task.log)
        .await
        .map_err(|e| e.to_string())?;
    task.say(&format!("Pinned {}.", shown(&artifact)));
    Ok(Some(artifact))
}

/// By the person, or by the repository's file at its commit.
fn named<'a>(task: &Task<'a>) -> Option<&'a str> {
    match &task.deployment.source {
        Source::Image { reference, .. } => Some(reference),
        _ => task.deployment.build.as_ref()?.image.as_deref(),
    }
}

/// By the registry's digest, which is the same on every machine, and by the Engine's.
fn shown(artifact: &Artifact) -> String {
    let kib = artifact.size_bytes() / 1024;
    match artifact {
        Artifact::Image {
            pulled_as: Some(name),
            image,
            ..
        } => format!("{name} as {image} ({kib} KiB)"),
        other => format!("{} ({kib} KiB)", other.digest()),
    }
}
