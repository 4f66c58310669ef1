//! The switch (P-9, Q-2): atomic, acknowledged, and nobody notices.

use super::app::App;
use super::ask::{Caller, echoes, get, post, read_until, upgraded};
use super::house::{House, route};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const HOST: &str = "a.example";
const SWITCHES: usize = 60;

#[tokio::test]
async fn p9_whoever_asks_after_the_acknowledgement_gets_the_new_version() {
    let (mut house, blue, green) = (
        House::open().await,
        App::start("blue").await,
        App::start("green").await,
    );
    let mut kept = Caller::connect(house.address).await;
    for turn in 0..SWITCHES {
        let app = if turn % 2 == 0 { &blue } else { &green };
        let name = if turn % 2 == 0 { "blue" } else { "green" };
        house.put(route(HOST, &[(name, app.address)])).await;
        assert_eq!(
            kept.get(HOST, "/").await.body,
            name,
            "kept connection, switch {turn}"
        );
        assert_eq!(
            get(house.address, HOST, "/").await.body,
            name,
            "new connection, switch {turn}"
        );
    }
}

/// What runs while versions are switched: how often it was answered.
#[derive(Default)]
struct Load {
    stop: AtomicBool,
    answered: AtomicUsize,
}

impl Load {
    fn goes_on(&self) -> bool {
        !self.stop.load(SeqCst)
    }

    fn count(&self) {
        self.answered.fetch_add(1, SeqCst);
    }
}

async fn keep_alive(load: Arc<Load>, address: SocketAddr) {
    let mut caller = Caller::connect(address).await;
    while load.goes_on() {
        let reply = caller.get(HOST, "/").await;
        assert!(
            reply.status == 200 && matches!(reply.body.as_str(), "blue" | "green"),
            "{reply:?}"
        );
        load.count();
    }
}

async fn new_connections(load: Arc<Load>, address: SocketAddr) {
    while load.goes_on() {
        assert_eq!(get(address, HOST, "/").await.status, 200);
        load.count();
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}

async fn posts(load: Arc<Load>, address: SocketAddr) {
    let mut caller = Caller::connect(address).await;
    while load.goes_on() {
        assert_eq!(caller.send(post(HOST, "/echo", "body")).await.body, "body");
        load.count();
    }
}

/// A body that takes longer than several switches.
async fn slow_posts(load: Arc<Load>, address: SocketAddr) {
    while load.goes_on() {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        stream
            .write_all(b"POST /echo HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\n")
            .await
            .expect("sent");
        for byte in b"slow!" {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            stream.write_all(&[*byte]).await.expect("sent");
        }
        let answer = read_until(&mut stream, "\r\n\r\nslow!").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        load.count();
    }
}

/// An event stream comes whole, from the version that began it.
async fn event_streams(load: Arc<Load>, address: SocketAddr) {
    while load.goes_on() {
        let events = get(address, HOST, "/events").await.body;
        let name = if events.contains("blue") {
            "blue"
        } else {
            "green"
        };
        let whole: String = (0..5)
            .map(|number| format!("data: {name} {number}\n\n"))
            .collect();
        assert_eq!(events, whole);
        load.count();
    }
}

async fn tunnels(load: Arc<Load>, address: SocketAddr) {
    let mut tunnel = upgraded(address, HOST).await;
    while load.goes_on() {
        assert!(echoes(&mut tunnel, "ping").await);
        load.count();
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn p9_switch_under_load_fails_no_request() {
    let (mut house, blue, green) = (
        House::open().await,
        App::start("blue").await,
        App::start("green").await,
    );
    house.put(route(HOST, &[("blue", blue.address)])).await;
    let (load, address) = (Arc::new(Load::default()), house.address);
    let mut running = JoinSet::new();
    for _ in 0..3 {
        running.spawn(keep_alive(load.clone(), address));
        running.spawn(posts(load.clone(), address));
        running.spawn(slow_posts(load.clone(), address));
        running.spawn(event_streams(load.clone(), address));
        running.spawn(tunnels(load.clone(), address));
    }
    running.spawn(new_connections(load.clone(), address));
    for turn in 0..SWITCHES {
        let (name, app) = if turn % 2 == 0 {
            ("green", &green)
        } else {
            ("blue", &blue)
        };
        house.put(route(HOST, &[(name, app.address)])).await;
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    load.stop.store(true, SeqCst);
    while let Some(ended) = running.join_next().await {
        ended.expect("no request of this client failed");
    }
    assert!(load.answered.load(SeqCst) > SWITCHES, "the load was real");
    assert!(blue.request_count() > 0 && green.request_count() > 0);
}
