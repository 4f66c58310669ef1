//! One private bridge per environment: its instances reach each other and nobody else's.

use super::{Room, error, name};
use crate::driver::DriverError;
use bollard::models::{Ipam, IpamConfig, NetworkCreateRequest};
use domain::id::EnvironmentId;
use sha2::{Digest, Sha256};

/// How many neighbouring subnets are tried when one is taken.
const TRIES: u64 = 64;

/// Asked once per environment and process; then remembered.
pub async fn ensure(room: &Room, environment: &EnvironmentId) -> Result<(), DriverError> {
    let mut known = room.networks.lock().await;
    if !known.contains(environment) {
        if !exists(room, environment).await? {
            create(room, environment).await?;
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
    if exists(room, environment).await? {
        let removed = room
            .client
            .engine()
            .await?
            .remove_network(&name::network(environment))
            .await;
        match removed {
            Err(e) if error::status(&e) == Some(403) => return Err(in_use(room, environment, &e)),
            Err(e) if error::status(&e) != Some(404) => {
                return Err(room.client.failed("remove the environment's network", &e));
            }
            _ => {}
        }
    }
    known.remove(environment);
    Ok(())
}

/// The instances are on their way out: it works the next time.
fn in_use(room: &Room, environment: &EnvironmentId, e: &bollard::errors::Error) -> DriverError {
    let (host, network, why) = (
        room.client.host(),
        name::network(environment),
        error::message(e),
    );
    DriverError::Unreachable(format!(
        "Network {network} on Docker Engine at {host} is still in use ({why}). It can go once its containers have."
    ))
}

/// A network of that name without our label is refused: it is somebody else's.
async fn exists(room: &Room, environment: &EnvironmentId) -> Result<bool, DriverError> {
    let name = name::network(environment);
    match room
        .client
        .engine()
        .await?
        .inspect_network(&name, None)
        .await
    {
        Err(e) if error::status(&e) == Some(404) => Ok(false),
        Err(e) => Err(room.client.failed("look for the environment's network", &e)),
        Ok(found) if name::is_ours(found.labels.as_ref(), &room.options.installation) => Ok(true),
        Ok(_) => Err(DriverError::Refused(format!(
            "A network called {name} on Docker Engine at {} was not made by this installation. Remove it with `docker network rm {name}` if nothing needs it.",
            room.client.host()
        ))),
    }
}

async fn create(room: &Room, environment: &EnvironmentId) -> Result<(), DriverError> {
    let first = first_subnet(environment);
    for n in first..first.saturating_add(TRIES) {
        match room
            .client
            .engine()
            .await?
            .create_network(request(room, environment, n))
            .await
        {
            Ok(_) => return Ok(()),
            Err(e) if error::status(&e) == Some(409) => return Ok(()),
            Err(e) if error::message(&e).contains("overlaps") => {}
            Err(e) => return Err(room.client.failed("create the environment's network", &e)),
        }
    }
    Err(DriverError::Refused(format!(
        "Docker Engine at {} has no free subnet for another environment near {}. Remove networks that nothing uses with `docker network prune`.",
        room.client.host(),
        room.options.subnets.nth(first)
    )))
}

/// Spread by the environment's id, so that two rarely ask for the same one.
fn first_subnet(environment: &EnvironmentId) -> u64 {
    let digest = Sha256::digest(environment.as_str());
    u64::from(u32::from_be_bytes([
        digest[0], digest[1], digest[2], digest[3],
    ]))
}

fn request(room: &Room, environment: &EnvironmentId, n: u64) -> NetworkCreateRequest {
    let subnet = IpamConfig {
        subnet: Some(room.options.subnets.nth(n)),
        ..Default::default()
    };
    NetworkCreateRequest {
        name: name::network(environment),
        driver: Some("bridge".into()),
        labels: Some(name::environment_labels(
            environment,
            &room.options.installation,
        )),
        ipam: Some(Ipam {
            config: Some(vec![subnet]),
            ..Default::default()
        }),
        ..Default::default()
    }
}
