//! What a version's release says of it (I-19): the same steps as for a machine, without one.

use super::image::{self, Saved};
use super::{Kit, expected};
use domain::attest::{Guest, Hex, Released, VERSION, sha256};
use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;
use std::io;
use std::path::Path;

pub use expected::public;

/// What an archive of `docker save` becomes. Takes a processor, and as much disk as the image.
pub fn released(
    archive: &Path,
    tag: &str,
    commit: Option<&str>,
    reference: Option<&str>,
    kit: Option<&Kit>,
) -> io::Result<Released> {
    let scratch = tempfile::tempdir()?;
    let id = Saved::open(archive, scratch.path())?.id;
    let disk = scratch.path().join("disk");
    let built = image::build(archive, &id, &disk, scratch.path())?;
    let guest = |kit: &Kit| Guest {
        kernel: Hex(sha256(&kit.kernel)),
        initrd: Hex(sha256(&kit.initrd)),
        firmware: Hex(sha256(&kit.firmware)),
    };
    Ok(Released {
        v: VERSION,
        tag: tag.to_owned(),
        commit: commit.map(str::to_owned),
        image: id,
        reference: reference.map(str::to_owned),
        rootfs: built.rootfs,
        guest: kit.map(guest),
    })
}

/// A key of a project's own, as PKCS #8.
pub fn new_key() -> io::Result<Vec<u8>> {
    let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
    Ok(made.map_err(other)?.as_ref().to_vec())
}

/// It, read back.
pub fn key(pkcs8: &[u8]) -> io::Result<Ed25519KeyPair> {
    Ed25519KeyPair::from_pkcs8(pkcs8).map_err(other)
}

fn other(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}
