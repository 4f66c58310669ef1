//! The places where things run: one that answers, and one that does not.

use super::{Scene, World};
use domain::id::RuntimeId;
use domain::time::Time;
use domain::view::RuntimeView;

impl Scene {
    pub fn runtimes(self) -> Vec<RuntimeView> {
        let local = RuntimeView {
            id: RuntimeId::new(Time(1), 1),
            name: "local".into(),
            driver: "docker".into(),
            reachable: true,
            sentence: "Docker Engine 28.1 answers on /var/run/docker.sock.".into(),
            way_out: None,
            version: Some("28.1.0 (API 1.48)".into()),
            cpus: Some(8),
            memory_bytes: Some(33_400_000_000),
            gpus: vec![],
            instances: 7,
            reserved_cpus_milli: 4_500,
            reserved_memory_mib: 6_144,
        };
        let lost = RuntimeView {
            id: RuntimeId::new(Time(1), 2),
            name: "gpu-box".into(),
            reachable: false,
            sentence: "The Engine at tcp://10.0.0.7:2376 has not answered for 12 minutes: connection refused.".into(),
            way_out: Some("Start it with `systemctl start docker` on that machine, or check the firewall between the two.".into()),
            version: None,
            cpus: None,
            memory_bytes: None,
            gpus: vec![],
            instances: 1,
            reserved_cpus_milli: 1_000,
            reserved_memory_mib: 512,
            ..local.clone()
        };
        if self.world == World::Empty {
            vec![local]
        } else {
            vec![local, lost]
        }
    }
}
