//! Builds the image through the Engine: by the repository's Dockerfile, or by the one that was
//! generated for its preset and shown in the plan.

use super::{Ended, Pipeline, Task, download_repo};
use crate::driver::{Build, BuildLimits, DriverError};
use crate::image;
use domain::detect::BuildPlan;
use domain::source::Artifact;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a generated Dockerfile is sent as; a file of that name in the repository stays behind.
const GENERATED: &str = ".sealdock.Dockerfile";
const NO_NIXPACKS: &str = "Nixpacks is not used: it installs by Nix and from the internet in every build, on images of its own,      so base images would be no setting; and its makers only maintain it.";

pub(super) async fn run(pipeline: &Pipeline, task: &Task<'_>) -> Ended {
    let tree = download_repo::tree(pipeline, task).await?;
    let config = &task.deployment.config.build;
    let context = root(&tree, &config.root)?;
    let plan = task.deployment.build.as_ref();
    let generated = plan.and_then(|plan| plan.dockerfile.as_deref());
    let dockerfile = generated.map_or(config.dockerfile.as_str(), |_| GENERATED);
    if generated.is_none() && !context.join(dockerfile).is_file() {
        return Err(missing(dockerfile, &config.root));
    }
    explain(task, plan);
    let logins = super::logins(pipeline, task).await?;
    let secrets = pipeline.vault.for_build(task.deployment).await;
    let secrets = secrets.map_err(|error| error.to_string())?;
    let build = Build {
        context: &context,
        dockerfile,
        generated,
        tag: &image::tag(&task.deployment.id),
        args: &config.args,
        labels: &image::labels(&task.deployment.id),
        limits: BuildLimits {
            memory_mib: config.memory_mib,
            cpus_milli: config.cpus_milli,
            pids: config.pids,
        },
        secrets,
        logins: &logins,
    };
    let artifact = built(pipeline, task, build)
        .await
        .map_err(|sentence| with_way_out(sentence, plan))?;
    task.say(&format!(
        "Built {} ({} KiB).",
        artifact.digest(),
        artifact.size_bytes() / 1024
    ));
    // An image that only carries files is a step on the way, and nothing that could run.
    let runs = !plan.is_some_and(BuildPlan::carries_files);
    Ok(runs.then_some(artifact))
}

/// Which preset, and why; what it does is in the lines that follow.
fn explain(task: &Task<'_>, plan: Option<&BuildPlan>) {
    let Some(plan) = plan else {
        return;
    };
    task.say(&format!("{}.", plan.title()));
    if plan.dockerfile.is_some() {
        task.say("The Dockerfile is Sealdock's own for this preset; the plan shows it.");
        task.say(NO_NIXPACKS);
    }
}

async fn built(pipeline: &Pipeline, task: &Task<'_>, build: Build<'_>) -> Result<Artifact, String> {
    let deployment = task.deployment;
    let place = pipeline
        .runtimes
        .of(&deployment.runtime)
        .await
        .map_err(|e| e.to_string())?;
    let limit_s = deployment.config.build.timeout_s;
    let limit = Duration::from_secs(u64::from(limit_s));
    match tokio::time::timeout(limit, place.images.build(build, task.log)).await {
        Ok(Ok(artifact)) => Ok(artifact),
        Ok(Err(DriverError::Refused(sentence) | DriverError::Unreachable(sentence))) => {
            Err(sentence)
        }
        Err(_) => Err(format!(
            "The build took longer than its limit of {limit_s} s and was stopped. Raise `build.timeout_s` or make it faster."
        )),
    }
}

/// The step that takes the output fails where the build left it somewhere else.
fn with_way_out(sentence: String, plan: Option<&BuildPlan>) -> String {
    let output = plan.and_then(|plan| plan.output.as_deref());
    match output {
        Some(output) if sentence.contains("COPY --from=build [") => format!(
            "{sentence} The build left no directory `{output}`: name the right one with `build.output`; if this app needs a server, set `build.preset: node`."
        ),
        _ => sentence,
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
