//! From an image, as the Engine saves it, to a root file system whose every block is accounted for:
//! check the layers, lay them over each other, write one squashfs, and a hash tree behind it. The
//! same image gives the same bytes on every machine.

mod archive;
mod merge;
mod squash;
#[cfg(test)]
mod tests;
mod user;
pub mod verity;

pub use archive::{Program, Saved};
pub use user::User;

use domain::attest::Rootfs;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::path::Path;

/// What a virtual machine is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Built {
    pub rootfs: Rootfs,
    pub program: Program,
    pub user: User,
}

/// Writes the root disk to `disk`; `scratch` is for layers that come compressed.
pub fn build(archive: &Path, image: &str, disk: &Path, scratch: &Path) -> io::Result<Built> {
    let saved = Saved::open(archive, scratch)?;
    if saved.id != image {
        return Err(io::Error::other(format!("it holds the image {}", saved.id)));
    }
    let tree = merge::merge(&saved.layers()?)?;
    let mut file = File::options()
        .create(true)
        .truncate(true)
        .read(true)
        .write(true)
        .open(disk)?;
    squash::write(&tree, &mut file)?;
    let rootfs = verity::append(&mut file, verity::salt(image))?;
    file.sync_all()?;
    let user = user::find(&saved.program.user, &tree)?;
    Ok(Built {
        rootfs,
        program: saved.program,
        user,
    })
}
