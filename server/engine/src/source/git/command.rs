//! One run of `git`: its own process group, ended with everything it started when we lose interest.

use super::{askpass, ssh};
use crate::group::Group;
use domain::api::Reply;
use domain::refusal::{Kind, Refusal};
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

/// The most that we read of an answer.
const LONGEST_ANSWER: u64 = 64 << 20;
const LONGEST_LINE: u64 = 8 << 10;
/// Of what git complains, the last lines tell.
const LINES_KEPT: usize = 20;

/// The code of a refusal that the host may not be to blame for: our mirror may be broken.
pub const UNREADABLE: &str = "git_unreadable";

/// What git said.
pub struct Said {
    pub ok: bool,
    pub out: Vec<u8>,
    /// The last lines of its complaints.
    pub err: Vec<String>,
}

/// `git` with only our own settings; `keys` is the organization's.
pub fn git(keys: &Path) -> Command {
    let mut command = Command::new("git");
    command.env_clear();
    for name in [
        "PATH",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "https_proxy",
        "http_proxy",
        "no_proxy",
    ] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("HOME", keys)
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ASKPASS", keys.join(askpass::WRAPPER))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", keys.join(ssh::GIT_CONFIG))
        .env("GIT_SSH", keys.join(ssh::WRAPPER))
        .env("GIT_SSH_VARIANT", "ssh")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command
}

/// Runs it to its end, telling every line of its progress.
pub async fn run(mut command: Command, line: &mut (dyn FnMut(String) + Send)) -> Reply<Said> {
    let mut child = command.spawn().map_err(|error| not_started(&error))?;
    // Its helpers too: ssh, index-pack.
    let _group = Group::of(&child);
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let read = async {
        let mut bytes = vec![];
        if let Some(out) = out {
            out.take(LONGEST_ANSWER).read_to_end(&mut bytes).await?;
        }
        std::io::Result::Ok(bytes)
    };
    let listen = async {
        let mut kept = vec![];
        if let Some(err) = err {
            let mut reader = BufReader::new(err);
            let mut bytes = vec![];
            // A host may send a line without an end: what is longer is heard in pieces.
            while (&mut reader)
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut bytes)
                .await?
                > 0
            {
                hear(&String::from_utf8_lossy(&bytes), &mut kept, line);
                bytes.clear();
            }
        }
        std::io::Result::Ok(kept)
    };
    let (out, err) = tokio::try_join!(read, listen).map_err(|error| not_started(&error))?;
    let status = child.wait().await.map_err(|error| not_started(&error))?;
    Ok(Said {
        ok: status.success(),
        out,
        err,
    })
}

/// Progress is written over itself with `\r`: only how it ended is a line.
fn hear(text: &str, kept: &mut Vec<String>, line: &mut (dyn FnMut(String) + Send)) {
    let text = text
        .trim_end_matches(['\r', '\n'])
        .rsplit('\r')
        .next()
        .unwrap_or_default()
        .trim_end();
    if text.is_empty() {
        return;
    }
    line(text.to_owned());
    kept.push(text.to_owned());
    if kept.len() > LINES_KEPT {
        kept.remove(0);
    }
}

fn not_started(error: &std::io::Error) -> Refusal {
    Refusal::new(
        Kind::Unavailable,
        "git_missing",
        format!("`git` can't be run: {error}."),
    )
    .way_out("Install git on the machine that runs Sealdock.")
}

fn forbidden(sentence: String) -> Refusal {
    Refusal::conflict("git_forbidden", sentence).at("url")
}

/// Over http anybody on the way could read a token.
fn token_way_out(url: &str) -> &'static str {
    if askpass::is_private(url) {
        "Set one under Settings, Git and registries; or give the organization's deploy key (Settings) to the repository and use its ssh URL."
    } else {
        "Use its https URL and set an access token under Settings, Git and registries: over http Sealdock sends none."
    }
}

/// What a failed conversation with a Git host means for the person.
pub fn explain(url: &str, err: &[String]) -> Refusal {
    let text = err.join(" ").to_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| text.contains(w));
    let detail = err
        .iter()
        .rev()
        .find(|l| l.starts_with("fatal:") || l.starts_with("remote:") || l.contains("error"))
        .or(err.last());
    let detail = detail
        .map(|l| format!(" Git says: {}", l.trim_start_matches("fatal: ")))
        .unwrap_or_default();
    if has(&[
        "could not resolve",
        "failed to connect",
        "couldn't connect",
        "connection refused",
        "timed out",
        "network is unreachable",
        "no route to host",
    ]) {
        return Refusal::unavailable(
            "git_unreachable",
            format!("The Git host of {url} can't be reached.{detail}"),
        )
        .at("url")
        .way_out("Check the host name, and that this machine may reach it.");
    }
    if has(&[
        "authentication failed",
        "the requested url returned error: 403",
    ]) {
        return forbidden(format!(
            "The Git host does not take the access token that is kept for {url}, or it may not read that repository.{detail}"
        ))
        .way_out("Set another one under Settings, Git and registries: it needs the right to read this repository.");
    }
    if has(&[
        "could not read username",
        "could not read password",
        "terminal prompts disabled",
    ]) {
        return forbidden(format!(
            "The Git host lets nobody read {url} without an access token, and none is kept for it."
        ))
        .way_out(token_way_out(url));
    }
    if has(&[
        "permission denied",
        "access denied",
        "host key verification failed",
    ]) {
        return forbidden(format!(
            "The Git host lets nobody read {url} without a key, or does not take ours.{detail}"
        ))
        .way_out(
            "Give the organization's deploy key (Settings) to the repository and use its ssh URL.",
        );
    }
    let unreadable = format!("There is no Git repository at {url}, or it can't be read.{detail}");
    Refusal {
        code: UNREADABLE.into(),
        ..Refusal::invalid("url", unreadable)
    }
    .way_out(
        "Check the address; a private repository needs an access token (Settings, Git and registries), or its ssh URL and the deploy key (Settings).",
    )
}
