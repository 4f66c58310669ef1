//! What the gallery's instances take of their machine.

use domain::id::{DeploymentId, InstanceId};
use domain::time::Time;
use domain::usage::{Usage, UsageMinute};
use domain::view::InstanceUsageView;

pub fn instances(now: Time) -> Vec<InstanceUsageView> {
    (0..2).map(|replica| one(now, replica)).collect()
}

fn one(now: Time, replica: u32) -> InstanceUsageView {
    let wave = |i: u32| (i * 7 + replica * 13) % 60;
    let minute = |i: u32| UsageMinute {
        at: now.plus_ms((i64::from(i) - 59) * 60_000),
        cpu_milli: 80 + wave(i) * 3,
        memory_bytes: (180 + u64::from(wave(i))) << 20,
        rx_bytes: u64::from(wave(i)) * 9_000,
        tx_bytes: u64::from(wave(i)) * 120_000,
        restarts: u32::from(i == 12 && replica == 1),
    };
    InstanceUsageView {
        id: InstanceId::of(&DeploymentId::new(now, 1), "web", replica),
        now: Usage {
            cpu_us: 734_000_000,
            memory_bytes: 201 << 20,
            memory_limit_bytes: 512 << 20,
            rx_bytes: 81_000_000,
            tx_bytes: 912_000_000,
            restarts: replica,
        },
        minutes: (0..60).map(minute).collect(),
    }
}
