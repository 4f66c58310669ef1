//! Containers on a Docker Engine (API 1.41 and newer), through its own API: no shell, no
//! `docker` command.
//!
//! Everything made here carries the installation's label, and nothing without it is touched.
//! Names are derived from ids, so `ensure` means create-or-adopt and nothing has to be
//! remembered; what is kept in memory (networks seen, start times seen, removals under way)
//! only saves calls, and losing it costs nothing but those calls.
//!
//! A fresh instance is created *without* a restart policy, so that a candidate that exits is
//! seen as exited at once, with its code and last lines. Once it has run for ten seconds,
//! `settle` hands it to the Engine (`unless-stopped`): from then on it comes back after a
//! crash or a reboot even while Sealdock itself is down.
//!
//! Read `spec` for what is asked of the Engine, `observe` for what is concluded from its
//! answers.

mod adopt;
mod build;
mod buildkit;
mod cgroup;
mod classic;
mod classic_steps;
mod client;
mod context;
mod end;
mod ensure;
mod error;
mod exclusive;
mod exec;
mod failure;
mod fence;
mod files;
mod gap;
mod gpus;
mod hints;
mod ignore;
mod images;
mod kept;
mod lines;
mod load;
mod logs;
mod name;
mod network;
mod observe;
mod options;
mod output;
mod pieces;
mod pull;
mod registry;
mod remove;
mod repeats;
mod reserve;
mod save;
mod service;
mod settle;
mod spare;
mod spec;
mod stamp;
mod take_out;
mod terminal;
#[cfg(test)]
mod tests;
mod usage;

pub use options::{Options, Subnets};

use super::services::Services;
use super::terminal::{NewTerminal, Opened, Terminals};
use super::{Command, Driver, DriverError, Exec, Executed, Fingerprint, Gauge, Printed, Scope};
use async_trait::async_trait;
use client::Client;
use domain::id::{EnvironmentId, InstanceId};
use domain::instance::{InstanceSpec, Observed};
use domain::usage::Usage;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// Hints that nobody read are worth nothing: a late reader looks at everything anyway.
const HINTS_KEPT: usize = 256;

pub struct Docker {
    room: Arc<Room>,
    /// Its tasks end with it.
    _stop: DropGuard,
}

/// What the verbs and their background tasks share.
struct Room {
    options: Options,
    client: Client,
    /// Environments whose network is known to exist; the lock also makes creation happen once.
    networks: tokio::sync::Mutex<HashSet<EnvironmentId>>,
    /// Instances that this process is removing: observed as leaving.
    leaving: Mutex<HashSet<InstanceId>>,
    starts: settle::Starts,
    processes: usage::Processes,
    /// Limits of the builds that an older Engine runs in one control group.
    sharing: Arc<fence::Sharing>,
    /// What builds that run may use.
    promises: Arc<spare::Promises>,
    /// Whether the Engine has BuildKit, once it was asked.
    has_buildkit: tokio::sync::OnceCell<bool>,
    hints: broadcast::Sender<EnvironmentId>,
    tasks: TaskTracker,
    stop: CancellationToken,
    pulls: adopt::Turns,
}

impl Docker {
    /// Does not wait for the Engine: it may come up later. Must be called inside a runtime,
    /// because it listens to the Engine's events from here on.
    pub fn connect(options: Options) -> Self {
        let stop = CancellationToken::new();
        fence::sweep(&options.installation);
        let room = Arc::new(Room {
            client: Client::new(&options),
            options,
            networks: Default::default(),
            leaving: Default::default(),
            starts: Default::default(),
            processes: Default::default(),
            sharing: Default::default(),
            promises: Default::default(),
            has_buildkit: Default::default(),
            hints: broadcast::channel(HINTS_KEPT).0,
            tasks: TaskTracker::new(),
            stop: stop.clone(),
            pulls: adopt::Turns::default(),
        });
        room.spawn(hints::listen(room.clone()));
        Self {
            room,
            _stop: stop.drop_guard(),
        }
    }
}

impl Room {
    /// Background work ends with the driver; whatever it left undone is asked for again.
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            stop.run_until_cancelled(work).await;
        });
    }

    fn leaving(&self) -> std::sync::MutexGuard<'_, HashSet<InstanceId>> {
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hint(&self, environment: EnvironmentId) {
        // No one listening is fine: a hint only saves waiting.
        let _ = self.hints.send(environment);
    }
}

#[async_trait]
impl Driver for Docker {
    async fn fingerprint(&self) -> Result<Fingerprint, DriverError> {
        let info = self.room.client.engine().await?.info().await;
        let info = info.map_err(|e| self.room.client.failed("describe itself", &e))?;
        Ok(Fingerprint {
            gpus: gpus::named(&info),
            version: info.server_version.unwrap_or_default(),
            cpus: info
                .ncpu
                .and_then(|cpus| u32::try_from(cpus).ok())
                .unwrap_or_default(),
            memory_bytes: info
                .mem_total
                .and_then(|bytes| u64::try_from(bytes).ok())
                .unwrap_or_default(),
        })
    }

    async fn observe(&self, scope: Scope<'_>) -> Result<Vec<Observed>, DriverError> {
        observe::observe(&self.room, scope).await
    }

    async fn ensure(&self, spec: &InstanceSpec) -> Result<(), DriverError> {
        ensure::ensure(&self.room, spec).await
    }

    async fn remove(&self, id: &InstanceId, grace_s: u32) -> Result<(), DriverError> {
        remove::begin(&self.room, id, grace_s);
        self.room.processes.forget(id);
        Ok(())
    }

    async fn logs(
        &self,
        id: &InstanceId,
        since_ms: i64,
        into: mpsc::Sender<Printed>,
    ) -> Result<(), DriverError> {
        logs::follow(&self.room, id, since_ms, into).await
    }

    fn hints(&self) -> broadcast::Receiver<EnvironmentId> {
        self.room.hints.subscribe()
    }

    async fn forget(&self, environment: &EnvironmentId) -> Result<(), DriverError> {
        network::forget(&self.room, environment).await
    }

    fn exec(&self) -> Option<&dyn Exec> {
        Some(self)
    }

    fn terminals(&self) -> Option<&dyn Terminals> {
        Some(self)
    }

    fn gauge(&self) -> Option<&dyn Gauge> {
        Some(self)
    }

    fn services(&self) -> Option<&dyn Services> {
        Some(self)
    }
}

#[async_trait]
impl Gauge for Docker {
    async fn usage(&self, id: &InstanceId, restarts: bool) -> Result<Option<Usage>, DriverError> {
        usage::usage(&self.room, id, restarts).await
    }
}

#[async_trait]
impl Terminals for Docker {
    async fn open(&self, new: NewTerminal<'_>) -> Result<Opened, DriverError> {
        terminal::open(&self.room, new).await
    }
}

#[async_trait]
impl Exec for Docker {
    async fn exec(&self, command: Command<'_>) -> Result<Executed, DriverError> {
        exec::exec(&self.room, command).await
    }
}
