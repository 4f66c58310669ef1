//! Pictures the front page, as its visitors reach it: through the data plane.

use super::{Pipeline, Task, after};
use crate::camera::Shot;
use crate::store::job::{Done, Fact};
use domain::deployment::Phase;

const PAUSED: &str = "It is paused, so there is nothing to see.";

pub(super) async fn run(pipeline: &Pipeline, task: &Task<'_>) -> after::Ended {
    let deployment = task.deployment;
    if deployment.phase == Phase::Paused {
        return Ok(Done::skipped(PAUSED));
    }
    let environment = pipeline
        .store
        .environment_of_any(&deployment.environment)
        .await
        .map_err(|error| error.to_string())?;
    let Some(host) = environment.and_then(|e| e.hosts.into_iter().next()) else {
        return Ok(Done::skipped("No host leads to it."));
    };
    let into = pipeline.dirs.screenshot(&deployment.id);
    match pipeline.camera.take(&host, &into).await? {
        Shot::Skipped(why) => Ok(Done::skipped(why)),
        Shot::Taken { size_bytes } => {
            // A picture takes seconds, in which somebody may have paused it.
            let now = pipeline.store.deployment_of_any(&deployment.id).await;
            let now = now.map_err(|error| error.to_string())?;
            if now.is_some_and(|deployment| deployment.phase == Phase::Paused) {
                let _ = tokio::fs::remove_file(&into).await;
                return Ok(Done::skipped(PAUSED));
            }
            task.say(&format!(
                "http://{host}/ ({} KiB).",
                size_bytes.div_ceil(1024)
            ));
            Ok(Done::with(Fact::Screenshot))
        }
    }
}
