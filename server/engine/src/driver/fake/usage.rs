//! What fake instances use: a tenth of a core and a tenth of their memory, for as long as they run.

use super::FakeDriver;
use crate::driver::{DriverError, Gauge};
use async_trait::async_trait;
use domain::id::InstanceId;
use domain::instance::State;
use domain::usage::Usage;

#[async_trait]
impl Gauge for FakeDriver {
    async fn usage(&self, id: &InstanceId, _: bool) -> Result<Option<Usage>, DriverError> {
        let now = self.room.clock.now();
        self.verb("usage", &id.to_string(), |world| {
            let runs = world.get(id).filter(|i| i.state(now) == State::Running);
            Ok(runs.and_then(|instance| {
                let began = instance.starts.last()?.at;
                let ran_ms = now.0.saturating_sub(began.0).max(0) as u64;
                let limit = u64::from(instance.spec.resources.memory_mib) << 20;
                Some(Usage {
                    cpu_us: ran_ms * 100,
                    memory_bytes: limit / 10,
                    memory_limit_bytes: limit,
                    rx_bytes: ran_ms,
                    tx_bytes: ran_ms * 2,
                    restarts: u32::try_from(instance.starts.len() - 1).unwrap_or(u32::MAX),
                })
            }))
        })
    }
}
