//! Old upstreams finish what they have, are counted meanwhile, and can be cut.

use super::app::App;
use super::ask::{self, Caller, echoes, get, read_until, upgraded};
use super::eventually;
use super::house::{House, leading_to, route};
use crate::proxy::client::Client;
use crate::proxy::protocol::{Hint, RefusalCode};
use domain::route::Target;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HOST: &str = "a.example";

#[tokio::test]
async fn p9_a_request_in_flight_finishes_on_the_old_upstream_and_is_counted_until_then() {
    let (mut house, blue, green) = (
        House::open().await,
        App::start("blue").await,
        App::start("green").await,
    );
    house.put(route(HOST, &[("blue", blue.address)])).await;
    let address = house.address;
    let late = tokio::spawn(async move { get(address, HOST, "/late").await.body });
    eventually("it is in flight", async || {
        house.in_flight("blue").await == 1
    })
    .await;
    house.put(route(HOST, &[("green", green.address)])).await;
    let status = house.status().await;
    let blue_status = status
        .upstreams
        .iter()
        .find(|one| one.id == "blue")
        .expect("draining");
    assert!(
        blue_status.draining && blue_status.in_flight == 1,
        "{blue_status:?}"
    );
    assert_eq!(get(address, HOST, "/").await.body, "green");
    assert_eq!(late.await.expect("answered"), "blue");
    eventually("it has drained", async || {
        house
            .status()
            .await
            .upstreams
            .iter()
            .all(|one| one.id == "green")
    })
    .await;
}

#[tokio::test]
async fn p9_watchers_hear_when_an_upstream_has_drained() {
    let (mut house, blue, green) = (
        House::open().await,
        App::start("blue").await,
        App::start("green").await,
    );
    house.put(route(HOST, &[("blue", blue.address)])).await;
    let (watcher, _) = Client::connect(&house.folder.join("control"))
        .await
        .expect("connected");
    let mut hints = watcher.watch().await.expect("watching");
    let tunnel = upgraded(house.address, HOST).await;
    house.put(route(HOST, &[("green", green.address)])).await;
    assert_eq!(house.in_flight("blue").await, 1);
    drop(tunnel);
    assert_eq!(
        hints.next().await.expect("a hint"),
        Hint::Drained {
            upstream: "blue".into()
        }
    );
    assert_eq!(house.in_flight("blue").await, 0);
}

#[tokio::test]
async fn p9_idle_connections_to_a_gone_upstream_are_closed() {
    let (mut house, green) = (House::open().await, App::start("green").await);
    let (closed, mut was_closed) = tokio::sync::mpsc::channel(8);
    let upstream = super::app::scripted(move |_, mut stream| {
        let closed = closed.clone();
        async move {
            super::app::read_head(&mut stream).await;
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                .await
                .expect("answered");
            let end = stream.read(&mut [0; 1]).await;
            let _ = closed.send(matches!(end, Ok(0))).await;
        }
    })
    .await;
    house.put(route(HOST, &[("blue", upstream)])).await;
    assert_eq!(get(house.address, HOST, "/").await.status, 200);
    house.put(route(HOST, &[("green", green.address)])).await;
    let heard = tokio::time::timeout(super::PATIENCE, was_closed.recv())
        .await
        .expect("closed in time");
    assert_eq!(heard, Some(true));
}

#[tokio::test]
async fn p9_what_still_runs_on_a_draining_upstream_can_be_cut() {
    let (mut house, blue, green) = (
        House::open().await,
        App::start("blue").await,
        App::start("green").await,
    );
    house.put(route(HOST, &[("blue", blue.address)])).await;
    let mut tunnel = upgraded(house.address, HOST).await;
    let refused = house
        .client
        .cut("blue".into())
        .await
        .expect_err("it serves");
    assert_eq!(
        refused.refusal().map(|refusal| refusal.code),
        Some(RefusalCode::UnknownUpstream)
    );
    house.put(route(HOST, &[("green", green.address)])).await;
    assert!(echoes(&mut tunnel, "still there").await);
    assert_eq!(house.client.cut("blue".into()).await.expect("cut"), 1);
    assert_eq!(ask::read_to_end(&mut tunnel).await, "");
    eventually("nothing is in flight", async || {
        house.in_flight("blue").await == 0
    })
    .await;
    assert_eq!(get(house.address, HOST, "/").await.body, "green");
}

#[tokio::test]
async fn a_client_that_goes_away_takes_its_request_along() {
    let (mut house, app) = (House::open().await, App::start("app").await);
    house.put(route(HOST, &[("app", app.address)])).await;
    let mut stream = TcpStream::connect(house.address).await.expect("connected");
    stream
        .write_all(b"GET /never HTTP/1.1\r\nHost: a.example\r\n\r\n")
        .await
        .expect("sent");
    eventually("it is in flight", async || {
        house.in_flight("app").await == 1
    })
    .await;
    drop(stream);
    eventually("it is gone", async || house.in_flight("app").await == 0).await;
}

#[tokio::test]
async fn a_route_that_becomes_unavailable_lets_requests_in_flight_finish() {
    let (mut house, app) = (House::open().await, App::start("app").await);
    house.put(route(HOST, &[("app", app.address)])).await;
    let mut stream = TcpStream::connect(house.address).await.expect("connected");
    stream
        .write_all(b"GET /late HTTP/1.1\r\nHost: a.example\r\n\r\n")
        .await
        .expect("sent");
    eventually("it is in flight", async || {
        house.in_flight("app").await == 1
    })
    .await;
    house
        .put(leading_to(
            HOST,
            Target::Unavailable {
                retry_after_s: 3,
                sentence: "Paused.".into(),
                hold_s: 0,
            },
        ))
        .await;
    assert_eq!(get(house.address, HOST, "/").await.status, 503);
    assert!(
        read_until(&mut stream, "\r\n\r\napp")
            .await
            .starts_with("HTTP/1.1 200")
    );
}

#[tokio::test]
async fn p9_in_flight_is_exact_over_many_requests_and_ways_to_end() {
    let (mut house, app) = (House::open().await, App::start("app").await);
    house.put(route(HOST, &[("app", app.address)])).await;
    let callers = (0..8).map(|_| async {
        let mut caller = Caller::connect(house.address).await;
        for path in ["/", "/line", "/hop", "/trailers", "/events"] {
            caller.get(HOST, path).await;
        }
        caller.send(ask::post(HOST, "/echo", "x")).await;
    });
    futures_util::future::join_all(callers).await;
    eventually("nothing is in flight", async || {
        house.in_flight("app").await == 0
    })
    .await;
}
