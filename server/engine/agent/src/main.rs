//! PID 1 of a confidential virtual machine. All that it believes is measured: the command line
//! names the root file system and the config by their hashes. What is not as it says ends the boot.

mod cmdline;
mod config;
mod evidence;
mod http;
mod keys;
mod net;
mod secrets;
mod serve;
mod signed;
mod steps;
mod stop;
mod sys;
mod tpm;
mod tunnel;
mod verity;
// The host reads keys with it too.
#[allow(dead_code)]
mod wire;
mod workload;

use cmdline::CommandLine;
use config::Config;
use serve::Machine;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use steps::Steps;

/// Devices appear when their driver has found them; slowly, in software emulation.
const PATIENCE: Duration = Duration::from_secs(30);
const MOST_CONFIG: u64 = 1 << 20;
const SECTOR: u64 = 512;
/// Drivers of hardware that is not there.
const OPTIONAL: [&str; 2] = ["sev-guest", "tdx-guest"];

fn main() {
    let why = match boot() {
        Ok(code) => format!("exit {code}"),
        Err(e) => format!("refused: {e}"),
    };
    // The host reads this, and nothing that the workload said.
    println!("tee: {why}");
    sys::power_off();
}

fn boot() -> Result<i32, String> {
    let steps = Steps::default();
    steps.run("mounts", || mounts().map_err(text))?;
    let line = steps.run("command line", command_line)?;
    steps.run("modules", modules)?;
    steps.run("network", || net::set_up().map_err(text))?;
    let config = steps.run("config", || read_config(&line))?;
    steps.run("rootfs", || open_root(&line))?;
    let tls = steps.run("tls", keys::make)?;
    serve_and_run(steps, config, tls, line.debug)
}

fn serve_and_run(steps: Steps, config: Config, tls: keys::Tls, debug: bool) -> Result<i32, String> {
    let listener = TcpListener::bind("0.0.0.0:443").map_err(text)?;
    let machine = Arc::new(Machine {
        config,
        tls,
        steps,
        secrets: Default::default(),
        workload: Default::default(),
        connections: Default::default(),
    });
    let of_thread = machine.clone();
    std::thread::spawn(move || serve::listen(of_thread, listener));
    println!("tee: serves evidence");
    let secrets = wait_for_secrets(&machine)?;
    let started = || workload::start(&machine.config, secrets, debug);
    let workload = machine.steps.run("workload", started)?;
    machine
        .workload
        .store(workload, std::sync::atomic::Ordering::SeqCst);
    Ok(workload::until_it_ends(workload))
}

fn wait_for_secrets(machine: &Machine) -> Result<secrets::Values, String> {
    if machine.config.secrets.is_empty() {
        machine.steps.skip("secrets", "none are named");
        return Ok(Default::default());
    }
    machine.steps.run("secrets", || Ok(machine.secrets.wait()))
}

fn mounts() -> std::io::Result<()> {
    sys::mount("devtmpfs", "dev", "/dev", 0, "")?;
    sys::mount("proc", "proc", "/proc", sys::NO_DEVICES, "")?;
    sys::mount("sysfs", "sys", "/sys", sys::NO_DEVICES, "")?;
    // Holds the event log, where there is one.
    let _ = sys::mount(
        "securityfs",
        "security",
        "/sys/kernel/security",
        sys::NO_DEVICES,
        "",
    );
    Ok(())
}

fn command_line() -> Result<CommandLine, String> {
    cmdline::parse(&fs::read_to_string("/proc/cmdline").map_err(text)?)
}

/// In the order of their names: `00-virtio_ring.ko`, …
fn modules() -> Result<(), String> {
    let mut all: Vec<PathBuf> = fs::read_dir("/modules")
        .map_err(text)?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    all.sort();
    all.iter().try_for_each(|module| load(module))
}

fn load(module: &Path) -> Result<(), String> {
    let file = fs::File::open(module).map_err(text)?;
    let name = module.display().to_string();
    match sys::load_module(&file) {
        Err(e) if e.raw_os_error() == Some(libc::EEXIST) => Ok(()),
        Err(e)
            if e.raw_os_error() == Some(libc::ENODEV)
                && OPTIONAL.iter().any(|optional| name.contains(optional)) =>
        {
            Ok(())
        }
        Err(e) => Err(format!("{name}: {e}")),
        Ok(()) => Ok(()),
    }
}

fn read_config(line: &CommandLine) -> Result<Config, String> {
    let disk = disk("config")?;
    let sectors = format!("/sys/block/{disk}/size");
    let sectors: u64 = fs::read_to_string(sectors)
        .map_err(text)?
        .trim()
        .parse()
        .map_err(|_| "its size is no number")?;
    if sectors * SECTOR > MOST_CONFIG {
        return Err("it is too large".into());
    }
    config::read(
        &fs::read(format!("/dev/{disk}")).map_err(text)?,
        &line.config,
    )
}

fn open_root(line: &CommandLine) -> Result<(), String> {
    let disk = format!("/dev/{}", disk("rootfs")?);
    verity::open(&disk, line.blocks, &line.root, &line.salt).map_err(text)?;
    patient("/dev/dm-0").map_err(text)?;
    workload::lay_root().map_err(text)
}

/// The block device with that serial number.
fn disk(serial: &str) -> Result<String, String> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        for entry in fs::read_dir("/sys/block").map_err(text)?.flatten() {
            let said = fs::read_to_string(entry.path().join("serial")).unwrap_or_default();
            if said.trim_end() == serial {
                return Ok(entry.file_name().to_string_lossy().into_owned());
            }
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(format!("there is no disk called {serial}"))
}

/// Until the file is there.
fn patient(path: &str) -> std::io::Result<()> {
    let begun = Instant::now();
    while !Path::new(path).exists() {
        if begun.elapsed() > PATIENCE {
            return Err(std::io::Error::other(format!("there is no {path}")));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn text(error: std::io::Error) -> String {
    error.to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
