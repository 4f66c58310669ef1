//! What the Engine is asked for, as a pure function of what is wanted.

use super::options::Options;
use super::{exclusive, name};
use bollard::models::{
    ContainerCreateBody, HostConfig, HostConfigLogConfig, PortBinding, RestartPolicy,
    RestartPolicyNameEnum,
};
use domain::instance::InstanceSpec;
use std::collections::HashMap;

pub(super) const MIB: i64 = 1024 * 1024;
const NANO_CPUS_PER_MILLI: i64 = 1_000_000;
/// A fork bomb ends here; ordinary servers stay far below.
pub(super) const PIDS: i64 = 512;

pub fn container(spec: &InstanceSpec, options: &Options) -> ContainerCreateBody {
    let mut host = host(spec);
    exclusive::grant(spec, &options.installation, &mut host);
    ContainerCreateBody {
        image: Some(spec.image.clone()),
        entrypoint: spec.entrypoint.clone(),
        cmd: spec.command.clone(),
        env: Some(variables(spec)),
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

/// Secrets as well, from here on: the Engine keeps them with the container, and shows them to
/// whoever may use it.
fn variables(spec: &InstanceSpec) -> Vec<String> {
    let open = spec.env.iter().map(|(n, v)| (n.as_str(), v.as_str()));
    open.chain(spec.secrets.iter())
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
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
pub(super) fn log_config() -> HostConfigLogConfig {
    let option = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    HostConfigLogConfig {
        typ: Some("json-file".into()),
        config: Some(HashMap::from([
            option("max-size", "10m"),
            option("max-file", "3"),
        ])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::contract::{self, App};
    use domain::config::Exclusive;
    use domain::id::{DeploymentId, EnvironmentId, InstanceId, OrgId, ProjectId};
    use domain::secret::Secrets;
    use domain::time::Time;
    use expect_test::{Expect, expect};
    use serde_json::Value;

    fn wanted() -> InstanceSpec {
        let app = App {
            image: "sha256:1f".into(),
            command: Some(vec!["serve".into(), "--fast".into()]),
        };
        let environment = EnvironmentId::new(Time(0), 1);
        InstanceSpec {
            id: InstanceId::of(&DeploymentId::new(Time(0), 2), "web", 0),
            org: OrgId::new(Time(0), 3),
            project: ProjectId::new(Time(0), 4),
            nickname: "web-production-12".into(),
            ..contract::spec(app, &environment)
        }
    }

    /// One line per value, in the order of the names: what a reviewer can read.
    fn check(spec: &InstanceSpec, expected: Expect) {
        let options = Options {
            installation: "here".into(),
            ..Options::new("here")
        };
        let body = serde_json::to_value(container(spec, &options)).expect("it is JSON");
        let mut lines = Vec::new();
        flatten("", &body, &mut lines);
        lines.sort();
        expected.assert_eq(&(lines.join("\n") + "\n"));
    }

    fn flatten(path: &str, value: &Value, lines: &mut Vec<String>) {
        match value {
            Value::Object(fields) if !fields.is_empty() => fields
                .iter()
                .for_each(|(name, value)| flatten(&format!("{path}/{name}"), value, lines)),
            value => lines.push(format!("{path} {value}")),
        }
    }

    #[test]
    fn i2_an_entrypoint_of_the_file_is_the_containers() {
        let mut spec = wanted();
        let own = vec!["/bin/app".to_owned()];
        spec.entrypoint = Some(own.clone());
        let body = container(&spec, &Options::new("here"));
        assert_eq!((body.entrypoint, body.cmd), (Some(own), spec.command));
    }

    #[test]
    fn an_instance_gets_its_limits_and_nothing_beyond_the_default() {
        check(
            &wanted(),
            expect![[r#"
                /Cmd ["serve","--fast"]
                /Env ["GREETING=a b=c","PORT=8080"]
                /ExposedPorts/8080/tcp {}
                /HostConfig/CapDrop ["NET_RAW"]
                /HostConfig/LogConfig/Config/max-file "3"
                /HostConfig/LogConfig/Config/max-size "10m"
                /HostConfig/LogConfig/Type "json-file"
                /HostConfig/Memory 33554432
                /HostConfig/MemorySwap 33554432
                /HostConfig/NanoCpus 1000000000
                /HostConfig/NetworkMode "sealdock-env_00000000000000000000000001"
                /HostConfig/PidsLimit 512
                /HostConfig/PortBindings/8080/tcp [{"HostIp":"127.0.0.1","HostPort":""}]
                /HostConfig/RestartPolicy/Name "no"
                /HostConfig/SecurityOpt ["no-new-privileges"]
                /Image "sha256:1f"
                /Labels/sealdock.deployment "dep_00000000000000000000000002"
                /Labels/sealdock.environment "env_00000000000000000000000001"
                /Labels/sealdock.installation "here"
                /Labels/sealdock.instance "dep_00000000000000000000000002.web.0"
                /Labels/sealdock.nickname "web-production-12"
                /Labels/sealdock.org "org_00000000000000000000000003"
                /Labels/sealdock.project "prj_00000000000000000000000004"
                /StopTimeout 30
            "#]],
        );
    }

    #[test]
    fn p7_secrets_are_variables_and_nothing_else() {
        let plain = wanted();
        let value = "hunter22".to_owned();
        let secret = InstanceSpec {
            secrets: Secrets::new([("TOKEN".to_owned(), value)].into()),
            ..plain.clone()
        };
        let mut body = container(&secret, &Options::new("here"));
        let all = body.env.as_mut().map(|all| all.pop());
        assert_eq!(all.flatten().as_deref(), Some("TOKEN=hunter22"));
        assert_eq!(body, container(&plain, &Options::new("here")));
        let written = serde_json::to_string(&secret).expect("it is JSON");
        assert!(!format!("{written} {secret:?}").contains("hunter22"));
    }

    #[test]
    fn exclusive_resources_are_granted() {
        let mut spec = wanted();
        spec.config.exclusive = vec![
            Exclusive::Gpu,
            Exclusive::Device("/dev/ttyUSB0".into()),
            Exclusive::Port(25565),
            Exclusive::Port(8080),
            Exclusive::Volume("maps".into()),
        ];
        check(
            &spec,
            expect![[r#"
                /Cmd ["serve","--fast"]
                /Env ["GREETING=a b=c","PORT=8080"]
                /ExposedPorts/25565/tcp {}
                /ExposedPorts/8080/tcp {}
                /HostConfig/CapDrop ["NET_RAW"]
                /HostConfig/DeviceRequests [{"Capabilities":[["gpu"]],"Count":-1}]
                /HostConfig/Devices [{"CgroupPermissions":"rwm","PathInContainer":"/dev/ttyUSB0","PathOnHost":"/dev/ttyUSB0"}]
                /HostConfig/LogConfig/Config/max-file "3"
                /HostConfig/LogConfig/Config/max-size "10m"
                /HostConfig/LogConfig/Type "json-file"
                /HostConfig/Memory 33554432
                /HostConfig/MemorySwap 33554432
                /HostConfig/Mounts [{"Source":"sealdock-env_00000000000000000000000001-maps","Target":"/data/maps","Type":"volume","VolumeOptions":{"Labels":{"sealdock.environment":"env_00000000000000000000000001","sealdock.installation":"here"}}}]
                /HostConfig/NanoCpus 1000000000
                /HostConfig/NetworkMode "sealdock-env_00000000000000000000000001"
                /HostConfig/PidsLimit 512
                /HostConfig/PortBindings/25565/tcp [{"HostIp":"0.0.0.0","HostPort":"25565"}]
                /HostConfig/PortBindings/8080/tcp [{"HostIp":"127.0.0.1","HostPort":""},{"HostIp":"0.0.0.0","HostPort":"8080"}]
                /HostConfig/RestartPolicy/Name "no"
                /HostConfig/SecurityOpt ["no-new-privileges"]
                /Image "sha256:1f"
                /Labels/sealdock.deployment "dep_00000000000000000000000002"
                /Labels/sealdock.environment "env_00000000000000000000000001"
                /Labels/sealdock.installation "here"
                /Labels/sealdock.instance "dep_00000000000000000000000002.web.0"
                /Labels/sealdock.nickname "web-production-12"
                /Labels/sealdock.org "org_00000000000000000000000003"
                /Labels/sealdock.project "prj_00000000000000000000000004"
                /StopTimeout 30
            "#]],
        );
    }
}
