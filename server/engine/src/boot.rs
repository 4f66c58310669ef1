//! Puts the engine together and starts it. What it starts stops with `Engine::stop`; the data
//! plane is a process of its own and goes on.

#[cfg(test)]
mod bench;
mod launch;
mod places;

use crate::attested::Keeper;
use crate::camera::Chromium;
use crate::changes::Bus;
use crate::clock::{Clock, SystemClock};
use crate::contents::Tools;
use crate::control::{self, Control, Settings};
use crate::crons::{self, CronKey, Crons};
use crate::dirs::Dirs;
use crate::domains::{DomainOptions, Domains};
use crate::forge::Teller;
use crate::gauges::{Gauges, Watch};
use crate::leftovers::Leftovers;
use crate::lock;
use crate::logs::Logs;
use crate::logs::capture::Capture;
use crate::meter::Meter;
use crate::pipeline::Pipeline;
use crate::probe::HttpProber;
use crate::proxy_plane::ProxyPlane;
use crate::push::{Poll, Pushes};
use crate::reconciler::queue::Queue;
use crate::reconciler::{Memory, Narrator, Reconciler};
use crate::retention::Retention;
use crate::runtimes::{Place, Runtimes};
use crate::secrets::{Kms, Vault, VaultError};
use crate::services::{self, ServiceKeeper, Standing};
use crate::source::git::{Git, Keyring};
use crate::store::{Now, Store, StoreError};
use crate::strays;
use crate::sweep::sweep;
use domain::api::Sealdock;
use launch::launch;
use places::{master, places, register};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const HASHES_AT_ONCE: usize = 2;
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// What an operator chose.
#[derive(Clone, Debug)]
pub struct Options {
    pub data: PathBuf,
    pub base_domain: String,
    /// Where the data plane listens.
    pub proxy_listen: SocketAddr,
    /// Names of drivers: `docker`, `tee`, `fake`. The first is what a new project gets.
    pub runtimes: Vec<String>,
    /// Takes pictures of front pages; looked for on the search path when not said.
    pub chromium: Option<PathBuf>,
    /// Our own: it is also the data plane's.
    pub executable: PathBuf,
    pub version: String,
    /// What deployments made may hold together.
    pub disk_budget_bytes: u64,
    /// What builds leave free of the disk.
    pub disk_reserve_bytes: u64,
    /// How often the poll asks for the heads of tracked branches.
    pub git_poll_s: u64,
    /// What confidential machines are made from, as `./setup tee` leaves it.
    pub tee_kit: Option<PathBuf>,
    /// How often a confidential machine is asked for its evidence again.
    pub tee_attest_s: u64,
    /// Where TLS is served, and how certificates come.
    pub domains: DomainOptions,
    /// What secrets are sealed with; `master.key` in the data directory when not said.
    pub master_key: Option<PathBuf>,
    /// What wraps the master key; it lies there as it is when not said.
    pub master_key_kms: Option<Kms>,
}

#[derive(Debug, thiserror::Error)]
pub enum BootError {
    #[error(
        "the data directory {path} can't be used: {source}. Choose another one with --data, or make it writable."
    )]
    Dir { path: PathBuf, source: io::Error },
    #[error(
        "another sealdock runs with the data directory {path}. Stop it, or choose another one with --data."
    )]
    Busy { path: PathBuf },
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Vault(#[from] VaultError),
    #[error("there is no runtime driver `{0}`; there are `docker`, `tee` and `fake`")]
    UnknownRuntime(String),
}

/// A running engine.
pub struct Engine {
    pub api: Arc<dyn Sealdock>,
    pub store: Store,
    pub changes: Bus,
    pub logs: Logs,
    pub clock: Arc<dyn Clock>,
    /// Good until somebody used it; `None` when the installation has an owner.
    pub setup_token: Option<String>,
    pub dirs: Dirs,
    #[cfg(test)]
    pub(crate) control: Arc<Control>,
    tasks: TaskTracker,
    cancel: CancellationToken,
    /// Held for as long as the engine runs.
    _lock: File,
}

impl Engine {
    /// Ends every task; what they had begun is found again by the next boot.
    pub async fn stop(&self) {
        self.cancel.cancel();
        self.tasks.close();
        let _ = tokio::time::timeout(STOP_WITHIN, self.tasks.wait()).await;
        if let Err(error) = self.logs.flush().await {
            tracing::error!("the last log lines were not written: {error}");
        }
        self.store.close().await;
    }
}

pub async fn start(options: Options) -> Result<Engine, BootError> {
    let dirs = Dirs::open(&options.data).map_err(|source| BootError::Dir {
        path: options.data.clone(),
        source,
    })?;
    let lock = lock::take(&dirs)?;
    // Not before the lock: what runs there may be another control plane's.
    strays::clear(&dirs.scratch());
    let store = Store::open(&dirs.database()).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let epoch = format!("{:032x}", clock.entropy());
    let freed = store.release_leases_of_earlier_boots(&epoch).await?;
    let lost = store
        .lose_cron_runs_of_earlier_boots(&epoch, clock.now())
        .await?;
    let now = Now {
        at: clock.now(),
        entropy: clock.entropy(),
    };
    store.lose_backups_of_earlier_boots(&epoch, now).await?;
    let vault = Vault::open(store.clone(), master(&options, &dirs), clock.now()).await?;
    let vault = Arc::new(vault);
    store.forget_retired_data_keys().await?;
    let fresh = format!("{:032x}{:032x}", clock.entropy(), clock.entropy());
    let cron_key = CronKey::kept(&store, &fresh, clock.now()).await?;
    Keyring::take_in(&dirs, &store, clock.now()).await?;
    tracing::info!(epoch, freed, lost, data = %dirs.data().display(), "boot");

    let installation = store
        .setting_or("installation", &format!("{:032x}", clock.entropy()))
        .await?;
    let bus = Bus::default();
    let keeper = Arc::new(Keeper::new(&store, &clock, &bus));
    let places = places(&options, &dirs, &installation, keeper)?;
    register(&store, &places, clock.as_ref()).await?;
    let setup_token = setup_token(&store).await?;
    let engine = assemble(
        options,
        dirs,
        lock,
        store,
        clock,
        epoch,
        places,
        cron_key,
        vault,
        setup_token,
        bus,
    );
    Ok(engine)
}

#[allow(clippy::too_many_arguments)] // The composition root: each is one part.
fn assemble(
    options: Options,
    dirs: Dirs,
    lock: File,
    store: Store,
    clock: Arc<dyn Clock>,
    epoch: String,
    places: BTreeMap<String, Place>,
    cron_key: CronKey,
    vault: Arc<Vault>,
    setup_token: Option<String>,
    bus: Bus,
) -> Engine {
    let (tasks, cancel) = (TaskTracker::new(), CancellationToken::new());
    let (queue, work, crons_changed) = (
        Arc::new(Queue::default()),
        Arc::new(Notify::new()),
        Arc::new(Notify::new()),
    );
    let (memory, meter) = (Arc::new(Memory::default()), Arc::new(Meter::default()));
    let gauges = Arc::new(Gauges::default());
    let runtimes = Arc::new(Runtimes {
        store: store.clone(),
        places,
    });
    let git = Arc::new(Git::new(&dirs, Keyring::new(&dirs, store.clone())));
    let logs = Logs::new(store.clone(), bus.clone(), clock.clone());
    let plane = Arc::new(ProxyPlane::new(dirs.control_socket()));

    let leftovers = Leftovers {
        store: store.clone(),
        runtimes: runtimes.clone(),
        git: git.clone(),
        dirs: dirs.clone(),
    };
    let retention = Retention {
        leftovers: leftovers.clone(),
        clock: clock.clone(),
        budget_bytes: options.disk_budget_bytes,
    };
    let reconciler = Arc::new(Reconciler {
        store: store.clone(),
        runtimes: runtimes.clone(),
        plane: plane.clone(),
        prober: Arc::new(HttpProber),
        clock: clock.clone(),
        bus: bus.clone(),
        queue: queue.clone(),
        memory: memory.clone(),
        narrator: Narrator {
            store: store.clone(),
            logs: logs.clone(),
            vault: vault.clone(),
        },
        capture: Capture::new(logs.clone(), tasks.clone(), cancel.clone()),
        leftovers: leftovers.clone(),
        work: work.clone(),
        cron_key: cron_key.clone(),
        vault: vault.clone(),
    });
    let crons = Arc::new(Crons {
        store: store.clone(),
        runtimes: runtimes.clone(),
        clock: clock.clone(),
        bus: bus.clone(),
        key: cron_key,
        vault: vault.clone(),
        news: crons_changed.clone(),
        epoch: epoch.clone(),
        room: crons::room(),
    });
    let standing = Arc::new(Standing::default());
    let keeper = Arc::new(ServiceKeeper {
        store: store.clone(),
        runtimes: runtimes.clone(),
        clock: clock.clone(),
        bus: bus.clone(),
        dirs: dirs.clone(),
        standing: standing.clone(),
        epoch: epoch.clone(),
        room: services::room(),
    });
    let camera = Chromium::new(
        options.chromium.clone(),
        options.proxy_listen,
        dirs.scratch(),
    );
    let pipeline = Arc::new(Pipeline {
        store: store.clone(),
        runtimes: runtimes.clone(),
        git: git.clone(),
        logs: logs.clone(),
        clock: clock.clone(),
        bus: bus.clone(),
        queue: queue.clone(),
        work: work.clone(),
        dirs: dirs.clone(),
        vault: vault.clone(),
        camera: Arc::new(camera),
        scanner: Arc::new(Tools),
        crons_changed: crons_changed.clone(),
        epoch,
    });
    let domains = Arc::new(Domains::new(
        store.clone(),
        plane.clone(),
        clock.clone(),
        bus.clone(),
        options.domains.clone(),
    ));
    let control = Arc::new(Control {
        store: store.clone(),
        runtimes: runtimes.clone(),
        plane: plane.clone(),
        git,
        logs: logs.clone(),
        clock: clock.clone(),
        bus: bus.clone(),
        queue: queue.clone(),
        pushes: Arc::new(Notify::new()),
        memory,
        meter: meter.clone(),
        gauges: gauges.clone(),
        dirs: dirs.clone(),
        settings: Settings {
            base_domain: options.base_domain.clone(),
            proxy_port: options.proxy_listen.port(),
            tls_port: options.domains.tls_listen.map(|address| address.port()),
            version: options.version.clone(),
            disk_budget_bytes: options.disk_budget_bytes,
            git_poll_s: options.git_poll_s,
        },
        services: standing,
        crons_changed,
        vault,
        terminals: Arc::new(Semaphore::new(domain::terminal::MOST_OPEN)),
        domains: domains.clone(),
        hashing: Semaphore::new(HASHES_AT_ONCE),
    });

    logs.spawn_flusher(&tasks, cancel.clone());
    tasks.spawn(
        plane
            .clone()
            .supervise(launch(&options, &dirs), queue, cancel.clone()),
    );
    tasks.spawn(retention.run(cancel.clone()));
    tasks.spawn(meter.run(plane, clock.clone(), cancel.clone()));
    let watch = Watch {
        gauges,
        store: store.clone(),
        runtimes,
        clock: clock.clone(),
    };
    tasks.spawn(watch.run(cancel.clone()));
    tasks.spawn(sweep(
        store.clone(),
        dirs.clone(),
        clock.clone(),
        cancel.clone(),
    ));
    reconciler.run(&tasks, &cancel);
    pipeline.run(&tasks, &cancel);
    let pushes = Pushes {
        control: control.clone(),
    };
    tasks.spawn(pushes.run(cancel.clone()));
    let poll = Poll {
        control: control.clone(),
        every: Duration::from_secs(options.git_poll_s),
    };
    tasks.spawn(poll.run(cancel.clone()));
    let teller = Teller {
        control: control.clone(),
    };
    tasks.spawn(teller.run(cancel.clone()));
    tasks.spawn(domains.run(cancel.clone()));
    crons.run(&tasks, &cancel);
    keeper.run(&tasks, &cancel);
    Engine {
        api: control.clone(),
        #[cfg(test)]
        control,
        store,
        changes: bus,
        logs,
        clock,
        setup_token,
        dirs,
        tasks,
        cancel,
        _lock: lock,
    }
}

/// A fresh link at every start until somebody used one: an old printout is worth nothing.
async fn setup_token(store: &Store) -> Result<Option<String>, BootError> {
    if store.anybody().await? {
        return Ok(None);
    }
    let token = control::fresh("setup_");
    store
        .set_setting("setup_token_hash", &control::hash(&token))
        .await?;
    Ok(Some(token))
}
