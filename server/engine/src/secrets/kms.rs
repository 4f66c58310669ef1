//! A key management service, which may wrap the master key: an executable, or an address over HTTP.
//! The file beside the database holds then what came of wrapping, and is worth nothing without it.
//!
//! An executable is started with its own arguments and one more: `wrap`, and is given the key as 64
//! hexadecimal digits on its standard input and answers with one line of visible ASCII; or `unwrap`,
//! and the other way round. Over HTTP the same texts are the bodies of `POST <address>/wrap` and
//! `POST <address>/unwrap`.

use crate::group::Group;
use reqwest::{Client, Url, redirect};
use std::fmt;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

/// A test of what does not end has better things to do.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 5 } else { 10 });
/// Of an answer.
const MOST_BYTES: usize = 16 << 10;
/// Of what an executable complains, for people.
const MOST_SAID: usize = 300;
const MOST_ARGUMENTS: usize = 64;

type Text = Zeroizing<String>;

#[derive(Clone, PartialEq, Eq)]
pub enum Kms {
    /// What is started; no shell reads it.
    Command(Vec<String>),
    Url(Url),
}

/// As people know it; arguments may be secrets.
impl fmt::Display for Kms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kms::Command(argv) => write!(f, "`{}`", argv.first().map_or("", String::as_str)),
            Kms::Url(url) => write!(f, "{}", url.origin().ascii_serialization()),
        }
    }
}

impl fmt::Debug for Kms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kms({self})")
    }
}

impl Kms {
    /// `["/usr/bin/wrapper", "--key", "main"]`, `/usr/bin/wrapper`, or `https://kms.example.org/sealdock`.
    pub fn parse(text: &str) -> Result<Kms, String> {
        let text = text.trim();
        if text.starts_with("http://") || text.starts_with("https://") {
            return url(text);
        }
        let argv = match text.starts_with('[') {
            true => serde_json::from_str(text)
                .map_err(|e| format!("what begins with `[` is a JSON list of strings: {e}"))?,
            false => vec![text.to_owned()],
        };
        let fits = (1..=MOST_ARGUMENTS).contains(&argv.len())
            && !argv[0].is_empty()
            && !argv.iter().any(|a| a.contains('\0'));
        match fits {
            true => Ok(Kms::Command(argv)),
            false => Err("it names no executable to start".into()),
        }
    }

    /// What only this service makes the text of again.
    pub async fn wrap(&self, text: &str) -> Result<Text, String> {
        let wrapped = self.ask("wrap", text).await?;
        match !wrapped.is_empty() && wrapped.bytes().all(|b| b.is_ascii_graphic()) {
            true => Ok(wrapped),
            false => Err(format!(
                "{self} answered `wrap` with something else than one line of visible ASCII"
            )),
        }
    }

    pub async fn unwrap(&self, wrapped: &str) -> Result<Text, String> {
        self.ask("unwrap", wrapped).await
    }

    async fn ask(&self, verb: &str, text: &str) -> Result<Text, String> {
        let asked = async {
            match self {
                Kms::Command(argv) => run(argv, verb, text).await,
                Kms::Url(url) => post(url, verb, text).await,
            }
        };
        let answer = match tokio::time::timeout(PATIENCE, asked).await {
            Ok(answer) => answer.map_err(|why| format!("{self} {why}"))?,
            Err(_) => {
                let seconds = PATIENCE.as_secs();
                return Err(format!("{self} did not answer within {seconds} s"));
            }
        };
        let text = std::str::from_utf8(&answer);
        let text = text.map_err(|_| format!("{self} answered with what is no text"))?;
        Ok(Zeroizing::new(text.trim().to_owned()))
    }
}

/// The key goes along: over TLS, or no further than this machine.
fn url(text: &str) -> Result<Kms, String> {
    let url: Url = text.parse().map_err(|_| "it is no URL".to_owned())?;
    let host = url.host_str().unwrap_or_default();
    let ip = host.trim_start_matches('[').trim_end_matches(']');
    let ip: Option<std::net::IpAddr> = ip.parse().ok();
    let near = host == "localhost" || ip.is_some_and(|ip| ip.is_loopback());
    match () {
        () if !url.username().is_empty() || url.password().is_some() => {
            Err("it has a user name or a password in it, which would end up in logs".into())
        }
        () if url.scheme() == "https" || near => Ok(Kms::Url(url)),
        () => Err("over http it is on this machine (127.0.0.1), elsewhere https".into()),
    }
}

async fn run(argv: &[String], verb: &str, text: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let (program, rest) = argv.split_first().ok_or("is no executable")?;
    let started = Command::new(program)
        .args(rest)
        .arg(verb)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    let mut child = started.map_err(|e| format!("can't be started: {e}"))?;
    let _group = Group::of(&child);
    let (answer, said) = talk(&mut child, text).await?;
    let status = child.wait().await.map_err(|e| format!("is lost: {e}"))?;
    match status.success() {
        true => Ok(answer),
        false => Err(format!("ended with {status}{}", complaint(&said))),
    }
}

/// At the same time, or both would wait for each other.
async fn talk(
    child: &mut Child,
    text: &str,
) -> Result<(Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>), String> {
    let (stdin, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let tell = async {
        if let Some(mut stdin) = stdin {
            // Who knows without reading says so by its answer.
            let _ = stdin.write_all(format!("{text}\n").as_bytes()).await;
        }
        Ok(())
    };
    let ((), answer, said) = tokio::try_join!(tell, read(out), read(err))?;
    Ok((answer, said))
}

async fn read(from: Option<impl AsyncRead + Unpin>) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES + 1));
    if let Some(from) = from {
        let mut most = from.take(MOST_BYTES as u64 + 1);
        let read = most.read_to_end(&mut bytes).await;
        read.map_err(|e| format!("broke off: {e}"))?;
    }
    match bytes.len() > MOST_BYTES {
        true => Err(too_much()),
        false => Ok(bytes),
    }
}

/// The last line of it.
fn complaint(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let last = text.lines().rfind(|line| !line.trim().is_empty());
    let clean = |line: &str| -> String {
        let visible = line.chars().filter(|c| !c.is_control());
        visible.take(MOST_SAID).collect()
    };
    last.map_or_else(String::new, |line| format!(": {}", clean(line)))
}

async fn post(url: &Url, verb: &str, text: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut url = url.clone();
    let path = format!("{}/{verb}", url.path().trim_end_matches('/'));
    url.set_path(&path);
    let client = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .build();
    let client = client.map_err(|_| "can't be asked: no HTTP client can be made".to_owned())?;
    let asked = client.post(url).body(text.to_owned()).send().await;
    // The error's own words have the address in them.
    let mut answer = asked.map_err(|_| "can't be reached".to_owned())?;
    if !answer.status().is_success() {
        return Err(format!("answered {}", answer.status()));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES + 1));
    while let Some(chunk) = answer.chunk().await.map_err(|_| "broke off".to_owned())? {
        if bytes.len() + chunk.len() > MOST_BYTES {
            return Err(too_much());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn too_much() -> String {
    format!("answered with more than {} KiB", MOST_BYTES >> 10)
}

#[cfg(test)]
mod tests;
