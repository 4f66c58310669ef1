//! Lists what the artifact is made of, and looks each part up where a scanner is installed.

use super::{Pipeline, Task, after};
use crate::contents::{self, Found, LIMITS, Limits, Scanned, Wanted};
use crate::store::job::{Done, Fact};
use domain::source::Artifact;
use domain::view::ContentsView;
use std::path::Path;

pub(super) async fn run(pipeline: &Pipeline, task: &Task<'_>) -> after::Ended {
    let Some(found) = found(pipeline, task, contents::is_wanted, LIMITS).await? else {
        return Ok(Done::skipped("It has no artifact."));
    };
    if found.left_out > 0 {
        let left_out = found.left_out;
        task.say(&format!(
            "{left_out} files were too large or too many to be read."
        ));
    }
    let inventory = contents::inventory(&found.files);
    let bom = contents::bom(
        task.deployment,
        &inventory,
        pipeline.clock.now(),
        env!("CARGO_PKG_VERSION"),
    );
    let sbom = pipeline.dirs.sbom(&task.deployment.id);
    keep(&sbom, bom.to_string().as_bytes()).await?;
    let components = u32::try_from(inventory.components.len()).unwrap_or(u32::MAX);
    task.say(&format!("{components} components are in the SBOM."));
    let (findings, skipped) = match pipeline.scanner.scan(&sbom).await? {
        Scanned::Found(findings) => (Some(findings), None),
        Scanned::Skipped(why) => (None, Some(why)),
    };
    Ok(Done {
        skipped,
        fact: Some(Fact::Contents(ContentsView {
            components,
            findings,
        })),
    })
}

/// What the artifact carries of what is wanted; `None` where there is no artifact.
pub(super) async fn found(
    pipeline: &Pipeline,
    task: &Task<'_>,
    wanted: Wanted,
    limits: Limits,
) -> Result<Option<Found>, String> {
    match &task.deployment.artifact {
        None => Ok(None),
        Some(Artifact::Static { root, .. }) => contents::files_of(root.into(), wanted, limits)
            .await
            .map(Some),
        Some(Artifact::Image { image, .. }) => {
            let place = pipeline.runtimes.of(&task.deployment.runtime).await;
            let place = place.map_err(|e| e.to_string())?;
            let found = place.images.files(image, wanted, limits).await;
            found.map(Some).map_err(|e| e.to_string())
        }
    }
}

async fn keep(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let draft = path.with_extension("draft");
    let kept = async {
        tokio::fs::write(&draft, bytes).await?;
        tokio::fs::rename(&draft, path).await
    };
    kept.await
        .map_err(|e| format!("The SBOM can't be kept at {}: {e}.", path.display()))
}
