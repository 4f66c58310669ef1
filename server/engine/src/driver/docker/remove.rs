//! Stop, then remove, in the background: a graceful stop takes as long as the instance needs.

use super::{Room, error, name};
use crate::driver::DriverError;
use bollard::query_parameters::{
    InspectContainerOptions, RemoveContainerOptionsBuilder, StopContainerOptionsBuilder,
};
use domain::id::{EnvironmentId, InstanceId};
use std::sync::Arc;
use std::time::Duration;

/// Beyond the grace: the Engine kills, unmounts and answers.
const BEYOND_GRACE: Duration = Duration::from_secs(60);

/// One removal per instance at a time. When it fails, the instance is observed as it is again
/// and whoever wants it gone asks again.
pub fn begin(room: &Arc<Room>, id: &InstanceId, grace_s: u32) {
    if room.leaving().insert(id.clone()) {
        let (room_of_task, id) = (room.clone(), id.clone());
        room.spawn(async move { run(&room_of_task, &id, grace_s).await });
    }
}

async fn run(room: &Room, id: &InstanceId, grace_s: u32) {
    let removed = remove(room, id, grace_s).await;
    room.leaving().remove(id);
    match removed {
        Ok(environment) => environment
            .into_iter()
            .for_each(|environment| room.hint(environment)),
        Err(e) => tracing::warn!(instance = %id, error = %e, "an instance was not removed"),
    }
}

/// The environment to look at again; `None` when it was gone already.
async fn remove(
    room: &Room,
    id: &InstanceId,
    grace_s: u32,
) -> Result<Option<EnvironmentId>, DriverError> {
    let Some((container, environment)) = ours(room, id).await? else {
        return Ok(None);
    };
    stop(room, &container, grace_s).await?;
    let options = RemoveContainerOptionsBuilder::new()
        .force(true)
        .v(true)
        .build();
    let removed = room
        .client
        .patient(BEYOND_GRACE)
        .await?
        .remove_container(&container, Some(options))
        .await;
    room.starts.forget(&container);
    gone_is_fine(room, "remove the instance", removed)?;
    Ok(environment)
}

/// The container of that name, if it carries our label.
async fn ours(
    room: &Room,
    id: &InstanceId,
) -> Result<Option<(String, Option<EnvironmentId>)>, DriverError> {
    let found = room
        .client
        .engine()
        .await?
        .inspect_container(&name::container(id), None::<InspectContainerOptions>)
        .await;
    let found = match found {
        Err(e) if error::status(&e) == Some(404) => return Ok(None),
        found => found.map_err(|e| room.client.failed("look at the instance to remove", &e))?,
    };
    let labels = found.config.and_then(|config| config.labels);
    let mine = name::is_ours(labels.as_ref(), &room.options.installation);
    let environment = labels.and_then(|labels| labels.get(name::ENVIRONMENT)?.parse().ok());
    Ok(found
        .id
        .filter(|_| mine)
        .map(|container| (container, environment)))
}

async fn stop(room: &Room, container: &str, grace_s: u32) -> Result<(), DriverError> {
    let options = StopContainerOptionsBuilder::new()
        .t(i32::try_from(grace_s).unwrap_or(i32::MAX))
        .build();
    let engine = room
        .client
        .patient(Duration::from_secs(u64::from(grace_s)) + BEYOND_GRACE)
        .await?;
    gone_is_fine(
        room,
        "stop the instance",
        engine.stop_container(container, Some(options)).await,
    )
}

/// 404: gone. 409: someone else removes it right now.
fn gone_is_fine(
    room: &Room,
    doing: &str,
    done: Result<(), bollard::errors::Error>,
) -> Result<(), DriverError> {
    match done {
        Err(e) if !matches!(error::status(&e), Some(404 | 409)) => {
            Err(room.client.failed(doing, &e))
        }
        _ => Ok(()),
    }
}
