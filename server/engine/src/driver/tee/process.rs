//! Starts QEMU and the TPM so that they outlive this process, and ends them.

use super::argv::{self, Machine, QEMU, SWTPM};
use rustix::process::{Pid, Signal};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

const SOCKET_PATIENCE: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Both print into files: who holds their pipes would have to live as long as they do.
fn start(folder: &Path, program: &str, args: &[String], log: &str) -> io::Result<Child> {
    let log = File::create(folder.join(log))?;
    Command::new(program)
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // A group of its own: what ends this process by the terminal does not end a machine.
        .process_group(0)
        .spawn()
}

pub async fn tpm(folder: &Path) -> io::Result<Child> {
    let mut child = start(folder, SWTPM, &argv::swtpm(), "swtpm.log")?;
    appears(folder, "tpm.sock", &mut child).await?;
    Ok(child)
}

/// Only for its key; it ends with the connection.
pub async fn tpm_alone(folder: &Path) -> io::Result<Child> {
    let mut child = start(folder, SWTPM, &argv::swtpm_alone(), "swtpm-ask.log")?;
    appears(folder, "ask.sock", &mut child).await?;
    Ok(child)
}

/// Its process, once it listens for orders; or why it ended.
pub async fn machine(folder: &Path, machine: &Machine<'_>) -> io::Result<Child> {
    let mut child = start(folder, QEMU, &machine.qemu(), "qemu.log")?;
    appears(folder, argv::CONTROL, &mut child)
        .await
        .map_err(|e| {
            let said = std::fs::read_to_string(folder.join("qemu.log")).unwrap_or_default();
            io::Error::other(format!("{e}: {}", said.trim()))
        })?;
    Ok(child)
}

async fn appears(folder: &Path, name: &str, child: &mut Child) -> io::Result<()> {
    let begun = Instant::now();
    while !folder.join(name).exists() {
        if let Some(status) = child.try_wait()? {
            return Err(io::Error::other(format!("it ended at once ({status})")));
        }
        if begun.elapsed() > SOCKET_PATIENCE {
            child.start_kill()?;
            return Err(io::Error::other(format!("it made no {name}")));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Ok(())
}

/// What runs in `folder`, whoever started it: both do, and nothing else does.
fn inside(folder: &Path) -> io::Result<Vec<Pid>> {
    let mut found = vec![];
    for entry in std::fs::read_dir("/proc")? {
        let path = entry?.path();
        // One of somebody else's can't be looked at, and one that just ended is gone.
        let here = std::fs::read_link(path.join("cwd")).is_ok_and(|at| at == folder);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let pid = name.parse().ok().and_then(Pid::from_raw);
        found.extend(pid.filter(|_| here));
    }
    Ok(found)
}

/// Whether this program runs in `folder`.
pub fn is_there(folder: &Path, program: &str) -> io::Result<bool> {
    let Ok(folder) = std::fs::canonicalize(folder) else {
        return Ok(false);
    };
    let is_it = |pid: &Pid| {
        let exe = std::fs::read_link(format!("/proc/{}/exe", pid.as_raw_nonzero()));
        exe.is_ok_and(|exe| {
            let name = exe.file_name().unwrap_or_default();
            // Replaced meanwhile, it is called `… (deleted)`.
            name.to_string_lossy().starts_with(program)
        })
    };
    Ok(inside(&folder)?.iter().any(is_it))
}

/// Ends what still runs there: a machine that does not obey, or what a crash left without one.
pub async fn end_all(folder: &Path) -> io::Result<()> {
    let Ok(folder) = std::fs::canonicalize(folder) else {
        return Ok(());
    };
    let begun = Instant::now();
    loop {
        let left = inside(&folder)?;
        if left.is_empty() {
            return Ok(());
        }
        if begun.elapsed() > SOCKET_PATIENCE {
            return Err(io::ErrorKind::TimedOut.into());
        }
        for pid in left {
            // Gone in the meantime is fine.
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// A socket's path has at most 107 bytes, and a data folder may be deep: the kernel lets us name a
/// folder by an open file.
pub struct Short {
    _folder: File,
    pub path: PathBuf,
}

pub fn short(folder: &Path, name: impl AsRef<OsStr>) -> io::Result<Short> {
    use std::os::fd::AsRawFd;
    let open = File::open(folder)?;
    let path = Path::new("/proc/self/fd")
        .join(open.as_raw_fd().to_string())
        .join(name.as_ref());
    Ok(Short {
        _folder: open,
        path,
    })
}
