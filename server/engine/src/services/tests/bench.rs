//! The engine, an owner, and a fake runtime.

use crate::boot::{self, Engine, Options};
use crate::driver::services::Errand;
use domain::access::Caller;
use domain::api::*;
use domain::config::ConfigPatch;
use domain::id::{EnvironmentId, ServiceId};
use domain::service::{Kind, ServiceState};
use domain::source::Wanted;
use domain::view::{BackupView, ServiceView};
use std::collections::BTreeMap;
use std::time::Duration;
use tempfile::TempDir;

pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Bench {
    dir: TempDir,
    pub engine: Engine,
    pub caller: Caller,
}

impl Bench {
    pub async fn start() -> Bench {
        let dir = tempfile::tempdir().expect("a directory");
        let engine = boot::start(Options::without_data_plane(dir.path()))
            .await
            .expect("it boots");
        let owner = NewOwner {
            token: engine.setup_token.clone().unwrap_or_default(),
            email: "ada@example.com".into(),
            password: "correct horse battery".into(),
            organization: "Acme".into(),
        };
        let caller = engine.api.set_up(owner).await.expect("an owner");
        Bench {
            dir,
            engine,
            caller,
        }
    }

    /// As after a kill: nothing is left but what was written down. The fake runtime is new too.
    pub async fn restarted(self) -> Bench {
        self.engine.stop().await;
        let Bench {
            dir,
            engine,
            caller,
        } = self;
        drop(engine);
        let engine = boot::start(Options::without_data_plane(dir.path()))
            .await
            .expect("it boots again");
        Bench {
            dir,
            engine,
            caller,
        }
    }

    pub fn api(&self) -> &dyn Sealdock {
        &*self.engine.api
    }

    pub async fn managed(&self, name: &str, kind: Kind) -> Reply<ServiceView> {
        let new = NewService {
            image: Some("fake/ok:1".into()),
            ..new(name, kind)
        };
        self.api().create_service(&self.caller, new).await
    }

    pub async fn ready(&self, id: &ServiceId) -> ServiceView {
        self.until(id, |view| view.state == ServiceState::Ready)
            .await
    }

    pub async fn until(&self, id: &ServiceId, fine: impl Fn(&ServiceView) -> bool) -> ServiceView {
        let look = async {
            loop {
                let view = self
                    .api()
                    .service(&self.caller, id)
                    .await
                    .expect("it is there");
                if fine(&view) {
                    return view;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let looked = tokio::time::timeout(PATIENCE, look).await;
        match looked {
            Ok(view) => view,
            Err(_) => panic!("it is {:?}", self.api().service(&self.caller, id).await),
        }
    }

    pub async fn ended(&self, backup: &BackupView) -> BackupView {
        let look = async {
            loop {
                let page = self.api().backups(&self.caller, &backup.service).await;
                let mut all = page.expect("a list").items.into_iter();
                let now = all.find(|b| b.id == backup.id).expect("it is listed");
                if now.status.is_final() {
                    return now;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let looked = tokio::time::timeout(PATIENCE, look).await;
        looked.expect("it ends")
    }

    /// A command in the service; what it reads becomes what the service holds.
    pub async fn run(&self, id: &ServiceId, program: &str, text: Option<&str>) -> String {
        let (input, output) = (self.dir.path().join("in"), self.dir.path().join("out"));
        std::fs::write(&input, text.unwrap_or_default()).expect("a file");
        let place = &self.engine.control.runtimes.places["fake"];
        let errand = Errand {
            argv: &[program.to_owned()],
            env: &BTreeMap::new(),
            input: text.map(|_| input.as_path()),
            output: Some(&output),
            most_bytes: 1 << 20,
            limit: PATIENCE,
        };
        let services = place.driver.services().expect("it keeps services");
        services.errand(id, errand).await.expect("it runs");
        std::fs::read_to_string(&output).expect("what it printed")
    }

    pub async fn app(&self, name: &str) -> EnvironmentId {
        let new = NewProject {
            name: name.into(),
            source: Wanted::Image {
                reference: "fake/ok:1".into(),
                local: true,
            },
            environment: None,
            config: ConfigPatch::default(),
            runtime: None,
        };
        let made = self.api().create_project(&self.caller, new).await;
        made.expect("a project").summary.environment
    }

    pub async fn linked(
        &self,
        id: &ServiceId,
        to: &EnvironmentId,
        prefix: &str,
    ) -> Reply<ServiceView> {
        let link = Link {
            environment: to.clone(),
            prefix: prefix.into(),
        };
        self.api().link(&self.caller, id, link).await
    }
}

pub fn new(name: &str, kind: Kind) -> NewService {
    NewService {
        name: name.into(),
        kind,
        url: None,
        image: None,
        memory_mib: None,
        schedule: None,
        keep: None,
        runtime: None,
    }
}

pub fn code<T: std::fmt::Debug>(answer: Reply<T>) -> String {
    answer.expect_err("it is refused").code
}
