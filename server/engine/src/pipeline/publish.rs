//! Publishes static files: those of the repository as they are, or those that its build left.

use super::{Ended, Pipeline, Task, deploy_static_bundle, download_repo};
use crate::driver::DriverError;
use crate::image;
use crate::source::bundle::{self, BundleError, Unpacked};
use domain::deployment::Deployment;
use domain::detect::BuildPlan;
use domain::preset::SITE;
use std::path::Path;

pub(super) async fn run(pipeline: &Pipeline, task: &Task<'_>) -> Ended {
    let (plan, output) = planned(task)?;
    let into = pipeline.dirs.site(&task.deployment.id);
    super::remove(&into).await;
    let done = match plan.builds() {
        true => built(pipeline, task, &into).await?,
        false => plain(pipeline, task, output, &into).await?,
    };
    let done = done.map_err(|error| sentence(&error, output, plan.builds()))?;
    Ok(Some(deploy_static_bundle::published(task, done, &into)))
}

fn planned<'t>(task: &'t Task<'_>) -> Result<(&'t BuildPlan, &'t str), String> {
    let plan = task.deployment.build.as_ref();
    plan.and_then(|plan| Some((plan, plan.output.as_deref()?)))
        .ok_or_else(|| "This deployment was not planned as static files.".into())
}

type Gathered = Result<Unpacked, BundleError>;

async fn plain(
    pipeline: &Pipeline,
    task: &Task<'_>,
    output: &str,
    into: &Path,
) -> Result<Gathered, String> {
    let tree = download_repo::tree(pipeline, task).await?;
    let from = tree.join(&task.deployment.config.build.root).join(output);
    task.say("Nothing is built. Left out: names that begin with a dot, and sealdock.yml.");
    Ok(bundle::gather(&from, into, bundle::Limits::default()).await)
}

/// Out of the image, through the Engine, into an archive that is held to the limits of a bundle.
async fn built(pipeline: &Pipeline, task: &Task<'_>, into: &Path) -> Result<Gathered, String> {
    let deployment = task.deployment;
    let work = pipeline.dirs.work(&deployment.id);
    tokio::fs::create_dir_all(&work)
        .await
        .map_err(|e| format!("{} can't be made: {e}.", work.display()))?;
    let (tag, archive) = (image::tag(&deployment.id), work.join("site.tar"));
    let place = pipeline
        .runtimes
        .of(&deployment.runtime)
        .await
        .map_err(|e| e.to_string())?;
    let limits = bundle::Limits::default();
    task.say("Taking the files out of the built image.");
    place
        .images
        .take_out(&tag, SITE, &archive, limits.bytes)
        .await
        .map_err(|e: DriverError| e.to_string())?;
    let done = bundle::unpack(&archive, into, limits).await;
    let _ = tokio::fs::remove_file(&archive).await;
    Ok(done)
}

/// Once no job can need it any more: a job that begins again after a crash finds its image. What
/// can't be removed now goes with the deployment.
pub(super) async fn discard_carrier(pipeline: &Pipeline, deployment: &Deployment) {
    let carries = deployment
        .build
        .as_ref()
        .is_some_and(BuildPlan::carries_files);
    if !carries {
        return;
    }
    let tag = image::tag(&deployment.id);
    let Ok(place) = pipeline.runtimes.of(&deployment.runtime).await else {
        return;
    };
    if let Err(error) = place.images.discard(&tag).await {
        tracing::warn!(tag, %error, "the image of published files stays");
    }
}

/// The bundle's sentences speak of an archive that a person sent.
fn sentence(error: &BundleError, output: &str, builds: bool) -> String {
    let by = if builds { "the build left in " } else { "" };
    match error {
        BundleError::NoIndex => format!(
            "There is no index.html in {by}`{output}`. Name the right directory with `build.output`; if this app needs a server, choose another `build.preset`."
        ),
        BundleError::Forbidden { name, why } => {
            format!("`{name}` in `{output}` {why}, and can't be served. Nothing was published.")
        }
        BundleError::TooLarge { limit } => {
            format!("What {by}`{output}` is more than {limit}. Nothing was published.")
        }
        other => other.to_string(),
    }
}
