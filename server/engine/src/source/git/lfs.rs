//! Files that Git LFS keeps outside the repository. `git-lfs` fetches them, for it knows every
//! host's ways; which they are, and that what came is what was asked for, is seen to here.

use super::checkout::Room;
use super::command::explain;
use super::mirror::Mirror;
use super::{Git, Limits};
use domain::api::Reply;
use domain::refusal::{Kind, Refusal};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// No pointer is longer, by its specification.
const LONGEST_POINTER: u64 = 1024;
const FIRST_LINE: &str = "version https://git-lfs.github.com/spec/v1";

/// What stands in a file's place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pointer {
    oid: String,
    size_bytes: u64,
}

impl Git {
    /// Puts the files in their pointers' places, in the tree of one repository.
    pub(super) async fn fill_pointers(
        &self,
        mirror: &Mirror,
        sha: &str,
        dir: &Path,
        room: &mut Room<'_>,
    ) -> Reply<()> {
        let found = pointers(dir).map_err(|e| unreadable(dir, &e))?;
        if found.is_empty() {
            return Ok(());
        }
        within(&found, &self.limits)?;
        (room.line)(format!("Git LFS: {} files.", found.len()));
        fetch(mirror, sha, room).await?;
        let objects = mirror.dir.join("lfs/objects");
        let put = move || {
            found
                .iter()
                .try_for_each(|(path, one)| place(&objects, path, one))
        };
        let put = tokio::task::spawn_blocking(put).await;
        put.map_err(|e| unreadable(dir, &io::Error::other(e)))?
    }
}

async fn fetch(mirror: &Mirror, sha: &str, room: &mut Room<'_>) -> Reply<()> {
    if !mirror.ask(&["lfs", "version"]).await?.ok {
        return Err(Refusal::unavailable(
            "git_lfs_missing",
            "The configuration asks for Git LFS, and `git-lfs` is not installed on the machine that runs Sealdock.",
        )
        .way_out("Install the package `git-lfs` there, or set `source.lfs: false`."));
    }
    let mut command = mirror.git();
    // Ours, so that no `.lfsconfig` sends us to another place.
    command
        .args(["-c", &format!("lfs.url={}", endpoint(mirror.url.as_str()))])
        .args([
            "-c",
            "lfs.concurrenttransfers=4",
            "-c",
            "lfs.locksverify=false",
        ])
        .args(["lfs", "fetch", "origin", sha]);
    let said = mirror.run(command, room.line).await?;
    match said.ok {
        true => Ok(()),
        false => Err(explain(mirror.url.as_str(), &said.err)),
    }
}

/// Where a repository's large files are, by Git LFS's own rule.
fn endpoint(url: &str) -> String {
    if !url.starts_with("http") {
        return url.to_owned();
    }
    let url = url.trim_end_matches('/');
    match url.ends_with(".git") {
        true => format!("{url}/info/lfs"),
        false => format!("{url}.git/info/lfs"),
    }
}

/// Before anything is fetched: pointers say how much it will be.
fn within(found: &[(PathBuf, Pointer)], limits: &Limits) -> Reply<()> {
    let sum = found
        .iter()
        .fold(0_u64, |sum, (_, one)| sum.saturating_add(one.size_bytes));
    if sum <= limits.tree_bytes {
        return Ok(());
    }
    Err(Refusal::new(
        Kind::TooLarge,
        "tree_too_large",
        format!(
            "The files that Git LFS has for this commit are larger than {} MiB together.",
            limits.tree_bytes >> 20
        ),
    )
    .way_out("Set `source.lfs: false`, or deploy an image."))
}

/// Every pointer below a directory; links are not followed.
fn pointers(dir: &Path) -> io::Result<Vec<(PathBuf, Pointer)>> {
    let (mut found, mut open) = (vec![], vec![dir.to_owned()]);
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir)? {
            let entry = entry?;
            let meta = entry.metadata()?;
            if meta.is_dir() {
                open.push(entry.path());
            } else if meta.is_file() && meta.len() <= LONGEST_POINTER {
                let text = std::fs::read(entry.path())?;
                found.extend(pointer(&text).map(|one| (entry.path(), one)));
            }
        }
    }
    Ok(found)
}

fn pointer(text: &[u8]) -> Option<Pointer> {
    let text = std::str::from_utf8(text).ok()?;
    let mut lines = text.lines();
    if lines.next()? != FIRST_LINE {
        return None;
    }
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let oid = value("oid sha256:").filter(|oid| is_oid(oid))?;
    Some(Pointer {
        oid: oid.to_owned(),
        size_bytes: value("size ")?.parse().ok()?,
    })
}

fn is_oid(oid: &str) -> bool {
    oid.len() == 64 && oid.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The file itself, once it is known to be the right one; its mode stays.
fn place(objects: &Path, path: &Path, wanted: &Pointer) -> Reply<()> {
    let object = objects
        .join(&wanted.oid[..2])
        .join(&wanted.oid[2..4])
        .join(&wanted.oid);
    let name = path.file_name().unwrap_or_default().display().to_string();
    match digest(&object) {
        Ok(oid) if oid.eq_ignore_ascii_case(&wanted.oid) => {
            let mut from = File::open(&object).map_err(|e| unreadable(&object, &e))?;
            let mut to = File::create(path).map_err(|e| unreadable(path, &e))?;
            io::copy(&mut from, &mut to).map_err(|e| unreadable(path, &e))?;
            Ok(())
        }
        _ => Err(Refusal::unavailable(
            "lfs_object_missing",
            format!("The Git host has not given out `{name}`, which Git LFS keeps there."),
        )
        .way_out("Push it with `git lfs push --all`, then deploy again.")),
    }
}

fn digest(file: &Path) -> io::Result<String> {
    let (mut file, mut digest, mut buffer) = (File::open(file)?, Sha256::new(), [0; 64 << 10]);
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        digest.update(&buffer[..n]);
    }
    Ok(digest
        .finalize()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect())
}

fn unreadable(place: &Path, error: &io::Error) -> Refusal {
    Refusal::unavailable(
        "disk",
        format!("{} can't be read or written: {error}.", place.display()),
    )
    .way_out("Free some space on the disk that holds the data directory.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p4_only_a_whole_pointer_is_one() {
        let oid = "ab".repeat(32);
        let text = format!("{FIRST_LINE}\noid sha256:{oid}\nsize 12\n");
        let read = pointer(text.as_bytes());
        assert_eq!(
            read,
            Some(Pointer {
                oid,
                size_bytes: 12
            })
        );
        for wrong in ["", "version x\n", FIRST_LINE, &text.replace("ab", "../")] {
            assert_eq!(pointer(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn p4_large_files_are_where_git_lfs_looks_for_them() {
        assert_eq!(endpoint("https://h/a.git"), "https://h/a.git/info/lfs");
        assert_eq!(endpoint("https://h/a/"), "https://h/a.git/info/lfs");
        assert_eq!(endpoint("git@h:a.git"), "git@h:a.git");
    }

    #[test]
    fn p4_a_file_that_is_another_than_promised_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let oid = "0".repeat(64);
        let object = dir.path().join("00/00");
        std::fs::create_dir_all(&object).expect("directories");
        std::fs::write(object.join(&oid), "something else").expect("an object");
        let path = dir.path().join("film.mp4");
        std::fs::write(&path, "pointer").expect("a pointer");
        let wanted = Pointer {
            oid,
            size_bytes: 14,
        };
        let no = place(dir.path(), &path, &wanted).expect_err("another file");
        assert_eq!(no.code, "lfs_object_missing");
        assert_eq!(std::fs::read(&path).expect("the pointer"), b"pointer");
    }
}
