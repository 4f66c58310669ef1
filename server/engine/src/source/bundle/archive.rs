//! Reads the archives themselves; every entry that is neither file nor directory is refused.

use super::{BundleError, Sink, path};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Of one extended tar header. Names are at most 1 KiB; other records may be longer.
const LARGEST_HEADER: u64 = 64 << 10;

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

/// Entry by entry as they lie there: the reader's own reassembly of long names would hold a name
/// of any length in memory.
pub(super) fn tar(reader: impl Read, sink: &mut Sink<'_>) -> Result<(), BundleError> {
    let mut archive = tar::Archive::new(reader);
    let mut long_name = None;
    for entry in archive.entries().map_err(damaged)?.raw(true) {
        let entry = entry.map_err(damaged)?;
        let kind = entry.header().entry_type();
        if !kind.is_file() {
            sink.skip(entry.size())?;
        }
        if kind.is_gnu_longname() {
            long_name = Some(gnu_name(entry)?);
        } else if kind.is_pax_local_extensions() {
            long_name = pax_name(entry)?.or(long_name);
        } else if !kind.is_pax_global_extensions() && !kind.is_gnu_longlink() {
            let name = long_name
                .take()
                .unwrap_or_else(|| entry.path_bytes().into());
            member(&String::from_utf8_lossy(&name), entry, sink)?;
        }
    }
    Ok(())
}

fn member(
    name: &str,
    entry: tar::Entry<'_, impl Read>,
    sink: &mut Sink<'_>,
) -> Result<(), BundleError> {
    let kind = entry.header().entry_type();
    match () {
        () if kind.is_file() => sink.file(name, entry),
        // `./` is how `tar -C site .` begins.
        () if kind.is_dir() && matches!(name, "." | "./") => Ok(()),
        () if kind.is_dir() => path::clean(name).map(drop),
        () if kind.is_symlink() || kind.is_hard_link() => Err(link(name)),
        () => Err(BundleError::Forbidden {
            name: name.into(),
            why: "is neither a file nor a directory",
        }),
    }
}

/// Ends with a zero byte.
fn gnu_name(entry: impl Read) -> Result<Vec<u8>, BundleError> {
    let mut name = header(entry)?;
    name.truncate(
        name.iter()
            .position(|byte| *byte == 0)
            .unwrap_or(name.len()),
    );
    Ok(name)
}

/// Records of `length key=value`. A size is for files that no header has room for (8 GiB), and
/// would have to be believed.
fn pax_name(entry: impl Read) -> Result<Option<Vec<u8>>, BundleError> {
    let records = header(entry)?;
    let mut name = None;
    for record in tar::PaxExtensions::new(&records) {
        let record = record.map_err(damaged)?;
        match record.key_bytes() {
            b"path" => name = Some(record.value_bytes().to_owned()),
            b"size" => return Err(BundleError::Damaged("a file is larger than 8 GiB".into())),
            _ => {}
        }
    }
    Ok(name)
}

fn header(entry: impl Read) -> Result<Vec<u8>, BundleError> {
    let mut bytes = vec![];
    entry
        .take(LARGEST_HEADER + 1)
        .read_to_end(&mut bytes)
        .map_err(damaged)?;
    match bytes.len() as u64 > LARGEST_HEADER {
        true => Err(BundleError::Damaged(format!(
            "a header is larger than {} KiB",
            LARGEST_HEADER >> 10
        ))),
        false => Ok(bytes),
    }
}

fn damaged(e: io::Error) -> BundleError {
    BundleError::Damaged(e.to_string())
}

fn link(name: &str) -> BundleError {
    BundleError::Forbidden {
        name: name.into(),
        why: "is a link",
    }
}
