//! A headless Chromium, started for one picture and ended with everything that it started.

use super::front::{Front, look};
use super::{Camera, Shot};
use crate::group::Group;
use async_trait::async_trait;
use domain::view::{SCREENSHOT_HEIGHT, SCREENSHOT_WIDTH};
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::Instant;

/// What is still loading then is not in the picture.
const LIMIT: Duration = Duration::from_secs(20);
/// For what is no longer of our group and writes to the profile: its crash handlers, which end by
/// themselves once they miss it.
const ENDS: Duration = Duration::from_secs(2);
/// Of the page's own clock, so that what it does at once after loading is done.
const SETTLES_MS: u32 = 3_000;
/// A picture of that size has never been over a tenth of it.
const MOST_BYTES: u64 = 8 << 20;
const MOST_COMPLAINTS: u64 = 16 << 10;
const NAMES: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];
const FLAGS: [&str; 18] = [
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--hide-scrollbars",
    "--metrics-recording-only",
    "--mute-audio",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    "--no-proxy-server",
    "--password-store=basic",
];

pub struct Chromium {
    /// Named by the operator; otherwise looked for.
    executable: Option<PathBuf>,
    plane: SocketAddr,
    /// For its profile.
    scratch: PathBuf,
}

impl Chromium {
    pub fn new(executable: Option<PathBuf>, listens: SocketAddr, scratch: PathBuf) -> Self {
        Self {
            executable,
            plane: reachable(listens),
            scratch,
        }
    }

    fn find(&self) -> Result<PathBuf, String> {
        match &self.executable {
            Some(named) if named.is_file() => Ok(named.clone()),
            Some(named) => Err(format!(
                "There is no Chromium at {}, which the server was told to use.",
                named.display()
            )),
            None => on_path(&NAMES).ok_or_else(|| {
                "Chromium is not installed here. Install it, or name it with `--chromium`, and the next deployment is pictured.".into()
            }),
        }
    }

    /// In a room of its own, which is gone afterwards.
    async fn picture(&self, executable: &Path, url: &str, host: &str) -> Result<Vec<u8>, String> {
        let room = tempfile::tempdir_in(&self.scratch)
            .map_err(|e| format!("{} can't be written to: {e}.", self.scratch.display()))?;
        let picture = self.run(executable, url, host, room.path()).await;
        clear(room.path()).await;
        picture
    }

    /// Runs it to its end; its processes are ended, whatever happened.
    async fn run(
        &self,
        executable: &Path,
        url: &str,
        host: &str,
        room: &Path,
    ) -> Result<Vec<u8>, String> {
        let file = room.join("page.png");
        let mut child = command(executable, room)
            .args(arguments(room, &file, host, self.plane))
            .arg(url)
            .spawn()
            .map_err(|e| format!("{} can't be started: {e}.", executable.display()))?;
        let _group = Group::of(&child);
        let complaints = child.stderr.take();
        let listen = async {
            let mut text = vec![];
            if let Some(pipe) = complaints {
                let mut pipe = pipe.take(MOST_COMPLAINTS);
                let _ = pipe.read_to_end(&mut text).await;
                // The pipe has to stay open and be emptied, or it would wait for us.
                let _ = tokio::io::copy(&mut pipe.into_inner(), &mut tokio::io::sink()).await;
            }
            String::from_utf8_lossy(&text).into_owned()
        };
        let ended = tokio::time::timeout(LIMIT, async {
            let (status, said) = tokio::join!(child.wait(), listen);
            status.map(|status| (status, said))
        });
        let (status, said) = ended
            .await
            .map_err(|_| {
                format!(
                    "Chromium took longer than {} s and was ended.",
                    LIMIT.as_secs()
                )
            })?
            .map_err(|e| format!("Chromium can't be waited for: {e}."))?;
        match read(&file).await {
            Ok(picture) => Ok(picture),
            Err(why) => Err(format!("{why} Chromium ended with {status}{}", last(&said))),
        }
    }
}

#[async_trait]
impl Camera for Chromium {
    async fn take(&self, host: &str, into: &Path) -> Result<Shot, String> {
        let executable = match self.find() {
            Ok(executable) => executable,
            Err(why) => return Ok(Shot::Skipped(why)),
        };
        let path = match look(self.plane, host).await? {
            Front::Page(path) => path,
            Front::Nothing(why) => return Ok(Shot::Skipped(why)),
        };
        let url = format!("http://{host}{path}");
        // A browser that hangs or dies at its start does so by chance.
        let picture = match self.picture(&executable, &url, host).await {
            Ok(picture) => picture,
            Err(_) => self.picture(&executable, &url, host).await?,
        };
        keep(&picture, into).await?;
        Ok(Shot::Taken {
            size_bytes: picture.len() as u64,
        })
    }
}

/// What can't be removed in time goes when the room is dropped, or with the scratch at the next start.
async fn clear(room: &Path) {
    let until = Instant::now() + ENDS;
    while tokio::fs::remove_dir_all(room).await.is_err() && room.exists() && Instant::now() < until
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn command(executable: &Path, room: &Path) -> Command {
    let mut command = Command::new(executable);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", room)
        .env("TMPDIR", room)
        .env("LC_ALL", "C.UTF-8")
        .current_dir(room)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command
}

/// Every name but the app's leads nowhere, addresses included: a page can neither look around on
/// this machine nor tell anybody that it was pictured.
fn arguments(room: &Path, file: &Path, host: &str, plane: SocketAddr) -> Vec<OsString> {
    let mut all: Vec<OsString> = FLAGS.iter().map(OsString::from).collect();
    let with = |flag: &str, path: &Path| {
        let mut text = OsString::from(flag);
        text.push(path);
        text
    };
    all.push(with("--user-data-dir=", &room.join("profile")));
    all.push(with("--screenshot=", file));
    all.push(format!("--window-size={SCREENSHOT_WIDTH},{SCREENSHOT_HEIGHT}").into());
    all.push(format!("--virtual-time-budget={SETTLES_MS}").into());
    all.push(format!("--host-resolver-rules=MAP {host} {plane},MAP * ~NOTFOUND").into());
    // Its sandbox refuses to work for root, who could not be held by it. For everybody else it
    // stays: the page is a team's code, not ours.
    if rustix::process::geteuid().is_root() {
        all.push("--no-sandbox".into());
    }
    all
}

/// Who listens everywhere is called on loopback.
fn reachable(listens: SocketAddr) -> SocketAddr {
    let ip = match listens.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listens.port())
}

/// The first of these programs that is on the search path.
pub fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().find_map(|name| {
        let found = places.iter().map(|place| place.join(name));
        found.into_iter().find(|file| file.is_file())
    })
}

async fn read(file: &Path) -> Result<Vec<u8>, String> {
    let Ok(meta) = tokio::fs::metadata(file).await else {
        return Err("No picture came of it.".into());
    };
    if meta.len() > MOST_BYTES {
        return Err(format!(
            "The picture is over the limit of {} MiB.",
            MOST_BYTES >> 20
        ));
    }
    let picture = tokio::fs::read(file)
        .await
        .map_err(|e| format!("The picture can't be read: {e}."))?;
    match size(&picture) {
        Some((SCREENSHOT_WIDTH, SCREENSHOT_HEIGHT)) => Ok(picture),
        _ => Err("What came of it is no picture of the right size.".into()),
    }
}

/// Width and height of a PNG.
fn size(picture: &[u8]) -> Option<(u32, u32)> {
    let header = picture.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")?;
    let number = |at: usize| {
        header
            .get(at..at + 4)?
            .try_into()
            .ok()
            .map(u32::from_be_bytes)
    };
    Some((number(0)?, number(4)?))
}

/// Whole or not at all: a page may ask for it in the same moment.
async fn keep(picture: &[u8], into: &Path) -> Result<(), String> {
    let draft = into.with_extension("draft");
    let kept = async {
        tokio::fs::write(&draft, picture).await?;
        tokio::fs::rename(&draft, into).await
    };
    kept.await
        .map_err(|e| format!("The picture can't be kept at {}: {e}.", into.display()))
}

fn last(said: &str) -> String {
    match said.lines().rfind(|line| !line.trim().is_empty()) {
        Some(line) => format!(": {}", line.chars().take(300).collect::<String>()),
        None => ".".to_owned(),
    }
}

#[cfg(test)]
mod tests;
