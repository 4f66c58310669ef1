//! What was given to a deployment is in no log of it.

use crate::store::{Store, Stored};
use domain::id::DeploymentId;
use domain::redact::Redactor;
use std::sync::Arc;

/// Knows the credentials of the services that the deployment was given; `otherwise` without any.
pub async fn redactor(
    store: &Store,
    deployment: &DeploymentId,
    otherwise: &Arc<Redactor>,
) -> Stored<Arc<Redactor>> {
    let links = store.links_of_deployment(deployment).await?;
    let secrets = links.iter().flat_map(|link| {
        let service = &link.service;
        service.address.secrets(service.kind)
    });
    let secrets: Vec<_> = secrets.collect();
    Ok(match secrets.is_empty() {
        true => otherwise.clone(),
        false => Arc::new(Redactor::new(secrets)),
    })
}
