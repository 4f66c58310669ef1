//! What HTTP can do besides a question and an answer.

use super::app::App;
use super::ask::{self, echoes, empty, get, post, read_until, request, send, upgraded};
use super::house::{House, route};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

async fn house_with_app() -> (House, App) {
    let (mut house, app) = (House::open().await, App::start("app").await);
    house.put(route("a.example", &[("app", app.address)])).await;
    (house, app)
}

#[tokio::test]
async fn a_large_body_goes_through_both_ways() {
    let (house, _app) = house_with_app().await;
    let body: Bytes = (0..3_000_000u32)
        .map(|n| b'a' + (n % 23) as u8)
        .collect::<Vec<_>>()
        .into();
    let reply = send(house.address, post("a.example", "/echo", body.clone())).await;
    assert!(reply.status.is_success() && reply.body.as_bytes() == body);
}

#[tokio::test]
async fn http2_with_prior_knowledge_is_served_and_relayed_as_http1() {
    let (house, _app) = house_with_app().await;
    let stream = TcpStream::connect(house.address).await.expect("connected");
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("handshake");
    tokio::spawn(connection);
    let asks = (0..20).map(|number| {
        let mut sender = sender.clone();
        async move {
            let request = Request::post("http://a.example/echo")
                .header("cookie", "a=1")
                .body(Full::new(Bytes::from(format!("n{number}"))));
            let reply = sender
                .send_request(request.expect("request"))
                .await
                .expect("answer");
            assert_eq!(reply.status(), 200);
            let body = reply.into_body().collect().await.expect("body").to_bytes();
            assert_eq!(body, format!("n{number}"));
        }
    });
    futures_util::future::join_all(asks).await;
    let request = Request::get("http://a.example/headers")
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .body(Full::default());
    let reply = sender
        .clone()
        .send_request(request.expect("request"))
        .await
        .expect("answer");
    let seen = String::from_utf8(
        reply
            .into_body()
            .collect()
            .await
            .expect("body")
            .to_bytes()
            .to_vec(),
    )
    .expect("text");
    assert!(
        seen.contains("host: a.example\n") && seen.contains("cookie: a=1; b=2\n"),
        "{seen}"
    );
}

#[tokio::test]
async fn a_tunnel_carries_bytes_both_ways_and_counts_as_in_flight() {
    let (mut house, _app) = house_with_app().await;
    let mut tunnel = upgraded(house.address, "a.example").await;
    assert!(echoes(&mut tunnel, "hello").await && echoes(&mut tunnel, "again").await);
    assert_eq!(house.in_flight("app").await, 1);
    drop(tunnel);
    super::eventually("the tunnel is gone", async || {
        house.in_flight("app").await == 0
    })
    .await;
}

#[tokio::test]
async fn an_upgrade_that_the_upstream_does_not_want_is_an_ordinary_answer() {
    let (house, _app) = house_with_app().await;
    let asked = request("a.example", "/")
        .header("connection", "upgrade")
        .header("upgrade", "websocket");
    assert_eq!(send(house.address, empty(asked)).await.body, "app");
}

#[tokio::test]
async fn events_arrive_one_by_one_and_not_at_the_end() {
    let (mut house, _app) = house_with_app().await;
    let mut stream = TcpStream::connect(house.address).await.expect("connected");
    stream
        .write_all(b"GET /events HTTP/1.1\r\nHost: a.example\r\n\r\n")
        .await
        .expect("sent");
    let head = read_until(&mut stream, "data: app 0\n\n").await;
    assert!(
        head.to_lowercase().contains("transfer-encoding: chunked"),
        "{head}"
    );
    assert_eq!(
        house.in_flight("app").await,
        1,
        "the first event came while the stream is open"
    );
    read_until(&mut stream, "data: app 4\n\n").await;
    super::eventually("the stream has ended", async || {
        house.in_flight("app").await == 0
    })
    .await;
}

#[tokio::test]
async fn a_body_is_streamed_up_while_its_answer_is_streamed_down() {
    let (house, _app) = house_with_app().await;
    let mut stream = TcpStream::connect(house.address).await.expect("connected");
    stream
        .write_all(
            b"POST /stream-back HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n",
        )
        .await
        .expect("sent");
    for piece in ["one", "two"] {
        stream
            .write_all(format!("3\r\n{piece}\r\n").as_bytes())
            .await
            .expect("sent");
        read_until(&mut stream, &format!("3\r\n{piece}\r\n")).await;
    }
    stream.write_all(b"0\r\n\r\n").await.expect("sent");
    read_until(&mut stream, "0\r\n\r\n").await;
}

#[tokio::test]
async fn a_client_that_expects_100_gets_it_before_it_sends() {
    let (house, _app) = house_with_app().await;
    let mut stream = TcpStream::connect(house.address).await.expect("connected");
    stream.write_all(b"POST /echo HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n").await.expect("sent");
    read_until(&mut stream, "HTTP/1.1 100 Continue\r\n\r\n").await;
    stream.write_all(b"body").await.expect("sent");
    assert!(
        read_until(&mut stream, "\r\n\r\nbody")
            .await
            .starts_with("HTTP/1.1 200")
    );
}

#[tokio::test]
async fn head_has_the_length_and_no_body_and_the_connection_goes_on() {
    let (house, _app) = house_with_app().await;
    let mut stream = TcpStream::connect(house.address).await.expect("connected");
    let head = read_after(&mut stream, "HEAD / HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
    assert!(head.to_lowercase().contains("content-length: 3"), "{head}");
    let next = read_after(&mut stream, "GET /line HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
    assert!(next.starts_with("HTTP/1.1 200"), "{next}");
}

async fn read_after(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.expect("sent");
    read_until(stream, "\r\n\r\n").await
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let (house, _app) = house_with_app().await;
    let two = "GET /late HTTP/1.1\r\nHost: a.example\r\n\r\nGET /line HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n";
    let answers = ask::raw(house.address, two).await;
    let (late, line) = (answers.find("\r\n\r\napp"), answers.find("GET /line"));
    assert!(late.is_some() && late < line, "{answers}");
}

#[tokio::test]
async fn trailers_reach_a_client_that_takes_them() {
    let (house, _app) = house_with_app().await;
    let asked = "GET /trailers HTTP/1.1\r\nHost: a.example\r\nTE: trailers\r\nConnection: close, TE\r\n\r\n";
    let answer = ask::raw(house.address, asked).await;
    assert!(
        answer.ends_with("4\r\ndata\r\n0\r\nx-checksum: 42\r\n\r\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn http_1_0_is_answered_and_closed() {
    let (house, _app) = house_with_app().await;
    let answer = ask::raw(house.address, "GET / HTTP/1.0\r\nHost: a.example\r\n\r\n").await;
    assert!(
        answer.starts_with("HTTP/1.0 200") && answer.ends_with("\r\n\r\napp"),
        "{answer}"
    );
}

#[tokio::test]
async fn connections_to_an_upstream_are_used_again() {
    let (house, app) = house_with_app().await;
    let mut caller = ask::Caller::connect(house.address).await;
    for _ in 0..50 {
        assert_eq!(caller.get("a.example", "/").await.body, "app");
        caller.send(post("a.example", "/echo", "body")).await;
    }
    let connections = app.connections.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(
        connections, 1,
        "one client at a time on one core needs one connection"
    );
    assert_eq!(get(house.address, "a.example", "/").await.body, "app");
}
