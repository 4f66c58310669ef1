//! Confidential virtual machines: an image becomes a measured root file system, a signed expectation
//! and a machine; nothing reaches it before its evidence was verified. Everything that is needed to
//! find a machine again lies in its folder, and QEMU's own socket says whether it runs.
//!
//! Only the simulated platform is started here: QEMU in software with a TPM. It is measured as the
//! others would be, and its host could make all of it up: it is *SIMULATED – not confidential*.
//!
//! Read `argv` for what is started, `measure` for what it must measure as, and the package `agent`
//! for what happens inside.

mod argv;
mod cmdline;
mod config;
mod ensure;
mod expected;
mod firmware;
mod forward;
mod gate;
mod image;
mod images;
mod initrd;
mod kit;
mod lines;
mod machines;
mod measure;
mod observe;
mod pin;
mod pinned;
mod process;
mod qmp;
pub mod release;
mod remove;
mod room;
mod secrets;
mod stages;
mod stop;
#[cfg(test)]
mod tests;
mod watch;
mod witness;

pub use gate::{Asked, Gate, Looked, Verifier};
pub use kit::{Kit, Missing};
pub use witness::{Seen, Witness};

use super::{Attests, Driver, DriverError, Fingerprint, Printed, Scope};
use async_trait::async_trait;
use domain::attest::SIMULATED;
use domain::id::{EnvironmentId, InstanceId};
use domain::instance::{InstanceSpec, Observed};
use machines::Machines;
use ring::signature::Ed25519KeyPair;
use room::Folders;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OnceCell, broadcast, mpsc};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

const HINTS_KEPT: usize = 256;

/// Where images come from: whoever builds and pulls them.
#[async_trait]
pub trait Source: Send + Sync {
    /// Writes the image as `docker save` does.
    async fn save(&self, image: &str, into: &Path) -> Result<(), DriverError>;
}

/// What an operator chose.
pub struct Options {
    /// Machines, images and expectations lie here.
    pub folder: PathBuf,
    /// What `./setup tee` made.
    pub kit: PathBuf,
    pub source: Arc<dyn Source>,
    pub gate: Arc<dyn Gate>,
    pub witness: Arc<dyn Witness>,
    /// How often a machine is asked again.
    pub every: Duration,
}

pub struct Tee {
    room: Arc<Room>,
    /// Its tasks end with it; the machines do not.
    _stop: DropGuard,
}

struct Room {
    folders: Folders,
    kit_folder: PathBuf,
    kit: OnceCell<Arc<Kit>>,
    source: Arc<dyn Source>,
    gate: Arc<dyn Gate>,
    witness: Arc<dyn Witness>,
    every: Duration,
    key: Ed25519KeyPair,
    /// One root file system is made at a time: it takes a processor. And none is collected meanwhile.
    building: Arc<tokio::sync::Mutex<()>>,
    machines: Mutex<Machines>,
    hints: broadcast::Sender<EnvironmentId>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Tee {
    /// Machines that an earlier process started are found again, and attested anew. Must be called
    /// inside a runtime.
    pub fn connect(options: Options) -> io::Result<Self> {
        let (stop, folders) = (CancellationToken::new(), Folders::open(options.folder)?);
        let room = Arc::new(Room {
            key: expected::key(&folders.key())?,
            folders,
            kit_folder: options.kit,
            kit: OnceCell::new(),
            source: options.source,
            gate: options.gate,
            witness: options.witness,
            every: options.every,
            building: Default::default(),
            machines: Default::default(),
            hints: broadcast::channel(HINTS_KEPT).0,
            tasks: TaskTracker::new(),
            stop: stop.clone(),
        });
        for (folder, record) in room.folders.all()? {
            // One that was never started is made anew by whoever wants it.
            if folder.started()?.is_some() {
                watch::begin(&room, record);
            }
        }
        // Held from here on: nothing is made before what crashes left is gone.
        if let Ok(alone) = room.building.clone().try_lock_owned() {
            let of_task = room.clone();
            room.spawn(async move { remove::leftovers(&of_task, alone).await });
        }
        Ok(Self {
            room,
            _stop: stop.drop_guard(),
        })
    }
}

impl Room {
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            stop.run_until_cancelled(work).await;
        });
    }

    fn machines(&self) -> MutexGuard<'_, Machines> {
        self.machines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hint(&self, environment: &EnvironmentId) {
        // No one listening is fine: a hint only saves waiting.
        let _ = self.hints.send(environment.clone());
    }

    /// Asked again until it is there: somebody may run `./setup tee` at any time.
    async fn kit(&self) -> Result<Arc<Kit>, DriverError> {
        let open = || async { Kit::open(&self.kit_folder).await.map(Arc::new) };
        let kit = self.kit.get_or_try_init(open).await;
        kit.cloned()
            .map_err(|e| DriverError::Unreachable(e.to_string()))
    }
}

#[async_trait]
impl Driver for Tee {
    async fn fingerprint(&self) -> Result<Fingerprint, DriverError> {
        let kit = self.room.kit().await?;
        let cpus = std::thread::available_parallelism().map_or(1, |n| n.get());
        Ok(Fingerprint {
            version: format!("QEMU {}, {SIMULATED}", kit.qemu.text),
            cpus: u32::try_from(cpus).unwrap_or(u32::MAX),
            memory_bytes: memory_bytes(),
            // None is passed through yet.
            gpus: Default::default(),
        })
    }

    async fn observe(&self, scope: Scope<'_>) -> Result<Vec<Observed>, DriverError> {
        observe::observe(&self.room, scope).await
    }

    async fn ensure(&self, spec: &InstanceSpec) -> Result<(), DriverError> {
        ensure::ensure(&self.room, spec).await
    }

    async fn remove(&self, id: &InstanceId, grace_s: u32) -> Result<(), DriverError> {
        remove::begin(&self.room, id, Duration::from_secs(grace_s.into()));
        Ok(())
    }

    async fn logs(
        &self,
        id: &InstanceId,
        since_ms: i64,
        into: mpsc::Sender<Printed>,
    ) -> Result<(), DriverError> {
        let folder = self.room.folders.machine(id);
        lines::follow(&folder, since_ms, into)
            .await
            .map_err(|e| failed(&e))
    }

    fn hints(&self) -> broadcast::Receiver<EnvironmentId> {
        self.room.hints.subscribe()
    }

    fn attests(&self) -> Option<Attests> {
        Some(Attests {
            key: expected::public(&self.room.key),
            every: self.room.every,
        })
    }

    /// Nothing of an environment is kept here beside its machines.
    async fn forget(&self, _environment: &EnvironmentId) -> Result<(), DriverError> {
        Ok(())
    }
}

/// Where `./setup tee` puts it.
pub fn usual_kit() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let tools = set("SEALDOCK_TOOLS").or_else(|| Some(set("HOME")?.join(".cache/sealdock/tools")));
    tools.unwrap_or_default().join("tee")
}

/// Trouble of this machine, which may pass.
fn failed(error: &io::Error) -> DriverError {
    DriverError::Unreachable(format!("A confidential machine can't be kept: {error}."))
}

fn memory_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
