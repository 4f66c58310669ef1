//! The mortal part: one boot of the engine, put together as `crate::boot` does, without its
//! background tasks. The simulation is their timer.

use super::driver::BadLine;
use super::outside::Outside;
use super::plane::BadPlane;
use super::tools::BadTools;
use crate::changes::Bus;
use crate::clock::Clock;
use crate::control::{Control, Settings};
use crate::crons::{self, CronKey, Crons};
use crate::domains::{DomainOptions, Domains};
use crate::driver::Driver;
use crate::leftovers::Leftovers;
use crate::logs::Logs;
use crate::logs::capture::Capture;
use crate::meter::Meter;
use crate::pipeline::Pipeline;
use crate::plane::Plane;
use crate::reconciler::queue::Queue;
use crate::reconciler::{Memory, Narrator, Reconciler};
use crate::runtimes::{Place, Runtimes};
use crate::secrets::Vault;
use crate::source::git::Git;
use crate::store::Stored;
use crate::store::cron::{Claimed, Ended};
use domain::id::EnvironmentId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, Semaphore, broadcast};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub struct Boot {
    pub reconciler: Reconciler,
    pub pipeline: Pipeline,
    pub control: Control,
    pub crons: Crons,
    /// How a run ended that the database would not take.
    pub unwritten: Mutex<Option<(Claimed, Ended)>>,
    pub hints: broadcast::Receiver<EnvironmentId>,
    cancel: CancellationToken,
}

impl Boot {
    /// As every start does: what earlier boots had claimed is free, and everything is looked at.
    pub async fn start(outside: &Arc<Outside>) -> Stored<Boot> {
        let boot = assemble(outside);
        outside
            .store
            .release_leases_of_earlier_boots(&boot.pipeline.epoch)
            .await?;
        outside
            .store
            .lose_cron_runs_of_earlier_boots(&boot.crons.epoch, outside.now())
            .await?;
        boot.sweep().await?;
        Ok(boot)
    }

    /// One run to its end. What the database does not take now is written the next time, as
    /// `Crons::work` tries until it is.
    pub async fn run_cron(&self, outside: &Outside) {
        // A look that fails is repeated by the next turn.
        let _ = self.crons.look().await;
        let unwritten = || {
            self.unwritten
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        let before = unwritten().take();
        let (claimed, ended) = match before {
            Some(both) => both,
            None => {
                let Ok(Some(claimed)) = self.crons.claim().await else {
                    return;
                };
                outside.may_die("before a cron's run").await;
                let ended = self.crons.carry_out(&claimed).await;
                outside.say(format!("cron   {}: {:?}", claimed.run.name, ended.status));
                (claimed, ended)
            }
        };
        if self.crons.settle(&claimed, &ended).await.is_err() {
            *unwritten() = Some((claimed, ended));
        }
    }

    pub async fn sweep(&self) -> Stored<()> {
        for environment in self.control.store.every_environment().await? {
            self.reconciler.queue.wake(&environment);
        }
        Ok(())
    }
}

impl Drop for Boot {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

fn assemble(outside: &Arc<Outside>) -> Boot {
    let (store, dirs) = (outside.store.clone(), outside.dirs.clone());
    let clock: Arc<dyn Clock> = outside.clock.clone();
    let (driver, plane): (Arc<BadLine>, Arc<dyn Plane>) = (
        Arc::new(BadLine(outside.clone())),
        Arc::new(BadPlane(outside.clone())),
    );
    let places = BTreeMap::from([(
        "fake".to_owned(),
        Place {
            driver: driver.clone(),
            images: driver.clone(),
        },
    )]);
    let runtimes = Arc::new(Runtimes {
        store: store.clone(),
        places,
    });
    let (bus, queue, work, crons_changed) = (
        Bus::default(),
        Arc::new(Queue::default()),
        Arc::new(Notify::new()),
        Arc::new(Notify::new()),
    );
    let cron_key = CronKey::of("simulation");
    let vault = Arc::new(Vault::without_files(store.clone()));
    let (memory, git) = (
        Arc::new(Memory::default()),
        Arc::new(Git::new(&dirs, crate::source::git::Keyring::empty())),
    );
    let logs = Logs::new(store.clone(), bus.clone(), clock.clone());
    let cancel = CancellationToken::new();
    let hints = driver.hints();
    let epoch = format!("{:032x}", clock.entropy());
    let reconciler = Reconciler {
        store: store.clone(),
        runtimes: runtimes.clone(),
        plane: plane.clone(),
        prober: driver,
        clock: clock.clone(),
        bus: bus.clone(),
        queue: queue.clone(),
        memory: memory.clone(),
        narrator: Narrator {
            store: store.clone(),
            logs: logs.clone(),
            vault: vault.clone(),
        },
        capture: Capture::new(logs.clone(), TaskTracker::new(), cancel.clone()),
        leftovers: Leftovers {
            store: store.clone(),
            runtimes: runtimes.clone(),
            git: git.clone(),
            dirs: dirs.clone(),
        },
        work: work.clone(),
        cron_key: cron_key.clone(),
        vault: vault.clone(),
    };
    let crons = Crons {
        store: store.clone(),
        runtimes: runtimes.clone(),
        clock: clock.clone(),
        bus: bus.clone(),
        key: cron_key,
        vault: vault.clone(),
        news: crons_changed.clone(),
        epoch: epoch.clone(),
        room: crons::room(),
    };
    let pipeline = Pipeline {
        store: store.clone(),
        runtimes: runtimes.clone(),
        git: git.clone(),
        logs: logs.clone(),
        clock: clock.clone(),
        bus: bus.clone(),
        queue: queue.clone(),
        work,
        dirs: dirs.clone(),
        vault: vault.clone(),
        camera: Arc::new(BadTools(outside.clone())),
        scanner: Arc::new(BadTools(outside.clone())),
        crons_changed: crons_changed.clone(),
        epoch,
    };
    let settings = Settings {
        base_domain: "localhost".into(),
        proxy_port: 80,
        tls_port: None,
        version: "0".into(),
        disk_budget_bytes: 1 << 30,
        git_poll_s: 60,
    };
    let (meter, hashing) = (Arc::new(Meter::default()), Semaphore::new(1));
    let domains = Domains::new(
        store.clone(),
        plane.clone(),
        clock.clone(),
        bus.clone(),
        DomainOptions::default(),
    );
    let control = Control {
        store,
        runtimes,
        plane,
        git,
        logs,
        clock,
        bus,
        queue,
        pushes: Arc::new(Notify::new()),
        memory,
        meter,
        gauges: Default::default(),
        dirs,
        settings,
        services: Arc::default(),
        crons_changed,
        vault,
        terminals: Arc::new(Semaphore::new(1)),
        domains: Arc::new(domains),
        hashing,
    };
    Boot {
        reconciler,
        pipeline,
        control,
        crons,
        unwritten: Mutex::default(),
        hints,
        cancel,
    }
}
