//! What an instance is made from: the deployment's snapshot, the credentials of the services that
//! it was given, and the injected names (P-7). Pure.

use crate::crons::CronKey;
use crate::store::environment::Environment;
use crate::store::service::Linked;
use domain::cron::SECRET_VARIABLE;
use domain::deployment::Deployment;
use domain::id::InstanceId;
use domain::instance::InstanceSpec;
use domain::secret::Secrets;
use std::collections::BTreeMap;

pub fn instance(
    environment: &Environment,
    deployment: &Deployment,
    id: &InstanceId,
    image: &str,
    key: &CronKey,
    links: &[Linked],
    secrets: Secrets,
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
        entrypoint: deployment.config.entrypoint.clone(),
        command: deployment.config.command.clone(),
        env: variables(environment, deployment, id, key, links, &secrets),
        secrets,
        port: deployment.config.port,
        debug: deployment.debug,
        resources: deployment.config.resources.clone(),
        config: deployment.config.clone(),
    }
}

/// The user's, the services', then ours. A plan in which two of the first share a name is refused,
/// a secret wins over a variable of its name, and the names that we inject are reserved.
fn variables(
    environment: &Environment,
    deployment: &Deployment,
    id: &InstanceId,
    key: &CronKey,
    links: &[Linked],
    secrets: &Secrets,
) -> BTreeMap<String, String> {
    let mut all = deployment.config.env.clone();
    for Linked { service, prefix } in links {
        all.extend(domain::service::variables(
            service.kind,
            &service.address,
            prefix,
        ));
    }
    all.retain(|name, _| secrets.get(name).is_none());
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
