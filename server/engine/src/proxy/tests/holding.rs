//! Requests that wait in the gap of a replacement (I-9).

use super::app::App;
use super::ask::{Caller, Reply, get, post};
use super::house::{House, leading_to, route};
use crate::proxy::Limits;
use domain::route::{Route, Target};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

const HOST: &str = "a.example";
const A_MOMENT: Duration = Duration::from_millis(300);

fn gap(hold_s: u32) -> Route {
    let target = Target::Unavailable {
        retry_after_s: 5,
        sentence: "A new version is coming.".into(),
        hold_s,
    };
    leading_to(HOST, target)
}

fn asking(address: SocketAddr) -> JoinHandle<Reply> {
    tokio::spawn(async move { get(address, HOST, "/").await })
}

#[tokio::test]
async fn i9_a_request_in_the_gap_waits_for_the_new_version() {
    let (mut house, app) = (House::open().await, App::start("green").await);
    house.put(gap(30)).await;
    let address = house.address;
    let asked = asking(address);
    let posted = tokio::spawn(async move {
        let mut caller = Caller::connect(address).await;
        caller.send(post(HOST, "/echo", "a whole body")).await.body
    });
    tokio::time::sleep(A_MOMENT).await;
    assert!(!asked.is_finished() && !posted.is_finished());
    assert_eq!(app.request_count(), 0);
    house.put(route(HOST, &[("green", app.address)])).await;
    let reply = asked.await.expect("answered");
    assert_eq!((reply.status.as_u16(), reply.body.as_str()), (200, "green"));
    assert_eq!(posted.await.expect("answered"), "a whole body");
}

#[tokio::test]
async fn i9_at_the_limit_it_is_answered_503_and_told_when_to_come_again() {
    let mut house = House::open().await;
    house.put(gap(1)).await;
    let began = Instant::now();
    let reply = get(house.address, HOST, "/").await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("retry-after")),
        (503, "5")
    );
    let took = began.elapsed();
    assert!(
        took >= Duration::from_secs(1) && took < Duration::from_secs(5),
        "{took:?}"
    );
}

#[tokio::test]
async fn i9_what_fails_lets_them_go_at_once_and_what_holds_nothing_never_waits() {
    let mut house = House::open().await;
    house.put(gap(30)).await;
    let asked = asking(house.address);
    tokio::time::sleep(A_MOMENT).await;
    let sentence = "Nothing is deployed here.".into();
    house
        .put(leading_to(HOST, Target::Absent { sentence }))
        .await;
    assert_eq!(asked.await.expect("answered").status, 404);
    house.put(gap(0)).await;
    let began = Instant::now();
    assert_eq!(get(house.address, HOST, "/").await.status, 503);
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn i9_one_too_many_is_not_held_and_whoever_leaves_makes_room() {
    let limits = Limits {
        max_held_requests: 1,
        ..Limits::default()
    };
    let (mut house, app) = (House::open_with(limits).await, App::start("green").await);
    house.put(gap(30)).await;
    let first = asking(house.address);
    tokio::time::sleep(A_MOMENT).await;
    assert_eq!(get(house.address, HOST, "/").await.status, 503);
    first.abort();
    tokio::time::sleep(A_MOMENT).await;
    let next = asking(house.address);
    tokio::time::sleep(A_MOMENT).await;
    assert!(!next.is_finished());
    house.put(route(HOST, &[("green", app.address)])).await;
    assert_eq!(next.await.expect("answered").body, "green");
}
