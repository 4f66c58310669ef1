//! Keeps the source maps that the artifact carries. Nothing is taken out of the artifact: whether
//! visitors can fetch them is decided by whoever builds it.

use super::{Pipeline, Task, after, scan_vulnerabilities::found};
use crate::contents::Found;
use crate::source_maps::{self, LIMITS};
use crate::store::job::{Done, Fact};
use domain::source::Artifact;

const NONE: &str = "It carries no source maps: files such as `main.js.map` beside `main.js`, outside of node_modules.";

pub(super) async fn run(pipeline: &Pipeline, task: &Task<'_>) -> after::Ended {
    let Some(found) = found(pipeline, task, source_maps::is_wanted, LIMITS).await? else {
        return Ok(Done::skipped("It has no artifact."));
    };
    if found.left_out > 0 {
        task.say(&left_out(found.left_out));
    }
    if found.files.is_empty() {
        return Ok(Done::skipped(NONE));
    }
    let maps = keep(pipeline, task, found).await?;
    if maps.is_empty() {
        return Ok(Done::skipped(NONE));
    }
    task.say(&match maps.len() {
        1 => "1 source map is kept for reading stack traces.".to_owned(),
        n => format!("{n} source maps are kept for reading stack traces."),
    });
    if matches!(task.deployment.artifact, Some(Artifact::Static { .. })) {
        task.say("They are served to visitors too, as everything that was built is.");
    }
    Ok(Done::with(Fact::SourceMaps(maps)))
}

async fn keep(
    pipeline: &Pipeline,
    task: &Task<'_>,
    found: Found,
) -> Result<Vec<domain::view::SourceMapView>, String> {
    let into = pipeline.dirs.source_maps(&task.deployment.id);
    let kept = tokio::task::spawn_blocking(move || source_maps::keep(&found.files, &into)).await;
    let kept = kept
        .map_err(|e| e.to_string())?
        .map_err(|e| format!("The source maps can't be kept: {e}."))?;
    for path in kept.others.iter().take(10) {
        task.say(&format!("{path} is no source map that can be read."));
    }
    Ok(kept.maps)
}

fn left_out(n: u32) -> String {
    format!(
        "{n} source maps were left out: at most {} are kept, of at most {} MiB each and {} MiB together.",
        LIMITS.files,
        LIMITS.file_bytes >> 20,
        LIMITS.kept_bytes >> 20
    )
}
