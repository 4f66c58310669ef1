//! A runtime without a machine: instances in memory that behave as their image is named.
//! Demos, end-to-end tests and the simulator use it; it ships.
//!
//! | image | what it does |
//! |---|---|
//! | `fake/ok:v1` | answers 200 at once; the body is the tag, the image and the environment |
//! | `fake/slow-start-500ms:v1` | closes connections unanswered for 500 ms, then answers |
//! | `fake/slow-stop-2s:v1` | takes 2 s to leave, answering meanwhile; the grace cuts it short |
//! | `fake/unhealthy:v1` | answers 503, for ever |
//! | `fake/flaps-200ms:v1` | answers 200 and 503 in turns of 200 ms |
//! | `fake/exits-3:v1` | ends at once with code 3, saying `going down` |
//! | `fake/crash-after-2s:v1` | answers, and ends after 2 s with code 1 |
//! | `fake/oom:v1` | is killed for its memory |
//! | `fake/prints-200:v1` | prints `out 1`, `err 1`, … `out 200`, `err 200`, then answers |
//! | `fake/exec-fails-4:v1` | answers, and every command inside it exits with 4 |
//! | `fake/missing:v1` | is in no registry |
//! | `fake/unreachable:v1` | is in a registry that does not answer |
//! | `fake/build-fails`, `fake/build-hangs` | as `FROM` of a Dockerfile |
//!
//! A service of any kind runs from `fake/ok` (see `services`); from `fake/exec-fails-4` it never
//! answers.
//!
//! A command inside an instance prints its words and exits with 0; `exit 3` exits with that, and
//! `sleep 2s` takes that long.
//!
//! A build takes what its Dockerfile's `FROM` names when that is one of these, and `fake/ok`
//! under the build's own tag otherwise.
//!
//! Nothing here reads a clock or draws lots: time is the `Clock` it is given, and faults come
//! from the `Faults` it is given. With `Mode::Sockets` each instance is a small HTTP server on
//! loopback; with `Mode::Silent` there are neither sockets nor tasks, and the driver itself
//! is the `Prober`, so that a seed replays.

mod answer;
mod chaos;
mod exec;
mod faults;
mod images;
mod knob;
mod lines;
mod server;
mod services;
#[cfg(test)]
mod tests;
mod usage;
mod world;

pub use faults::{Fault, Faults, NoFaults};

use super::services::Services;
use super::{Driver, DriverError, Exec, Fingerprint, Gauge, Printed, Scope};
use crate::clock::{Clock, SystemClock};
use async_trait::async_trait;
use domain::id::{EnvironmentId, InstanceId};
use domain::instance::{InstanceSpec, Observed};
use services::Stores;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{broadcast, mpsc, watch};
use world::World;

const HINTS_KEPT: usize = 1024;

/// Whether instances can be reached over the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Sockets,
    Silent,
}

/// Clones share one world, as two clients share one Engine.
#[derive(Clone)]
pub struct FakeDriver {
    room: Arc<Room>,
}

struct Room {
    clock: Arc<dyn Clock>,
    mode: Mode,
    faults: Arc<dyn Faults>,
    world: Mutex<World>,
    stores: Mutex<Stores>,
    hints: broadcast::Sender<EnvironmentId>,
    /// Counts changes, for those who follow lines.
    changes: watch::Sender<u64>,
}

impl FakeDriver {
    pub fn new(clock: Arc<dyn Clock>, mode: Mode, faults: Arc<dyn Faults>) -> Self {
        let (hints, changes) = (broadcast::channel(HINTS_KEPT).0, watch::channel(0).0);
        Self {
            room: Arc::new(Room {
                clock,
                mode,
                faults,
                world: Mutex::default(),
                stores: Mutex::default(),
                hints,
                changes,
            }),
        }
    }

    /// For real use: sockets, the machine's clock, no faults.
    pub fn serving() -> Self {
        Self::new(Arc::new(SystemClock), Mode::Sockets, Arc::new(NoFaults))
    }

    /// One verb: a fault may come instead of its effect, or after it.
    fn verb<T>(
        &self,
        verb: &str,
        id: &str,
        effect: impl FnOnce(&mut World) -> Result<T, DriverError>,
    ) -> Result<T, DriverError> {
        match self.room.faults.before(verb, id) {
            Fault::None => effect(&mut self.room.world()),
            Fault::ErrorBefore(error) => Err(error),
            Fault::ErrorAfterEffect(error) => effect(&mut self.room.world()).and(Err(error)),
        }
    }
}

impl Room {
    /// The world as it is now: whatever was on its way out and has had its time is gone.
    fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.reap(self.clock.now());
        world
    }

    fn stores(&self) -> MutexGuard<'_, Stores> {
        self.stores.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something happened in that environment.
    fn changed(&self, environment: &EnvironmentId) {
        let _ = self.hints.send(environment.clone());
        self.changes.send_modify(|n| *n += 1);
    }
}

#[async_trait]
impl Driver for FakeDriver {
    async fn fingerprint(&self) -> Result<Fingerprint, DriverError> {
        self.verb("fingerprint", "", |_| {
            Ok(Fingerprint {
                gpus: vec!["fake".into()],
                version: "fake".into(),
                cpus: 4,
                memory_bytes: 8 << 30,
            })
        })
    }

    async fn observe(&self, scope: Scope<'_>) -> Result<Vec<Observed>, DriverError> {
        let now = self.room.clock.now();
        let id = if let Scope::Environment(environment) = &scope {
            environment.as_str()
        } else {
            ""
        };
        self.verb("observe", id, |world| Ok(world.observe(&scope, now)))
    }

    async fn ensure(&self, spec: &InstanceSpec) -> Result<(), DriverError> {
        let now = self.room.clock.now();
        let ensured = self.verb("ensure", &spec.id.to_string(), |world| {
            let knob = images::knob(&spec.image)?;
            let port = || server::open(&self.room, spec);
            world
                .ensure(spec, knob, now, port)
                .map(|begun| begun.then(|| self.room.will_change(&spec.id, world)))
        });
        self.room.changed(&spec.environment);
        ensured.map(|_| ())
    }

    async fn remove(&self, id: &InstanceId, grace_s: u32) -> Result<(), DriverError> {
        let now = self.room.clock.now();
        self.verb("remove", &id.to_string(), |world| {
            if let Some(environment) = world.remove(id, now, grace_s) {
                self.room.will_change(id, world);
                self.room.changed(&environment);
            }
            Ok(())
        })
    }

    async fn logs(
        &self,
        id: &InstanceId,
        since_ms: i64,
        into: mpsc::Sender<Printed>,
    ) -> Result<(), DriverError> {
        self.verb("logs", &id.to_string(), |_| Ok(()))?;
        lines::follow(&self.room, id, since_ms, into).await;
        Ok(())
    }

    fn hints(&self) -> broadcast::Receiver<EnvironmentId> {
        self.room.hints.subscribe()
    }

    async fn forget(&self, environment: &EnvironmentId) -> Result<(), DriverError> {
        self.verb("forget", environment.as_str(), |_| {
            self.room.stores().leave(environment);
            Ok(())
        })
    }

    fn exec(&self) -> Option<&dyn Exec> {
        Some(self)
    }

    fn gauge(&self) -> Option<&dyn Gauge> {
        Some(self)
    }

    fn services(&self) -> Option<&dyn Services> {
        Some(self)
    }
}
