//! A connection to the Engine that stops being HTTP/1.1 and carries gRPC from there on.

use crate::driver::DriverError;
use crate::driver::docker::error;
use bytes::Bytes;
use http_body_util::Empty;
use hyper::header::{CONNECTION, HOST, UPGRADE};
use hyper::upgrade::Upgraded;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

/// Asks for `path` with these headers, and for the connection.
pub async fn hijack(
    host: &str,
    path: &str,
    headers: &[(&'static str, String)],
) -> Result<Upgraded, DriverError> {
    let lost = |e: std::io::Error| error::unreachable(host, &e.to_string());
    if let Some(socket) = host.strip_prefix("unix://") {
        let io = UnixStream::connect(socket).await.map_err(lost)?;
        return upgrade(io, host, path, headers).await;
    }
    let address = host.split_once("://").map_or(host, |(_, rest)| rest);
    let io = TcpStream::connect(address).await.map_err(lost)?;
    upgrade(io, host, path, headers).await
}

async fn upgrade<T: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    io: T,
    host: &str,
    path: &str,
    headers: &[(&'static str, String)],
) -> Result<Upgraded, DriverError> {
    let lost = |e: hyper::Error| error::unreachable(host, &e.to_string());
    let (mut send, connection) = hyper::client::conn::http1::handshake(TokioIo::new(io))
        .await
        .map_err(lost)?;
    tokio::spawn(connection.with_upgrades());
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(HOST, "docker")
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "h2c");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request
        .body(Empty::<Bytes>::new())
        .map_err(|e| DriverError::Refused(format!("The Engine could not be asked: {e}.")))?;
    let answer = send.send_request(request).await.map_err(lost)?;
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(DriverError::Refused(format!(
            "Docker Engine at {host} answered {} to {path}: it has no BuildKit.",
            answer.status()
        )));
    }
    hyper::upgrade::on(answer).await.map_err(lost)
}
