//! What an instance holds alone on its machine, as the Engine is told about it.

use super::name;
use bollard::models::{
    DeviceMapping, DeviceRequest, HostConfig, Mount, MountType, MountVolumeOptions, PortBinding,
};
use domain::config::Exclusive;
use domain::instance::InstanceSpec;
use std::collections::HashMap;

/// Adds every exclusive resource of the spec.
pub fn grant(spec: &InstanceSpec, installation: &str, host: &mut HostConfig) {
    for resource in &spec.config.exclusive {
        match resource {
            Exclusive::Gpu => host
                .device_requests
                .get_or_insert_default()
                .push(all_gpus()),
            Exclusive::Device(path) => host.devices.get_or_insert_default().push(device(path)),
            Exclusive::Port(number) => publish(*number, host),
            Exclusive::Volume(name) => {
                host.mounts
                    .get_or_insert_default()
                    .push(volume(spec, installation, name))
            }
        }
    }
}

/// The port keeps its number: it is for protocols whose clients know it.
fn publish(number: u16, host: &mut HostConfig) {
    let binding = PortBinding {
        host_ip: Some("0.0.0.0".into()),
        host_port: Some(number.to_string()),
    };
    let bindings = host
        .port_bindings
        .get_or_insert_default()
        .entry(format!("{number}/tcp"))
        .or_default();
    bindings.get_or_insert_default().push(binding);
}

fn device(path: &str) -> DeviceMapping {
    DeviceMapping {
        path_on_host: Some(path.to_owned()),
        path_in_container: Some(path.to_owned()),
        cgroup_permissions: Some("rwm".into()),
    }
}

/// At `/data/<name>`. It outlives its instances and even its environment's network: it is data.
fn volume(spec: &InstanceSpec, installation: &str, name: &str) -> Mount {
    let labels: HashMap<_, _> = name::environment_labels(&spec.environment, installation);
    Mount {
        typ: Some(MountType::VOLUME),
        source: Some(name::volume(&spec.environment, name)),
        target: Some(format!("/data/{name}")),
        volume_options: Some(MountVolumeOptions {
            labels: Some(labels),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn all_gpus() -> DeviceRequest {
    DeviceRequest {
        count: Some(-1),
        capabilities: Some(vec![vec!["gpu".into()]]),
        ..Default::default()
    }
}
