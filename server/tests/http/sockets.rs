//! Over real sockets: connections, draining, stopping.

use crate::support::client::Server;
use server::limits::Limits;
use server::serve;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn listening(
    server: &Server,
    limits: Limits,
) -> (std::net::SocketAddr, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (router, stop) = (server.router.clone(), server.stop.clone());
    (
        address,
        tokio::spawn(async move { serve::serve(listener, router, &limits, stop).await }),
    )
}

async fn ask(address: std::net::SocketAddr, head: &str) -> (TcpStream, String) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut bytes = vec![0; 4096];
    let n = tokio::time::timeout(Duration::from_secs(5), socket.read(&mut bytes))
        .await
        .unwrap()
        .unwrap();
    (socket, String::from_utf8_lossy(&bytes[..n]).into_owned())
}

#[tokio::test]
async fn a_stopped_server_ends_its_streams_and_closes_within_the_drain() {
    let server = Server::start().await;
    let (address, task) = listening(&server, Limits::default()).await;
    let head = format!(
        "GET /live/hints HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer sd_viewer\r\n\r\n"
    );
    let (mut socket, said) = ask(address, &head).await;
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    let began = Instant::now();
    server.stop.cancel();
    let mut rest = String::new();
    socket.read_to_string(&mut rest).await.unwrap();
    task.await.unwrap();
    assert!(
        rest.contains("event: end") && rest.contains("data: stopping"),
        "{rest}"
    );
    assert!(began.elapsed() < Duration::from_secs(2));
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_client_that_never_finishes_its_head_is_let_go() {
    let server = Server::start().await;
    let (address, _task) = listening(
        &server,
        Limits {
            head_ms: 100,
            ..Limits::default()
        },
    )
    .await;
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: local")
        .await
        .unwrap();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(3), socket.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "still open");
    server.stop.cancel();
}

#[tokio::test]
async fn connections_over_the_limit_wait_for_room() {
    let server = Server::start().await;
    let (address, _task) = listening(
        &server,
        Limits {
            connections: 1,
            ..Limits::default()
        },
    )
    .await;
    let head = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let (first, said) = ask(address, &head).await;
    assert!(said.starts_with("HTTP/1.1 200"));
    let second = tokio::spawn(async move { ask(address, &head).await.1 });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!second.is_finished());
    drop(first);
    assert!(second.await.unwrap().starts_with("HTTP/1.1 200"));
    server.stop.cancel();
}
