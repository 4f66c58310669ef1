//! When another upstream, or the same one once more, is asked.

use super::app::{App, closed_port, read_head, scripted};
use super::ask::{Caller, get, post, read_until, request, send};
use super::eventually;
use super::house::{House, checked_route, route};
use crate::proxy::Limits;
use domain::route::HealthCheck;
use std::sync::atomic::Ordering::SeqCst;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Answers the first request on a connection, then breaks off at the second.
async fn once_then_break(_: usize, mut stream: TcpStream) {
    read_head(&mut stream).await;
    stream.write_all(OK).await.expect("answered");
    read_head(&mut stream).await;
}

#[tokio::test]
async fn a_kept_connection_that_breaks_before_a_byte_is_replaced_unnoticed() {
    let mut house = House::open().await;
    let upstream = scripted(once_then_break).await;
    house.put(route("a.example", &[("u", upstream)])).await;
    let mut caller = Caller::connect(house.address).await;
    for _ in 0..10 {
        assert_eq!(caller.get("a.example", "/").await.status, 200);
    }
}

#[tokio::test]
async fn a_post_that_the_upstream_may_have_seen_is_never_sent_twice() {
    let mut house = House::open().await;
    let upstream = scripted(once_then_break).await;
    house.put(route("a.example", &[("u", upstream)])).await;
    let mut caller = Caller::connect(house.address).await;
    assert_eq!(caller.get("a.example", "/").await.status, 200);
    assert_eq!(caller.send(post("a.example", "/", "")).await.status, 502);
}

#[tokio::test]
async fn a_connection_that_the_upstream_closed_while_idle_costs_no_post() {
    let mut house = House::open().await;
    let upstream = scripted(|_, mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(OK).await.expect("answered");
    })
    .await;
    house.put(route("a.example", &[("u", upstream)])).await;
    let mut caller = Caller::connect(house.address).await;
    for _ in 0..10 {
        assert_eq!(caller.send(post("a.example", "/", "")).await.status, 200);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn any_method_goes_to_another_upstream_when_connecting_failed() {
    let (mut house, app) = (House::open().await, App::start("app").await);
    house
        .put(route(
            "a.example",
            &[("dead", closed_port().await), ("app", app.address)],
        ))
        .await;
    for _ in 0..10 {
        assert_eq!(
            send(house.address, post("a.example", "/echo", "body"))
                .await
                .body,
            "body"
        );
    }
    let status = house.status().await;
    let dead = status
        .upstreams
        .iter()
        .find(|one| one.id == "dead")
        .expect("listed");
    assert!(dead.ejected && dead.in_flight == 0, "{dead:?}");
}

#[tokio::test]
async fn a_put_whose_body_nobody_read_is_sent_again() {
    let mut house = House::open().await;
    let upstream = scripted(|number, mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(OK).await.expect("answered");
        if number == 0 {
            // The next request's header comes, its body does not: break off.
            read_head(&mut stream).await;
        }
    })
    .await;
    house.put(route("a.example", &[("u", upstream)])).await;
    let mut stream = TcpStream::connect(house.address).await.expect("connected");
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        .await
        .expect("sent");
    read_until(&mut stream, "\r\n\r\nok").await;
    stream
        .write_all(b"PUT / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\n\r\n")
        .await
        .expect("sent");
    let answer = read_until(&mut stream, "\r\n\r\nok").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn all_upstreams_gone_is_503_with_retry_after() {
    let mut house = House::open().await;
    house
        .put(route(
            "a.example",
            &[("x", closed_port().await), ("y", closed_port().await)],
        ))
        .await;
    for _ in 0..3 {
        let reply = get(house.address, "a.example", "/").await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("retry-after")),
            (503, "2")
        );
    }
}

#[tokio::test]
async fn an_instance_that_comes_back_serves_at_once() {
    let mut house = House::open().await;
    let address = closed_port().await;
    house.put(route("a.example", &[("app", address)])).await;
    for _ in 0..8 {
        assert_eq!(get(house.address, "a.example", "/").await.status, 503);
    }
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .expect("same port");
    let _app = App::on(listener, "back");
    assert_eq!(get(house.address, "a.example", "/").await.body, "back");
}

#[tokio::test]
async fn an_upstream_that_breaks_off_without_an_answer_is_502() {
    let mut house = House::open().await;
    let upstream =
        scripted(|_, mut stream| async move { drop(read_head(&mut stream).await) }).await;
    house.put(route("a.example", &[("u", upstream)])).await;
    let reply = get(house.address, "a.example", "/").await;
    assert_eq!(reply.status, 502);
    assert!(
        reply
            .body
            .contains("closed the connection without an answer"),
        "{}",
        reply.body
    );
}

#[tokio::test]
async fn an_upstream_that_talks_nonsense_is_502() {
    let mut house = House::open().await;
    let upstream = scripted(|_, mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"SSH-2.0-OpenSSH\r\n\r\n").await;
    })
    .await;
    house.put(route("a.example", &[("u", upstream)])).await;
    assert_eq!(get(house.address, "a.example", "/").await.status, 502);
}

#[tokio::test]
async fn an_upstream_that_takes_too_long_is_504() {
    let limits = Limits {
        response_header_timeout_ms: 100,
        ..Limits::default()
    };
    let (mut house, app) = (House::open_with(limits).await, App::start("app").await);
    house.put(route("a.example", &[("app", app.address)])).await;
    let reply = get(house.address, "a.example", "/never").await;
    assert_eq!(reply.status, 504);
    assert_eq!(house.in_flight("app").await, 0);
}

#[tokio::test]
async fn an_answer_that_breaks_in_the_middle_breaks_for_the_client_too() {
    let mut house = House::open().await;
    let upstream = scripted(|_, mut stream| async move {
        read_head(&mut stream).await;
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            .await
            .expect("answered");
    })
    .await;
    house.put(route("a.example", &[("u", upstream)])).await;
    let mut caller = Caller::connect(house.address).await;
    let asked = super::ask::empty(request("a.example", "/"));
    assert!(
        caller.try_send(asked).await.is_err(),
        "a cut answer must not look whole"
    );
}

#[tokio::test]
async fn a_sick_upstream_gets_no_requests_until_it_is_well() {
    let (mut house, sick, well) = (
        House::open().await,
        App::start("sick").await,
        App::start("well").await,
    );
    let health = HealthCheck {
        path: "/health".into(),
        interval_ms: 100,
        timeout_ms: 2_000,
    };
    sick.is_well.store(false, SeqCst);
    house
        .put(checked_route(
            "a.example",
            &[("sick", sick.address), ("well", well.address)],
            Some(health),
        ))
        .await;
    let healthy =
        async |house: &mut House| house.status().await.upstreams.iter().all(|one| one.healthy);
    eventually("it was found sick", async || !healthy(&mut house).await).await;
    let before = sick.request_count();
    for _ in 0..20 {
        assert_eq!(get(house.address, "a.example", "/").await.body, "well");
    }
    assert_eq!(sick.request_count(), before);
    sick.is_well.store(true, SeqCst);
    eventually("it was found well", async || healthy(&mut house).await).await;
    let served = async || get(house.address, "a.example", "/").await.body == "sick";
    eventually("it serves again", served).await;
}

#[tokio::test]
async fn all_upstreams_sick_is_503() {
    let (mut house, app) = (House::open().await, App::start("app").await);
    app.is_well.store(false, SeqCst);
    let health = HealthCheck {
        path: "/health".into(),
        interval_ms: 100,
        timeout_ms: 2_000,
    };
    house
        .put(checked_route(
            "a.example",
            &[("app", app.address)],
            Some(health),
        ))
        .await;
    eventually("it was found sick", async || {
        get(house.address, "a.example", "/").await.status == 503
    })
    .await;
}
