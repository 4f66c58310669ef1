//! Where an operator said that things are: runtimes, and the master key.

use super::{BootError, Options};
use crate::clock::Clock;
use crate::dirs::Dirs;
use crate::driver::docker::{self, Docker};
use crate::driver::fake::FakeDriver;
use crate::driver::tee::{self, Tee};
use crate::runtimes::Place;
use crate::secrets::MasterFile;
use crate::store::{Now, Store};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Beside the database, unless an operator keeps it elsewhere.
pub(super) fn master(options: &Options, dirs: &Dirs) -> MasterFile {
    let elsewhere = options.master_key.clone();
    MasterFile::at(elsewhere.unwrap_or_else(|| dirs.master_key()))
        .wrapped_by(options.master_key_kms.clone())
}

pub(super) fn places(
    options: &Options,
    dirs: &Dirs,
    installation: &str,
    witness: Arc<dyn tee::Witness>,
) -> Result<BTreeMap<String, Place>, BootError> {
    let place = |name: &String| place(name, installation, options, dirs, &witness);
    options
        .runtimes
        .iter()
        .map(|name| Ok((name.clone(), place(name)?)))
        .collect()
}

/// Organizations that were there before a runtime was added have it too.
pub(super) async fn register(
    store: &Store,
    places: &BTreeMap<String, Place>,
    clock: &dyn Clock,
) -> Result<(), BootError> {
    for org in store.orgs().await? {
        for driver in places.keys() {
            let now = Now {
                at: clock.now(),
                entropy: clock.entropy(),
            };
            store.register_runtime(&org, driver, now).await?;
        }
    }
    Ok(())
}

fn place(
    name: &str,
    installation: &str,
    options: &Options,
    dirs: &Dirs,
    witness: &Arc<dyn tee::Witness>,
) -> Result<Place, BootError> {
    match name {
        "docker" => {
            let docker = engine(installation, options);
            Ok(Place {
                driver: docker.clone(),
                images: docker,
            })
        }
        "tee" => machines(installation, options, dirs, witness.clone()),
        "fake" => {
            let fake = Arc::new(FakeDriver::serving());
            Ok(Place {
                driver: fake.clone(),
                images: fake,
            })
        }
        other => Err(BootError::UnknownRuntime(other.to_owned())),
    }
}

fn engine(installation: &str, options: &Options) -> Arc<Docker> {
    Arc::new(Docker::connect(docker::Options {
        disk_reserve_bytes: options.disk_reserve_bytes,
        ..docker::Options::new(installation)
    }))
}

/// Images are built and pulled where they always are; only what runs is another.
fn machines(
    installation: &str,
    options: &Options,
    dirs: &Dirs,
    witness: Arc<dyn tee::Witness>,
) -> Result<Place, BootError> {
    let images = engine(installation, options);
    let folder = dirs.machines();
    let driver = Tee::connect(tee::Options {
        folder: folder.clone(),
        kit: options.tee_kit.clone().unwrap_or_else(tee::usual_kit),
        source: images.clone(),
        gate: Arc::new(tee::Verifier),
        witness,
        every: Duration::from_secs(options.tee_attest_s),
    });
    let driver = driver.map_err(|source| BootError::Dir {
        path: folder,
        source,
    })?;
    Ok(Place {
        driver: Arc::new(driver),
        images,
    })
}
