//! Places where instances run: are they there, what do they have, what to do if not.

use super::{Control, broken};
use crate::driver::{DriverError, Fingerprint};
use crate::store::environment::Environment;
use crate::store::runtime::Runtime;
use async_trait::async_trait;
use domain::access::{Action, Caller};
use domain::api::{Reply, Runtimes};
use domain::config::{Config, Exclusive};
use domain::placement::{self, Capacity, MACHINE_OVERHEAD_MIB, Room};
use domain::refusal::Refusal;
use domain::view::{DiskView, RuntimeView};
use std::time::Duration;

/// A page must not hang on an Engine that does.
const PATIENCE: Duration = Duration::from_secs(2);

#[async_trait]
impl Runtimes for Control {
    async fn disk(&self, caller: &Caller) -> Reply<DiskView> {
        self.disk_of(caller).await
    }

    async fn runtimes(&self, caller: &Caller) -> Reply<Vec<RuntimeView>> {
        caller.may(Action::Read)?;
        self.runtime_views(caller).await
    }
}

impl Control {
    pub(super) async fn runtime_views(&self, caller: &Caller) -> Reply<Vec<RuntimeView>> {
        let mut views = vec![];
        for runtime in self.store.runtimes(&caller.org).await.map_err(broken)? {
            views.push(self.runtime_view(&runtime).await?);
        }
        Ok(views)
    }

    pub(super) async fn runtime_of(&self, caller: &Caller, row: &Environment) -> Reply<Runtime> {
        let all = self.store.runtimes(&caller.org).await.map_err(broken)?;
        all.into_iter()
            .find(|r| r.id == row.runtime)
            .ok_or_else(|| Refusal::not_found("runtime"))
    }

    /// Refuses what the runtime could never hold; else what a person should know about its memory
    /// and its GPUs.
    pub(super) async fn place(
        &self,
        caller: &Caller,
        runtime: &Runtime,
        config: &Config,
    ) -> Reply<Vec<String>> {
        let views = self.runtime_views(caller).await?;
        let rooms: Vec<_> = views.iter().map(room).collect();
        let here = views.iter().find(|v| v.name == runtime.name);
        let gpus = here.and_then(|here| no_gpu(here, config));
        let memory = match rooms.iter().find(|room| room.name == runtime.name) {
            Some(here) => placement::fits(here, &rooms, config)?,
            None => None,
        };
        Ok(memory.into_iter().chain(gpus).collect())
    }

    async fn runtime_view(&self, runtime: &Runtime) -> Reply<RuntimeView> {
        let reserved = self.store.reserved(&runtime.id).await.map_err(broken)?;
        let asked = self.fingerprint(runtime).await;
        let (print, problem) = match asked {
            Ok(print) => (Some(print), None),
            Err(sentence) => (None, Some(sentence)),
        };
        Ok(RuntimeView {
            id: runtime.id.clone(),
            name: runtime.name.clone(),
            driver: runtime.driver.clone(),
            reachable: print.is_some(),
            way_out: problem
                .is_some()
                .then(|| way_out(&runtime.driver).to_owned()),
            sentence: problem.unwrap_or_else(|| "It answers, and takes deployments.".into()),
            version: print.as_ref().map(|p| p.version.clone()),
            cpus: print.as_ref().map(|p| p.cpus),
            memory_bytes: print.as_ref().map(|p| p.memory_bytes),
            gpus: print.map(|p| p.gpus).unwrap_or_default(),
            instances: reserved.instances,
            reserved_cpus_milli: reserved.cpus_milli,
            reserved_memory_mib: reserved.memory_mib
                + u64::from(reserved.instances) * u64::from(overhead_mib(&runtime.driver)),
        })
    }

    async fn fingerprint(&self, runtime: &Runtime) -> Result<Fingerprint, String> {
        let place = self
            .runtimes
            .of(&runtime.id)
            .await
            .map_err(|e| e.to_string())?;
        match tokio::time::timeout(PATIENCE, place.driver.fingerprint()).await {
            Ok(Ok(print)) => Ok(print),
            Ok(Err(DriverError::Refused(sentence) | DriverError::Unreachable(sentence))) => {
                Err(sentence)
            }
            Err(_) => Err(format!(
                "The runtime {} did not answer within {} s.",
                runtime.name,
                PATIENCE.as_secs()
            )),
        }
    }
}

fn room(view: &RuntimeView) -> Room {
    let capacity = view.cpus.zip(view.memory_bytes);
    Room {
        name: view.name.clone(),
        capacity: capacity.map(|(cpus, bytes)| Capacity {
            cpus_milli: u64::from(cpus) * 1000,
            memory_mib: bytes >> 20,
        }),
        promised_memory_mib: view.reserved_memory_mib,
        overhead_mib: overhead_mib(&view.driver),
    }
}

/// What one instance takes beside its app.
fn overhead_mib(driver: &str) -> u32 {
    match driver {
        "tee" => MACHINE_OVERHEAD_MIB,
        _ => 0,
    }
}

/// No refusal: an Engine may have GPUs that it does not name, and says so itself when it has none.
fn no_gpu(here: &RuntimeView, config: &Config) -> Option<String> {
    let asks = config.exclusive.contains(&Exclusive::Gpu);
    let none = here.reachable && here.gpus.is_empty();
    (asks && none).then(|| {
        format!(
            "It asks for GPUs, and the runtime `{}` names none here: no runtime for them, no CDI device. Without one it will not start.",
            here.name
        )
    })
}

fn way_out(driver: &str) -> &'static str {
    match driver {
        "docker" => {
            "Start the Engine (`systemctl start docker`), and let this user reach its socket (`usermod -aG docker …`). What is live goes on serving."
        }
        "tee" => {
            "Run ./setup tee on this machine: it installs QEMU, its firmware and a TPM, and makes what guests boot from."
        }
        _ => "Start the server with this runtime.",
    }
}
