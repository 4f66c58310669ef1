//! What an instance uses, by the Engine's statistics: one look, and no waiting for a second one.

use super::{Room, error, name};
use crate::driver::DriverError;
use bollard::errors::Error;
use bollard::models::{ContainerMemoryStats, ContainerStatsResponse};
use bollard::query_parameters::{InspectContainerOptions, StatsOptionsBuilder};
use domain::id::InstanceId;
use domain::usage::Usage;
use futures_util::StreamExt;

/// `None` when it is not there, or does not run.
pub async fn usage(
    room: &Room,
    id: &InstanceId,
    restarts: bool,
) -> Result<Option<Usage>, DriverError> {
    let options = StatsOptionsBuilder::new().stream(false).one_shot(true);
    let (engine, container) = (room.client.engine().await?, name::container(id));
    let mut answers = std::pin::pin!(engine.stats(&container, Some(options.build())));
    let said = match answers.next().await {
        Some(Ok(said)) => said,
        None => return Ok(None),
        Some(Err(e)) => return gone(room, &e),
    };
    let Some(usage) = read(&said) else {
        return Ok(None);
    };
    if !restarts {
        return Ok(Some(usage));
    }
    let inspected = engine.inspect_container(&container, None::<InspectContainerOptions>);
    match inspected.await {
        Ok(it) => Ok(Some(Usage {
            restarts: it
                .restart_count
                .and_then(|n| u32::try_from(n).ok())
                .unwrap_or_default(),
            ..usage
        })),
        Err(e) => gone(room, &e),
    }
}

fn gone(room: &Room, e: &Error) -> Result<Option<Usage>, DriverError> {
    match error::status(e) {
        Some(404 | 409) => Ok(None),
        _ => Err(room.client.failed("say what an instance uses", e)),
    }
}

/// Of what does not run the Engine answers too, with nothing in it.
fn read(said: &ContainerStatsResponse) -> Option<Usage> {
    let cpu = said.cpu_stats.as_ref()?.cpu_usage.as_ref()?;
    let memory = said.memory_stats.as_ref()?;
    let held = memory.usage.filter(|bytes| *bytes > 0)?;
    let networks = said.networks.iter().flat_map(|all| all.values());
    let (rx_bytes, tx_bytes) = networks.fold((0, 0), |(rx, tx), one| {
        (
            rx + one.rx_bytes.unwrap_or_default(),
            tx + one.tx_bytes.unwrap_or_default(),
        )
    });
    Some(Usage {
        cpu_us: cpu.total_usage? / 1_000,
        memory_bytes: held.saturating_sub(given_back(memory)),
        memory_limit_bytes: memory.limit.unwrap_or_default(),
        rx_bytes,
        tx_bytes,
        restarts: 0,
    })
}

/// Files that the kernel keeps at hand, by the name of either version of control groups.
fn given_back(memory: &ContainerMemoryStats) -> u64 {
    let Some(stats) = &memory.stats else {
        return 0;
    };
    let of = |name: &str| stats.get(name).copied();
    of("total_inactive_file")
        .or_else(|| of("inactive_file"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p22_an_engine_s_statistics_are_read() {
        let text = r#"{"cpu_stats": {"cpu_usage": {"total_usage": 12345678}}, "memory_stats":
            {"usage": 5000, "limit": 9000, "stats": {"inactive_file": 1000}},
            "networks": {"eth0": {"rx_bytes": 7, "tx_bytes": 8}, "eth1": {"rx_bytes": 1, "tx_bytes": 1}}}"#;
        let said: ContainerStatsResponse = serde_json::from_str(text).expect("statistics");
        let wanted = Usage {
            cpu_us: 12_345,
            memory_bytes: 4_000,
            memory_limit_bytes: 9_000,
            rx_bytes: 8,
            tx_bytes: 9,
            restarts: 0,
        };
        assert_eq!(read(&said), Some(wanted));
        let stopped = r#"{"cpu_stats": {"cpu_usage": {"total_usage": 0}}, "memory_stats": {}}"#;
        let said: ContainerStatsResponse = serde_json::from_str(stopped).expect("statistics");
        assert_eq!(read(&said), None);
    }
}
