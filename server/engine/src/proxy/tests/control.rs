//! The control socket: fences, snapshots, and lines that make no sense.

use super::app::App;
use super::ask::get;
use super::eventually;
use super::house::{House, leading_to, route};
use crate::proxy::client::Client;
use crate::proxy::protocol::RefusalCode;
use crate::proxy::{Limits, ProxyError, ProxyOptions, run};
use domain::route::{RouteTable, Target};
use std::os::unix::fs::PermissionsExt;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

fn code(error: &crate::proxy::client::ClientError) -> Option<RefusalCode> {
    error.refusal().map(|refusal| refusal.code)
}

async fn snapshot_of(house: &mut House, generation: u64) {
    eventually("the snapshot is written", async || {
        house.status().await.snapshot_generation == generation
    })
    .await;
}

#[tokio::test]
async fn generations_fence_an_older_table_is_refused_and_the_newer_serves_on() {
    let (mut house, app) = (House::open().await, App::start("app").await);
    let serving = house.put(route("a.example", &[("app", app.address)])).await;
    let older = house
        .client
        .replace(RouteTable {
            generation: serving - 1,
            routes: vec![],
            ..Default::default()
        })
        .await
        .expect_err("older");
    assert_eq!(code(&older), Some(RefusalCode::StaleGeneration));
    let same = house
        .client
        .put(serving, route("b.example", &[("app", app.address)]))
        .await
        .expect_err("not newer");
    assert_eq!(code(&same), Some(RefusalCode::StaleGeneration));
    let stale_drop = house
        .client
        .drop_route(serving - 1, "route-a.example".into())
        .await
        .expect_err("older");
    assert_eq!(code(&stale_drop), Some(RefusalCode::StaleGeneration));
    assert_eq!(get(house.address, "a.example", "/").await.body, "app");
}

#[tokio::test]
async fn a_dropped_route_is_gone_and_a_replaced_table_is_whole() {
    let (mut house, app) = (House::open().await, App::start("app").await);
    let first = house.put(route("a.example", &[("app", app.address)])).await;
    house
        .client
        .drop_route(first + 1, "route-a.example".into())
        .await
        .expect("dropped");
    assert_eq!(get(house.address, "a.example", "/").await.status, 404);
    let routes = vec![
        route("b.example", &[("app", app.address)]),
        route("c.example", &[("app", app.address)]),
    ];
    house
        .client
        .replace(RouteTable {
            generation: first + 2,
            routes,
            ..Default::default()
        })
        .await
        .expect("replaced");
    assert_eq!(get(house.address, "b.example", "/").await.body, "app");
    assert_eq!(get(house.address, "c.example", "/").await.body, "app");
    assert_eq!(house.status().await.generation, first + 2);
}

#[tokio::test]
async fn a_host_that_is_taken_is_refused_with_a_sentence() {
    let (mut house, app) = (House::open().await, App::start("app").await);
    let first = house.put(route("a.example", &[("app", app.address)])).await;
    let mut thief = route("a.example", &[("app", app.address)]);
    thief.id = "thief".into();
    let error = house.client.put(first + 1, thief).await.expect_err("taken");
    assert_eq!(code(&error), Some(RefusalCode::HostTaken));
    assert!(
        error
            .to_string()
            .contains("the host a.example belongs to route route-a.example already"),
        "{error}"
    );
}

#[tokio::test]
async fn x5_it_serves_from_its_snapshot_before_anybody_publishes() {
    let (folder, app) = (
        tempfile::tempdir().expect("folder"),
        App::start("app").await,
    );
    let mut house = House::open_in(folder.path(), Limits::default()).await;
    let generation = house.put(route("a.example", &[("app", app.address)])).await;
    house.close();
    let mut house = House::open_in(folder.path(), Limits::default()).await;
    assert_eq!(get(house.address, "a.example", "/").await.body, "app");
    let hello = house.client.hello().await.expect("hello");
    assert_eq!(
        (hello.generation, hello.snapshot_generation),
        (generation, generation)
    );
}

#[tokio::test]
async fn q23_a_truncated_snapshot_gives_way_to_the_previous_and_then_to_an_empty_table() {
    let (folder, app) = (
        tempfile::tempdir().expect("folder"),
        App::start("app").await,
    );
    let mut house = House::open_in(folder.path(), Limits::default()).await;
    let first = house.put(route("a.example", &[("app", app.address)])).await;
    snapshot_of(&mut house, first).await;
    let second = house.put(route("b.example", &[("app", app.address)])).await;
    snapshot_of(&mut house, second).await;
    house.close();
    // Closing wrote once more, so make the previous one the first again by truncating both ways.
    let (newest, previous) = (
        folder.path().join("routes"),
        folder.path().join("routes.prev"),
    );
    let whole = std::fs::read(&newest).expect("snapshot");
    std::fs::write(&newest, &whole[..whole.len() / 2]).expect("truncated");
    let house = House::open_in(folder.path(), Limits::default()).await;
    assert_eq!(get(house.address, "a.example", "/").await.body, "app");
    house.close();
    std::fs::write(&newest, b"garbage").expect("garbled");
    std::fs::write(&previous, b"").expect("emptied");
    let house = House::open_in(folder.path(), Limits::default()).await;
    assert_eq!(get(house.address, "a.example", "/").await.status, 404);
}

#[tokio::test]
async fn the_control_socket_is_private_and_one_data_plane_owns_it() {
    let house = House::open().await;
    let mode = std::fs::metadata(house.folder.join("control"))
        .expect("socket")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let folder = house.folder.clone();
    let options = ProxyOptions::new(
        vec![([127, 0, 0, 1], 0).into()],
        folder.join("control"),
        folder.join("other"),
    );
    let second = tokio::task::spawn_blocking(|| run(options))
        .await
        .expect("joined");
    assert!(
        matches!(second, Err(ProxyError::AlreadyRunning { .. })),
        "{second:?}"
    );
}

#[tokio::test]
async fn lines_that_make_no_sense_are_refused_and_the_next_one_is_heard() {
    let house = House::open().await;
    let mut socket = BufReader::new(
        UnixStream::connect(house.folder.join("control"))
            .await
            .expect("connected"),
    );
    for (line, code) in [
        ("not json", "malformed"),
        ("{\"op\":\"explode\"}", "malformed"),
        ("{\"op\":\"put\",\"generation\":-1}", "malformed"),
        ("{\"op\":\"hello\",\"protocol\":99}", "protocol"),
    ] {
        socket
            .write_all(format!("{line}\n").as_bytes())
            .await
            .expect("sent");
        let mut answer = String::new();
        socket.read_line(&mut answer).await.expect("answered");
        assert!(
            answer.contains("\"answer\":\"refused\"") && answer.contains(code),
            "{answer}"
        );
    }
    socket
        .write_all(b"{\"op\":\"hello\",\"protocol\":1}\n")
        .await
        .expect("sent");
    let mut answer = String::new();
    socket.read_line(&mut answer).await.expect("answered");
    assert!(answer.contains("\"answer\":\"hello\""), "{answer}");
}

#[tokio::test]
async fn several_control_clients_are_served_at_once() {
    let mut house = House::open().await;
    let (mut other, _) = Client::connect(&house.folder.join("control"))
        .await
        .expect("connected");
    let first = house
        .put(leading_to(
            "a.example",
            Target::Absent {
                sentence: "Soon.".into(),
            },
        ))
        .await;
    assert_eq!(other.status().await.expect("status").generation, first);
}

#[tokio::test]
async fn shutdown_lets_a_request_finish_and_then_ends() {
    let (mut house, app) = (House::open().await, App::start("app").await);
    house.put(route("a.example", &[("app", app.address)])).await;
    let address = house.address;
    let late = tokio::spawn(async move { get(address, "a.example", "/late").await });
    eventually("it is in flight", async || {
        house.in_flight("app").await == 1
    })
    .await;
    house.client.shutdown(10_000).await.expect("told");
    eventually("nobody new is let in", async || {
        tokio::net::TcpStream::connect(address).await.is_err()
    })
    .await;
    assert!(!late.is_finished(), "refused at once, not at the end");
    let reply = late.await.expect("answered");
    assert_eq!(
        (reply.body.as_str(), reply.header("connection")),
        ("app", "close")
    );
    tokio::task::spawn_blocking(move || house.close())
        .await
        .expect("ended");
}
