//! Where an operator said that things are: runtimes, and the master key.

use super::{BootError, Options};
use crate::dirs::Dirs;
use crate::driver::docker::{self, Docker};
use crate::driver::fake::FakeDriver;
use crate::runtimes::Place;
use crate::secrets::MasterFile;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Beside the database, unless an operator keeps it elsewhere.
pub(super) fn master(options: &Options, dirs: &Dirs) -> MasterFile {
    let elsewhere = options.master_key.clone();
    MasterFile::at(elsewhere.unwrap_or_else(|| dirs.master_key()))
        .wrapped_by(options.master_key_kms.clone())
}

pub(super) fn places(
    options: &Options,
    installation: &str,
) -> Result<BTreeMap<String, Place>, BootError> {
    options
        .runtimes
        .iter()
        .map(|name| Ok((name.clone(), place(name, installation, options)?)))
        .collect()
}

fn place(name: &str, installation: &str, options: &Options) -> Result<Place, BootError> {
    match name {
        "docker" => {
            let docker = Arc::new(Docker::connect(docker::Options {
                disk_reserve_bytes: options.disk_reserve_bytes,
                ..docker::Options::new(installation)
            }));
            Ok(Place {
                driver: docker.clone(),
                images: docker,
            })
        }
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
