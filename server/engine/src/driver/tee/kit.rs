//! What guests are made from, as `./setup tee` leaves it: a kernel, its modules, the agent; and what
//! the machine has: QEMU, firmware, a TPM. Without all of it there is no such runtime here, and
//! every question about it is answered with what is missing.

use super::argv::{QEMU, SWTPM};
use super::firmware;
use super::initrd::{self, Module};
use super::pin;
use domain::attest::Digest;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;

/// Where distributions put it; the first that is there. Others measure nothing, or need variables.
const FIRMWARE: [&str; 3] = [
    "/usr/share/OVMF/OVMF_CODE_4M.fd",
    "/usr/share/edk2/ovmf/OVMF_CODE_4M.fd",
    "/usr/share/OVMF/OVMF_CODE.fd",
];
const PATIENCE: Duration = Duration::from_secs(10);

/// Named in a machine's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    pub kernel: String,
    pub firmware: String,
}

/// Everything is there.
pub struct Kit {
    pub files: Files,
    pub kernel: Vec<u8>,
    pub firmware: Vec<u8>,
    /// The part of the firmware that PCR 0 is about.
    pub drivers: Digest,
    pub initrd: Vec<u8>,
    pub qemu: Version,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub major: u32,
    pub text: String,
}

/// What is missing, and the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} Run ./setup tee on this machine.")]
pub struct Missing(String);

impl Missing {
    /// Without the way out.
    pub fn what(&self) -> &str {
        &self.0
    }
}

impl Kit {
    /// Whether a TPM tells its key here, as it must before any machine is started: what is installed
    /// may still not run.
    pub async fn try_tpm(&self) -> Result<(), Missing> {
        let folder = tempfile::tempdir();
        let folder = folder.map_err(|e| missing("A folder for a TPM", &e.to_string()))?;
        let told = pin::key(folder.path()).await;
        told.map(drop).map_err(|e| missing(SWTPM, &e.to_string()))
    }

    pub async fn open(folder: &Path) -> Result<Self, Missing> {
        let qemu = version(QEMU).await?;
        let qemu = read_version(&qemu).ok_or_else(|| missing(&qemu, "is no version of QEMU"))?;
        version(SWTPM).await?;
        let found = FIRMWARE.into_iter().find(|path| Path::new(path).exists());
        let firmware = found.ok_or_else(|| missing("OVMF", "is not installed"))?;
        let bytes = read(Path::new(firmware))?;
        let drivers = firmware::drivers(&bytes);
        let kernel = folder.join("vmlinuz");
        let initrd = parts(folder).and_then(|(agent, modules)| initrd::build(&agent, &modules));
        Ok(Self {
            initrd: initrd.map_err(|e| missing(&folder.display().to_string(), &e.to_string()))?,
            kernel: read(&kernel)?,
            firmware: bytes,
            drivers: drivers
                .ok_or_else(|| missing(firmware, "is no firmware that is known here"))?,
            files: Files {
                kernel: kernel.display().to_string(),
                firmware: firmware.to_owned(),
            },
            qemu,
        })
    }
}

fn missing(what: &str, how: &str) -> Missing {
    Missing(format!(
        "Confidential machines can't run here: {what}: {how}."
    ))
}

fn read(path: &Path) -> Result<Vec<u8>, Missing> {
    std::fs::read(path).map_err(|e| missing(&path.display().to_string(), &e.to_string()))
}

fn parts(folder: &Path) -> io::Result<(Vec<u8>, Vec<Module>)> {
    let agent = std::fs::read(folder.join("agent"))?;
    let mut all: Vec<PathBuf> = vec![];
    for entry in std::fs::read_dir(folder.join("modules"))? {
        all.push(entry?.path());
    }
    all.sort();
    let module = |path: &PathBuf| {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Ok((name, std::fs::read(path)?))
    };
    let modules: io::Result<Vec<Module>> = all.iter().map(module).collect();
    Ok((agent, modules?))
}

async fn version(program: &str) -> Result<String, Missing> {
    let asked = Command::new(program)
        .arg("--version")
        .kill_on_drop(true)
        .output();
    let answered = tokio::time::timeout(PATIENCE, asked).await;
    let answered = answered.map_err(|_| missing(program, "does not answer"))?;
    let output = answered.map_err(|e| missing(program, &e.to_string()))?;
    Ok(String::from_utf8_lossy(&output.stdout)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned())
}

/// `QEMU emulator version 7.2.22 (Debian …)`.
fn read_version(line: &str) -> Option<Version> {
    let text = line
        .strip_prefix("QEMU emulator version ")?
        .split(' ')
        .next()?;
    let major = text.split('.').next()?.parse().ok()?;
    Some(Version {
        major,
        text: text.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_distributions_write_them() {
        let read = read_version("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)");
        assert_eq!(
            read,
            Some(Version {
                major: 7,
                text: "7.2.22".into()
            })
        );
        assert_eq!(read_version("qemu 7"), None);
    }

    #[tokio::test]
    async fn what_is_missing_is_said_with_the_way_out() {
        let empty = tempfile::tempdir().expect("a folder");
        let said = Kit::open(empty.path())
            .await
            .err()
            .expect("nothing is there")
            .to_string();
        assert!(said.contains("./setup tee"), "{said}");
    }
}
