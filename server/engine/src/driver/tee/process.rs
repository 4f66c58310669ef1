//! Starts QEMU and the TPM so that they outlive this process, and ends them.

use super::argv::{self, Machine, QEMU, SWTPM};
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
