//! A directory of a repository instead of an archive: the same limits, the same digest.

use super::{BundleError, Limits, Sink, Unpacked, digest, open_to_the_data_plane};
use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

/// Of the team, and not of their visitors.
const PRIVATE: &str = domain::config::FILE_NAME;
/// The one name with a dot that visitors ask for.
const WELL_KNOWN: &str = ".well-known";

/// Copies the files of `from` to `into`, which must not exist yet, all or nothing. Names that
/// begin with a dot are left out, as the data plane would not serve them.
pub async fn gather(from: &Path, into: &Path, limits: Limits) -> Result<Unpacked, BundleError> {
    let (from, into) = (from.to_owned(), into.to_owned());
    let gone = into.clone();
    let task = tokio::task::spawn_blocking(move || gather_blocking(&from, &into, &limits));
    task.await
        .unwrap_or_else(|e| Err(disk(&gone, io::Error::other(e))))
}

fn gather_blocking(from: &Path, into: &Path, limits: &Limits) -> Result<Unpacked, BundleError> {
    if !from.join("index.html").is_file() {
        return Err(BundleError::NoIndex);
    }
    let beside = into.with_extension("unpacking");
    let _ = fs::remove_dir_all(&beside);
    let done = copied(from, &beside, limits).and_then(|unpacked| {
        open_to_the_data_plane(&beside).map_err(|e| disk(&beside, e))?;
        fs::rename(&beside, into).map_err(|e| disk(into, e))?;
        Ok(unpacked)
    });
    let _ = fs::remove_dir_all(&beside);
    done
}

fn copied(from: &Path, into: &Path, limits: &Limits) -> Result<Unpacked, BundleError> {
    fs::create_dir_all(into).map_err(|e| disk(into, e))?;
    let mut sink = Sink {
        into,
        limits,
        // Nothing was packed, so nothing can be a bomb.
        packed_bytes: limits.bytes,
        bytes: 0,
        skipped: 0,
        seen: BTreeMap::new(),
    };
    let mut open = vec![PathBuf::new()];
    while let Some(inside) = open.pop() {
        for entry in entries(&from.join(&inside)).map_err(|e| disk(from, e))? {
            let path = inside.join(entry.file_name());
            let kind = entry.file_type().map_err(|e| disk(from, e))?;
            match () {
                () if is_private(&path) => {}
                () if kind.is_dir() => open.push(path),
                () => file(&entry, &path, kind.is_file(), &mut sink)?,
            }
        }
    }
    Ok(Unpacked {
        files: sink.seen.len() as u64,
        bytes: sink.bytes,
        digest: digest(&sink.seen),
    })
}

fn entries(dir: &Path) -> io::Result<Vec<DirEntry>> {
    fs::read_dir(dir)?.collect()
}

fn is_private(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let well_known = path == Path::new(WELL_KNOWN);
    (name.starts_with('.') && !well_known) || path == Path::new(PRIVATE)
}

fn file(
    entry: &DirEntry,
    path: &Path,
    is_file: bool,
    sink: &mut Sink<'_>,
) -> Result<(), BundleError> {
    let name = path.to_string_lossy();
    if !is_file {
        return Err(BundleError::Forbidden {
            name: name.into_owned(),
            why: "is a link or no file",
        });
    }
    let content = fs::File::open(entry.path()).map_err(|e| disk(path, e))?;
    sink.file(&name, content)
}

fn disk(path: &Path, source: io::Error) -> BundleError {
    BundleError::Disk {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn tree(files: &[(&str, &str)]) -> TempDir {
        let dir = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            let path = dir.path().join("from").join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(path, text).expect("a file");
        }
        dir
    }

    async fn tried(dir: &TempDir, limits: Limits) -> Result<Unpacked, BundleError> {
        let done = gather(&dir.path().join("from"), &dir.path().join("site"), limits).await;
        assert!(
            !dir.path().join("site.unpacking").exists(),
            "a rest is left"
        );
        assert_eq!(dir.path().join("site").exists(), done.is_ok());
        done
    }

    #[tokio::test]
    async fn p16_files_are_published_and_the_team_s_own_are_not() {
        let dir = tree(&[
            ("index.html", "hello"),
            ("assets/app.js", "1"),
            (".well-known/security.txt", "2"),
            ("sealdock.yml", "port: 1"),
            (".env", "KEY=1"),
            (".github/workflow.yml", "x"),
            ("assets/.hidden", "x"),
        ]);
        let done = tried(&dir, Limits::default()).await.expect("published");
        assert_eq!((done.files, done.bytes), (3, 7));
        let site = dir.path().join("site");
        assert!(site.join(".well-known/security.txt").is_file());
        assert!(!site.join(".env").exists() && !site.join("assets/.hidden").exists());
    }

    #[tokio::test]
    async fn p16_no_index_a_link_and_too_much_publish_nothing() {
        let none = tree(&[("readme.txt", "x")]);
        let no = tried(&none, Limits::default()).await;
        assert!(matches!(no, Err(BundleError::NoIndex)), "{no:?}");
        let linked = tree(&[("index.html", "x")]);
        let link = linked.path().join("from/secret");
        std::os::unix::fs::symlink("/etc/passwd", link).expect("a link");
        let no = tried(&linked, Limits::default()).await;
        assert!(
            matches!(&no, Err(BundleError::Forbidden { name, .. }) if name == "secret"),
            "{no:?}"
        );
        let limits = Limits {
            bytes: 3,
            ..Limits::default()
        };
        let no = tried(&tree(&[("index.html", "four")]), limits).await;
        assert!(matches!(no, Err(BundleError::TooLarge { .. })), "{no:?}");
    }
}
