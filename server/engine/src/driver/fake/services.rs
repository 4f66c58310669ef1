//! Services without a machine: what each holds is one text. A dump prints it, and what a command
//! reads becomes it; `kill` loses the container and leaves the volume. Every command exits with 0,
//! unless the image's knob says otherwise.

use super::knob::Knob;
use super::{FakeDriver, images};
use crate::driver::DriverError;
use crate::driver::services::{Content, Errand, Errands, Seed, ServiceSpec, Services};
use async_trait::async_trait;
use domain::id::{EnvironmentId, ServiceId};
use domain::service::{Container, Seen};
use domain::time::Time;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// What a new volume holds.
const FRESH: &[u8] = b"nothing yet\n";

/// Containers and volumes: one may be there without the other.
#[derive(Default)]
pub struct Stores {
    up: BTreeMap<ServiceId, Up>,
    volumes: BTreeMap<ServiceId, Vec<u8>>,
}

struct Up {
    spec: String,
    knob: Knob,
    since: Time,
    joined: BTreeSet<EnvironmentId>,
}

impl FakeDriver {
    fn step<T>(
        &self,
        verb: &str,
        id: &ServiceId,
        effect: impl FnOnce(&mut Stores) -> Result<T, DriverError>,
    ) -> Result<T, DriverError> {
        self.verb(verb, id.as_str(), |_| effect(&mut self.room.stores()))
    }
}

#[async_trait]
impl Services for FakeDriver {
    async fn see(&self, spec: &ServiceSpec) -> Result<Option<Seen>, DriverError> {
        self.step("see", &spec.id, |stores| {
            Ok(stores.up.get(&spec.id).map(|up| Seen {
                container: up.container(),
                current: up.spec == spec.digest(),
                joined: up.joined.clone(),
            }))
        })
    }

    async fn bring_up(&self, spec: &ServiceSpec, seeds: &[Seed]) -> Result<(), DriverError> {
        let (now, digest) = (self.room.clock.now(), spec.digest());
        let knob = images::knob(&spec.image)?;
        let seed = laid_down(seeds).map_err(|e| DriverError::Refused(e.to_string()))?;
        self.step("bring up", &spec.id, |stores| {
            if stores.up.get(&spec.id).is_some_and(|up| up.spec == digest) {
                return Ok(());
            }
            let held = stores.volumes.entry(spec.id.clone());
            let held = held.or_insert_with(|| FRESH.to_vec());
            *held = seed.unwrap_or_else(|| std::mem::take(held));
            let (since, joined) = (now, BTreeSet::new());
            let up = Up {
                spec: digest,
                knob,
                since,
                joined,
            };
            stores.up.insert(spec.id.clone(), up);
            Ok(())
        })
    }

    async fn join(
        &self,
        spec: &ServiceSpec,
        environment: &EnvironmentId,
    ) -> Result<(), DriverError> {
        self.step("join", &spec.id, |stores| {
            let up = stores.up.get_mut(&spec.id).ok_or_else(gone)?;
            up.joined.insert(environment.clone());
            Ok(())
        })
    }

    async fn leave(&self, id: &ServiceId, environment: &EnvironmentId) -> Result<(), DriverError> {
        self.step("leave", id, |stores| {
            let left = stores
                .up
                .get_mut(id)
                .map(|up| up.joined.remove(environment));
            left.map(drop).map_or(Ok(()), Ok)
        })
    }

    async fn wipe(&self, id: &ServiceId) -> Result<(), DriverError> {
        self.step("wipe", id, |stores| {
            stores.up.remove(id);
            stores.volumes.remove(id);
            Ok(())
        })
    }

    async fn errand(&self, id: &ServiceId, errand: Errand<'_>) -> Result<Errands, DriverError> {
        let program = errand.argv.first().map(String::as_str).unwrap_or_default();
        let dumps = program == "pg_dump" || errand.argv.iter().any(|word| word == "--rdb");
        let read = match errand.input {
            Some(path) => {
                Some(std::fs::read(path).map_err(|e| DriverError::Refused(e.to_string()))?)
            }
            None => None,
        };
        let (code, held) = self.step("errand", id, |stores| {
            let up = stores.up.get(id).ok_or_else(gone)?;
            let code = if let Knob::ExecFails { code } = up.knob {
                code
            } else {
                0
            };
            let held = stores.volumes.entry(id.clone()).or_default();
            if let (0, Some(read)) = (code, read) {
                *held = read;
            }
            let held = held.clone();
            if program == "kill" {
                stores.up.remove(id);
            }
            Ok((code, held))
        })?;
        let printed = if dumps && code == 0 { held } else { vec![] };
        done(&errand, code, &printed).map_err(|e| DriverError::Refused(e.to_string()))
    }
}

impl Stores {
    /// A network that goes away has nobody in it.
    pub fn leave(&mut self, environment: &EnvironmentId) {
        for up in self.up.values_mut() {
            up.joined.remove(environment);
        }
    }
}

impl Up {
    fn container(&self) -> Container {
        match self.knob {
            Knob::Exits { code } => Container::Restarting(format!("going down with {code}")),
            _ => Container::Running(self.since),
        }
    }
}

fn laid_down(seeds: &[Seed]) -> io::Result<Option<Vec<u8>>> {
    let file = seeds.iter().find_map(|seed| match &seed.content {
        Content::File(path) => Some(path),
        Content::Text(_) => None,
    });
    file.map(std::fs::read).transpose()
}

fn done(errand: &Errand<'_>, code: i64, printed: &[u8]) -> io::Result<Errands> {
    let over = printed.len() as u64 > errand.most_bytes;
    if let Some(path) = errand.output {
        std::fs::write(path, if over { &[][..] } else { printed })?;
    }
    let said = if code == 0 {
        "PONG".into()
    } else {
        format!("exit {code}")
    };
    Ok(Errands {
        code: (!over).then_some(code),
        said,
        written_bytes: printed.len() as u64,
        sha256: Sha256::digest(printed)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect(),
        over,
    })
}

fn gone() -> DriverError {
    DriverError::Refused("The service does not run just now.".into())
}
