//! Keeping a data plane running: adopt the one that runs, start one where none does.
//!
//! The data plane outlives the control plane on purpose: it has a session of its own and its
//! output goes to a file, so a restart of `serve` closes no application's port. A new
//! `serve` finds it by its socket. When it dies, it is started again and serves from its
//! snapshot before anybody publishes to it.

use super::client::{Client, ClientError, Hints};
use super::protocol::{Hello, Hint};
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::process::Child;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

const START_TIMEOUT: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(10);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How to start the data plane.
#[derive(Clone, Debug)]
pub struct Launch {
    pub executable: PathBuf,
    /// Without the executable's name: `proxy`, then its options.
    pub arguments: Vec<OsString>,
    /// The socket that these arguments make it listen on.
    pub control_socket: PathBuf,
    /// Its arguments name an address for TLS.
    pub wants_tls: bool,
    /// Its output is appended here.
    pub log: PathBuf,
    /// How a running one of another build is succeeded; `None`: it is adopted as it is.
    pub upgrade: Option<Upgrade>,
}

#[derive(Clone, Debug)]
pub struct Upgrade {
    /// Of `executable`.
    pub build: String,
    /// Instead of `arguments`: the successor takes the listeners over.
    pub arguments: Vec<OsString>,
}

#[derive(Debug, thiserror::Error)]
pub enum SuperviseError {
    #[error("cannot open the data plane's log file {path}: {source}")]
    Log { path: PathBuf, source: io::Error },
    #[error("cannot start the data plane {executable}: {source}")]
    Start {
        executable: PathBuf,
        source: io::Error,
    },
    #[error("the data plane ended right after its start ({status}); its log is {log}")]
    Ended { status: String, log: PathBuf },
    #[error("the data plane did not open its control socket within {} s; its log is {log}", START_TIMEOUT.as_secs())]
    NotUp { log: PathBuf },
    /// Something is there and talks, but not with us: killing it is not ours to decide.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// What the supervisor tells. Each one means: look at the data plane again.
#[derive(Debug)]
pub enum Event {
    /// It answers: compare generations, publish if yours is newer.
    Up(Hello),
    Hint(Hint),
    /// It is gone, or could not be started; another try follows.
    Down {
        sentence: String,
    },
}

/// Adopts the running data plane, or starts one and waits until it answers. One of another
/// build is succeeded by ours, which closes no port.
pub async fn ensure(launch: &Launch) -> Result<(Client, Hello), SuperviseError> {
    let (mut client, hello) = match Client::connect(&launch.control_socket).await {
        Err(ClientError::Connect { .. }) => return start(launch).await,
        found => found?,
    };
    // One that knows no TLS yet is succeeded too, when TLS is wanted.
    let lacks_tls = launch.wants_tls && hello.listen_tls.is_empty();
    let differs = |u: &&Upgrade| u.build != hello.build || lacks_tls;
    let Some(upgrade) = launch.upgrade.as_ref().filter(differs) else {
        return Ok((client, hello));
    };
    if client
        .status()
        .await?
        .upstreams
        .iter()
        .any(|one| one.draining)
    {
        tracing::info!("the data plane is upgraded at the next start: just now it drains");
        return Ok((client, hello));
    }
    match started(launch, &upgrade.arguments, Some(hello.pid)).await {
        Ok((client, new)) => {
            tracing::info!(
                from = hello.build,
                to = new.build,
                "the data plane was upgraded"
            );
            Ok((client, new))
        }
        Err(error) => {
            tracing::error!(%error, "the data plane could not be upgraded; the old one serves on");
            Ok((client, hello))
        }
    }
}

/// Keeps one running and tells what happens, until nobody listens to that any more.
pub async fn keep(launch: Launch, events: mpsc::Sender<Event>) {
    let mut pause = FIRST_PAUSE;
    while !events.is_closed() {
        match follow(&launch, &events).await {
            Ok(()) => pause = FIRST_PAUSE,
            Err(error) => {
                let _ = events
                    .send(Event::Down {
                        sentence: error.to_string(),
                    })
                    .await;
                tokio::select! {
                    () = sleep(pause) => {}
                    () = events.closed() => {}
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// Follows one life of the data plane. An error means that it did not even begin.
async fn follow(launch: &Launch, events: &mpsc::Sender<Event>) -> Result<(), SuperviseError> {
    let (client, hello) = ensure(launch).await?;
    let mut hints = client.watch().await?;
    let _ = events.send(Event::Up(hello)).await;
    let gone = pass_on(&mut hints, events).await;
    if let Some(error) = gone {
        tracing::error!(%error, "the data plane is gone; starting it again");
        let _ = events
            .send(Event::Down {
                sentence: error.to_string(),
            })
            .await;
    }
    Ok(())
}

/// Until the data plane is gone, with the reason, or nobody listens any more.
async fn pass_on(hints: &mut Hints, events: &mpsc::Sender<Event>) -> Option<ClientError> {
    loop {
        let hint = tokio::select! {
            hint = hints.next() => hint,
            () = events.closed() => return None,
        };
        match hint {
            Ok(hint) => drop(events.send(Event::Hint(hint)).await),
            Err(error) => return Some(error),
        }
    }
}

async fn start(launch: &Launch) -> Result<(Client, Hello), SuperviseError> {
    started(launch, &launch.arguments, None).await
}

/// Until one answers that is not the one to be replaced.
async fn started(
    launch: &Launch,
    arguments: &[OsString],
    replaced: Option<u32>,
) -> Result<(Client, Hello), SuperviseError> {
    let mut child = spawn(launch, arguments)?;
    let deadline = Instant::now() + START_TIMEOUT;
    while Instant::now() < deadline {
        sleep(LOOK_EVERY).await;
        match Client::connect(&launch.control_socket).await {
            Ok((client, hello)) if Some(hello.pid) != replaced => {
                reap(child);
                return Ok((client, hello));
            }
            Ok(_) | Err(ClientError::Connect { .. }) => ended(&mut child, &launch.log)?,
            // One that retires breaks off in the middle of a word.
            Err(_) if replaced.is_some() => ended(&mut child, &launch.log)?,
            Err(error) => {
                reap(child);
                return Err(error.into());
            }
        }
    }
    reap(child);
    Err(SuperviseError::NotUp {
        log: launch.log.clone(),
    })
}

fn ended(child: &mut Child, log: &Path) -> Result<(), SuperviseError> {
    match child.try_wait() {
        Ok(Some(status)) => Err(SuperviseError::Ended {
            status: status.to_string(),
            log: log.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Waits for its end for as long as this process lives, so that it leaves no zombie.
fn reap(mut child: Child) {
    tokio::spawn(async move { child.wait().await });
}

fn spawn(launch: &Launch, arguments: &[OsString]) -> Result<Child, SuperviseError> {
    let (output, errors) = log_file(&launch.log).map_err(|source| SuperviseError::Log {
        path: launch.log.clone(),
        source,
    })?;
    let mut command = Command::new(&launch.executable);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors);
    in_own_session(&mut command);
    let failed = |source| SuperviseError::Start {
        executable: launch.executable.clone(),
        source,
    };
    tokio::process::Command::from(command)
        .spawn()
        .map_err(failed)
}

fn log_file(path: &Path) -> io::Result<(Stdio, Stdio)> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    Ok((file.try_clone()?.into(), file.into()))
}

/// Out of reach of the terminal's and the service manager's signals to our group.
#[allow(unsafe_code)]
fn in_own_session(command: &mut Command) {
    // SAFETY: runs between fork and exec, where only async-signal-safe calls are allowed;
    // setsid is one, and nothing is allocated or locked.
    unsafe {
        command.pre_exec(|| rustix::process::setsid().map(drop).map_err(io::Error::from));
    }
}
