//! A clean tree at a commit, without `.git`, within its limits.

use super::Git;
use super::command::run;
use super::mirror::outgrown;
use domain::api::Reply;
use domain::id::OrgId;
use domain::refusal::{Kind, Refusal};
use std::io;
use std::path::{Component, Path};

/// What was checked out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checkout {
    pub files: u64,
    pub size_bytes: u64,
}

impl Git {
    /// `into` must not exist yet. Git's progress goes to `line`, live.
    pub async fn checkout(&self, org: &OrgId, url: &str, sha: &str, into: &Path, line: &mut (dyn FnMut(String) + Send)) -> Reply<Checkout> {
        let mirror = self.at(org, url, sha).await?;
        tokio::fs::create_dir_all(into).await.map_err(|e| disk(into, &e))?;
        let index = into.with_extension("index");
        let mut command = mirror.git();
        // Missing contents come in one batch.
        command.arg("--work-tree").arg(into).env("GIT_INDEX_FILE", &index).args(["read-tree", "-u", "--reset", sha]);
        let limit = self.limits.tree_bytes;
        let said = tokio::select! {
            said = mirror.bounded(run(command, line)) => said?,
            () = outgrown(into, limit) => return Err(too_large(limit)),
        };
        let _ = tokio::fs::remove_file(&index).await;
        if !said.ok {
            return Err(super::command::explain(url, &said.err));
        }
        let tree = into.to_owned();
        let checked = tokio::task::spawn_blocking(move || inspect(&tree)).await.map_err(|e| disk(into, &io::Error::other(e)))?;
        let checkout = checked.map_err(|e| disk(into, &e))??;
        if checkout.size_bytes > limit { Err(too_large(limit)) } else { Ok(checkout) }
    }
}

/// Sizes, and no symlink that leads out of the tree.
fn inspect(tree: &Path) -> io::Result<Reply<Checkout>> {
    match leading_out(tree, tree)? {
        Some(path) => Ok(Err(Refusal::invalid("repository", format!("The symbolic link `{path}` leads out of the repository.")).way_out("Remove it, or let it point inside."))),
        None => Ok(Ok(measure(tree)?)),
    }
}

fn leading_out(root: &Path, dir: &Path) -> io::Result<Option<String>> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_symlink() {
            let inside = dir.strip_prefix(root).unwrap_or(dir);
            if !stays(inside, &std::fs::read_link(&path)?) {
                return Ok(Some(path.strip_prefix(root).unwrap_or(&path).display().to_string()));
            }
        } else if kind.is_dir()
            && let Some(found) = leading_out(root, &path)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// By the text alone: what a link points to may not exist, or be a link again.
fn stays(from: &Path, target: &Path) -> bool {
    let mut depth = from.components().count() as i64;
    target.components().all(|part| {
        match part {
            Component::Normal(_) => depth += 1,
            Component::ParentDir => depth -= 1,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return false,
        }
        depth >= 0
    })
}

/// Files and bytes below a directory; links are not followed.
pub(super) fn measure(dir: &Path) -> io::Result<Checkout> {
    let mut sum = Checkout::default();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        // What vanishes while we look was not ours to count.
        let Ok(entries) = std::fs::read_dir(&dir) else { continue };
        for entry in entries.flatten() {
            match entry.metadata() {
                Ok(meta) if meta.is_dir() => open.push(entry.path()),
                Ok(meta) => sum = Checkout { files: sum.files + 1, size_bytes: sum.size_bytes + meta.len() },
                Err(_) => {}
            }
        }
    }
    Ok(sum)
}

fn too_large(limit: u64) -> Refusal {
    Refusal::new(Kind::TooLarge, "tree_too_large", format!("The files at this commit are larger than {} MiB together.", limit >> 20)).way_out("Keep large files out of the repository, or deploy an image.")
}

fn disk(dir: &Path, error: &io::Error) -> Refusal {
    Refusal::unavailable("disk", format!("{} can't be written: {error}.", dir.display())).way_out("Free some space on the disk that holds the data directory.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_leaves_the_tree_is_seen_by_its_text() {
        assert!(stays(Path::new("a/b"), Path::new("../c")));
        assert!(!stays(Path::new("a"), Path::new("../../etc/passwd")));
        assert!(!stays(Path::new(""), Path::new("/etc/passwd")));
    }
}
