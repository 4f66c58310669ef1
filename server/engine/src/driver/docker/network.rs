//! One private bridge per environment: its instances reach each other and nobody else's. A service
//! has one of its own, and is in those of the environments that use it.

use super::{Room, error, name, observe};
use crate::driver::DriverError;
use bollard::models::{Ipam, IpamConfig, NetworkCreateRequest, NetworkDisconnectRequest};
use domain::id::EnvironmentId;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// How many neighbouring subnets are tried when one is taken.
const TRIES: u64 = 64;

/// Asked once per environment and process; then remembered.
pub async fn ensure(room: &Room, environment: &EnvironmentId) -> Result<(), DriverError> {
    let mut known = room.networks.lock().await;
    if !known.contains(environment) {
        let name = name::network(environment);
        if !exists(room, &name).await? {
            let labels = name::environment_labels(environment, &room.options.installation);
            create(
                room,
                Wanted {
                    name,
                    labels,
                    internal: false,
                },
            )
            .await?;
        }
        known.insert(environment.clone());
    }
    Ok(())
}

/// Someone removed it behind our back: look again next time.
pub async fn doubt(room: &Room, environment: &EnvironmentId) {
    room.networks.lock().await.remove(environment);
}

pub async fn forget(room: &Room, environment: &EnvironmentId) -> Result<(), DriverError> {
    let mut known = room.networks.lock().await;
    let name = name::network(environment);
    if exists(room, &name).await? {
        for service in services_in(room, &name).await? {
            disconnect(room, &name, &service).await?;
        }
        remove(room, &name).await?;
    }
    known.remove(environment);
    Ok(())
}

/// One that is gone already is fine.
pub async fn remove(room: &Room, name: &str) -> Result<(), DriverError> {
    let removed = room.client.engine().await?.remove_network(name).await;
    match removed {
        Err(e) if error::status(&e) == Some(403) => Err(in_use(room, name, &e)),
        Err(e) if error::status(&e) != Some(404) => {
            Err(room.client.failed("remove a private network", &e))
        }
        _ => Ok(()),
    }
}

/// The containers of services that are in a network.
async fn services_in(room: &Room, network: &str) -> Result<Vec<String>, DriverError> {
    let ours = name::filter(name::INSTALLATION, &room.options.installation);
    let filters = HashMap::from([
        ("network", vec![network.to_owned()]),
        ("label", vec![ours, name::SERVICE.to_owned()]),
    ]);
    let listed = observe::containers(room, filters, "list the services").await?;
    Ok(listed.into_iter().filter_map(|c| c.id).collect())
}

/// One that is not in there has left already.
pub async fn disconnect(room: &Room, network: &str, container: &str) -> Result<(), DriverError> {
    let request = NetworkDisconnectRequest {
        container: container.to_owned(),
        force: Some(true),
    };
    let left = room
        .client
        .engine()
        .await?
        .disconnect_network(network, request)
        .await;
    match left {
        Err(e) if error::status(&e) == Some(404) => Ok(()),
        Err(e) if error::message(&e).contains("is not connected") => Ok(()),
        left => left.map_err(|e| room.client.failed("take a service out of a network", &e)),
    }
}

/// The instances are on their way out: it works the next time.
fn in_use(room: &Room, network: &str, e: &bollard::errors::Error) -> DriverError {
    let (host, why) = (room.client.host(), error::message(e));
    DriverError::Unreachable(format!(
        "Network {network} on Docker Engine at {host} is still in use ({why}). It can go once its containers have."
    ))
}

/// A network of that name without our label is refused: it is somebody else's.
pub async fn exists(room: &Room, name: &str) -> Result<bool, DriverError> {
    match room
        .client
        .engine()
        .await?
        .inspect_network(name, None)
        .await
    {
        Err(e) if error::status(&e) == Some(404) => Ok(false),
        Err(e) => Err(room.client.failed("look for a private network", &e)),
        Ok(found) if name::is_ours(found.labels.as_ref(), &room.options.installation) => Ok(true),
        Ok(_) => Err(DriverError::Refused(format!(
            "A network called {name} on Docker Engine at {} was not made by this installation. Remove it with `docker network rm {name}` if nothing needs it.",
            room.client.host()
        ))),
    }
}

/// A network to make.
pub struct Wanted {
    pub name: String,
    pub labels: HashMap<String, String>,
    /// Nothing in it reaches the world by it.
    pub internal: bool,
}

pub async fn create(room: &Room, wanted: Wanted) -> Result<(), DriverError> {
    let first = first_subnet(&wanted.name);
    for n in first..first.saturating_add(TRIES) {
        match room
            .client
            .engine()
            .await?
            .create_network(request(room, &wanted, n))
            .await
        {
            Ok(_) => return Ok(()),
            Err(e) if error::status(&e) == Some(409) => return Ok(()),
            Err(e) if error::message(&e).contains("overlaps") => {}
            Err(e) => return Err(room.client.failed("create a private network", &e)),
        }
    }
    Err(DriverError::Refused(format!(
        "Docker Engine at {} has no free subnet for another network near {}. Remove networks that nothing uses with `docker network prune`.",
        room.client.host(),
        room.options.subnets.nth(first)
    )))
}

/// Spread by the name, which holds an id, so that two rarely ask for the same one.
fn first_subnet(name: &str) -> u64 {
    let digest = Sha256::digest(name.trim_start_matches("sealdock-"));
    u64::from(u32::from_be_bytes([
        digest[0], digest[1], digest[2], digest[3],
    ]))
}

fn request(room: &Room, wanted: &Wanted, n: u64) -> NetworkCreateRequest {
    let subnet = IpamConfig {
        subnet: Some(room.options.subnets.nth(n)),
        ..Default::default()
    };
    NetworkCreateRequest {
        name: wanted.name.clone(),
        driver: Some("bridge".into()),
        internal: Some(wanted.internal),
        labels: Some(wanted.labels.clone()),
        ipam: Some(Ipam {
            config: Some(vec![subnet]),
            ..Default::default()
        }),
        ..Default::default()
    }
}
