//! Makes the environment's crons those of the version that serves now.

use super::{Pipeline, Task, after};
use crate::store::job::Done;
use crate::store::{Now, StoreError};
use domain::source::Artifact;

pub(super) async fn run(pipeline: &Pipeline, task: &Task<'_>) -> after::Ended {
    let deployment = task.deployment;
    let declared = deployment.config.crons.as_slice();
    let is_static = matches!(deployment.artifact, Some(Artifact::Static { .. }));
    let crons = if is_static { &[] } else { declared };
    let ids = || Now {
        at: pipeline.clock.now(),
        entropy: pipeline.clock.entropy(),
    };
    match pipeline
        .store
        .configure_crons(deployment, crons, &ids)
        .await
    {
        Err(StoreError::Stale) => return Ok(Done::skipped("Another version serves by now.")),
        other => other.map_err(|error| error.to_string())?,
    }
    pipeline.crons_changed.notify_one();
    if is_static && !declared.is_empty() {
        return Ok(Done::skipped(
            "A static site has no instance that crons could run in, so none are set up.",
        ));
    }
    for cron in crons {
        task.say(&format!(
            "{}: {} ({}), {}",
            cron.name,
            cron.schedule,
            cron.timezone,
            cron.sentence()
        ));
    }
    if crons.is_empty() {
        task.say("No crons are declared.");
    }
    Ok(Done::default())
}
