//! QEMU's own control socket: whether the machine runs, and its end.
//! <https://www.qemu.org/docs/master/interop/qmp-spec.html>

use super::argv::CONTROL;
use super::process::short;
use serde_json::{Value, json};
use std::io;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

const PATIENCE: Duration = Duration::from_secs(5);
/// Events may come between.
const MOST_LINES: usize = 64;

/// Whether a machine answers there: one that ended leaves its socket behind, and nobody listens.
pub async fn runs(folder: &Path) -> io::Result<bool> {
    match order(folder, "query-status").await {
        Ok(answer) => Ok(answer["return"]["running"] == true),
        Err(e) if is_gone(&e) => Ok(false),
        Err(e) => Err(e),
    }
}

/// Asks it to end; gone is fine.
pub async fn quit(folder: &Path) -> io::Result<()> {
    match order(folder, "quit").await {
        Err(e) if !is_gone(&e) => Err(e),
        _ => Ok(()),
    }
}

fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, NotFound, UnexpectedEof};
    [
        BrokenPipe,
        ConnectionRefused,
        ConnectionReset,
        NotFound,
        UnexpectedEof,
    ]
    .contains(&error.kind())
}

async fn order(folder: &Path, name: &str) -> io::Result<Value> {
    tokio::time::timeout(PATIENCE, talk(folder, name)).await?
}

async fn talk(folder: &Path, name: &str) -> io::Result<Value> {
    let socket = short(folder, CONTROL)?;
    let mut stream = BufReader::new(UnixStream::connect(&socket.path).await?);
    let greeting = line(&mut stream).await?;
    if !greeting["QMP"].is_object() {
        return Err(io::Error::other("this is not QEMU"));
    }
    say(&mut stream, "qmp_capabilities").await?;
    say(&mut stream, name).await
}

async fn say(stream: &mut BufReader<UnixStream>, name: &str) -> io::Result<Value> {
    let order = json!({ "execute": name }).to_string() + "\n";
    stream.write_all(order.as_bytes()).await?;
    for _ in 0..MOST_LINES {
        let answer = line(stream).await?;
        if answer.get("return").is_some() {
            return Ok(answer);
        }
        if let Some(error) = answer.get("error") {
            return Err(io::Error::other(format!("QEMU refused {name}: {error}")));
        }
    }
    Err(io::Error::other("QEMU talks of other things"))
}

async fn line(stream: &mut BufReader<UnixStream>) -> io::Result<Value> {
    let mut text = String::new();
    match stream.read_line(&mut text).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(serde_json::from_str(&text)?),
    }
}
