//! The last table on disk, so that the data plane serves before anybody tells it routes.
//!
//! A `put` is acknowledged when the table serves, not when it is on disk: waiting for the disk
//! would put an fsync into every switch. One background writer writes the newest table, so a
//! burst of changes costs one or two writes. A crash in the milliseconds between loses nothing
//! for good: the file carries its generation, `hello` tells it, and a control plane that finds
//! an older one than its own publishes the whole table.

use super::table::Table;
use arc_swap::ArcSwap;
use domain::route::RouteTable;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

const MAGIC: &str = "sealdock-routes-1";

/// The file, the table to keep in it, and how far that has got.
#[derive(Debug)]
pub struct Keeper {
    path: PathBuf,
    table: Arc<ArcSwap<Table>>,
    changed: Notify,
    written: AtomicU64,
    /// At the end it is written once more, and the writer may still be at it.
    writing: Mutex<()>,
}

impl Keeper {
    pub fn new(path: PathBuf, table: Arc<ArcSwap<Table>>, written: u64) -> Self {
        Self {
            path,
            table,
            changed: Notify::new(),
            written: AtomicU64::new(written),
            writing: Mutex::default(),
        }
    }

    /// There is a newer table to write.
    pub fn wake(&self) {
        self.changed.notify_one();
    }

    /// The generation that is safely on disk.
    pub fn generation(&self) -> u64 {
        self.written.load(SeqCst)
    }

    /// Writes the newest table whenever there is one, for as long as it is polled.
    pub async fn run(self: Arc<Self>) {
        loop {
            self.changed.notified().await;
            let keeper = self.clone();
            // A panic in there would be a bug of ours; the next change tries again.
            let _ = tokio::task::spawn_blocking(move || keeper.write_now()).await;
        }
    }

    /// Blocking. A full disk is said aloud and does not stop the serving.
    pub fn write_now(&self) {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let table = self.table.load().published();
        match write(&self.path, &table) {
            Ok(()) => self.written.store(table.generation, SeqCst),
            Err(error) => tracing::error!(
                path = %self.path.display(), %error,
                "the route table could not be written; it serves, but a restart of the data plane would start from an older one"
            ),
        }
    }
}

/// The tables that can be started from, newest first. Every file that cannot is said aloud.
pub fn load(path: &Path) -> impl Iterator<Item = RouteTable> {
    [path.to_owned(), previous(path)].into_iter().filter_map(|path| match read(&path) {
        Ok(table) => Some(table),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            tracing::error!(path = %path.display(), %error, "a route snapshot cannot be used; an older one or an empty table serves until the control plane publishes");
            None
        }
    })
}

fn read(path: &Path) -> io::Result<RouteTable> {
    parse(&fs::read(path)?).map_err(io::Error::other)
}

/// A line with the format and the checksum, then the table as JSON.
fn parse(bytes: &[u8]) -> Result<RouteTable, String> {
    let end_of_line = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .ok_or("it has no first line")?;
    let (line, body) = (&bytes[..end_of_line], &bytes[end_of_line + 1..]);
    if line != header(body).as_bytes() {
        return Err("its checksum is not that of its contents; it was cut off or changed".into());
    }
    serde_json::from_slice(body).map_err(|error| format!("it is not a route table: {error}"))
}

fn header(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{MAGIC} {hex}")
}

/// Written beside, synced, then renamed: a reader sees the old file or the new one. The old
/// one stays as the previous, for the day when the disk returns something else than it got.
fn write(path: &Path, table: &RouteTable) -> io::Result<()> {
    let body = serde_json::to_vec(table)?;
    let beside = with_suffix(path, "new");
    let mut file = private(&beside)?;
    file.write_all(header(&body).as_bytes())?;
    file.write_all(b"\n")?;
    file.write_all(&body)?;
    file.sync_all()?;
    match fs::rename(path, previous(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::rename(&beside, path)?,
    }
    File::open(folder_of(path))?.sync_all()
}

/// It holds the keys of certificates: the data plane is to serve them when nobody is there to
/// give them to it again. So nobody else may read it, not even for a moment.
fn private(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn previous(path: &Path) -> PathBuf {
    with_suffix(path, "prev")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::route::{Route, Target};

    fn table(generation: u64) -> RouteTable {
        let route = Route {
            id: "r".into(),
            hosts: vec!["a".into()],
            target: Target::Absent {
                sentence: "Soon.".into(),
            },
        };
        RouteTable {
            generation,
            routes: vec![route],
            ..Default::default()
        }
    }

    fn generations(path: &Path) -> Vec<u64> {
        load(path).map(|table| table.generation).collect()
    }

    #[test]
    fn x5_what_was_written_is_what_is_loaded_and_the_one_before_is_kept() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("routes");
        assert!(generations(&path).is_empty());
        write(&path, &table(1)).expect("written");
        write(&path, &table(2)).expect("written");
        assert_eq!(generations(&path), [2, 1]);
        assert_eq!(load(&path).next(), Some(table(2)));
    }

    #[test]
    fn x5_who_writes_at_the_end_waits_for_the_writer() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("routes");
        let serving = Arc::new(ArcSwap::from_pointee(Table::default()));
        let keeper = Keeper::new(path.clone(), serving, 0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..25).for_each(|_| keeper.write_now()));
            }
        });
        assert!(read(&path).is_ok() && read(&previous(&path)).is_ok());
    }

    #[test]
    fn q23_a_snapshot_cut_off_at_any_byte_gives_way_to_the_previous_one() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("routes");
        write(&path, &table(1)).expect("written");
        write(&path, &table(2)).expect("written");
        let whole = fs::read(&path).expect("read");
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).expect("cut");
            assert_eq!(generations(&path), [1], "cut at {length}");
        }
    }

    #[test]
    fn q23_a_snapshot_with_any_changed_byte_gives_way_to_the_previous_one() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("routes");
        write(&path, &table(1)).expect("written");
        write(&path, &table(2)).expect("written");
        let whole = fs::read(&path).expect("read");
        for at in 0..whole.len() {
            let mut garbled = whole.clone();
            garbled[at] ^= 1;
            fs::write(&path, garbled).expect("garbled");
            assert_eq!(generations(&path), [1], "changed at {at}");
        }
    }
}
