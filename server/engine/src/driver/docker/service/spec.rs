//! What the Engine is asked for, as a pure function of what is wanted.

use crate::driver::docker::options::Options;
use crate::driver::docker::{name, spec as instance};
use crate::driver::services::ServiceSpec;
use bollard::models::{
    ContainerCreateBody, HostConfig, Mount, MountType, RestartPolicy, RestartPolicyNameEnum,
};

pub fn container(spec: &ServiceSpec, options: &Options) -> ContainerCreateBody {
    let mut labels = name::service_labels(&spec.id, &options.installation);
    labels.extend([
        (name::SPEC.to_owned(), spec.digest()),
        ("sealdock.org".to_owned(), spec.org.to_string()),
        ("sealdock.nickname".to_owned(), spec.name.clone()),
    ]);
    let env = spec
        .env
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    ContainerCreateBody {
        image: Some(spec.image.clone()),
        hostname: Some(spec.name.clone()),
        cmd: (!spec.command.is_empty()).then(|| spec.command.clone()),
        env: Some(env.collect()),
        labels: Some(labels),
        stop_timeout: Some(i64::from(options.stop_grace_s)),
        host_config: Some(host(spec)),
        ..Default::default()
    }
}

/// No port is bound: only who shares a private network with it reaches it.
fn host(spec: &ServiceSpec) -> HostConfig {
    let memory_bytes = i64::from(spec.memory_mib) * instance::MIB;
    HostConfig {
        memory: Some(memory_bytes),
        memory_swap: Some(memory_bytes),
        pids_limit: Some(instance::PIDS),
        security_opt: Some(vec!["no-new-privileges".into()]),
        cap_drop: Some(vec!["NET_RAW".into()]),
        network_mode: Some(name::service(&spec.id)),
        mounts: Some(vec![Mount {
            typ: Some(MountType::VOLUME),
            source: Some(name::service(&spec.id)),
            target: Some(spec.data.clone()),
            ..Default::default()
        }]),
        log_config: Some(instance::log_config()),
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::UNLESS_STOPPED),
            maximum_retry_count: None,
        }),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::{OrgId, ServiceId};
    use domain::time::Time;
    use std::collections::BTreeMap;

    #[test]
    fn p23_a_service_gets_its_volume_and_no_port() {
        let spec = ServiceSpec {
            id: ServiceId::new(Time(0), 1),
            org: OrgId::new(Time(0), 2),
            name: "db".into(),
            image: "postgres:17".into(),
            command: vec![],
            env: BTreeMap::from([("POSTGRES_DB".into(), "app".into())]),
            files: BTreeMap::new(),
            data: "/data".into(),
            memory_mib: 512,
        };
        let body = container(&spec, &Options::new("here"));
        let text = serde_json::to_string_pretty(&body).expect("it is JSON");
        assert!(!text.contains("Port"), "{text}");
        for said in [
            "\"Memory\": 536870912",
            "\"MemorySwap\": 536870912",
            "\"PidsLimit\": 512",
            "\"NetworkMode\": \"sealdock-svc_00000000000000000000000001\"",
            "\"Source\": \"sealdock-svc_00000000000000000000000001\"",
            "\"Name\": \"unless-stopped\"",
            "\"no-new-privileges\"",
            "\"sealdock.service\": \"svc_00000000000000000000000001\"",
            "\"sealdock.installation\": \"here\"",
        ] {
            assert!(text.contains(said), "{said} is not in {text}");
        }
    }
}
