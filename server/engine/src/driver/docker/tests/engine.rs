//! A real Engine for a test, and an app to run on it.

use super::builds::{Kept, build, context, tag};
use crate::driver::contract::{App, Behaviour, Harness};
use crate::driver::docker::{Docker, Options, name, observe};
use crate::driver::{Driver, Images};
use bollard::query_parameters::ListContainersOptionsBuilder;
use domain::id::InstanceId;
use std::io::Write;
use std::time::Duration;
use tokio::sync::Mutex;

/// The image that the apps of all tests at this moment run; the last one removes it.
static IMAGE: Mutex<Shared> = Mutex::const_new(Shared {
    users: 0,
    image: None,
});

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
        Some(Self {
            installation,
            image,
        })
    }

    pub fn docker(&self) -> Docker {
        Docker::connect(options(&self.installation))
    }

    /// One that loses its patience with registries soon.
    pub fn impatient(&self) -> Docker {
        Docker::connect(Options {
            registry_stall: Duration::from_secs(3),
            registry_patience: Duration::from_secs(3),
            ..options(&self.installation)
        })
    }

    /// The same program in an image that names none, so that the command decides.
    pub async fn bare(&self) -> String {
        let dir = context(&format!(
            "FROM scratch\nLABEL test={}\nCOPY app /app\n",
            tag("bare")
        ));
        let built = build(&self.docker(), dir.path(), &tag("bare"), &Kept::default()).await;
        built.expect("the image builds").digest().to_owned()
    }

    /// Containers whose command contains `words`: those of build steps have no name of ours.
    pub async fn count(&self, words: &str) -> usize {
        let docker = self.docker();
        let engine = docker.room.client.engine().await.expect("the Engine");
        let options = ListContainersOptionsBuilder::new().all(true).build();
        let all = engine.list_containers(Some(options)).await.expect("a list");
        all.iter()
            .filter(|found| {
                found
                    .command
                    .as_deref()
                    .is_some_and(|command| command.contains(words))
            })
            .count()
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
        assert!(
            left.is_ok() || std::thread::panicking(),
            "the app's image stays behind"
        );
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
            docker
                .discard(&tag("app"))
                .await
                .expect("the app's image goes");
        }
    });
}

pub fn options(installation: &str) -> Options {
    Options {
        settle_after: Duration::from_millis(300),
        // The app does not end by itself.
        stop_grace_s: 1,
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

    fn keeps_and_prints(&self) -> [Vec<String>; 2] {
        [words(["/app", "keeps"]), words(["/app", "prints-kept"])]
    }
}

fn words(words: [&str; 2]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

async fn build_app(driver: &Docker) -> String {
    let dir = context("FROM scratch\nCOPY app /app\nENTRYPOINT [\"/app\"]\n");
    let artifact = build(driver, dir.path(), &tag("app"), &Kept::default())
        .await
        .expect("the app's image builds");
    artifact.digest().to_owned()
}
