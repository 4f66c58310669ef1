//! What an instance is made from: the deployment's snapshot and the injected names (P-7). Pure.

use crate::crons::CronKey;
use crate::store::environment::Environment;
use domain::cron::SECRET_VARIABLE;
use domain::deployment::Deployment;
use domain::id::InstanceId;
use domain::instance::InstanceSpec;
use std::collections::BTreeMap;

pub fn instance(
    environment: &Environment,
    deployment: &Deployment,
    id: &InstanceId,
    image: &str,
    key: &CronKey,
) -> InstanceSpec {
    InstanceSpec {
        id: id.clone(),
        org: deployment.org.clone(),
        project: deployment.project.clone(),
        environment: deployment.environment.clone(),
        nickname: format!(
            "{}-{}-{}",
            environment.project_name, environment.name, deployment.number
        ),
        image: image.to_owned(),
        command: deployment.config.command.clone(),
        env: variables(environment, deployment, id, key),
        port: deployment.config.port,
        resources: deployment.config.resources.clone(),
        config: deployment.config.clone(),
    }
}

/// The user's, then ours: the names that we inject are reserved, so none can be taken over.
fn variables(
    environment: &Environment,
    deployment: &Deployment,
    id: &InstanceId,
    key: &CronKey,
) -> BTreeMap<String, String> {
    let mut all = deployment.config.env.clone();
    let commit = deployment
        .source
        .commit()
        .map(|c| c.sha.clone())
        .unwrap_or_default();
    all.extend([
        ("HOST".into(), "0.0.0.0".into()),
        ("PORT".into(), deployment.config.port.to_string()),
        ("SEALDOCK_COMMIT".into(), commit),
        ("SEALDOCK_DEPLOYMENT".into(), deployment.id.to_string()),
        ("SEALDOCK_ENVIRONMENT".into(), environment.name.clone()),
        ("SEALDOCK_PROJECT".into(), environment.project_name.clone()),
        ("SEALDOCK_REPLICA".into(), id.replica.to_string()),
        ("SEALDOCK_SOURCE".into(), deployment.source.label()),
    ]);
    if deployment.config.crons.iter().any(|c| c.http.is_some()) {
        let secret = key.of_environment(&deployment.environment);
        all.insert(SECRET_VARIABLE.into(), secret);
    }
    all
}
