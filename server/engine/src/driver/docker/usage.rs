//! What an instance uses. On this machine the kernel says it in a few small files; the Engine's own
//! statistics cost 36 ms of its time and a second's wait for each instance (measured on Engine
//! 20.10), so that only an Engine elsewhere is asked for those.

use super::{Room, cgroup, error, name};
use crate::driver::DriverError;
use bollard::errors::Error;
use bollard::models::{ContainerMemoryStats, ContainerStatsResponse};
use bollard::query_parameters::{InspectContainerOptions, StatsOptionsBuilder};
use domain::id::InstanceId;
use domain::usage::Usage;
use futures_util::StreamExt;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Which process an instance is; asked again once a minute, and when it is gone.
#[derive(Default)]
pub struct Processes(Mutex<HashMap<InstanceId, Process>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Process {
    container: String,
    pid: i64,
    restarts: u32,
}

impl Processes {
    fn of(&self, id: &InstanceId) -> Option<Process> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(id).cloned()
    }

    pub fn forget(&self, id: &InstanceId) {
        self.put(id, None);
    }

    fn put(&self, id: &InstanceId, process: Option<Process>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match process {
            Some(process) => known.insert(id.clone(), process),
            None => known.remove(id),
        };
    }
}

/// `None` when it is not there, or does not run.
pub async fn usage(
    room: &Room,
    id: &InstanceId,
    restarts: bool,
) -> Result<Option<Usage>, DriverError> {
    let known = room.processes.of(id).filter(|_| !restarts);
    if let Some(process) = &known
        && let Some(usage) = local(room, process).await
    {
        return Ok(Some(usage));
    }
    let process = inspect(room, id).await?;
    room.processes.put(id, process.clone());
    let Some(process) = process else {
        return Ok(None);
    };
    match local(room, &process).await {
        Some(usage) => Ok(Some(usage)),
        None => asked(room, &process).await,
    }
}

async fn local(room: &Room, process: &Process) -> Option<Usage> {
    if !room.client.is_here() {
        return None;
    }
    let (pid, container) = (process.pid, process.container.clone());
    let read = tokio::task::spawn_blocking(move || cgroup::usage(pid, &container));
    let usage = read.await.ok()??;
    Some(Usage {
        restarts: process.restarts,
        ..usage
    })
}

async fn inspect(room: &Room, id: &InstanceId) -> Result<Option<Process>, DriverError> {
    let engine = room.client.engine().await?;
    let name = name::container(id);
    let it = match engine
        .inspect_container(&name, None::<InspectContainerOptions>)
        .await
    {
        Ok(it) => it,
        Err(e) => return gone(room, &e),
    };
    let restarts = it.restart_count.and_then(|n| u32::try_from(n).ok());
    let pid = it.state.and_then(|state| state.pid).filter(|pid| *pid > 0);
    Ok(pid.zip(it.id).map(|(pid, container)| Process {
        container,
        pid,
        restarts: restarts.unwrap_or_default(),
    }))
}

/// One look, and no waiting for a second one.
async fn asked(room: &Room, process: &Process) -> Result<Option<Usage>, DriverError> {
    let options = StatsOptionsBuilder::new().stream(false).one_shot(true);
    let engine = room.client.engine().await?;
    let mut answers = std::pin::pin!(engine.stats(&process.container, Some(options.build())));
    match answers.next().await {
        Some(Ok(said)) => Ok(read(&said).map(|usage| Usage {
            restarts: process.restarts,
            ..usage
        })),
        None => Ok(None),
        Some(Err(e)) => gone(room, &e),
    }
}

fn gone<T>(room: &Room, e: &Error) -> Result<Option<T>, DriverError> {
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
