//! What our images are called and carry, so that only ours are ever collected. Pure.

use domain::deployment::Deployment;
use domain::id::DeploymentId;
use std::collections::BTreeMap;

/// One tag per deployment: it goes with it.
pub fn tag(deployment: &DeploymentId) -> String {
    format!("sealdock/build:{deployment}")
}

pub fn labels(deployment: &Deployment) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("sealdock.org".into(), deployment.org.to_string()),
        ("sealdock.project".into(), deployment.project.to_string()),
        ("sealdock.environment".into(), deployment.environment.to_string()),
        ("sealdock.deployment".into(), deployment.id.to_string()),
    ])
}
