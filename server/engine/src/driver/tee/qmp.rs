//! QEMU's own control socket: whether the machine runs, and its end.
//! <https://www.qemu.org/docs/master/interop/qmp-spec.html>

use super::argv::{CONTROL, QEMU};
use super::process::{self, short};
use serde_json::{Value, json};
use std::io;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

const PATIENCE: Duration = Duration::from_secs(5);
/// Events may come between.
const MOST_LINES: usize = 64;

/// Whether a machine answers there: one that ended leaves its socket behind, and nobody listens. One
/// whose process is there has not ended, whatever became of this one question.
pub async fn runs(folder: &Path) -> io::Result<bool> {
    match order(folder, "query-status").await {
        Ok(answer) => answer["return"]["running"]
            .as_bool()
            .ok_or_else(|| io::Error::other("QEMU does not say whether it runs")),
        Err(e) if is_gone(&e) => process::is_there(folder, QEMU),
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
    let stream = UnixStream::connect(&socket.path).await?;
    converse(&mut BufReader::new(stream), name).await
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    name: &str,
) -> io::Result<Value> {
    let mut said = line(stream).await?;
    // What somebody asked who did not wait for the answer.
    while said["QMP"].is_null() && said.get("return").is_some() {
        said = line(stream).await?;
    }
    if !said["QMP"].is_object() {
        return Err(io::Error::other("this is not QEMU"));
    }
    say(stream, "qmp_capabilities").await?;
    say(stream, name).await
}

/// Its answer carries our mark: the answer to somebody before us has another.
async fn say<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    name: &str,
) -> io::Result<Value> {
    let mark = format!("{:032x}", rand::random::<u128>());
    let order = json!({ "execute": name, "id": mark }).to_string() + "\n";
    stream.write_all(order.as_bytes()).await?;
    for _ in 0..MOST_LINES {
        let answer = line(stream).await?;
        if answer["id"] != mark {
            continue;
        }
        if let Some(error) = answer.get("error") {
            return Err(io::Error::other(format!("QEMU refused {name}: {error}")));
        }
        return Ok(answer);
    }
    Err(io::Error::other("QEMU talks of other things"))
}

async fn line<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> io::Result<Value> {
    let mut text = String::new();
    match stream.read_line(&mut text).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(serde_json::from_str(&text)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody's answers come late, to whoever is connected by then.
    #[tokio::test]
    async fn i17_an_answer_to_somebody_else_is_not_taken_for_ours() {
        let (ours, theirs) = tokio::io::duplex(4096);
        tokio::spawn(async move {
            let mut qemu = BufReader::new(theirs);
            let late = "{\"return\": {}, \"id\": \"old\"}\n";
            let greeting = "{\"QMP\": {}}\n";
            qemu.write_all(format!("{late}{greeting}{late}").as_bytes())
                .await
                .unwrap();
            for answer in [json!({}), json!({ "running": true })] {
                let asked = line(&mut qemu).await.unwrap();
                let said = json!({ "return": answer, "id": asked["id"] });
                let text = format!("{{\"event\": \"RESET\"}}\n{said}\n");
                qemu.write_all(text.as_bytes()).await.unwrap();
            }
        });
        let mut stream = BufReader::new(ours);
        let answer = converse(&mut stream, "query-status").await.unwrap();
        assert_eq!(answer["return"]["running"], true);
    }
}
