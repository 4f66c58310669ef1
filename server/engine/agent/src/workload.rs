//! The workload: the image's own program, in its own root, as its own user.

use crate::config::Config;
use crate::secrets::Values;
use crate::sys;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

pub const ROOT: &str = "/root";
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// What every program may expect in `/dev`: name, major, minor.
const DEVICES: [(&str, u32, u32); 6] = [
    ("null", 1, 3),
    ("zero", 1, 5),
    ("full", 1, 7),
    ("random", 1, 8),
    ("urandom", 1, 9),
    ("tty", 5, 0),
];
const LINKS: [(&str, &str); 4] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
];

/// The verified files below, memory above: what is written is gone with the machine.
pub fn lay_root() -> io::Result<()> {
    sys::mount("squashfs", "/dev/dm-0", "/lower", sys::READ_ONLY, "")?;
    sys::mount("tmpfs", "tmpfs", "/upper", 0, "mode=0755")?;
    fs::create_dir("/upper/files")?;
    fs::create_dir("/upper/work")?;
    let layers = "lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work";
    sys::mount("overlay", "overlay", ROOT, 0, layers)?;
    sys::mount("proc", "proc", &format!("{ROOT}/proc"), sys::NO_DEVICES, "")?;
    sys::mount(
        "tmpfs",
        "tmpfs",
        &format!("{ROOT}/dev"),
        0,
        "mode=0755,size=64k",
    )?;
    for (name, major, minor) in DEVICES {
        sys::make_device(&format!("{ROOT}/dev/{name}"), major, minor)?;
    }
    for (name, target) in LINKS {
        std::os::unix::fs::symlink(target, format!("{ROOT}/dev/{name}"))?;
    }
    sys::mount(
        "tmpfs",
        "tmpfs",
        &format!("{ROOT}/dev/shm"),
        sys::NO_DEVICES,
        "mode=1777",
    )
}

/// In production what it prints goes nowhere: the host reads the console.
pub fn start(config: &Config, secrets: Values, debug: bool) -> Result<i32, String> {
    let program = config.argv.first().ok_or("the image has no command")?;
    let confine =
        sys::Confine::new(ROOT, &config.cwd, config.uid, config.gid).map_err(|e| e.to_string())?;
    let output = || {
        if debug {
            Stdio::inherit()
        } else {
            Stdio::null()
        }
    };
    let mut command = Command::new(program);
    command
        .args(&config.argv[1..])
        .env_clear()
        .env("PATH", PATH)
        .env("HOME", "/")
        .envs(&config.env)
        .envs(secrets)
        .stdin(Stdio::null())
        .stdout(output())
        .stderr(output());
    // SAFETY: system calls only, over memory that was made before the fork.
    unsafe { command.pre_exec(move || confine.apply()) };
    let child = command
        .spawn()
        .map_err(|e| format!("{program} can't be started: {e}"))?;
    i32::try_from(child.id()).map_err(|e| e.to_string())
}

/// Until the workload ends; its code.
pub fn until_it_ends(workload: i32) -> i32 {
    loop {
        match sys::reap() {
            Ok((pid, code)) if pid == workload => return code,
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return -1,
        }
    }
}
