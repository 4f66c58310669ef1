//! Root disks: made once for an image, whoever runs it. A machine has a hard link to its own, so the
//! number of links says who still needs one; what nobody needs is removed.

use super::image::{self, Built};
use super::{Room, failed};
use crate::driver::DriverError;
use domain::instance::InstanceSpec;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the disk was made from lies beside it, and is written after it.
const MADE: &str = "json";
const DISK: &str = "img";

/// Where the disk of an image lies.
pub fn place(room: &Room, image: &str) -> PathBuf {
    let name = format!("{}.{DISK}", image.trim_start_matches("sha256:"));
    room.folders.images().join(name)
}

/// The disk's facts; it is there until the guard is dropped, and after that while a machine has it.
pub async fn disk(room: &Arc<Room>, spec: &InstanceSpec) -> Result<Built, DriverError> {
    let disk = place(room, &spec.image);
    if let Some(built) = known(&disk).map_err(|e| failed(&e))? {
        return Ok(built);
    }
    let folder = room.folders.images();
    let scratch = tempfile::tempdir_in(&folder).map_err(|e| failed(&e))?;
    let archive = scratch.path().join("image.tar");
    room.source.save(&spec.image, &archive).await?;
    let image = spec.image.clone();
    let building = tokio::task::spawn_blocking(move || build(&archive, &image, &disk, scratch));
    let built: io::Result<Built> = building.await.map_err(|e| failed(&io::Error::other(e)))?;
    built.map_err(|e| {
        DriverError::Refused(format!("The image {} can't be measured: {e}.", spec.image))
    })
}

fn known(disk: &Path) -> io::Result<Option<Built>> {
    match fs::read(disk.with_extension(MADE)) {
        Ok(bytes) if disk.exists() => Ok(serde_json::from_slice(&bytes).ok()),
        Ok(_) => Ok(None),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn build(
    archive: &Path,
    image: &str,
    disk: &Path,
    scratch: tempfile::TempDir,
) -> io::Result<Built> {
    let (draft, made) = (scratch.path().join("disk"), scratch.path().join("made"));
    let built = image::build(archive, image, &draft, scratch.path())?;
    fs::write(&made, serde_json::to_vec(&built)?)?;
    fs::rename(draft, disk)?;
    fs::rename(made, disk.with_extension(MADE))?;
    Ok(built)
}

/// Removes what no machine has, once nothing is being made.
pub async fn collect(room: &Room) {
    let _nobody_links_meanwhile = room.building.lock().await;
    sweep(&room.folders.images());
}

/// Every disk that no machine has, and what a crash left of one that was being made. One that can't
/// be removed now is tried again with the next machine that goes.
pub fn sweep(folder: &Path) {
    if let Err(e) = remove_unused(folder) {
        tracing::warn!(error = %e, "root disks that nobody needs were not all removed");
    }
}

fn remove_unused(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.extension().and_then(|e| e.to_str()) {
            Some(DISK) if fs::metadata(&path)?.nlink() > 1 => {}
            Some(DISK) => {
                gone(fs::remove_file(path.with_extension(MADE)))?;
                gone(fs::remove_file(&path))?;
            }
            Some(MADE) if path.with_extension(DISK).exists() => {}
            _ if path.is_dir() => gone(fs::remove_dir_all(&path))?,
            _ => gone(fs::remove_file(&path))?,
        }
    }
    Ok(())
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i17_a_disk_stays_for_as_long_as_a_machine_has_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let images = folder.path().join("images");
        fs::create_dir(&images).expect("a folder");
        let file = |name: &str| images.join(name);
        for name in [
            "used.img",
            "used.json",
            "idle.img",
            "idle.json",
            "lost.json",
        ] {
            fs::write(file(name), "x").expect("a file");
        }
        fs::create_dir(file(".tmpcrash")).expect("a folder");
        let of_machine = folder.path().join("rootfs.img");
        fs::hard_link(file("used.img"), &of_machine).expect("a link");
        let left = || {
            let all = fs::read_dir(&images).expect("a list");
            let mut names: Vec<_> = all.map(|e| e.expect("one").file_name()).collect();
            names.sort();
            names
        };
        remove_unused(&images).expect("it is swept");
        assert_eq!(left(), ["used.img", "used.json"]);
        fs::remove_file(of_machine).expect("it goes");
        remove_unused(&images).expect("it is swept");
        assert!(left().is_empty());
    }
}
