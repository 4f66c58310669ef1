//! This machine, as `serve` would find it.

use super::{Finding, fail, ok, warn};
use crate::cli::profile::from_environment;
use domain::attest::SIMULATED;
use engine::driver::tee;
use std::io::{Error, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(5);
const DISK_LOW_BYTES: u64 = 5 << 30;
const DISK_OUT_BYTES: u64 = 1 << 30;
const ANSWER_BYTES_MAX: u64 = 64 << 10;

pub async fn check(data: &Path, kit: &Path, ports: &[SocketAddr]) -> Vec<Finding> {
    let mut findings = vec![
        docker().await,
        git().await,
        cgroup(Path::new("/sys/fs/cgroup/cgroup.controllers")),
        machines(kit).await,
    ];
    findings.extend([writable(data), disk(data)]);
    findings.extend(ports.iter().map(|address| port(*address)));
    findings
}

async fn docker() -> Finding {
    let host = from_environment("DOCKER_HOST");
    let socket = match host.as_deref().map(|h| h.strip_prefix("unix://").ok_or(h)) {
        None => "/var/run/docker.sock".to_owned(),
        Some(Ok(path)) => path.to_owned(),
        Some(Err(other)) => {
            return warn(
                "Docker Engine",
                format!("DOCKER_HOST is {other}, which is not looked at."),
                "Try `docker version`.",
            );
        }
    };
    match timeout(PATIENCE, engine_version(&socket)).await {
        Ok(Ok(version)) => ok("Docker Engine", format!("{version} answers on {socket}.")),
        Ok(Err(error)) => fail(
            "Docker Engine",
            format!("{socket}: {error}."),
            engine_way_out(&error),
        ),
        Err(_) => fail(
            "Docker Engine",
            format!("{socket} does not answer within {} s.", PATIENCE.as_secs()),
            "Restart it: `systemctl restart docker`.",
        ),
    }
}

fn engine_way_out(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound => {
            "Install it (Debian: `apt-get install docker.io`) and start it: `systemctl start docker`."
        }
        ErrorKind::PermissionDenied => {
            "Add yourself to the group `docker` and log in again: `usermod -aG docker $USER`."
        }
        _ => "Start it: `systemctl start docker`.",
    }
}

/// `GET /version`, in the oldest HTTP there is: one answer, then the connection closes.
async fn engine_version(socket: &str) -> Result<String, Error> {
    let mut stream = UnixStream::connect(socket).await?;
    stream
        .write_all(b"GET /version HTTP/1.0\r\nHost: docker\r\n\r\n")
        .await?;
    let mut answer = String::new();
    stream
        .take(ANSWER_BYTES_MAX)
        .read_to_string(&mut answer)
        .await?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let json: serde_json::Value = serde_json::from_str(body).map_err(|_| {
        Error::new(
            ErrorKind::InvalidData,
            "it does not answer like a Docker Engine",
        )
    })?;
    Ok(json["Version"]
        .as_str()
        .unwrap_or("an unknown version")
        .to_owned())
}

async fn git() -> Finding {
    let way_out =
        "Install it (Debian: `apt-get install git`); without it, repositories can't be deployed.";
    match timeout(PATIENCE, Command::new("git").arg("--version").output()).await {
        Ok(Ok(output)) if output.status.success() => ok(
            "git",
            String::from_utf8_lossy(&output.stdout).trim().to_owned() + ".",
        ),
        Ok(Ok(output)) => fail(
            "git",
            format!("`git --version` ended with {}.", output.status),
            way_out,
        ),
        Ok(Err(error)) => fail("git", format!("It can't be run: {error}."), way_out),
        Err(_) => fail("git", "`git --version` does not end.", way_out),
    }
}

/// All parts are there, and the one that can be tried in a moment works.
async fn opened(kit: &Path) -> Result<tee::Kit, tee::Missing> {
    let kit = tee::Kit::open(kit).await?;
    kit.try_tpm().await?;
    Ok(kit)
}

/// A runtime that only some want: nothing fails without it.
async fn machines(kit: &Path) -> Finding {
    match opened(kit).await {
        Ok(kit) => ok(
            "confidential machines",
            format!("QEMU {} can boot them. {SIMULATED}.", kit.qemu.text),
        ),
        Err(missing) => warn(
            "confidential machines",
            missing.what(),
            "Run ./setup tee, if you want the runtime `tee`.",
        ),
    }
}

fn cgroup(controllers: &Path) -> Finding {
    let way_out = "Boot with cgroup v2 (`systemd.unified_cgroup_hierarchy=1`); without it, limits may not hold.";
    let Ok(text) = std::fs::read_to_string(controllers) else {
        return warn("cgroup", "This machine has no cgroup v2.", way_out);
    };
    let missing: Vec<_> = ["cpu", "memory", "pids"]
        .into_iter()
        .filter(|c| !text.split_whitespace().any(|w| w == *c))
        .collect();
    match missing.is_empty() {
        true => ok("cgroup", "Version 2, with cpu, memory and pids."),
        false => warn(
            "cgroup",
            format!("Not available: {}.", missing.join(", ")),
            way_out,
        ),
    }
}

/// Writes and removes a file. A directory that is not there yet is looked for further up.
fn writable(data: &Path) -> Finding {
    let place = existing(data);
    match tempfile::Builder::new()
        .prefix(".doctor")
        .tempfile_in(place)
    {
        Ok(_) if place == data => ok(
            "data directory",
            format!("{} can be written.", data.display()),
        ),
        Ok(_) => ok("data directory", format!("{} can be made.", data.display())),
        Err(error) => fail(
            "data directory",
            format!("{} can't be written: {error}.", place.display()),
            "Choose another one with --data, or make it yours with `chown`.",
        ),
    }
}

fn disk(data: &Path) -> Finding {
    let place = existing(data);
    let way_out = "Free some: old images are the usual suspects (`docker image prune`).";
    match rustix::fs::statvfs(place) {
        Err(error) => warn(
            "disk",
            format!("{}: {error}.", place.display()),
            "Choose another data directory with --data.",
        ),
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let sentence = format!("{} GiB free at {}.", free >> 30, place.display());
            match free {
                0..DISK_OUT_BYTES => fail("disk", sentence, way_out),
                DISK_OUT_BYTES..DISK_LOW_BYTES => warn("disk", sentence, way_out),
                _ => ok("disk", sentence),
            }
        }
    }
}

fn existing(path: &Path) -> &Path {
    let up = path
        .ancestors()
        .find(|p| p.exists() && !p.as_os_str().is_empty());
    up.unwrap_or(Path::new("."))
}

fn port(address: SocketAddr) -> Finding {
    match TcpListener::bind(address) {
        Ok(_) => ok("port", format!("{address} is free.")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => warn(
            "port",
            format!("{address} is in use."),
            "That is right when Sealdock runs here; if not, stop what listens there or choose another with --listen or --proxy-listen.",
        ),
        Err(error) => fail(
            "port",
            format!("{address} can't be listened on: {error}."),
            "Choose another address with --listen or --proxy-listen.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_port_in_use_and_a_free_one_differ() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        assert_eq!(port(address).verdict, Verdict::Warn);
        drop(taken);
        assert_eq!(port(address).verdict, Verdict::Ok);
        assert_eq!(
            port("203.0.113.1:80".parse().unwrap()).verdict,
            Verdict::Fail
        );
    }

    #[test]
    fn a_data_directory_may_be_made_and_a_file_is_none() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(
            writable(&directory.path().join("new/one")).verdict,
            Verdict::Ok
        );
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        let file = directory.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert_eq!(writable(&file).verdict, Verdict::Fail);
    }

    #[test]
    fn missing_controllers_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("controllers");
        std::fs::write(&file, "cpuset cpu io memory\n").unwrap();
        assert_eq!(cgroup(&file).sentence, "Not available: pids.");
        assert_eq!(cgroup(Path::new("/nowhere")).verdict, Verdict::Warn);
    }

    #[tokio::test]
    async fn i17_without_a_kit_confidential_machines_are_a_warning_with_the_way_out() {
        let empty = tempfile::tempdir().unwrap();
        let finding = machines(empty.path()).await;
        assert_eq!(finding.verdict, Verdict::Warn);
        assert!(finding.way_out.unwrap().contains("./setup tee"));
    }

    #[tokio::test]
    async fn an_engine_is_asked_for_its_version() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("docker.sock");
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 64];
            let _ = stream.read(&mut head).await.unwrap();
            stream
                .write_all(b"HTTP/1.0 200 OK\r\n\r\n{\"Version\":\"27.1\"}")
                .await
                .unwrap();
        });
        assert_eq!(
            engine_version(path.to_str().unwrap()).await.unwrap(),
            "27.1"
        );
    }
}
