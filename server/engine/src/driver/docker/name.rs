//! What things are called in the Engine. Names are derived from ids, never remembered: whoever
//! crashed between two calls finds again what they made.

use domain::id::{EnvironmentId, InstanceId, ServiceId};
use domain::instance::InstanceSpec;
use std::collections::HashMap;

pub const INSTALLATION: &str = "sealdock.installation";
pub const ENVIRONMENT: &str = "sealdock.environment";
pub const INSTANCE: &str = "sealdock.instance";
pub const SERVICE: &str = "sealdock.service";
/// What a service's container was made from.
pub const SPEC: &str = "sealdock.spec";

/// Images of ours are all under this prefix; nothing else is ever discarded.
pub const IMAGES: &str = "sealdock/";

pub fn container(id: &InstanceId) -> String {
    format!("sealdock-{}-{}-{}", id.deployment, id.component, id.replica)
}

/// The container that an image's files are taken out of, named by the image.
pub fn taken_out(tag: &str) -> String {
    let version = tag.rsplit_once(':').map_or(tag, |(_, version)| version);
    format!("sealdock-files-{version}")
}

pub fn network(environment: &EnvironmentId) -> String {
    format!("sealdock-{environment}")
}

/// Volumes are named by environment too: `data` of one tenant is not `data` of another.
pub fn volume(environment: &EnvironmentId, name: &str) -> String {
    format!("sealdock-{environment}-{name}")
}

/// A service's container, its own network and its volume are all called this.
pub fn service(id: &ServiceId) -> String {
    format!("sealdock-{id}")
}

/// The environment whose network is called so.
pub fn environment_of(network: &str) -> Option<EnvironmentId> {
    network.strip_prefix("sealdock-")?.parse().ok()
}

/// The labels of everything that belongs to a service.
pub fn service_labels(id: &ServiceId, installation: &str) -> HashMap<String, String> {
    HashMap::from([
        (INSTALLATION.to_owned(), installation.to_owned()),
        (SERVICE.to_owned(), id.to_string()),
    ])
}

/// What a person or a filter can find an instance by.
pub fn labels(spec: &InstanceSpec, installation: &str) -> HashMap<String, String> {
    let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    HashMap::from([
        label(INSTALLATION, installation),
        label(ENVIRONMENT, spec.environment.as_str()),
        label(INSTANCE, &spec.id.to_string()),
        label("sealdock.org", spec.org.as_str()),
        label("sealdock.project", spec.project.as_str()),
        label("sealdock.deployment", spec.id.deployment.as_str()),
        label("sealdock.nickname", &spec.nickname),
    ])
}

/// The labels of what belongs to an environment but is no instance.
pub fn environment_labels(
    environment: &EnvironmentId,
    installation: &str,
) -> HashMap<String, String> {
    HashMap::from([
        (INSTALLATION.to_owned(), installation.to_owned()),
        (ENVIRONMENT.to_owned(), environment.to_string()),
    ])
}

pub fn is_ours(labels: Option<&HashMap<String, String>>, installation: &str) -> bool {
    labels
        .and_then(|labels| labels.get(INSTALLATION))
        .is_some_and(|found| found == installation)
}

/// `label=value`, as the Engine's filters want it.
pub fn filter(label: &str, value: &str) -> String {
    format!("{label}={value}")
}
