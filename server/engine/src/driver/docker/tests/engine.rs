//! A real Engine for a test, and an app to run on it.

use crate::driver::contract::{App, Behaviour, Harness};
use crate::driver::docker::{Docker, Options, name, observe};
use crate::driver::{Build, Driver, Images, Lines};
use domain::id::InstanceId;
use domain::source::Artifact;
use domain::view::Stream;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use tokio::sync::OnceCell;

/// The image is built once per test process.
static IMAGE: OnceCell<String> = OnceCell::const_new();
pub const TAG: &str = "sealdock/contract:app";

/// One test's installation, so that tests at the same time don't see each other.
pub struct Here {
    installation: String,
    image: String,
}

impl Here {
    pub async fn new(test: &str) -> Option<Self> {
        let installation = format!("{test}-{}", std::process::id());
        let driver = Docker::connect(options(&installation));
        if let Err(e) = driver.fingerprint().await {
            // Not `eprintln`, which the test runner swallows when a test passes.
            let _ = writeln!(std::io::stderr(), "SKIPPED docker::{test}: {e}");
            return None;
        }
        let image = IMAGE.get_or_init(|| build_app(&driver)).await.clone();
        Some(Self {
            installation,
            image,
        })
    }

    pub fn docker(&self) -> Docker {
        Docker::connect(options(&self.installation))
    }

    /// The same program in an image that names none, so that the command decides.
    pub async fn bare(&self) -> String {
        let dir = context("FROM scratch\nCOPY app /app\n");
        let built = build(
            &self.docker(),
            dir.path(),
            "sealdock/contract:bare",
            &Kept::default(),
        )
        .await;
        built.expect("the image builds").digest().to_owned()
    }

    pub async fn is_settled(&self, id: &InstanceId) -> bool {
        let found = observe::inspect(&self.docker().room, &name::container(id)).await;
        found.is_ok_and(|found| found.is_some_and(|(_, settled)| settled))
    }

    /// Its program dies, as in a crash.
    pub async fn kill(&self, id: &InstanceId) {
        let docker = self.docker();
        let (state, _) = observe::inspect(&docker.room, &name::container(id))
            .await
            .expect("the Engine")
            .expect("the instance");
        let pid = state
            .pid
            .and_then(|pid| i32::try_from(pid).ok())
            .expect("a process");
        let killed = std::process::Command::new("kill")
            .args(["-9", &pid.to_string()])
            .status();
        assert!(
            killed.is_ok_and(|status| status.success()),
            "the process of the instance is killed"
        );
    }
}

pub fn options(installation: &str) -> Options {
    Options {
        settle_after: Duration::from_millis(300),
        ..Options::new(installation)
    }
}

impl Harness for Here {
    type Driver = Docker;

    fn connect(&self) -> Docker {
        self.docker()
    }

    fn neighbour(&self) -> Docker {
        Docker::connect(options(&format!("{}-neighbour", self.installation)))
    }

    fn app(&self, behaviour: Behaviour) -> App {
        let word = match behaviour {
            Behaviour::Serves => "serves",
            Behaviour::Exits => "exits",
            Behaviour::EatsMemory => "eats-memory",
            Behaviour::Prints => "prints",
        };
        App {
            image: self.image.clone(),
            command: Some(vec![word.into()]),
        }
    }
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

/// The static program of `app.rs` as `/app` of `root`.
pub fn compile(root: &Path) {
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
        .args([&root.join("app"), &source])
        .status();
    assert!(
        done.is_ok_and(|status| status.success()),
        "rustc compiles the app of the contract"
    );
}

/// A directory with the app and a Dockerfile.
pub fn context(dockerfile: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    compile(dir.path());
    std::fs::write(dir.path().join("Dockerfile"), dockerfile).expect("a Dockerfile");
    dir
}

pub async fn build(
    driver: &Docker,
    context: &Path,
    tag: &str,
    lines: &Kept,
) -> Result<Artifact, crate::driver::DriverError> {
    let (args, labels) = (
        BTreeMap::from([("WHO".into(), "you".into())]),
        BTreeMap::from([("sealdock.test".into(), "yes".into())]),
    );
    driver
        .build(
            Build {
                context,
                dockerfile: "Dockerfile",
                tag,
                args: &args,
                labels: &labels,
                memory_mib: 256,
            },
            lines,
        )
        .await
}

async fn build_app(driver: &Docker) -> String {
    let dir = context("FROM scratch\nCOPY app /app\nENTRYPOINT [\"/app\"]\n");
    let artifact = build(driver, dir.path(), TAG, &Kept::default())
        .await
        .expect("the app's image builds");
    artifact.digest().to_owned()
}
