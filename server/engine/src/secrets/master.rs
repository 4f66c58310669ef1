//! The master key: a file that only its owner may read, beside the database and not in it.
//!
//! While it is being replaced there are two files: the new key lies at `<file>.next` until every
//! data key is sealed with it, and takes the old one's place then. Whichever the database names
//! is the one that counts, so that an end at any moment loses nothing.

use super::seal::{KEY_BYTES, Key, hex};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Only the owner reads and writes.
const MODE: u32 = 0o600;
const OTHERS: u32 = 0o077;

#[derive(Debug, thiserror::Error)]
pub enum MasterError {
    #[error(
        "the master key {path} is missing, and secrets are sealed with it. Put it back from your backup; without it their values can't be read by anybody."
    )]
    Missing { path: PathBuf },
    #[error(
        "the master key {path} can be read by others (mode {mode:o}). Close it with `chmod 600 {path}`; if somebody may have read it, replace it with `sealdock secret rotate-master`."
    )]
    Open { path: PathBuf, mode: u32 },
    #[error(
        "the master key {path} is no key: it holds 64 hexadecimal digits. Put the right file back from your backup."
    )]
    Malformed { path: PathBuf },
    #[error(
        "the master key {path} is another one than the secrets are sealed with. Put the right file back from your backup."
    )]
    Another { path: PathBuf },
    #[error("the master key {path} can't be used: {source}")]
    File { path: PathBuf, source: io::Error },
}

/// Where it lies.
#[derive(Clone, Debug)]
pub struct MasterFile {
    path: PathBuf,
}

impl MasterFile {
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    pub fn path(&self) -> PathBuf {
        self.path.clone()
    }

    fn next(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".next");
        name.into()
    }

    pub fn read(&self) -> Result<Option<Key>, MasterError> {
        read(&self.path)
    }

    pub fn read_next(&self) -> Result<Option<Key>, MasterError> {
        read(&self.next())
    }

    pub fn make(&self) -> Result<Key, MasterError> {
        write(&self.path)
    }

    /// The key that is to come: the one that an earlier attempt left, or a fresh one.
    pub fn make_next(&self) -> Result<Key, MasterError> {
        match self.read_next()? {
            Some(key) => Ok(key),
            None => write(&self.next()),
        }
    }

    /// The new key takes the old one's place.
    pub fn adopt_next(&self) -> Result<(), MasterError> {
        let done = fs::rename(self.next(), &self.path).and_then(|()| sync_dir(&self.path));
        done.map_err(|source| MasterError::File {
            path: self.next(),
            source,
        })
    }
}

fn read(path: &Path) -> Result<Option<Key>, MasterError> {
    let file = |source| MasterError::File {
        path: path.to_owned(),
        source,
    };
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => Zeroizing::new(other.map_err(file)?),
    };
    let mode = fs::metadata(path).map_err(file)?.mode() & 0o7777;
    if mode & OTHERS != 0 {
        let path = path.to_owned();
        return Err(MasterError::Open { path, mode });
    }
    parse(&text)
        .map(Some)
        .ok_or_else(|| MasterError::Malformed {
            path: path.to_owned(),
        })
}

fn parse(text: &str) -> Option<Key> {
    let digits = text.trim();
    if digits.len() != 2 * KEY_BYTES || !digits.is_ascii() {
        return None;
    }
    let byte = |i: usize| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).ok();
    let bytes: Option<Vec<u8>> = (0..KEY_BYTES).map(byte).collect();
    Key::of(&Zeroizing::new(bytes?))
}

/// Whole or not at all, and on the disk before it is used.
fn write(path: &Path) -> Result<Key, MasterError> {
    let key = Key::fresh();
    let digits = Zeroizing::new(hex(key.bytes()));
    let done = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(draft(path))
        .and_then(|mut file| {
            writeln!(file, "{}", digits.as_str())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(draft(path), path))
        .and_then(|()| sync_dir(path));
    match done {
        Ok(()) => Ok(key),
        Err(source) => {
            let _ = fs::remove_file(draft(path));
            let path = path.to_owned();
            Err(MasterError::File { path, source })
        }
    }
}

fn draft(path: &Path) -> PathBuf {
    path.with_extension(format!("draft-{}", std::process::id()))
}

fn sync_dir(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn x15_the_master_key_is_made_once_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = MasterFile::at(dir.path().join("master.key"));
        assert!(file.read().unwrap().is_none());
        let made = file.make().unwrap();
        assert_eq!(fs::metadata(file.path()).unwrap().mode() & 0o777, 0o600);
        assert_eq!(file.read().unwrap().unwrap().id(), made.id());
        let text = fs::read_to_string(file.path()).unwrap();
        assert_eq!(text.len(), 65);
    }

    #[test]
    fn x15_a_key_that_others_can_read_is_refused_with_the_way_out() {
        let dir = tempfile::tempdir().unwrap();
        let file = MasterFile::at(dir.path().join("master.key"));
        file.make().unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o640)).unwrap();
        let said = file.read().unwrap_err().to_string();
        assert!(
            said.contains("mode 640") && said.contains("chmod 600"),
            "{said}"
        );
    }

    #[test]
    fn x15_a_file_that_holds_no_key_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = MasterFile::at(dir.path().join("master.key"));
        file.make().unwrap();
        for text in ["", "zz", &"g".repeat(64), &"é".repeat(32)] {
            fs::write(file.path(), text).unwrap();
            let said = file.read().map(drop).unwrap_err();
            assert!(
                matches!(said, MasterError::Malformed { .. }),
                "{text}: {said}"
            );
        }
    }

    #[test]
    fn x15_the_next_key_is_kept_until_it_takes_the_old_one_s_place() {
        let dir = tempfile::tempdir().unwrap();
        let file = MasterFile::at(dir.path().join("master.key"));
        let old = file.make().unwrap();
        let next = file.make_next().unwrap();
        assert_eq!(file.make_next().unwrap().id(), next.id());
        assert_eq!(file.read().unwrap().unwrap().id(), old.id());
        file.adopt_next().unwrap();
        assert_eq!(file.read().unwrap().unwrap().id(), next.id());
        assert!(file.read_next().unwrap().is_none());
    }
}
