//! The master key: a file that only its owner may read, beside the database and not in it. It holds
//! the key itself, or what a key management service made of it.
//!
//! While it is being replaced there are two files: the new key lies at `<file>.next` until every
//! data key is sealed with it, and takes the old one's place then. Whichever the database names
//! is the one that counts, so that an end at any moment loses nothing.

use super::kms::Kms;
use super::seal::{KEY_BYTES, Key, hex};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Only the owner reads and writes.
const MODE: u32 = 0o600;
const OTHERS: u32 = 0o077;
/// Before a key that a service has wrapped.
const WRAPPED: &str = "wrapped:";

#[derive(Debug, thiserror::Error)]
pub enum MasterError {
    #[error(
        "the master key {path} is missing, and everything secret in the database is sealed with it. Put it back from your backup, or say where it is with --master-key; without it nobody can read those values again, and all that is left is an empty data directory (--data) in which they are set anew."
    )]
    Missing { path: PathBuf },
    #[error(
        "the master key {path} can be read by others (mode {mode:o}). Close it with `chmod 600 {path}`; if somebody may have read it, replace it with `sealdock secret rotate-master`."
    )]
    Open { path: PathBuf, mode: u32 },
    #[error(
        "the master key {path} is no key: it holds 64 hexadecimal digits, or `{WRAPPED}` and what a key management service made of them. Put the right file back from your backup."
    )]
    Malformed { path: PathBuf },
    #[error(
        "the master key {path} is another one than the secrets are sealed with. Put the right file back from your backup."
    )]
    Another { path: PathBuf },
    #[error(
        "the master key {path} was wrapped by a key management service. Say which with --master-key-kms, as when it was wrapped."
    )]
    NoKms { path: PathBuf },
    #[error(
        "the master key {path} needs its key management service: {why}. Look at what --master-key-kms names, and start again."
    )]
    Kms { path: PathBuf, why: String },
    #[error("the master key {path} can't be used: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("what is sealed in this database was asked for before its master key was opened")]
    NotGiven,
}

/// Where it lies, and what wraps it.
#[derive(Clone, Debug)]
pub struct MasterFile {
    path: PathBuf,
    kms: Option<Kms>,
}

/// How it lies there, as far as can be seen without opening it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Not at all.
    Missing,
    /// As it is; `wanted` wraps it from the next replacement on.
    Plain {
        wanted: Option<Kms>,
    },
    Wrapped {
        by: Option<Kms>,
    },
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kept::Missing => write!(f, "not there yet"),
            Kept::Plain { wanted: None } => write!(f, "as it is, for its owner alone to read"),
            Kept::Plain { wanted: Some(kms) } => write!(
                f,
                "as it is, for its owner alone to read; {kms} wraps it once it was replaced with `sealdock secret rotate-master`"
            ),
            Kept::Wrapped { by: Some(kms) } => write!(f, "wrapped by {kms}"),
            Kept::Wrapped { by: None } => write!(
                f,
                "wrapped by a key management service that --master-key-kms does not name"
            ),
        }
    }
}

impl MasterFile {
    pub fn at(path: PathBuf) -> Self {
        Self { path, kms: None }
    }

    /// What is written from now on is wrapped.
    pub fn wrapped_by(self, kms: Option<Kms>) -> Self {
        Self { kms, ..self }
    }

    pub fn path(&self) -> PathBuf {
        self.path.clone()
    }

    pub fn kept(&self) -> Result<Kept, MasterError> {
        let kms = self.kms.clone();
        Ok(match text_of(&self.path)? {
            None => Kept::Missing,
            Some(text) if text.starts_with(WRAPPED) => Kept::Wrapped { by: kms },
            Some(_) => Kept::Plain { wanted: kms },
        })
    }

    fn next(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".next");
        name.into()
    }

    pub async fn read(&self) -> Result<Option<Key>, MasterError> {
        self.read_at(&self.path).await
    }

    pub async fn read_next(&self) -> Result<Option<Key>, MasterError> {
        self.read_at(&self.next()).await
    }

    pub async fn make(&self) -> Result<Key, MasterError> {
        self.write(&self.path).await
    }

    /// The key that is to come: the one that an earlier attempt left, or a fresh one.
    pub async fn make_next(&self) -> Result<Key, MasterError> {
        match self.read_next().await? {
            Some(key) => Ok(key),
            None => self.write(&self.next()).await,
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

    async fn read_at(&self, path: &Path) -> Result<Option<Key>, MasterError> {
        let Some(text) = text_of(path)? else {
            return Ok(None);
        };
        let malformed = || MasterError::Malformed {
            path: path.to_owned(),
        };
        match text.strip_prefix(WRAPPED) {
            None => parse(&text).ok_or_else(malformed).map(Some),
            Some(wrapped) => self.unwrapped(path, wrapped.trim()).await.map(Some),
        }
    }

    async fn unwrapped(&self, path: &Path, wrapped: &str) -> Result<Key, MasterError> {
        let path = path.to_owned();
        let Some(kms) = &self.kms else {
            return Err(MasterError::NoKms { path });
        };
        match kms.unwrap(wrapped).await.map(|digits| parse(&digits)) {
            Ok(Some(key)) => Ok(key),
            Ok(None) => Err(MasterError::Kms {
                path,
                why: format!("{kms} answered `unwrap` with what is no key"),
            }),
            Err(why) => Err(MasterError::Kms { path, why }),
        }
    }

    async fn write(&self, path: &Path) -> Result<Key, MasterError> {
        let key = Key::fresh();
        let digits = Zeroizing::new(hex(key.bytes()));
        let Some(kms) = &self.kms else {
            return written(path, &digits).map(|()| key);
        };
        let fault = |why| MasterError::Kms {
            path: path.to_owned(),
            why,
        };
        let wrapped = kms.wrap(&digits).await.map_err(fault)?;
        // Before anything is sealed with it: what can't be unwrapped would be lost.
        if self.unwrapped(path, &wrapped).await?.bytes() != key.bytes() {
            return Err(fault(format!("{kms} unwraps another key than it wrapped")));
        }
        let text = format!("{WRAPPED}{}", wrapped.as_str());
        written(path, &text).map(|()| key)
    }
}

/// Refused where others may read it too.
fn text_of(path: &Path) -> Result<Option<Zeroizing<String>>, MasterError> {
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
    Ok(Some(text))
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
fn written(path: &Path, text: &str) -> Result<(), MasterError> {
    let done = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(draft(path))
        .and_then(|mut file| {
            writeln!(file, "{text}")?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(draft(path), path))
        .and_then(|()| sync_dir(path));
    done.map_err(|source| {
        let _ = fs::remove_file(draft(path));
        let path = path.to_owned();
        MasterError::File { path, source }
    })
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

    #[tokio::test]
    async fn x15_the_master_key_is_made_once_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = MasterFile::at(dir.path().join("master.key"));
        assert!(file.read().await.unwrap().is_none());
        let made = file.make().await.unwrap();
        assert_eq!(fs::metadata(file.path()).unwrap().mode() & 0o777, 0o600);
        assert_eq!(file.read().await.unwrap().unwrap().id(), made.id());
        let text = fs::read_to_string(file.path()).unwrap();
        assert_eq!(text.len(), 65);
    }

    #[tokio::test]
    async fn x15_a_key_that_others_can_read_is_refused_with_the_way_out() {
        let dir = tempfile::tempdir().unwrap();
        let file = MasterFile::at(dir.path().join("master.key"));
        file.make().await.unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o640)).unwrap();
        let said = file.read().await.unwrap_err().to_string();
        assert!(
            said.contains("mode 640") && said.contains("chmod 600"),
            "{said}"
        );
    }

    #[tokio::test]
    async fn x15_a_file_that_holds_no_key_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = MasterFile::at(dir.path().join("master.key"));
        file.make().await.unwrap();
        for text in ["", "zz", &"g".repeat(64), &"é".repeat(32)] {
            fs::write(file.path(), text).unwrap();
            let said = file.read().await.map(drop).unwrap_err();
            assert!(
                matches!(said, MasterError::Malformed { .. }),
                "{text}: {said}"
            );
        }
    }

    #[tokio::test]
    async fn x15_the_next_key_is_kept_until_it_takes_the_old_one_s_place() {
        let dir = tempfile::tempdir().unwrap();
        let file = MasterFile::at(dir.path().join("master.key"));
        let old = file.make().await.unwrap();
        let next = file.make_next().await.unwrap();
        assert_eq!(file.make_next().await.unwrap().id(), next.id());
        assert_eq!(file.read().await.unwrap().unwrap().id(), old.id());
        file.adopt_next().unwrap();
        assert_eq!(file.read().await.unwrap().unwrap().id(), next.id());
        assert!(file.read_next().await.unwrap().is_none());
    }
}
