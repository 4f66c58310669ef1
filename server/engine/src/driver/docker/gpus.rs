//! GPUs, as far as the Engine names them: a runtime for them, devices by CDI, or resources that its
//! operator declared. An Engine that only has the hook for device requests names none.

use bollard::models::{GenericResourcesInner, SystemInfo};

pub fn named(info: &SystemInfo) -> Vec<String> {
    let runtimes = info.runtimes.iter().flat_map(|all| all.keys());
    let runtimes = runtimes
        .filter(|name| is_gpu(name))
        .map(|name| format!("runtime {name}"));
    let devices = info.discovered_devices.iter().flatten();
    let devices = devices.filter_map(|device| device.id.clone());
    let declared = info.generic_resources.iter().flatten().filter_map(kind);
    let others = devices.chain(declared).filter(|name| is_gpu(name));
    let mut all: Vec<_> = runtimes.chain(others).collect();
    all.sort();
    all.dedup();
    all
}

fn kind(resource: &GenericResourcesInner) -> Option<String> {
    let named = resource
        .named_resource_spec
        .as_ref()
        .and_then(|r| r.kind.clone());
    let counted = || {
        resource
            .discrete_resource_spec
            .as_ref()
            .and_then(|r| r.kind.clone())
    };
    named.or_else(counted)
}

fn is_gpu(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("gpu") || name.contains("nvidia")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named_in(info: &str) -> Vec<String> {
        named(&serde_json::from_str(info).expect("what an Engine answers"))
    }

    #[test]
    fn i9_gpus_are_what_the_engine_names() {
        let plain = r#"{"Runtimes":{"runc":{"path":"runc"}},"GenericResources":null}"#;
        assert!(named_in(plain).is_empty());
        let toolkit =
            r#"{"Runtimes":{"runc":{"path":"runc"},"nvidia":{"path":"nvidia-container-runtime"}}}"#;
        assert_eq!(named_in(toolkit), ["runtime nvidia"]);
        let cdi = r#"{"DiscoveredDevices":[{"Source":"cdi","ID":"nvidia.com/gpu=0"},{"Source":"cdi","ID":"vendor.com/fpga=0"}]}"#;
        assert_eq!(named_in(cdi), ["nvidia.com/gpu=0"]);
        let declared = r#"{"GenericResources":[{"NamedResourceSpec":{"Kind":"GPU","Value":"UUID1"}},{"DiscreteResourceSpec":{"Kind":"SSD","Value":3}}]}"#;
        assert_eq!(named_in(declared), ["GPU"]);
    }
}
