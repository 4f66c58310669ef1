//! Static bundles: zip, tar and tar.gz, unpacked into a directory that nothing can climb out of.
//! Either everything is there, or nothing is.

mod archive;
mod gather;
mod path;
#[cfg(test)]
mod tests;

use archive::Kind;
pub use gather::gather;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What an unpacked bundle may be.
#[derive(Clone, Debug)]
pub struct Limits {
    pub bytes: u64,
    pub files: u64,
    /// A small file that unpacks to this many times its size is a bomb.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 1 << 30,
            files: 100_000,
            ratio: 200,
        }
    }
}

/// Below this, a high ratio is just an empty-ish file.
const RATIO_COUNTS_FROM: u64 = 8 << 20;
const TAR_BLOCK: u64 = 512;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpacked {
    pub files: u64,
    pub bytes: u64,
    /// Over sorted paths and contents: the same files give the same digest.
    pub digest: String,
}

#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    #[error(
        "The file is none of zip, tar and tar.gz. Pack the directory that has your index.html."
    )]
    Unknown,
    #[error("The archive is damaged: {0}. Pack it again.")]
    Damaged(String),
    #[error("The archive contains `{name}`, which {why}. Nothing was unpacked.")]
    Forbidden { name: String, why: &'static str },
    #[error("The archive unpacks to more than {limit}. Nothing was unpacked.")]
    TooLarge { limit: String },
    #[error(
        "The archive has no index.html at its top. Pack the contents of your build's output directory."
    )]
    NoIndex,
    #[error(
        "{path} can't be written: {source}. Free some space on the disk that holds the data directory."
    )]
    Disk { path: PathBuf, source: io::Error },
}

/// Unpacks `archive` to `into`, which must not exist yet. Blocking work is done off the async threads.
pub async fn unpack(archive: &Path, into: &Path, limits: Limits) -> Result<Unpacked, BundleError> {
    let (archive, into) = (archive.to_owned(), into.to_owned());
    let gone = into.clone();
    let task = tokio::task::spawn_blocking(move || unpack_blocking(&archive, &into, &limits));
    task.await.unwrap_or_else(|e| {
        Err(BundleError::Disk {
            path: gone,
            source: io::Error::other(e),
        })
    })
}

fn unpack_blocking(archive: &Path, into: &Path, limits: &Limits) -> Result<Unpacked, BundleError> {
    let beside = into.with_extension("unpacking");
    let _ = fs::remove_dir_all(&beside);
    let done = fill(archive, &beside, limits).and_then(|unpacked| {
        let top = top(&beside)?;
        fs::rename(&top, into).map_err(|source| BundleError::Disk {
            path: into.to_owned(),
            source,
        })?;
        Ok(unpacked)
    });
    let _ = fs::remove_dir_all(&beside);
    done
}

fn fill(archive: &Path, into: &Path, limits: &Limits) -> Result<Unpacked, BundleError> {
    let disk = |source| BundleError::Disk {
        path: into.to_owned(),
        source,
    };
    let packed_bytes = fs::metadata(archive).map_err(disk)?.len();
    fs::create_dir_all(into).map_err(disk)?;
    let mut sink = Sink {
        into,
        limits,
        packed_bytes,
        bytes: 0,
        skipped: 0,
        seen: BTreeMap::new(),
    };
    match Kind::of(archive).map_err(disk)? {
        Kind::Zip => archive::zip(archive, &mut sink)?,
        Kind::Tar => archive::tar(File::open(archive).map_err(disk)?, &mut sink)?,
        Kind::TarGz => archive::tar(
            flate2::read::MultiGzDecoder::new(File::open(archive).map_err(disk)?),
            &mut sink,
        )?,
        Kind::Unknown => return Err(BundleError::Unknown),
    }
    Ok(Unpacked {
        files: sink.seen.len() as u64,
        bytes: sink.bytes,
        digest: digest(&sink.seen),
    })
}

/// Takes the files of an archive one by one, and counts.
struct Sink<'a> {
    into: &'a Path,
    limits: &'a Limits,
    packed_bytes: u64,
    bytes: u64,
    /// Of what is no file; it costs time to unpack all the same.
    skipped: u64,
    /// Path → digest of the content.
    seen: BTreeMap<String, [u8; 32]>,
}

impl Sink<'_> {
    fn file(&mut self, name: &str, mut content: impl Read) -> Result<(), BundleError> {
        let path = path::clean(name)?;
        if self.seen.contains_key(&path) {
            return Err(BundleError::Forbidden {
                name: name.into(),
                why: "is in it twice",
            });
        }
        if self.seen.len() as u64 >= self.limits.files {
            return Err(BundleError::TooLarge {
                limit: format!("{} files", self.limits.files),
            });
        }
        let target = self.into.join(&path);
        let digest = self.write(&target, &mut content)?;
        self.seen.insert(path, digest);
        Ok(())
    }

    fn write(&mut self, target: &Path, content: &mut impl Read) -> Result<[u8; 32], BundleError> {
        let disk = |source| BundleError::Disk {
            path: target.to_owned(),
            source,
        };
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(disk)?;
        }
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o644)
            .open(target)
            .map_err(disk)?;
        let (mut hash, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
        loop {
            let read = content
                .read(&mut buffer)
                .map_err(|e| BundleError::Damaged(e.to_string()))?;
            if read == 0 {
                return Ok(hash.finalize().into());
            }
            self.count(read as u64)?;
            hash.update(&buffer[..read]);
            file.write_all(&buffer[..read]).map_err(disk)?;
        }
    }

    fn count(&mut self, more: u64) -> Result<(), BundleError> {
        self.bytes += more;
        self.check()
    }

    /// An entry that is not kept: its content, and the block that announces it.
    fn skip(&mut self, bytes: u64) -> Result<(), BundleError> {
        self.skipped = self.skipped.saturating_add(bytes).saturating_add(TAR_BLOCK);
        self.check()
    }

    fn check(&self) -> Result<(), BundleError> {
        let unpacked = self.bytes.saturating_add(self.skipped);
        let bomb = unpacked > RATIO_COUNTS_FROM
            && unpacked > self.packed_bytes.saturating_mul(self.limits.ratio);
        match () {
            () if unpacked > self.limits.bytes => Err(BundleError::TooLarge {
                limit: format!("{} MiB", self.limits.bytes >> 20),
            }),
            () if bomb => Err(BundleError::TooLarge {
                limit: format!("{} times its own size", self.limits.ratio),
            }),
            () => Ok(()),
        }
    }
}

/// Where the site begins: here, or in the one folder that everything was packed in.
fn top(dir: &Path) -> Result<PathBuf, BundleError> {
    let disk = |source| BundleError::Disk {
        path: dir.to_owned(),
        source,
    };
    open_to_the_data_plane(dir).map_err(disk)?;
    if dir.join("index.html").is_file() {
        return Ok(dir.to_owned());
    }
    let entries: Vec<_> = fs::read_dir(dir)
        .map_err(disk)?
        .collect::<Result<_, _>>()
        .map_err(disk)?;
    match entries.as_slice() {
        [one] if one.path().join("index.html").is_file() => Ok(one.path()),
        _ => Err(BundleError::NoIndex),
    }
}

fn open_to_the_data_plane(dir: &Path) -> io::Result<()> {
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755))
}

fn digest(files: &BTreeMap<String, [u8; 32]>) -> String {
    let mut hash = Sha256::new();
    for (path, content) in files {
        hash.update((path.len() as u64).to_le_bytes());
        hash.update(path);
        hash.update(content);
    }
    let hex: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    format!("sha256:{hex}")
}
