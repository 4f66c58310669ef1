//! Puts files where the data plane serves from: those of an earlier deployment, or of the repository.

use super::{Ended, Pipeline, Task, publish};
use domain::id::DeploymentId;
use domain::source::Artifact;
use std::io;
use std::path::{Path, PathBuf};

pub(super) async fn run(pipeline: &Pipeline, task: &Task<'_>) -> Ended {
    match &task.deployment.reuses {
        Some(of) => again(pipeline, task, of).await,
        None => publish::run(pipeline, task).await,
    }
}

async fn again(pipeline: &Pipeline, task: &Task<'_>, of: &DeploymentId) -> Ended {
    let (number, artifact) = super::reused(pipeline, task, of).await?;
    let Artifact::Static {
        root,
        digest,
        files,
        size_bytes,
    } = artifact
    else {
        return Err(format!("#{number} has no files, but an image."));
    };
    let into = pipeline.dirs.site(&task.deployment.id);
    super::remove(&into).await;
    let (from, to) = (PathBuf::from(&root), into.clone());
    let linked = tokio::task::spawn_blocking(move || link(&from, &to)).await;
    linked
        .map_err(io::Error::other)
        .and_then(|done| done)
        .map_err(|error| gone(number, &error))?;
    task.say(&format!(
        "The {files} files of #{number} are here: {digest}."
    ));
    Ok(Some(Artifact::Static {
        root: into.display().to_string(),
        digest,
        files,
        size_bytes,
    }))
}

fn gone(number: u32, error: &io::Error) -> String {
    format!(
        "The files of #{number} can't be taken over: {error}. Send the bundle again, or deploy its version anew."
    )
}

/// The same files under another directory, without a copy: what is served is never written to.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let into = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            link(&entry.path(), &into)?;
        } else {
            std::fs::hard_link(entry.path(), into)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p13_the_same_files_stand_in_two_places_and_outlive_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (dir.path().join("old"), dir.path().join("new"));
        std::fs::create_dir_all(old.join("a/b")).unwrap();
        std::fs::write(old.join("a/b/c.txt"), "hello").unwrap();
        link(&old, &new).unwrap();
        std::fs::remove_dir_all(&old).unwrap();
        assert_eq!(
            std::fs::read_to_string(new.join("a/b/c.txt")).unwrap(),
            "hello"
        );
    }
}
