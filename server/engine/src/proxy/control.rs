//! The control plane's side door: requests in, answers and hints out.

use super::book::Book;
use super::build::own_build;
use super::clock::unix_ms;
use super::core::Shared;
use super::error::ProxyError;
use super::handover::Estate;
use super::listen::Port;
use super::protocol::{
    Answer, Hello, Hint, MAX_LINE_BYTES, PROTOCOL, Refusal, RefusalCode, Request, Status,
};
use super::snapshot::Keeper;
use futures_util::{SinkExt, StreamExt};
use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};
use tokio_util::sync::CancellationToken;

/// Everything a control client can reach.
#[derive(Debug)]
pub struct Control {
    book: Mutex<Book>,
    shared: Arc<Shared>,
    keeper: Arc<Keeper>,
    hints: broadcast::Sender<Hint>,
    listen: Vec<SocketAddr>,
    listen_tls: Vec<SocketAddr>,
    started_at_ms: u64,
    stop: CancellationToken,
    /// A successor serves: nobody is to speak with this one any more.
    retired: CancellationToken,
    /// `None` once it accepts nothing more: a port that is kept open would only make clients wait.
    estate: Mutex<Option<Estate>>,
    drain_ms: AtomicU64,
}

impl Control {
    pub fn new(
        book: Book,
        shared: Arc<Shared>,
        keeper: Arc<Keeper>,
        hints: broadcast::Sender<Hint>,
        (listen, listen_tls): (Vec<SocketAddr>, Vec<SocketAddr>),
        estate: Estate,
    ) -> Self {
        let drain_ms = AtomicU64::new(shared.options.limits.shutdown_drain_ms);
        let (book, stop) = (Mutex::new(book), CancellationToken::new());
        Self {
            book,
            shared,
            keeper,
            hints,
            listen,
            listen_tls,
            started_at_ms: unix_ms(),
            stop,
            retired: CancellationToken::new(),
            estate: Mutex::new(Some(estate)),
            drain_ms,
        }
    }

    /// Closes the listening sockets, as far as they are held for a successor.
    pub fn let_go(&self) {
        drop(self.estate().take());
    }

    fn estate(&self) -> MutexGuard<'_, Option<Estate>> {
        self.estate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn is_retired(&self) -> bool {
        self.retired.is_cancelled()
    }

    /// Cancelled when the process is to end.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// How long requests may still take then.
    pub fn drain_ms(&self) -> u64 {
        self.drain_ms.load(Relaxed)
    }

    fn answer(&self, request: Request) -> Answer {
        match request {
            Request::Hello { protocol } => self.hello(protocol),
            Request::Replace { table } => self.change(|book| book.replace(table)),
            Request::Put { generation, route } => self.change(|book| book.put(generation, route)),
            Request::Drop { generation, id } => {
                self.change(|book| book.drop_route(generation, &id))
            }
            Request::Front {
                generation,
                frontage,
            } => self.change(|book| book.front(generation, frontage)),
            Request::Cut { upstream } => self
                .with_book(|book| book.cut(&upstream))
                .map_or_else(Answer::Refused, |connections| Answer::Cut { connections }),
            Request::Status => Answer::Status(self.status()),
            Request::Table => Answer::Table {
                table: self.shared.table.load().published(),
            },
            Request::Watch => Answer::Watching,
            // With the sockets, where the connection is at hand.
            Request::HandOver => Answer::HandedOver { sockets: 0, tls: 0 },
            Request::Retire => {
                self.retired.cancel();
                self.stop.cancel();
                Answer::Retiring
            }
            Request::Shutdown { drain_ms } => {
                self.drain_ms.store(drain_ms, Relaxed);
                self.stop.cancel();
                Answer::ShuttingDown
            }
        }
    }

    fn with_book<T>(&self, act: impl FnOnce(&mut Book) -> T) -> T {
        // A change is built aside and swapped in at the end, so a panic leaves no half of one.
        act(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, act: impl FnOnce(&mut Book) -> Result<u64, Refusal>) -> Answer {
        match self.with_book(act) {
            Ok(generation) => {
                self.keeper.wake();
                Answer::Serving { generation }
            }
            Err(refusal) => Answer::Refused(refusal),
        }
    }

    fn hello(&self, protocol: u32) -> Answer {
        if protocol != PROTOCOL {
            let sentence = format!(
                "this data plane speaks protocol {PROTOCOL}, not {protocol}; restart it with the control plane's executable"
            );
            return Answer::Refused(Refusal {
                code: RefusalCode::Protocol,
                sentence,
            });
        }
        Answer::Hello(Hello {
            protocol: PROTOCOL,
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            build: own_build().to_owned(),
            generation: self.shared.table.load().generation,
            snapshot_generation: self.keeper.generation(),
            started_at_ms: self.started_at_ms,
            listen: self.listen.clone(),
            listen_tls: self.listen_tls.clone(),
        })
    }

    fn status(&self) -> Status {
        let (upstreams, routes) = self.with_book(|book| (book.upstreams(), book.routes()));
        Status {
            generation: self.shared.table.load().generation,
            snapshot_generation: self.keeper.generation(),
            connections: self.shared.connections.load(Relaxed),
            upstreams,
            routes,
        }
    }
}

/// The control socket is ours, and nobody is heard on it yet.
pub struct Claim {
    path: PathBuf,
    lock: File,
}

/// The socket, and the lock that says that it is ours.
pub struct Door {
    listener: UnixListener,
    _lock: File,
}

impl Claim {
    /// Unless a running data plane has it.
    pub fn on(path: &Path) -> Result<Self, ProxyError> {
        let failed = |source| ProxyError::ControlSocket {
            path: path.to_owned(),
            source,
        };
        let lock = File::create(beside(path, "lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self::inherited(path, lock)),
            Err(TryLockError::WouldBlock) => Err(ProxyError::AlreadyRunning {
                path: path.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// With the lock of a predecessor.
    pub fn inherited(path: &Path, lock: File) -> Self {
        Self {
            path: path.to_owned(),
            lock,
        }
    }

    /// What a successor would get.
    pub fn estate(&self, ports: &[Vec<Port>]) -> io::Result<Estate> {
        Estate::of(&self.lock, ports)
    }

    /// What a dead one, or a predecessor, called the same is replaced.
    pub fn open(self) -> Result<Door, ProxyError> {
        let Self { path, lock } = self;
        let failed = |source| ProxyError::ControlSocket {
            path: path.clone(),
            source,
        };
        let listener = bind(&path).map_err(failed)?;
        Ok(Door {
            listener,
            _lock: lock,
        })
    }
}

/// Private before it is reachable: bound under another name, then renamed.
fn bind(path: &Path) -> io::Result<UnixListener> {
    let beside = beside(path, "new");
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&beside)?;
    fs::set_permissions(&beside, Permissions::from_mode(0o600))?;
    fs::rename(&beside, path)?;
    Ok(listener)
}

fn beside(path: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

/// Serves control clients, for as long as it is polled.
pub async fn run(door: Door, control: Arc<Control>) {
    loop {
        match door.listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(converse(control.clone(), stream));
            }
            Err(error) => {
                tracing::warn!(%error, "accepting a control connection failed");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
    }
}

async fn converse(control: Arc<Control>, stream: UnixStream) {
    let mut lines = Framed::new(stream, LinesCodec::new_with_max_length(MAX_LINE_BYTES));
    let mut to_successor = false;
    loop {
        let line = tokio::select! {
            biased;
            () = control.retired.cancelled(), if !to_successor => return,
            line = lines.next() => line,
        };
        let Some(line) = line else { return };
        let (answer, hints) = hear(&control, line);
        if matches!(answer, Answer::HandedOver { .. }) {
            to_successor = true;
            match hand_over(&control, lines.get_ref()) {
                Ok(()) => continue,
                Err(error) => {
                    return tracing::error!(%error, "the listeners could not be handed over");
                }
            }
        }
        let watching = matches!(answer, Answer::Watching);
        if say(&mut lines, &answer).await.is_err() {
            return;
        }
        if let Some(hints) = hints.filter(|_| watching) {
            return pass_on(&control, &mut lines, hints).await;
        }
    }
}

/// With the routes as they are now on disk, where the successor reads them.
fn hand_over(control: &Control, to: &UnixStream) -> io::Result<()> {
    control.keeper.write_now();
    match control.estate().as_ref() {
        Some(estate) => estate.send(to.as_fd()),
        None => Err(io::Error::other("it is ending")),
    }
}

/// Subscribes before it answers, so that no hint falls between the two.
fn hear(
    control: &Control,
    line: Result<String, LinesCodecError>,
) -> (Answer, Option<broadcast::Receiver<Hint>>) {
    match line
        .map_err(|error| error.to_string())
        .and_then(|line| serde_json::from_str(&line).map_err(|error| error.to_string()))
    {
        Ok(Request::Watch) => {
            let hints = control.hints.subscribe();
            (control.answer(Request::Watch), Some(hints))
        }
        Ok(request) => (control.answer(request), None),
        Err(why) => {
            let sentence = format!("the data plane did not understand the line: {why}");
            (
                Answer::Refused(Refusal {
                    code: RefusalCode::Malformed,
                    sentence,
                }),
                None,
            )
        }
    }
}

async fn pass_on(
    control: &Control,
    lines: &mut Framed<UnixStream, LinesCodec>,
    mut hints: broadcast::Receiver<Hint>,
) {
    loop {
        let hint = tokio::select! {
            hint = hints.recv() => hint,
            // A watcher says nothing more; anything from it, and its end above all, ends this.
            _ = lines.next() => return,
            () = control.retired.cancelled() => return,
        };
        let hint = match hint {
            Ok(hint) => hint,
            Err(RecvError::Lagged(_)) => Hint::Missed,
            Err(RecvError::Closed) => return,
        };
        if say(lines, &Answer::Hint(hint)).await.is_err() {
            return;
        }
    }
}

async fn say(
    lines: &mut Framed<UnixStream, LinesCodec>,
    answer: &Answer,
) -> Result<(), LinesCodecError> {
    let line = serde_json::to_string(answer).map_err(io::Error::from)?;
    lines.send(line).await
}
