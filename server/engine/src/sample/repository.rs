//! The sample's Git repository: three tags, each with a lesson.
//!
//! Author, dates and content are fixed, so its commit ids are the same wherever this build of
//! the app makes it.

use super::{SampleError, hello};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// Oldest first. The last one never becomes healthy.
pub const TAGS: [&str; 3] = ["v1.0.0", "v1.1.0", "v1.2.0-rc.1"];

const DOCKERFILE: &str = include_str!("../../sample/repository/Dockerfile");
const NEVER_HEALTHY: &str = "\n# On purpose: this version shows what happens to an update that never becomes healthy.\nENV HELLO_UNHEALTHY=1\n";
const CONFIG: &str = include_str!("../../sample/repository/sealdock.yml");
const README: &str = include_str!("../../sample/repository/README.md");

const AUTHOR: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "Sealdock"),
    ("GIT_AUTHOR_EMAIL", "sample@sealdock.invalid"),
    ("GIT_COMMITTER_NAME", "Sealdock"),
    ("GIT_COMMITTER_EMAIL", "sample@sealdock.invalid"),
];

struct Release {
    tag: &'static str,
    branch: &'static str,
    date: &'static str,
    dockerfile: fn() -> String,
    message: &'static str,
}

const RELEASES: [Release; 3] = [
    Release {
        tag: TAGS[0],
        branch: "main",
        date: "2026-01-05T09:00:00Z",
        dockerfile: || DOCKERFILE.to_owned(),
        message: "Say hello",
    },
    Release {
        tag: TAGS[1],
        branch: "main",
        date: "2026-02-02T09:00:00Z",
        dockerfile: || DOCKERFILE.to_owned(),
        message: "Say hello in another colour",
    },
    Release {
        tag: TAGS[2],
        // Not on main: who deploys the branch gets what works.
        branch: "next",
        date: "2026-03-02T09:00:00Z",
        dockerfile: || format!("{DOCKERFILE}{NEVER_HEALTHY}"),
        message: "Never become healthy\n\nA broken pre-release, on purpose: its health check answers 503 for ever.\nUpdate to it and watch the update be refused while the live version serves.",
    },
];

/// Makes the repository at `dir`, whole or not at all; what is already there is left alone,
/// because deployments may point at its commits. Blocks: it runs git.
pub fn write_repository(dir: &Path) -> Result<(), SampleError> {
    if dir.join(".git").exists() {
        return Ok(());
    }
    let parent = dir.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(|source| failed(parent, source))?;
    let draft = tempfile::Builder::new()
        .prefix(".sample-")
        .tempdir_in(parent)
        .map_err(|source| failed(parent, source))?;
    git(
        draft.path(),
        &["init", "--quiet", "--initial-branch=main", "."],
        &[],
    )?;
    for release in &RELEASES {
        commit(draft.path(), release)?;
    }
    git(draft.path(), &["checkout", "--quiet", "main"], &[])?;
    fs::rename(draft.path(), dir).map_err(|source| failed(dir, source))
}

fn commit(dir: &Path, release: &Release) -> Result<(), SampleError> {
    let dates = [
        ("GIT_AUTHOR_DATE", release.date),
        ("GIT_COMMITTER_DATE", release.date),
    ];
    git(dir, &["checkout", "--quiet", "-B", release.branch], &[])?;
    write(dir, "Dockerfile", (release.dockerfile)().as_bytes())?;
    write(dir, "sealdock.yml", CONFIG.as_bytes())?;
    write(dir, "README.md", README.as_bytes())?;
    write(dir, "version", format!("{}\n", release.tag).as_bytes())?;
    write(dir, "hello", hello())?;
    executable(&dir.join("hello"))?;
    git(dir, &["add", "--all"], &[])?;
    git(
        dir,
        &["commit", "--quiet", "--message", release.message],
        &dates,
    )?;
    git(
        dir,
        &[
            "tag",
            "--annotate",
            "--message",
            release.message,
            release.tag,
        ],
        &dates,
    )
}

fn write(dir: &Path, name: &str, content: &[u8]) -> Result<(), SampleError> {
    let path = dir.join(name);
    fs::write(&path, content).map_err(|source| failed(&path, source))
}

fn executable(path: &Path) -> Result<(), SampleError> {
    fs::set_permissions(path, Permissions::from_mode(0o755)).map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: std::io::Error) -> SampleError {
    SampleError::Write {
        path: path.to_owned(),
        source,
    }
}

/// Nobody's own git settings (hooks, signing, templates) have a say here.
fn git(dir: &Path, arguments: &[&str], dates: &[(&str, &str)]) -> Result<(), SampleError> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(dir)
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .envs([
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_TEMPLATE_DIR", ""),
        ])
        .envs(AUTHOR)
        .envs(dates.iter().copied())
        .output()
        .map_err(SampleError::NoGit)?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(SampleError::Git {
        verb: arguments.first().copied().unwrap_or("").to_owned(),
        stderr,
    })
}
