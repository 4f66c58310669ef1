//! The build context, as a tar that is written while it is sent: it is never in memory as a
//! whole, however large the tree is.

use super::ignore::Ignore;
use bytes::Bytes;
use std::fs::{DirEntry, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks on their way; the writer waits for the Engine to take them.
const CHUNKS: usize = 4;

pub type Chunk = io::Result<Bytes>;

/// Chunks of the tar of `root`. Owner, group and time are left out, so that the same tree
/// always finds the same cached layers.
pub fn stream(root: &Path, dockerfile: &str, generated: Option<&str>) -> mpsc::Receiver<Chunk> {
    let (root, dockerfile) = (root.to_owned(), dockerfile.to_owned());
    let generated = generated.map(str::to_owned);
    written(move |into| write(&root, &dockerfile, generated.as_deref(), into))
}

/// Chunks of what `write` writes, off the async threads.
pub fn written(
    write: impl FnOnce(io::BufWriter<Chunks>) -> io::Result<()> + Send + 'static,
) -> mpsc::Receiver<Chunk> {
    let (send, receive) = mpsc::channel(CHUNKS);
    tokio::task::spawn_blocking(move || {
        if let Err(e) = write(Chunks::buffered(send.clone())) {
            // A receiver that is gone has cancelled it: nobody to tell.
            let _ = send.blocking_send(Err(e));
        }
    });
    receive
}

/// Everything that `.dockerignore` lets through, to `into`; a generated Dockerfile comes first,
/// and what has its name in the tree stays behind.
pub fn write(
    root: &Path,
    dockerfile: &str,
    generated: Option<&str>,
    into: impl Write,
) -> io::Result<()> {
    let ignore = std::fs::read_to_string(root.join(".dockerignore"))
        .map(|text| Ignore::parse(&text))
        .unwrap_or_default();
    let mut tree = Tree {
        root,
        dockerfile: clean(dockerfile),
        is_generated: generated.is_some(),
        ignore,
        tar: tar::Builder::new(into),
    };
    tree.tar.follow_symlinks(false);
    if let Some(text) = generated {
        tree.append_generated(text)?;
    }
    tree.directory(Path::new(""))?;
    tree.tar.into_inner()?.flush()
}

fn clean(path: &str) -> String {
    path.trim_start_matches("./").to_owned()
}

struct Tree<'a, W: Write> {
    root: &'a Path,
    dockerfile: String,
    /// The one in the tree, if there is one, is not the one.
    is_generated: bool,
    ignore: Ignore,
    tar: tar::Builder<W>,
}

impl<W: Write> Tree<'_, W> {
    fn directory(&mut self, relative: &Path) -> io::Result<()> {
        let mut entries =
            std::fs::read_dir(self.root.join(relative))?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(DirEntry::file_name);
        for entry in entries {
            self.entry(&relative.join(entry.file_name()), &entry.metadata()?)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, metadata: &Metadata) -> io::Result<()> {
        if self.is_generated && path == Path::new(&self.dockerfile) {
            return Ok(());
        }
        let sent = !self.ignore.excludes(&path.to_string_lossy()) || self.is_needed(path);
        if sent {
            self.append(path, metadata)?;
        }
        if metadata.is_dir() && (sent || self.may_send_inside(path)) {
            self.directory(path)?;
        }
        Ok(())
    }

    /// The Engine can't build without these, so they are sent even when they are ignored.
    fn is_needed(&self, path: &Path) -> bool {
        path == Path::new(&self.dockerfile) || path == Path::new(".dockerignore")
    }

    fn may_send_inside(&self, path: &Path) -> bool {
        self.ignore.takes_back() || Path::new(&self.dockerfile).starts_with(path)
    }

    fn append_generated(&mut self, text: &str) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(text.len() as u64);
        self.tar
            .append_data(&mut header, &self.dockerfile, text.as_bytes())
    }

    /// Sockets and pipes are left out: there is nothing in them to build from.
    fn append(&mut self, path: &Path, metadata: &Metadata) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_metadata_in_mode(metadata, tar::HeaderMode::Deterministic);
        header.set_mode(mode(metadata));
        let on_disk = self.root.join(path);
        if metadata.is_symlink() {
            header.set_size(0);
            self.tar
                .append_link(&mut header, path, std::fs::read_link(on_disk)?)
        } else if metadata.is_dir() {
            self.tar.append_data(&mut header, path, io::empty())
        } else if metadata.is_file() {
            // Exactly as many bytes as announced, even when the file grows meanwhile.
            let file = io::Read::take(std::fs::File::open(on_disk)?, metadata.len());
            self.tar.append_data(&mut header, path, file)
        } else {
            Ok(())
        }
    }
}

fn mode(metadata: &Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o7777
}

/// Hands over what is written, a buffer at a time.
pub struct Chunks(mpsc::Sender<Chunk>);

impl Chunks {
    fn buffered(send: mpsc::Sender<Chunk>) -> io::BufWriter<Self> {
        io::BufWriter::with_capacity(CHUNK_BYTES, Self(send))
    }
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map(|()| bytes.len())
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where the Dockerfile of a build is, for the sentence that says it is missing.
pub fn dockerfile(root: &Path, dockerfile: &str) -> PathBuf {
    root.join(clean(dockerfile))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> io::Result<tempfile::TempDir> {
        let dir = tempfile::tempdir()?;
        for (path, text) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap_or(dir.path()))?;
            std::fs::write(path, text)?;
        }
        Ok(dir)
    }

    fn names(tar: &[u8]) -> io::Result<Vec<String>> {
        let mut archive = tar::Archive::new(tar);
        archive
            .entries()?
            .map(|entry| {
                Ok(entry?
                    .path()?
                    .to_string_lossy()
                    .trim_end_matches('/')
                    .to_owned())
            })
            .collect()
    }

    #[test]
    fn what_is_ignored_stays_behind_and_what_the_build_needs_goes() -> io::Result<()> {
        let dir = tree(&[
            (".dockerignore", "*\n!src\n!keep/deep.txt"),
            ("docker/Dockerfile", "FROM scratch"),
            ("docker/notes.txt", ""),
            ("keep/deep.txt", "d"),
            ("keep/other.txt", ""),
            ("src/main.rs", "fn main() {}"),
            ("secret.env", "A=1"),
        ])?;
        let mut tar = Vec::new();
        write(dir.path(), "./docker/Dockerfile", None, &mut tar)?;
        assert_eq!(
            names(&tar)?,
            [
                ".dockerignore",
                "docker/Dockerfile",
                "keep/deep.txt",
                "src",
                "src/main.rs"
            ]
        );
        Ok(())
    }

    #[test]
    fn p6_a_generated_dockerfile_goes_along_and_overwrites_nothing() -> io::Result<()> {
        let dir = tree(&[(".sealdock.Dockerfile", "theirs"), ("a.txt", "a")])?;
        let mut tar = Vec::new();
        write(dir.path(), ".sealdock.Dockerfile", Some("FROM a"), &mut tar)?;
        assert_eq!(names(&tar)?, [".sealdock.Dockerfile", "a.txt"]);
        let mut archive = tar::Archive::new(tar.as_slice());
        let mut sent = String::new();
        let first = archive.entries()?.next().expect("an entry");
        io::Read::read_to_string(&mut first?, &mut sent)?;
        assert_eq!(sent, "FROM a");
        let kept = std::fs::read_to_string(dir.path().join(".sealdock.Dockerfile"))?;
        assert_eq!(kept, "theirs");
        Ok(())
    }

    #[test]
    fn links_stay_links_and_the_same_tree_is_the_same_tar() -> io::Result<()> {
        let dir = tree(&[("Dockerfile", "FROM scratch"), ("a/run.sh", "x")])?;
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("link"))?;
        let (mut one, mut two) = (Vec::new(), Vec::new());
        write(dir.path(), "Dockerfile", None, &mut one)?;
        std::fs::write(dir.path().join("a/run.sh"), "x")?;
        write(dir.path(), "Dockerfile", None, &mut two)?;
        assert_eq!(one, two);
        let mut archive = tar::Archive::new(one.as_slice());
        let link = archive
            .entries()?
            .flatten()
            .find(|entry| entry.header().entry_type().is_symlink());
        assert!(link.is_some_and(|link| link.header().size().unwrap_or(1) == 0));
        Ok(())
    }

    #[tokio::test]
    async fn a_tree_that_can_t_be_read_says_so_in_the_stream() {
        let mut chunks = stream(Path::new("/nowhere/at/all"), "Dockerfile", None);
        let mut last = None;
        while let Some(chunk) = chunks.recv().await {
            last = Some(chunk);
        }
        assert!(last.is_some_and(|chunk| chunk.is_err()));
    }
}
