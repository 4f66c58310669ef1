//! Starting the process, and ending it.

use super::book::Book;
use super::build::own_build;
use super::control::{self, Control};
use super::core::{Core, Shared};
use super::error::ProxyError;
use super::handover::{self, Predecessor};
use super::listen::Port;
use super::options::ProxyOptions;
use super::snapshot::{self, Keeper};
use super::table::Table;
use super::tls::Tls;
use super::{health, listen, serve, sweep};
use arc_swap::ArcSwap;
use rustix::process::{Resource, getrlimit, setrlimit};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::broadcast;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// Hints that a watcher may be behind before it is told that it missed some.
const HINTS_KEPT: usize = 1024;
/// A client's socket, its upstream's, and the second handle on that for `cut`.
const FILES_PER_CONNECTION: u64 = 3;
/// Listeners, event queues, the control plane, a static file here and there.
const FILES_APART: u64 = 256;

/// Serves until told to stop, by the control socket, SIGTERM or SIGINT.
pub fn run(mut options: ProxyOptions) -> Result<(), ProxyError> {
    fit_to_open_files(&mut options);
    own_build();
    let runtime = single_threaded()?;
    let entered = runtime.enter();
    let (claim, listeners, predecessor) = opened(&options)?;
    let (control, keeper) = assemble(options, &claim, &listeners)?;
    let threads = Threads::start(control.1.clone(), listeners)?;
    if let Some(predecessor) = predecessor {
        succeed(predecessor, &control.1)?;
    }
    // Last: who is told routes from here on is the only one that accepts requests.
    let door = claim.open()?;
    drop(entered);
    runtime.block_on(oversee(door, control.0, keeper, threads))
}

type Opened = (control::Claim, Vec<Vec<Port>>, Option<Predecessor>);

/// Bound, or taken over.
fn opened(options: &ProxyOptions) -> Result<Opened, ProxyError> {
    let (path, cores) = (&options.control_socket, options.cores());
    if options.take_over {
        let inherited = handover::receive(path)?;
        let claim = control::Claim::inherited(path, inherited.lock);
        let has_tls = inherited.ports.iter().any(|port| port.tls);
        let mut ports = handover::by_core(inherited.ports, cores);
        if !has_tls {
            listen::add_tls(&mut ports, options)?;
        }
        return Ok((claim, ports, Some(inherited.predecessor)));
    }
    let claim = control::Claim::on(path)?;
    Ok((claim, listen::open(options)?, None))
}

/// This one serves. What the predecessor still finishes is waited for before anything counts as
/// drained.
fn succeed(mut predecessor: Predecessor, shared: &Arc<Shared>) -> Result<(), ProxyError> {
    let failed = |source| ProxyError::Thread { source };
    let alone = shared.has_predecessor.clone();
    alone.store(true, Relaxed);
    if let Err(error) = predecessor.retire() {
        tracing::warn!(%error, "the predecessor had ended before it was told to");
    }
    let wait = move || {
        predecessor.outlived();
        alone.store(false, Relaxed);
    };
    let waiting = std::thread::Builder::new()
        .name("predecessor".into())
        .spawn(wait);
    waiting.map(drop).map_err(failed)
}

/// Takes as many open files as are allowed, and no more connections than they suffice for.
/// The soft limit is made for interactive shells.
fn fit_to_open_files(options: &mut ProxyOptions) {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit on open files stays as it is");
    }
    // It holds keys of certificates in its memory.
    let mut core = getrlimit(Resource::Core);
    core.current = Some(0);
    if let Err(error) = setrlimit(Resource::Core, core) {
        tracing::warn!(%error, "core dumps can't be switched off");
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let enough_for = usize::try_from(files.saturating_sub(FILES_APART) / FILES_PER_CONNECTION)
        .unwrap_or(usize::MAX);
    if enough_for < options.limits.max_connections {
        tracing::warn!(
            files,
            connections = enough_for,
            "the limit on open files allows fewer connections than configured"
        );
        options.limits.max_connections = enough_for;
    }
}

fn single_threaded() -> Result<Runtime, ProxyError> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| ProxyError::Thread { source })
}

type Assembled = ((Arc<Control>, Arc<Shared>), Arc<Keeper>);

fn assemble(
    options: ProxyOptions,
    claim: &control::Claim,
    listeners: &[Vec<Port>],
) -> Result<Assembled, ProxyError> {
    let estate = claim
        .estate(listeners)
        .map_err(|source| ProxyError::Estate { source })?;
    let table: Arc<ArcSwap<Table>> = Arc::default();
    let tls = Tls::new(table.clone())?;
    let (hints, _) = broadcast::channel(HINTS_KEPT);
    let mut book = Book::new(options.cores(), Arc::clone(&table), hints.clone());
    let generation = warm_start(&mut book, &options);
    let keeper = Arc::new(Keeper::new(
        options.snapshot.clone(),
        table.clone(),
        generation,
    ));
    let shared = Arc::new(Shared {
        options,
        table,
        tls: Some(tls),
        connections: 0.into(),
        held: 0.into(),
        ending: false.into(),
        has_predecessor: book.has_predecessor(),
    });
    let control = Control::new(
        book,
        shared.clone(),
        keeper.clone(),
        hints,
        (bound(listeners, false), bound(listeners, true)),
        estate,
    );
    Ok(((Arc::new(control), shared), keeper))
}

/// The newest snapshot that can be served from, else nothing.
fn warm_start(book: &mut Book, options: &ProxyOptions) -> u64 {
    for table in snapshot::load(&options.snapshot) {
        match book.replace(table) {
            Ok(generation) => return generation,
            Err(refusal) => {
                tracing::error!(%refusal, "a route snapshot was read but cannot be served")
            }
        }
    }
    0
}

/// Each address once: a successor may have been dealt them unevenly.
fn bound(ports: &[Vec<Port>], tls: bool) -> Vec<SocketAddr> {
    let mut all: Vec<_> = ports
        .iter()
        .flatten()
        .filter(|port| port.tls == tls)
        .filter_map(|port| port.listener.local_addr().ok())
        .collect();
    let mut seen = HashSet::new();
    all.retain(|address| seen.insert(*address));
    all
}

/// The serving threads.
struct Threads {
    shared: Arc<Shared>,
    stop_accepting: CancellationToken,
    end: CancellationToken,
    died: CancellationToken,
    running: Vec<JoinHandle<()>>,
}

impl Threads {
    fn start(shared: Arc<Shared>, listeners: Vec<Vec<Port>>) -> Result<Self, ProxyError> {
        let token = CancellationToken::new;
        let mut threads = Self {
            shared,
            stop_accepting: token(),
            end: token(),
            died: token(),
            running: Vec::new(),
        };
        for (index, listeners) in listeners.into_iter().enumerate() {
            let thread = threads.start_one(index, listeners)?;
            threads.running.push(thread);
        }
        Ok(threads)
    }

    fn start_one(&self, index: usize, listeners: Vec<Port>) -> Result<JoinHandle<()>, ProxyError> {
        let runtime = single_threaded()?;
        let core = Arc::new(Core::new(index, self.shared.clone()));
        let (stop, end, died) = (
            self.stop_accepting.clone(),
            self.end.clone(),
            self.died.clone().drop_guard(),
        );
        let work = move || {
            let _died = died;
            runtime.block_on(serve_core(core, listeners, stop, end));
        };
        std::thread::Builder::new()
            .name(format!("serve-{index}"))
            .spawn(work)
            .map_err(|source| ProxyError::Thread { source })
    }

    fn finish(self) {
        self.end.cancel();
        for thread in self.running {
            // A thread that panicked has said so in the log.
            let _ = thread.join();
        }
    }
}

async fn serve_core(
    core: Arc<Core>,
    ports: Vec<Port>,
    stop: CancellationToken,
    end: CancellationToken,
) {
    for Port { listener, tls } in ports {
        match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => drop(tokio::spawn(serve::accept(
                core.clone(),
                (listener, tls),
                stop.clone(),
            ))),
            Err(error) => return tracing::error!(%error, "a listener could not be used"),
        }
    }
    tokio::spawn(sweep::run(core));
    end.cancelled().await;
}

async fn oversee(
    door: control::Door,
    control: Arc<Control>,
    keeper: Arc<Keeper>,
    threads: Threads,
) -> Result<(), ProxyError> {
    let shared = threads.shared.clone();
    tokio::spawn(control::run(door, control.clone()));
    tokio::spawn(health::run(shared.table.clone()));
    tokio::spawn(keeper.clone().run());
    tracing::info!(
        generation = shared.table.load().generation,
        "the data plane serves"
    );
    tokio::select! {
        () = control.stop().cancelled() => {}
        () = told_by_signal() => {}
        () = threads.died.cancelled() => return Err(ProxyError::ThreadDied),
    }
    tracing::info!(
        drain_ms = control.drain_ms(),
        connections = shared.connections.load(Relaxed),
        "the data plane ends"
    );
    threads.stop_accepting.cancel();
    control.let_go();
    shared.ending.store(true, Relaxed);
    drained(&shared, Duration::from_millis(control.drain_ms())).await;
    threads.finish();
    // A successor has its own, and newer ones.
    if !control.is_retired() {
        keeper.write_now();
    }
    Ok(())
}

async fn told_by_signal() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        // Without handlers the default applies: the process ends at once.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Until every connection has ended, or for as long as is allowed.
async fn drained(shared: &Shared, within: Duration) {
    let deadline = Instant::now() + within;
    while shared.connections.load(Relaxed) > 0 && Instant::now() < deadline {
        sleep(Duration::from_millis(20)).await;
    }
}
