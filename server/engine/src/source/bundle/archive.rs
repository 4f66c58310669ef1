//! Reads the archives themselves; every entry that is neither file nor directory is refused.

use super::{BundleError, Sink, path};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

pub(super) enum Kind {
    Zip,
    Tar,
    TarGz,
    Unknown,
}

impl Kind {
    /// By what the file begins with, not by its name.
    pub fn of(file: &Path) -> io::Result<Kind> {
        let mut head = vec![];
        File::open(file)?.take(512).read_to_end(&mut head)?;
        Ok(match head.as_slice() {
            [b'P', b'K', 3 | 5, 4 | 6, ..] => Kind::Zip,
            [0x1f, 0x8b, ..] => Kind::TarGz,
            tar if tar.get(257..262) == Some(b"ustar") => Kind::Tar,
            _ => Kind::Unknown,
        })
    }
}

pub(super) fn zip(file: &Path, sink: &mut Sink<'_>) -> Result<(), BundleError> {
    let damaged = |e: zip::result::ZipError| BundleError::Damaged(e.to_string());
    let file = File::open(file).map_err(|e| BundleError::Damaged(e.to_string()))?;
    let mut archive = zip::ZipArchive::new(file).map_err(damaged)?;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(damaged)?;
        let name = entry.name().map_err(damaged)?.into_owned();
        match () {
            () if entry.is_dir() => drop(path::clean(&name)?),
            () if entry.is_symlink() => return Err(link(&name)),
            () => sink.file(&name, entry)?,
        }
    }
    Ok(())
}

pub(super) fn tar(reader: impl Read, sink: &mut Sink<'_>) -> Result<(), BundleError> {
    let damaged = |e: io::Error| BundleError::Damaged(e.to_string());
    let mut archive = tar::Archive::new(reader);
    for entry in archive.entries().map_err(damaged)? {
        let entry = entry.map_err(damaged)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        match () {
            () if kind.is_file() => sink.file(&name, entry)?,
            // `./` is how `tar -C site .` begins.
            () if kind.is_dir() && matches!(name.as_str(), "." | "./") => {}
            () if kind.is_dir() => drop(path::clean(&name)?),
            () if kind.is_symlink() || kind.is_hard_link() => return Err(link(&name)),
            () if kind.is_pax_global_extensions() => {}
            () => {
                return Err(BundleError::Forbidden {
                    name,
                    why: "is neither a file nor a directory",
                });
            }
        }
    }
    Ok(())
}

fn link(name: &str) -> BundleError {
    BundleError::Forbidden {
        name: name.into(),
        why: "is a link",
    }
}
