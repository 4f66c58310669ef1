//! Whether an instance answers: one HTTP GET, and a sentence when the answer won't do.
//!
//! A trait, because the simulator's instances have no sockets.

use async_trait::async_trait;
use bytes::Bytes;
use domain::id::InstanceId;
use http_body_util::Empty;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;

#[async_trait]
pub trait Prober: Send + Sync {
    /// 2xx passes, and the codes in `accept`. The error completes "The instance …".
    async fn probe(
        &self,
        instance: &InstanceId,
        address: SocketAddr,
        path: &str,
        timeout_ms: u32,
        accept: &[u16],
    ) -> Result<(), String>;
}

/// Over a real connection, a new one each time: a kept one would answer for a listener that
/// is already gone.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpProber;

#[async_trait]
impl Prober for HttpProber {
    async fn probe(
        &self,
        _: &InstanceId,
        address: SocketAddr,
        path: &str,
        timeout_ms: u32,
        accept: &[u16],
    ) -> Result<(), String> {
        let limit = Duration::from_millis(u64::from(timeout_ms));
        let status = tokio::time::timeout(limit, get(address, path))
            .await
            .map_err(|_| no_answer(timeout_ms))??;
        judge(status, accept)
    }
}

/// Shared with the fake, so that both say the same.
pub fn judge(status: StatusCode, accept: &[u16]) -> Result<(), String> {
    let passes = status.is_success() || accept.contains(&status.as_u16());
    if passes {
        Ok(())
    } else {
        Err(format!("answered {}", status.as_u16()))
    }
}

pub fn no_answer(timeout_ms: u32) -> String {
    let (seconds, rest_ms) = (timeout_ms / 1000, timeout_ms % 1000);
    if rest_ms == 0 {
        format!("gave no answer in {seconds} s")
    } else {
        format!("gave no answer in {timeout_ms} ms")
    }
}

pub const REFUSED: &str = "refused the connection";

async fn get(address: SocketAddr, path: &str) -> Result<StatusCode, String> {
    let socket = TcpStream::connect(address)
        .await
        .map_err(|e| not_connected(&e))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket))
        .await
        .map_err(|_| broke_off())?;
    let mut answer = std::pin::pin!(sender.send_request(request(path)?));
    // A connection that ends may have brought the answer with its last bytes.
    let answer = tokio::select! {
        answer = &mut answer => answer,
        _ = connection => answer.await,
    };
    // The status line is all that is wanted; the body is never read.
    answer
        .map(|answer| answer.status())
        .map_err(|_| broke_off())
}

fn request(path: &str) -> Result<Request<Empty<Bytes>>, String> {
    Request::get(path)
        .header(header::HOST, "localhost")
        .header(header::USER_AGENT, "Sealdock-Probe")
        .header(header::CONNECTION, "close")
        .body(Empty::new())
        .map_err(|_| format!("can't be asked for `{path}`, which is no path"))
}

fn not_connected(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::ConnectionRefused => REFUSED.into(),
        _ => format!("could not be connected to: {e}"),
    }
}

pub const BROKE_OFF: &str = "closed the connection without an answer";

fn broke_off() -> String {
    BROKE_OFF.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::DeploymentId;
    use domain::time::Time;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// Answers one connection with `answer`, and gives back what was asked.
    async fn server(
        answer: &'static str,
    ) -> io::Result<(SocketAddr, tokio::task::JoinHandle<String>)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let asked = tokio::spawn(async move {
            let Ok((mut socket, _)) = listener.accept().await else {
                return String::new();
            };
            let mut buffer = [0; 1024];
            let n = socket.read(&mut buffer).await.unwrap_or(0);
            let _ = socket.write_all(answer.as_bytes()).await;
            if answer.is_empty() {
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
            String::from_utf8_lossy(&buffer[..n]).into_owned()
        });
        Ok((address, asked))
    }

    async fn probe(address: SocketAddr, accept: &[u16]) -> Result<(), String> {
        let id = InstanceId::of(&DeploymentId::new(Time(1), 1), "web", 0);
        HttpProber
            .probe(&id, address, "/health?deep=1", 200, accept)
            .await
    }

    #[tokio::test]
    async fn a_good_answer_passes_and_the_request_says_who_asks() -> io::Result<()> {
        let (address, asked) = server("HTTP/1.1 204 No Content\r\n\r\n").await?;
        assert_eq!(probe(address, &[]).await, Ok(()));
        let asked = asked.await?.to_lowercase();
        assert!(
            asked.starts_with("get /health?deep=1 http/1.1")
                && asked.contains("host: localhost")
                && asked.contains("user-agent: sealdock-probe"),
            "{asked}"
        );
        Ok(())
    }

    #[tokio::test]
    async fn another_code_passes_only_when_it_is_named() -> io::Result<()> {
        let (address, _) = server("HTTP/1.1 503 Busy\r\n\r\n").await?;
        assert_eq!(probe(address, &[]).await, Err("answered 503".into()));
        let (address, _) = server("HTTP/1.1 401 Who\r\n\r\n").await?;
        assert_eq!(probe(address, &[401]).await, Ok(()));
        Ok(())
    }

    #[tokio::test]
    async fn silence_and_refusal_are_told_apart() -> io::Result<()> {
        let (address, _) = server("").await?;
        assert_eq!(
            probe(address, &[]).await,
            Err("gave no answer in 200 ms".into())
        );
        let closed = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
        assert_eq!(
            probe(closed, &[]).await,
            Err("refused the connection".into())
        );
        Ok(())
    }
}
