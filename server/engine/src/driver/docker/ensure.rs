//! Create and start, or adopt: two calls to the Engine when all goes well.

use super::{Room, error, name, network, spec};
use crate::driver::DriverError;
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, InspectContainerOptions, RemoveContainerOptionsBuilder,
    StartContainerOptions,
};
use domain::instance::InstanceSpec;

pub async fn ensure(room: &Room, spec: &InstanceSpec) -> Result<(), DriverError> {
    if room.leaving().contains(&spec.id) {
        return Err(DriverError::Unreachable(format!(
            "Instance {} is still being removed. It can be made again once it is gone.",
            spec.nickname
        )));
    }
    network::ensure(room, &spec.environment).await?;
    let made = create(room, spec).await?;
    let started = start(room, spec).await;
    if made && matches!(started, Err(DriverError::Refused(_))) {
        discard(room, spec).await;
    }
    started
}

/// Whether it was made just now; `false` when it was there and is ours.
async fn create(room: &Room, spec: &InstanceSpec) -> Result<bool, DriverError> {
    let options = CreateContainerOptionsBuilder::new()
        .name(&name::container(&spec.id))
        .build();
    let body = spec::container(spec, &room.options);
    match room
        .client
        .engine()
        .await?
        .create_container(Some(options), body)
        .await
    {
        Ok(_) => Ok(true),
        Err(e) if error::status(&e) == Some(409) => adopt(room, spec).await.map(|()| false),
        Err(e) if error::status(&e) == Some(404) => Err(no_image(room, spec)),
        Err(e) => Err(room.client.failed("create the instance", &e)),
    }
}

fn no_image(room: &Room, spec: &InstanceSpec) -> DriverError {
    DriverError::Refused(format!(
        "The image {} is not on Docker Engine at {}. Deploy again from the source, which builds or pulls it.",
        spec.image,
        room.client.host()
    ))
}

async fn adopt(room: &Room, spec: &InstanceSpec) -> Result<(), DriverError> {
    let name = name::container(&spec.id);
    let found = room
        .client
        .engine()
        .await?
        .inspect_container(&name, None::<InspectContainerOptions>)
        .await;
    let found = found.map_err(|e| room.client.failed("look at the instance that is there", &e))?;
    let labels = found.config.and_then(|config| config.labels);
    if name::is_ours(labels.as_ref(), &room.options.installation) {
        return Ok(());
    }
    Err(DriverError::Refused(format!(
        "A container called {name} on Docker Engine at {} was not made by this installation. Remove it with `docker rm {name}` if nothing needs it.",
        room.client.host()
    )))
}

/// Starting what runs already is no harm. A network that someone removed is made again, once.
async fn start(room: &Room, spec: &InstanceSpec) -> Result<(), DriverError> {
    match try_start(room, spec).await? {
        Err(e) if lost_network(&e) => {
            network::doubt(room, &spec.environment).await;
            network::ensure(room, &spec.environment).await?;
            try_start(room, spec)
                .await?
                .map_err(|e| refused(room, spec, &e))
        }
        started => started.map_err(|e| refused(room, spec, &e)),
    }
}

async fn try_start(
    room: &Room,
    spec: &InstanceSpec,
) -> Result<Result<(), bollard::errors::Error>, DriverError> {
    let engine = room.client.engine().await?;
    Ok(engine
        .start_container(&name::container(&spec.id), None::<StartContainerOptions>)
        .await)
}

fn lost_network(e: &bollard::errors::Error) -> bool {
    let said = error::message(e);
    said.contains("network") && said.contains("not found")
}

fn refused(room: &Room, spec: &InstanceSpec, e: &bollard::errors::Error) -> DriverError {
    error::not_started(room.client.host(), &spec.image, e)
}

/// What can never run is not left lying around.
async fn discard(room: &Room, spec: &InstanceSpec) {
    let options = RemoveContainerOptionsBuilder::new()
        .force(true)
        .v(true)
        .build();
    let Ok(engine) = room.client.engine().await else {
        return;
    };
    if let Err(e) = engine
        .remove_container(&name::container(&spec.id), Some(options))
        .await
    {
        tracing::warn!(instance = %spec.id, error = %e, "a container that could not start stays behind until the next look for orphans");
    }
}
