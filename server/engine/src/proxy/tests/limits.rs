//! What one client may not do to the others.

use super::app::{App, read_head, scripted};
use super::ask::{self, Caller, echoes, get, read_until, send, upgraded};
use super::eventually;
use super::house::{House, route};
use crate::proxy::Limits;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

async fn house_with(limits: Limits) -> (House, App) {
    let (mut house, app) = (House::open_with(limits).await, App::start("app").await);
    house.put(route("a.example", &[("app", app.address)])).await;
    (house, app)
}

#[tokio::test]
async fn x14_a_header_that_never_ends_is_closed() {
    let (house, _app) = house_with(Limits {
        header_read_timeout_ms: 200,
        ..Limits::default()
    })
    .await;
    let mut stream = TcpStream::connect(house.address).await.expect("connected");
    let dripping = async {
        while stream.write_all(b"X").await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    assert!(
        tokio::time::timeout(super::PATIENCE, dripping)
            .await
            .is_ok(),
        "it may drip for ever"
    );
}

#[tokio::test]
async fn x14_a_connection_that_says_nothing_is_closed() {
    // Long enough for a starved machine to read a request that is there.
    let limits = Limits {
        header_read_timeout_ms: 1_000,
        keep_alive_timeout_ms: 1_000,
        ..Limits::default()
    };
    let (house, _app) = house_with(limits).await;
    let mut silent = TcpStream::connect(house.address).await.expect("connected");
    assert_eq!(ask::read_to_end(&mut silent).await, "");
    let mut idle = TcpStream::connect(house.address).await.expect("connected");
    idle.write_all(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        .await
        .expect("sent");
    assert!(
        ask::read_to_end(&mut idle).await.ends_with("app"),
        "answered, then closed for being idle"
    );
}

#[tokio::test]
async fn x14_a_body_that_stalls_is_closed_and_a_quiet_tunnel_is_not() {
    let (mut house, _app) = house_with(Limits {
        body_idle_timeout_ms: 200,
        ..Limits::default()
    })
    .await;
    let mut tunnel = upgraded(house.address, "a.example").await;
    let mut stalled = TcpStream::connect(house.address).await.expect("connected");
    stalled
        .write_all(b"POST /echo HTTP/1.1\r\nHost: a.example\r\nContent-Length: 9\r\n\r\nhalf")
        .await
        .expect("sent");
    assert_eq!(ask::read_to_end(&mut stalled).await, "");
    eventually("only the tunnel is left", async || {
        house.in_flight("app").await == 1
    })
    .await;
    assert!(echoes(&mut tunnel, "still here").await);
}

#[tokio::test]
async fn x14_a_client_that_takes_nothing_is_closed() {
    let (mut house, _app) = house_with(Limits {
        body_idle_timeout_ms: 200,
        ..Limits::default()
    })
    .await;
    let mut stream = TcpStream::connect(house.address).await.expect("connected");
    let length = 64 * 1024 * 1024;
    stream
        .write_all(
            format!(
                "POST /stream-back HTTP/1.1\r\nHost: a.example\r\nContent-Length: {length}\r\n\r\n"
            )
            .as_bytes(),
        )
        .await
        .expect("sent");
    // Sends without reading: the answer fills every buffer on the way, then nothing moves.
    let piece = vec![b'x'; 64 * 1024];
    let pushing = async { while stream.write_all(&piece).await.is_ok() {} };
    assert!(
        tokio::time::timeout(super::PATIENCE, pushing).await.is_ok(),
        "it may stall for ever"
    );
    eventually("nothing is in flight", async || {
        house.in_flight("app").await == 0
    })
    .await;
}

#[tokio::test]
async fn x14_a_stream_without_a_byte_is_closed_when_its_time_is_over() {
    let (mut house, _app) = house_with(Limits {
        stream_idle_timeout_ms: 200,
        ..Limits::default()
    })
    .await;
    let mut tunnel = upgraded(house.address, "a.example").await;
    assert_eq!(ask::read_to_end(&mut tunnel).await, "");
    eventually("nothing is in flight", async || {
        house.in_flight("app").await == 0
    })
    .await;
}

#[tokio::test]
async fn x14_a_tunnel_whose_client_has_gone_is_closed_when_the_upstream_does_not_notice() {
    let limits = Limits {
        body_idle_timeout_ms: 200,
        ..Limits::default()
    };
    let mut house = House::open_with(limits).await;
    let deaf = scripted(|_, mut stream| async move {
        read_head(&mut stream).await;
        let answer = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
        stream.write_all(answer).await.expect("answered");
        std::future::pending::<()>().await;
    })
    .await;
    house.put(route("a.example", &[("deaf", deaf)])).await;
    let tunnel = upgraded(house.address, "a.example").await;
    assert_eq!(house.in_flight("deaf").await, 1);
    drop(tunnel);
    eventually("nothing is in flight", async || {
        house.in_flight("deaf").await == 0
    })
    .await;
}

#[tokio::test]
async fn x14_too_many_or_too_large_header_fields_are_431() {
    let limits = Limits {
        max_headers: 20,
        max_header_bytes: 8 * 1024,
        ..Limits::default()
    };
    let (house, app) = house_with(limits).await;
    let many: String = (0..30).map(|number| format!("X-{number}: 1\r\n")).collect();
    let reply = ask::raw(
        house.address,
        &format!("GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n{many}\r\n"),
    )
    .await;
    assert!(reply.starts_with("HTTP/1.1 431"), "{reply}");
    let large = "x".repeat(9 * 1024);
    let reply = ask::raw(
        house.address,
        &format!("GET / HTTP/1.1\r\nHost: a.example\r\nX-Large: {large}\r\n\r\n"),
    )
    .await;
    assert!(reply.starts_with("HTTP/1.1 431"), "{reply}");
    let hundreds: String = (0..300)
        .map(|number| format!("X-{number}: 1\r\n"))
        .collect();
    let reply = ask::raw(
        house.address,
        &format!("GET / HTTP/1.1\r\nHost: a.example\r\n{hundreds}\r\n"),
    )
    .await;
    assert!(reply.starts_with("HTTP/1.1 431"), "{reply}");
    assert_eq!(app.request_count(), 0);
}

#[tokio::test]
async fn x14_a_body_over_the_limit_is_413_announced_or_not() {
    let (house, app) = house_with(Limits {
        max_request_body_bytes: 1_000,
        ..Limits::default()
    })
    .await;
    let reply = send(
        house.address,
        ask::post("a.example", "/echo", "x".repeat(1_000)),
    )
    .await;
    assert_eq!(reply.status, 200);
    let reply = send(
        house.address,
        ask::post("a.example", "/echo", "x".repeat(1_001)),
    )
    .await;
    assert_eq!((reply.status.as_u16(), app.request_count()), (413, 1));
    let mut stream = TcpStream::connect(house.address).await.expect("connected");
    stream
        .write_all(b"POST /echo HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await
        .expect("sent");
    let piece = format!("3e9\r\n{}\r\n0\r\n\r\n", "x".repeat(1_001));
    stream.write_all(piece.as_bytes()).await.expect("sent");
    assert!(
        read_until(&mut stream, "\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 413")
    );
}

#[tokio::test]
async fn x14_one_connection_too_many_is_refused_in_plain_words() {
    let (house, _app) = house_with(Limits {
        max_connections: 2,
        ..Limits::default()
    })
    .await;
    let mut kept = (
        Caller::connect(house.address).await,
        Caller::connect(house.address).await,
    );
    kept.0.get("a.example", "/").await;
    kept.1.get("a.example", "/").await;
    let refusal = ask::raw(house.address, "").await;
    assert!(
        refusal.starts_with("HTTP/1.1 503") && refusal.ends_with("no connection left for you.\n"),
        "{refusal}"
    );
    let announced: usize = refusal
        .split("Content-Length: ")
        .nth(1)
        .and_then(|rest| rest.split("\r\n").next()?.parse().ok())
        .expect("a length");
    assert_eq!(
        refusal.split("\r\n\r\n").nth(1).map(str::len),
        Some(announced)
    );
    drop(kept);
    eventually("a place is free", async || {
        !ask::raw(house.address, "GET / HTTP/1.0\r\nHost: a.example\r\n\r\n")
            .await
            .contains("503")
    })
    .await;
    assert_eq!(get(house.address, "a.example", "/").await.status, 200);
}
