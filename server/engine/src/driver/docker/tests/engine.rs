//! A real Engine for a test, and an app to run on it.

use crate::driver::contract::{App, Behaviour, Harness};
use crate::driver::docker::{Docker, Options, name, observe};
use crate::driver::{Build, Driver, Images, Lines};
use bollard::query_parameters::{ListContainersOptionsBuilder, RemoveImageOptions};
use domain::id::InstanceId;
use domain::source::Artifact;
use domain::view::Stream;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::Mutex;

/// The image that the apps of all tests at this moment run; the last one removes it.
static IMAGE: Mutex<Shared> = Mutex::const_new(Shared {
    users: 0,
    image: None,
});
pub const BARE: &str = "sealdock/contract:bare";
const TAG: &str = "sealdock/contract:app";

struct Shared {
    users: usize,
    image: Option<String>,
}

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
        let mut shared = IMAGE.lock().await;
        if shared.image.is_none() {
            shared.image = Some(build_app(&driver).await);
        }
        shared.users += 1;
        let image = shared.image.clone()?;
        Some(Self { installation, image })
    }

    pub fn docker(&self) -> Docker {
        Docker::connect(options(&self.installation))
    }

    /// The same program in an image that names none, so that the command decides.
    pub async fn bare(&self) -> String {
        let dir = context("FROM scratch\nLABEL test=bare\nCOPY app /app\n");
        let built = build(
            &self.docker(),
            dir.path(),
            BARE,
            &Kept::default(),
        )
        .await;
        built.expect("the image builds").digest().to_owned()
    }

    /// Containers whose command contains `words`: those of build steps have no name of ours.
    pub async fn count(&self, words: &str) -> usize {
        let docker = self.docker();
        let engine = docker.room.client.engine().await.expect("the Engine");
        let options = ListContainersOptionsBuilder::new().all(true).build();
        let all = engine.list_containers(Some(options)).await.expect("a list");
        all.iter().filter(|found| found.command.as_deref().is_some_and(|command| command.contains(words))).count()
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

/// On a thread of its own: a destructor can't wait in its runtime.
impl Drop for Here {
    fn drop(&mut self) {
        let left = std::thread::spawn(leave).join();
        assert!(left.is_ok() || std::thread::panicking(), "the app's image stays behind");
    }
}

fn leave() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let mut shared = IMAGE.lock().await;
        shared.users -= 1;
        if shared.users == 0 {
            shared.image = None;
            let docker = Docker::connect(options("nobody"));
            docker.discard(TAG).await.expect("the app's image goes");
        }
    });
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

/// The static program of `app.rs`, compiled once per test process and kept with its artefacts.
fn program() -> &'static Path {
    static PROGRAM: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    PROGRAM.get_or_init(|| {
        let beside = std::env::current_exe().expect("the test's own path");
        let program = beside.with_file_name("contract-app");
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
            .strip_prefix(" ---> ")
            .filter(|rest| !rest.contains(' '))
        {
            let _ = engine
                .remove_image(layer, None::<RemoveImageOptions>, None)
                .await;
        }
    }
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
