//! What a test builds on a real Engine. Tags and layers are of this process: another one may
//! run the same tests on the same Engine.

use crate::driver::docker::Docker;
use crate::driver::docker::classic;
use crate::driver::{Build, BuildLimits, DriverError, Images, Lines, Secrets};
use bollard::query_parameters::RemoveImageOptions;
use domain::source::Artifact;
use domain::view::Stream;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub fn tag(name: &str) -> String {
    format!("sealdock/contract:{name}-{}", std::process::id())
}

/// Where a test reads what a build said.
#[derive(Default)]
pub struct Kept(std::sync::Mutex<Vec<(Stream, String)>>);

impl Kept {
    pub fn all(&self) -> Vec<(Stream, String)> {
        self.0.lock().map(|all| all.clone()).unwrap_or_default()
    }

    pub fn has(&self, text: &str) -> bool {
        self.all().iter().any(|(_, line)| line.contains(text))
    }
}

impl Lines for Kept {
    fn line(&self, stream: Stream, text: &str) {
        if let Ok(mut all) = self.0.lock() {
            all.push((stream, text.to_owned()));
        }
    }
}

/// The static program of `app.rs`, compiled once per test process and kept with its artefacts.
fn program() -> &'static Path {
    static PROGRAM: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    PROGRAM.get_or_init(|| {
        let beside = std::env::current_exe().expect("the test's own path");
        let program = beside.with_extension("contract-app");
        compile(&program);
        program
    })
}

fn compile(program: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/driver/docker/tests/app.rs");
    let done = std::process::Command::new("rustc")
        .args([
            "--edition",
            "2024",
            "-O",
            "-C",
            "target-feature=+crt-static",
            "-o",
        ])
        .args([program, &source])
        .status();
    assert!(
        done.is_ok_and(|status| status.success()),
        "rustc compiles the app of the contract"
    );
}

/// A directory with the app and a Dockerfile.
pub fn context(dockerfile: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::copy(program(), dir.path().join("app")).expect("the app");
    std::fs::write(dir.path().join("Dockerfile"), dockerfile).expect("a Dockerfile");
    dir
}

/// Removes what a build that made no image left as cache. Production leaves it: the next try
/// goes on from there.
pub async fn sweep(docker: &Docker, said: &Kept) {
    let engine = docker.room.client.engine().await.expect("the Engine");
    for (_, line) in said.all().iter().rev() {
        if let Some(layer) = line
            .split_once(" ---> ")
            .map(|(_, rest)| rest)
            .filter(|rest| !rest.contains(' '))
        {
            let _ = engine
                .remove_image(layer, None::<RemoveImageOptions>, None)
                .await;
        }
    }
}

pub fn limits(memory_mib: u32) -> BuildLimits {
    BuildLimits {
        memory_mib,
        cpus_milli: 2000,
        pids: 256,
    }
}

/// The Engine's two builders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    BuildKit,
    Classic,
}

pub const BOTH: [By; 2] = [By::BuildKit, By::Classic];

/// By whichever the driver chooses: BuildKit where these tests run.
pub async fn build(
    driver: &Docker,
    context: &Path,
    tag: &str,
    lines: &Kept,
) -> Result<Artifact, DriverError> {
    build_by(By::BuildKit, driver, context, tag, lines).await
}

pub async fn build_by(
    by: By,
    driver: &Docker,
    context: &Path,
    tag: &str,
    lines: &Kept,
) -> Result<Artifact, DriverError> {
    let (args, labels) = (
        BTreeMap::from([("WHO".into(), "you".into())]),
        BTreeMap::from([("sealdock.test".into(), "yes".into())]),
    );
    let build = Build {
        context,
        dockerfile: "Dockerfile",
        generated: None,
        tag,
        args: &args,
        labels: &labels,
        limits: limits(64),
        secrets: Secrets::default(),
        logins: &[],
    };
    match by {
        By::BuildKit => driver.build(build, lines).await,
        By::Classic => classic::build(&driver.room, build, lines).await,
    }
}

/// Whether a process of this machine runs with these words in its command line.
pub fn runs(words: &str) -> bool {
    let processes = std::fs::read_dir("/proc").expect("the processes");
    let lines = processes
        .flatten()
        .filter_map(|p| std::fs::read(p.path().join("cmdline")).ok());
    lines.into_iter().any(|line| {
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.starts_with("/app") && line.contains(words)
    })
}
