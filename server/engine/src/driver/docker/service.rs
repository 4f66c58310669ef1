//! Services: a container with a named volume, in a network of its own and in those of the
//! environments that use it. All three carry our label and are named by the service's id.
//!
//! The Engine restarts it by itself (`unless-stopped`) from the start, so it is there after a
//! reboot while Sealdock is down. Its port is published nowhere.

mod files;
mod run;
mod see;
mod spec;

use super::{Docker, Room, error, name, network};
use crate::driver::DriverError;
use crate::driver::services::{Errand, Errands, Seed, ServiceSpec, Services};
use async_trait::async_trait;
use bollard::models::{
    ContainerInspectResponse, EndpointSettings, NetworkConnectRequest, VolumeCreateRequest,
};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, InspectContainerOptions, RemoveContainerOptionsBuilder,
    RemoveVolumeOptionsBuilder, StartContainerOptions, StopContainerOptionsBuilder,
};
use domain::id::{EnvironmentId, ServiceId};
use domain::service::Seen;
use std::time::Duration;

/// Beyond the grace: the Engine kills, unmounts and answers.
const BEYOND_GRACE: Duration = Duration::from_secs(60);

#[async_trait]
impl Services for Docker {
    async fn see(&self, spec: &ServiceSpec) -> Result<Option<Seen>, DriverError> {
        see::see(&self.room, spec).await
    }

    async fn bring_up(&self, spec: &ServiceSpec, seeds: &[Seed]) -> Result<(), DriverError> {
        bring_up(&self.room, spec, seeds).await
    }

    async fn join(
        &self,
        spec: &ServiceSpec,
        environment: &EnvironmentId,
    ) -> Result<(), DriverError> {
        join(&self.room, spec, environment).await
    }

    async fn leave(&self, id: &ServiceId, environment: &EnvironmentId) -> Result<(), DriverError> {
        let (network, container) = (name::network(environment), name::service(id));
        network::disconnect(&self.room, &network, &container).await
    }

    async fn wipe(&self, id: &ServiceId) -> Result<(), DriverError> {
        wipe(&self.room, id).await
    }

    async fn errand(&self, id: &ServiceId, errand: Errand<'_>) -> Result<Errands, DriverError> {
        run::run(&self.room, id, &errand).await
    }
}

/// What a look at a container of ours is worth.
fn is_of(found: &ContainerInspectResponse, spec: &ServiceSpec) -> bool {
    let labels = found
        .config
        .as_ref()
        .and_then(|config| config.labels.as_ref());
    labels.and_then(|labels| labels.get(name::SPEC)) == Some(&spec.digest())
}

/// Between create and start its files may be missing: such a one is made again.
fn ever_started(found: &ContainerInspectResponse) -> bool {
    let started = found.state.as_ref().and_then(|s| s.started_at.as_deref());
    started.and_then(super::stamp::time).is_some()
}

async fn bring_up(room: &Room, spec: &ServiceSpec, seeds: &[Seed]) -> Result<(), DriverError> {
    let container = name::service(&spec.id);
    if let Some(found) = ours(room, &spec.id).await? {
        if is_of(&found, spec) && ever_started(&found) {
            return start(room, spec).await;
        }
        remove_container(room, &container).await?;
    }
    own_network(room, spec).await?;
    volume(room, &spec.id).await?;
    create(room, spec).await?;
    files::lay_down(room, &container, spec, seeds).await?;
    start(room, spec).await
}

/// The service's container; one of that name that is somebody else's is refused.
async fn ours(
    room: &Room,
    id: &ServiceId,
) -> Result<Option<ContainerInspectResponse>, DriverError> {
    let container = name::service(id);
    let engine = room.client.engine().await?;
    let found = engine
        .inspect_container(&container, None::<InspectContainerOptions>)
        .await;
    let found = match found {
        Err(e) if error::status(&e) == Some(404) => return Ok(None),
        found => found.map_err(|e| room.client.failed("look at a service", &e))?,
    };
    let labels = found
        .config
        .as_ref()
        .and_then(|config| config.labels.as_ref());
    match name::is_ours(labels, &room.options.installation) {
        true => Ok(Some(found)),
        false => Err(foreign(room, "container", &container)),
    }
}

fn foreign(room: &Room, what: &str, name: &str) -> DriverError {
    let remove = match what {
        "volume" => "docker volume rm",
        _ => "docker rm",
    };
    DriverError::Refused(format!(
        "A {what} called {name} on Docker Engine at {} was not made by this installation. Remove it with `{remove} {name}` if nothing needs it.",
        room.client.host()
    ))
}

/// Its way to the world is shut: what it needs is in its image.
async fn own_network(room: &Room, spec: &ServiceSpec) -> Result<(), DriverError> {
    let name = name::service(&spec.id);
    if network::exists(room, &name).await? {
        return Ok(());
    }
    let labels = name::service_labels(&spec.id, &room.options.installation);
    let internal = true;
    network::create(
        room,
        network::Wanted {
            name,
            labels,
            internal,
        },
    )
    .await
}

/// Creating one that is there answers with it, whoever made it.
async fn volume(room: &Room, id: &ServiceId) -> Result<(), DriverError> {
    let name = name::service(id);
    let wanted = VolumeCreateRequest {
        name: Some(name.clone()),
        labels: Some(name::service_labels(id, &room.options.installation)),
        ..Default::default()
    };
    let made = room.client.engine().await?.create_volume(wanted).await;
    let made = made.map_err(|e| room.client.failed("create the service's volume", &e))?;
    match name::is_ours(Some(&made.labels), &room.options.installation) {
        true => Ok(()),
        false => Err(foreign(room, "volume", &name)),
    }
}

async fn create(room: &Room, spec: &ServiceSpec) -> Result<(), DriverError> {
    let options = CreateContainerOptionsBuilder::new()
        .name(&name::service(&spec.id))
        .build();
    let body = spec::container(spec, &room.options);
    let engine = room.client.engine().await?;
    match engine.create_container(Some(options), body).await {
        Ok(_) => Ok(()),
        Err(e) if error::status(&e) == Some(404) => Err(DriverError::Refused(format!(
            "The image {} is not on Docker Engine at {}.",
            spec.image,
            room.client.host()
        ))),
        Err(e) => Err(room.client.failed("create the service", &e)),
    }
}

/// Starting what runs already is no harm.
async fn start(room: &Room, spec: &ServiceSpec) -> Result<(), DriverError> {
    let engine = room.client.engine().await?;
    let container = name::service(&spec.id);
    let started = engine
        .start_container(&container, None::<StartContainerOptions>)
        .await;
    match started {
        // A network that it was in is gone: without the container it is made again.
        Err(e) if error::message(&e).contains("network") => {
            remove_container(room, &container).await?;
            Err(DriverError::Unreachable(format!(
                "The service could not start in its networks and is made again: {}.",
                error::ended(&error::message(&e))
            )))
        }
        started => started.map_err(|e| error::not_started(room.client.host(), &spec.image, &e)),
    }
}

async fn join(
    room: &Room,
    spec: &ServiceSpec,
    environment: &EnvironmentId,
) -> Result<(), DriverError> {
    network::ensure(room, environment).await?;
    let request = NetworkConnectRequest {
        container: name::service(&spec.id),
        endpoint_config: Some(EndpointSettings {
            aliases: Some(vec![spec.name.clone()]),
            ..Default::default()
        }),
    };
    let joined = room
        .client
        .engine()
        .await?
        .connect_network(&name::network(environment), request)
        .await;
    match joined {
        Err(e) if error::message(&e).contains("already exists in network") => Ok(()),
        Err(e) => {
            network::doubt(room, environment).await;
            Err(room.client.failed("put a service into a network", &e))
        }
        Ok(()) => Ok(()),
    }
}

async fn wipe(room: &Room, id: &ServiceId) -> Result<(), DriverError> {
    let name = name::service(id);
    if ours(room, id).await?.is_some() {
        remove_container(room, &name).await?;
    }
    if network::exists(room, &name).await? {
        network::remove(room, &name).await?;
    }
    remove_volume(room, &name).await
}

/// Asked to end first: a killed database has to repair itself.
async fn remove_container(room: &Room, container: &str) -> Result<(), DriverError> {
    let grace_s = room.options.stop_grace_s;
    let options = StopContainerOptionsBuilder::new()
        .t(i32::try_from(grace_s).unwrap_or(i32::MAX))
        .build();
    let patience = Duration::from_secs(u64::from(grace_s)) + BEYOND_GRACE;
    let engine = room.client.patient(patience).await?;
    let stopped = engine.stop_container(container, Some(options)).await;
    gone_is_fine(room, "stop a service", stopped)?;
    // With the volumes that have no name; the service's own has one.
    let options = RemoveContainerOptionsBuilder::new()
        .force(true)
        .v(true)
        .build();
    let removed = engine.remove_container(container, Some(options)).await;
    gone_is_fine(room, "remove a service", removed)
}

async fn remove_volume(room: &Room, name: &str) -> Result<(), DriverError> {
    let engine = room.client.engine().await?;
    let found = match engine.inspect_volume(name).await {
        Err(e) if error::status(&e) == Some(404) => return Ok(()),
        found => found.map_err(|e| room.client.failed("look at a service's volume", &e))?,
    };
    if !name::is_ours(Some(&found.labels), &room.options.installation) {
        return Err(foreign(room, "volume", name));
    }
    let options = RemoveVolumeOptionsBuilder::new().force(true).build();
    let removed = engine.remove_volume(name, Some(options)).await;
    gone_is_fine(room, "remove a service's volume", removed)
}

fn gone_is_fine(
    room: &Room,
    doing: &str,
    done: Result<(), bollard::errors::Error>,
) -> Result<(), DriverError> {
    match done {
        Err(e) if error::status(&e) == Some(404) => Ok(()),
        done => done.map_err(|e| room.client.failed(doing, &e)),
    }
}
