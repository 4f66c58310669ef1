//! What the Engine is asked for, as a pure function of what is wanted.

use super::options::Options;
use super::{exclusive, name};
use bollard::models::{
    ContainerCreateBody, HostConfig, HostConfigLogConfig, PortBinding, RestartPolicy,
    RestartPolicyNameEnum,
};
use domain::instance::InstanceSpec;
use std::collections::HashMap;

const MIB: i64 = 1024 * 1024;
const NANO_CPUS_PER_MILLI: i64 = 1_000_000;
/// A fork bomb ends here; ordinary servers stay far below.
const PIDS: i64 = 512;

pub fn container(spec: &InstanceSpec, options: &Options) -> ContainerCreateBody {
    let mut host = host(spec);
    exclusive::grant(spec, &options.installation, &mut host);
    ContainerCreateBody {
        image: Some(spec.image.clone()),
        cmd: spec.command.clone(),
        env: Some(
            spec.env
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect(),
        ),
        labels: Some(name::labels(spec, &options.installation)),
        exposed_ports: host
            .port_bindings
            .as_ref()
            .map(|ports| ports.keys().cloned().collect()),
        stop_timeout: Some(i64::from(options.stop_grace_s)),
        host_config: Some(host),
        ..Default::default()
    }
}

fn host(spec: &InstanceSpec) -> HostConfig {
    let memory_bytes = i64::from(spec.resources.memory_mib) * MIB;
    HostConfig {
        memory: Some(memory_bytes),
        // The same as the memory: no swap, so that a leak ends instead of slowing everyone.
        memory_swap: Some(memory_bytes),
        nano_cpus: Some(i64::from(spec.resources.cpus_milli) * NANO_CPUS_PER_MILLI),
        pids_limit: Some(PIDS),
        security_opt: Some(vec!["no-new-privileges".into()]),
        // Forged packets are of use to an attacker only.
        cap_drop: Some(vec!["NET_RAW".into()]),
        network_mode: Some(name::network(&spec.environment)),
        port_bindings: Some(HashMap::from([(
            format!("{}/tcp", spec.port),
            Some(vec![loopback()]),
        )])),
        log_config: Some(log_config()),
        // A candidate that exits must be seen as exited; once it has run for a while, `settle`
        // hands it to the Engine.
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::NO),
            maximum_retry_count: None,
        }),
        ..Default::default()
    }
}

/// On loopback only, on a port that the Engine picks: only our proxy is to reach it.
fn loopback() -> PortBinding {
    PortBinding {
        host_ip: Some("127.0.0.1".into()),
        host_port: Some(String::new()),
    }
}

/// Bounded, or a chatty app fills the disk. `json-file` can be followed, whatever the
/// Engine's own default is.
fn log_config() -> HostConfigLogConfig {
    let option = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    HostConfigLogConfig {
        typ: Some("json-file".into()),
        config: Some(HashMap::from([
            option("max-size", "10m"),
            option("max-file", "3"),
        ])),
    }
}
