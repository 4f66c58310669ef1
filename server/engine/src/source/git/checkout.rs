//! A clean tree at a commit, without `.git`, within its limits.

use super::command::run;
use super::mirror::{Mirror, outgrown};
use super::{Git, Limits};
use domain::api::Reply;
use domain::config::SourceConfig;
use domain::id::OrgId;
use domain::refusal::{Kind, Refusal};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// What was checked out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checkout {
    pub files: u64,
    pub size_bytes: u64,
}

/// Where a tree is written, and who hears of it.
pub(super) struct Room<'a> {
    pub root: &'a Path,
    pub wanted: SourceConfig,
    pub line: &'a mut (dyn FnMut(String) + Send),
}

impl Git {
    /// `into` must not exist yet. Git's progress goes to `line`, live.
    pub async fn checkout(
        &self,
        org: &OrgId,
        url: &str,
        sha: &str,
        wanted: SourceConfig,
        into: &Path,
        line: &mut (dyn FnMut(String) + Send),
    ) -> Reply<Checkout> {
        let mirror = self.listed(org, url, sha).await?;
        let mut room = Room {
            root: into,
            wanted,
            line,
        };
        let done = self.write_all(org, &mirror, sha, &mut room).await;
        let _ = tokio::fs::remove_file(index(into)).await;
        if done.is_err() {
            let _ = tokio::fs::remove_dir_all(into).await;
        }
        done
    }

    /// The mirror, in which every file of the commit is known by name.
    pub(super) async fn listed(&self, org: &OrgId, url: &str, sha: &str) -> Reply<Arc<Mirror>> {
        let mirror = self.at(org, url, sha).await?;
        if let Err(broken) = self.files_at(&mirror, sha).await {
            // A mirror is a cache: what is missing in it may still be at the host.
            let TreeError::Broken = broken else {
                return Err(broken.refusal(&self.limits));
            };
            mirror.renew().await?;
            self.files_at(&mirror, sha)
                .await
                .map_err(|e| e.refusal(&self.limits))?;
        }
        Ok(mirror)
    }

    /// By names alone, before a file is written: a small pack can hold a tree of billions.
    async fn files_at(&self, mirror: &Mirror, sha: &str) -> Result<(), TreeError> {
        let mut command = mirror.git();
        // Trees are always in a mirror. One that is missing is damage, and git would ask the host for it without end.
        command.env("GIT_NO_LAZY_FETCH", "1").args([
            "ls-tree",
            "-r",
            "--name-only",
            "-z",
            "--full-tree",
            sha,
        ]);
        let said = mirror
            .bounded(run(command, &mut |_| {}))
            .await
            .map_err(TreeError::Refused)?;
        let files = said.out.iter().filter(|b| **b == 0).count();
        match () {
            () if files > self.limits.files => Err(TreeError::TooMany),
            () if !said.ok => Err(TreeError::Broken),
            () => Ok(()),
        }
    }

    async fn write_all(
        &self,
        org: &OrgId,
        mirror: &Mirror,
        sha: &str,
        room: &mut Room<'_>,
    ) -> Reply<Checkout> {
        let root = room.root;
        tokio::fs::create_dir_all(root)
            .await
            .map_err(|e| disk(root, &e))?;
        self.write_tree(mirror, sha, root, room).await?;
        if room.wanted.submodules {
            self.fill_submodules(org, mirror.url.as_str(), sha, room)
                .await?;
        }
        let tree = root.to_owned();
        let checked = tokio::task::spawn_blocking(move || inspect(&tree))
            .await
            .map_err(|e| disk(root, &io::Error::other(e)))?;
        let checkout = checked.map_err(|e| disk(root, &e))??;
        match () {
            () if checkout.size_bytes > self.limits.tree_bytes => {
                Err(too_large(self.limits.tree_bytes))
            }
            () if checkout.files > self.limits.files as u64 => {
                Err(TreeError::TooMany.refusal(&self.limits))
            }
            () => Ok(checkout),
        }
    }

    /// One repository's own files, into a directory that is empty.
    pub(super) async fn write_tree(
        &self,
        mirror: &Mirror,
        sha: &str,
        dir: &Path,
        room: &mut Room<'_>,
    ) -> Reply<()> {
        let index = index(room.root);
        let _ = tokio::fs::remove_file(&index).await;
        let mut command = mirror.git();
        // Missing contents come in one batch.
        command
            .arg("--work-tree")
            .arg(dir)
            .env("GIT_INDEX_FILE", &index)
            .args(["read-tree", "-u", "--reset", sha]);
        let limit = self.limits.tree_bytes;
        let said = tokio::select! {
            said = mirror.run(command, room.line) => said?,
            () = outgrown(room.root, limit) => return Err(too_large(limit)),
        };
        if !said.ok {
            return Err(super::command::explain(mirror.url.as_str(), &said.err));
        }
        if room.wanted.lfs {
            self.fill_pointers(mirror, sha, dir, room).await?;
        }
        Ok(())
    }
}

/// Git's own notes about a tree, beside it.
fn index(root: &Path) -> PathBuf {
    root.with_extension("index")
}

/// Why a tree is not written.
enum TreeError {
    TooMany,
    /// The mirror lacks a part of it.
    Broken,
    Refused(Refusal),
}

impl TreeError {
    fn refusal(self, limits: &Limits) -> Refusal {
        match self {
            TreeError::TooMany => Refusal::new(
                Kind::TooLarge,
                "too_many_files",
                format!("There are more than {} files at this commit.", limits.files),
            )
            .way_out("Deploy a smaller repository, or an image."),
            TreeError::Broken => Refusal::unavailable(
                "git_broken",
                "The commit's files can't be listed, not even from a fresh copy of the repository.",
            )
            .way_out("Run `git fsck` on the repository's host."),
            TreeError::Refused(refusal) => refusal,
        }
    }
}

/// Sizes, and no symlink that leads out of the tree.
fn inspect(tree: &Path) -> io::Result<Reply<Checkout>> {
    match leading_out(tree, tree)? {
        Some(path) => Ok(Err(Refusal::invalid(
            "repository",
            format!("The symbolic link `{path}` leads out of the repository."),
        )
        .way_out("Remove it, or let it point inside."))),
        None => Ok(Ok(measure(tree)?)),
    }
}

fn leading_out(root: &Path, dir: &Path) -> io::Result<Option<String>> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_symlink() {
            let inside = dir.strip_prefix(root).unwrap_or(dir);
            if !stays(root, inside, &std::fs::read_link(&path)?) {
                return Ok(Some(
                    path.strip_prefix(root)
                        .unwrap_or(&path)
                        .display()
                        .to_string(),
                ));
            }
        } else if kind.is_dir()
            && let Some(found) = leading_out(root, &path)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Links on the way that are followed before we call it a circle.
const MOST_LINKS: usize = 40;

/// Walks the target as the kernel would, over other links of the tree, and never above `root`.
/// What it leads to may not exist.
fn stays(root: &Path, from: &Path, target: &Path) -> bool {
    let mut at = from.to_owned();
    let mut ahead: Vec<PathBuf> = parts(target);
    let mut links = 0;
    while let Some(part) = ahead.pop() {
        match part.components().next() {
            Some(Component::Normal(name)) => at.push(name),
            Some(Component::ParentDir) if at.pop() => continue,
            Some(Component::CurDir) | None => continue,
            _ => return false,
        }
        if let Ok(next) = std::fs::read_link(root.join(&at)) {
            links += 1;
            at.pop();
            ahead.extend(parts(&next));
        }
        if links > MOST_LINKS || ahead.len() > 4096 {
            return false;
        }
    }
    true
}

/// The last part first, so that the next one is popped.
fn parts(path: &Path) -> Vec<PathBuf> {
    path.components()
        .rev()
        .map(|part| PathBuf::from(part.as_os_str()))
        .collect()
}

/// Files and bytes below a directory; links are not followed.
pub(super) fn measure(dir: &Path) -> io::Result<Checkout> {
    let mut sum = Checkout::default();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        // What vanishes while we look was not ours to count.
        let Ok(entries) = std::fs::read_dir(&dir) else {
            continue;
        };
        for entry in entries.flatten() {
            match entry.metadata() {
                Ok(meta) if meta.is_dir() => open.push(entry.path()),
                Ok(meta) => {
                    sum = Checkout {
                        files: sum.files + 1,
                        size_bytes: sum.size_bytes + meta.len(),
                    }
                }
                Err(_) => {}
            }
        }
    }
    Ok(sum)
}

fn too_large(limit: u64) -> Refusal {
    Refusal::new(
        Kind::TooLarge,
        "tree_too_large",
        format!(
            "The files at this commit are larger than {} MiB together.",
            limit >> 20
        ),
    )
    .way_out("Keep large files out of the repository, or deploy an image.")
}

fn disk(dir: &Path, error: &io::Error) -> Refusal {
    Refusal::unavailable(
        "disk",
        format!("{} can't be written: {error}.", dir.display()),
    )
    .way_out("Free some space on the disk that holds the data directory.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_leaves_the_tree_is_seen() {
        let root = tempfile::tempdir().expect("a directory");
        let stays =
            |from: &str, target: &str| stays(root.path(), Path::new(from), Path::new(target));
        assert!(stays("a/b", "../c") && stays("", "a/../b") && stays("", "."));
        assert!(
            !stays("a", "../../etc/passwd") && !stays("", "/etc/passwd") && !stays("", "a/../../b")
        );
    }

    #[test]
    fn a_circle_of_links_ends() {
        let root = tempfile::tempdir().expect("a directory");
        std::os::unix::fs::symlink("b", root.path().join("a")).expect("a link");
        std::os::unix::fs::symlink("a", root.path().join("b")).expect("a link");
        assert!(!stays(root.path(), Path::new(""), Path::new("a")));
    }
}
