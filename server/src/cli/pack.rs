//! A directory as a bundle: a .tar.gz in a file of its own, never in memory.

use super::exit::{Failure, Got};
use super::say::Say;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A file to send; a packed one vanishes with it.
pub struct Bundle {
    pub path: PathBuf,
    pub name: String,
    _directory: Option<TempDir>,
}

/// Never part of a site.
const LEFT_OUT: [&str; 2] = [".git", ".DS_Store"];

pub fn bundle(path: &Path, say: &Say) -> Got<Bundle> {
    let name = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_else(|| "site".into());
    let found = fs::metadata(path).map_err(|error| {
        Failure::usage(format!("`{}` can't be opened: {error}.", path.display()))
    })?;
    if found.is_file() {
        return Ok(Bundle {
            path: path.to_owned(),
            name,
            _directory: None,
        });
    }
    let packed = pack(path).map_err(|error| {
        Failure::usage(format!("`{}` can't be packed: {error}.", path.display()))
    })?;
    say.note(&format!("Packed {}.", path.display()));
    Ok(packed)
}

fn pack(root: &Path) -> std::io::Result<Bundle> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("site.tar.gz");
    let packed = GzEncoder::new(BufWriter::new(File::create(&path)?), Compression::default());
    let mut tar = tar::Builder::new(packed);
    tar.follow_symlinks(false);
    add(&mut tar, root, Path::new(""))?;
    tar.into_inner()?.finish()?.flush()?;
    Ok(Bundle {
        path,
        name: "site.tar.gz".into(),
        _directory: Some(directory),
    })
}

/// In the order of names, so that the same directory packs alike.
fn add<W: Write>(tar: &mut tar::Builder<W>, root: &Path, inside: &Path) -> std::io::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(root.join(inside))?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        if LEFT_OUT.iter().any(|out| name == *out) {
            continue;
        }
        let inside = inside.join(name);
        if entry.file_type()?.is_dir() {
            add(tar, root, &inside)?;
        } else {
            tar.append_path_with_name(entry.path(), &inside)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::io::Read;

    #[test]
    fn a_directory_is_packed_with_everything_but_its_repository() {
        let site = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("index.html", "<h1>"),
            ("a/b.css", "x"),
            (".git/config", "secret"),
            (".well-known/x", "y"),
        ] {
            let path = site.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let bundle = pack(site.path()).unwrap();
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(
            File::open(&bundle.path).unwrap(),
        ));
        let read = |entry: std::io::Result<tar::Entry<'_, _>>| {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            (entry.path().unwrap().display().to_string(), text)
        };
        let files: BTreeMap<_, _> = tar.entries().unwrap().map(read).collect();
        let expected = [
            (".well-known/x", "y"),
            ("a/b.css", "x"),
            ("index.html", "<h1>"),
        ];
        assert_eq!(
            files,
            expected
                .into_iter()
                .map(|(p, t)| (p.to_owned(), t.to_owned()))
                .collect()
        );
        let path = bundle.path.clone();
        drop(bundle);
        assert!(!path.exists());
    }
}
