//! What opens a service is in no log of a deployment that was given it.

use crate::store::{Store, Stored};
use domain::id::DeploymentId;

/// The credentials of the services that the deployment was given.
pub async fn credentials(store: &Store, deployment: &DeploymentId) -> Stored<Vec<String>> {
    let links = store.links_of_deployment(deployment).await?;
    let secrets = links.iter().flat_map(|link| {
        let service = &link.service;
        service.address.secrets(service.kind)
    });
    Ok(secrets.collect())
}
