//! What our images are called and carry, so that only ours are ever collected. Pure.

use domain::id::DeploymentId;
use std::collections::BTreeMap;

/// One tag per deployment: it goes with it.
pub fn tag(deployment: &DeploymentId) -> String {
    format!("sealdock/build:{deployment}")
}

/// One label leads to all the rest; with the classic builder, each is a step of its own.
pub fn labels(deployment: &DeploymentId) -> BTreeMap<String, String> {
    BTreeMap::from([("sealdock.deployment".into(), deployment.to_string())])
}
