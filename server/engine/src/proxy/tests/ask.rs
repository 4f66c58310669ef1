//! Clients for the tests: one request at a time, or raw bytes.

use super::PATIENCE;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, HeaderMap};
use hyper::http::request::Builder;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("text"))
    }
}

/// One kept-alive connection.
pub struct Caller {
    sender: SendRequest<Full<Bytes>>,
}

impl Caller {
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("connected");
        stream.set_nodelay(true).expect("nodelay");
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .expect("handshake");
        tokio::spawn(connection);
        Self { sender }
    }

    pub async fn try_send(&mut self, request: Request<Full<Bytes>>) -> Result<Reply, hyper::Error> {
        let asked = async {
            self.sender.ready().await?;
            let (parts, body) = self.sender.send_request(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok(Reply {
                status: parts.status,
                headers: parts.headers,
                body: String::from_utf8_lossy(&body).into_owned(),
            })
        };
        timeout(PATIENCE, asked).await.expect("an answer in time")
    }

    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Reply {
        self.try_send(request).await.expect("an answer")
    }

    pub async fn get(&mut self, host: &str, path: &str) -> Reply {
        self.send(empty(request(host, path))).await
    }
}

pub fn request(host: &str, path: &str) -> Builder {
    Request::builder().uri(path).header(HOST, host)
}

pub fn empty(builder: Builder) -> Request<Full<Bytes>> {
    builder.body(Full::default()).expect("request")
}

pub fn post(host: &str, path: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    request(host, path)
        .method("POST")
        .body(Full::new(body.into()))
        .expect("request")
}

pub async fn get(address: SocketAddr, host: &str, path: &str) -> Reply {
    send(address, empty(request(host, path))).await
}

pub async fn send(address: SocketAddr, request: Request<Full<Bytes>>) -> Reply {
    Caller::connect(address).await.send(request).await
}

/// Sends bytes as they are and reads until the server closes.
pub async fn raw(address: SocketAddr, bytes: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    // The server may refuse and close before everything is written.
    let _ = stream.write_all(bytes.as_bytes()).await;
    read_to_end(&mut stream).await
}

/// What comes until the server closes, by whichever means.
pub async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes))
        .await
        .expect("closed in time");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads until what was read ends like this.
pub async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut seen = String::new();
    let read = async {
        while !seen.ends_with(end) {
            seen.push(char::from(stream.read_u8().await.expect("more bytes")));
        }
    };
    assert!(timeout(PATIENCE, read).await.is_ok(), "waited for {end:?}");
    seen
}

/// A connection that was upgraded through the data plane and echoes.
pub async fn upgraded(address: SocketAddr, host: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    let head = format!(
        "GET /upgrade HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    let answer = read_until(&mut stream, "\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    let lower = answer.to_lowercase();
    assert!(
        lower.contains("upgrade: websocket") && lower.contains("connection: upgrade"),
        "{answer}"
    );
    stream
}

pub async fn echoes(stream: &mut TcpStream, text: &str) -> bool {
    stream.write_all(text.as_bytes()).await.is_ok() && read_until(stream, text).await == text
}
