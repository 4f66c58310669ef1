//! ssh for git, without a shell: git starts `<keys>/sealdock-ssh`, which is this executable, and
//! that becomes `ssh` with the organization's own configuration.

use super::askpass;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const WRAPPER: &str = "sealdock-ssh";
pub const GIT_CONFIG: &str = "gitconfig";
/// Names the file with the private key, which is there for as long as git runs.
pub const KEY_FILE: &str = "SEALDOCK_SSH_KEY_FILE";

/// Everything that git may use, and nothing else.
const GIT_SETTINGS: &str = "\
[core]
\thooksPath = /dev/null
\tfsmonitor = false
[protocol]
\tallow = never
[protocol \"https\"]
\tallow = always
[protocol \"http\"]
\tallow = always
[protocol \"ssh\"]
\tallow = always
[protocol \"file\"]
\tallow = always
[credential]
\tuseHttpPath = true
[safe]
\tdirectory = *
[gc]
\tauto = 0
[advice]
\tdetachedHead = false
[http]
\tfollowRedirects = initial
\tlowSpeedLimit = 1000
\tlowSpeedTime = 30
";

/// When this process was started by git in place of ssh, it becomes ssh and does not return.
/// To be asked first thing in `main`.
pub fn become_ssh_if_asked() -> Option<io::Error> {
    let mut args = std::env::args_os();
    let me = PathBuf::from(args.next()?);
    (me.file_name()? == WRAPPER).then(|| {
        let config = me.with_file_name("ssh_config");
        let rest: Vec<OsString> = args.collect();
        let mut ssh = Command::new("ssh");
        ssh.arg("-F").arg(config);
        if let Some(key) = std::env::var_os(KEY_FILE) {
            ssh.arg("-i").arg(key);
        }
        ssh.args(rest).exec()
    })
}

/// Writes what git and ssh need into the organization's key directory; says nothing when it is there.
pub fn prepare(keys: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(keys)?;
    put(&keys.join(GIT_CONFIG), GIT_SETTINGS)?;
    put(&keys.join("ssh_config"), &ssh_settings(keys))?;
    let me = std::env::current_exe()?;
    lead_to(&me, &keys.join(WRAPPER))?;
    lead_to(&me, &keys.join(askpass::WRAPPER))
}

/// A name of ours for this executable.
fn lead_to(me: &Path, name: &Path) -> io::Result<()> {
    if std::fs::read_link(name).ok().as_deref() != Some(me) {
        let _ = std::fs::remove_file(name);
        std::os::unix::fs::symlink(me, name)?;
    }
    Ok(())
}

/// Whole or not at all: another git of this organization may be reading it.
fn put(file: &Path, text: &str) -> io::Result<()> {
    use std::io::Write;
    if std::fs::read_to_string(file).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let mut beside = tempfile::NamedTempFile::new_in(file.parent().unwrap_or(file))?;
    beside.write_all(text.as_bytes())?;
    beside.persist(file).map_err(|e| e.error)?;
    Ok(())
}

fn ssh_settings(keys: &Path) -> String {
    let hosts = keys.join("known_hosts");
    format!(
        "IdentityFile none\nIdentitiesOnly yes\nUserKnownHostsFile \"{}\"\nStrictHostKeyChecking accept-new\n\
         BatchMode yes\nConnectTimeout 15\nServerAliveInterval 15\nServerAliveCountMax 4\nForwardAgent no\n",
        hosts.display()
    )
}
