//! Which host leads where, and what is said where nothing is.

use super::app::App;
use super::ask::{self, empty, get, request, send};
use super::house::{House, leading_to, route};
use domain::route::Target;

#[tokio::test]
async fn p9_each_host_leads_to_its_own_upstream() {
    let (mut house, one, two) = (
        House::open().await,
        App::start("one").await,
        App::start("two").await,
    );
    house
        .put(route("one.example", &[("one", one.address)]))
        .await;
    house
        .put(route("two.example", &[("two", two.address)]))
        .await;
    assert_eq!(get(house.address, "one.example", "/").await.body, "one");
    assert_eq!(
        get(house.address, "Two.Example.:8080", "/").await.body,
        "two"
    );
}

#[tokio::test]
async fn p9_an_unknown_host_gets_an_honest_404_and_never_a_default() {
    let (mut house, one) = (House::open().await, App::start("one").await);
    house
        .put(route("one.example", &[("one", one.address)]))
        .await;
    let reply = get(house.address, "other.example", "/").await;
    assert_eq!(reply.status, 404);
    assert!(
        reply
            .body
            .contains("No application is published at this address."),
        "{}",
        reply.body
    );
    assert!(reply.body.contains(reply.header("x-request-id")));
    assert_eq!(one.request_count(), 0);
}

#[tokio::test]
async fn p9_a_route_without_a_live_deployment_answers_with_its_sentence() {
    let mut house = House::open().await;
    house
        .put(leading_to(
            "a.example",
            Target::Absent {
                sentence: "Nothing is deployed here yet.".into(),
            },
        ))
        .await;
    house
        .put(leading_to(
            "b.example",
            Target::Unavailable {
                retry_after_s: 7,
                sentence: "Paused by its owner.".into(),
                hold_s: 0,
            },
        ))
        .await;
    let absent = get(house.address, "a.example", "/").await;
    assert_eq!(
        (
            absent.status.as_u16(),
            absent.body.contains("Nothing is deployed here yet.")
        ),
        (404, true)
    );
    let paused = get(house.address, "b.example", "/").await;
    assert_eq!(
        (paused.status.as_u16(), paused.header("retry-after")),
        (503, "7")
    );
    assert!(paused.body.contains("Paused by its owner."));
}

#[tokio::test]
async fn an_error_page_is_json_for_those_who_ask_for_it() {
    let house = House::open().await;
    let reply = send(
        house.address,
        empty(request("x.example", "/").header("accept", "application/json")),
    )
    .await;
    assert_eq!(reply.header("content-type"), "application/problem+json");
    let problem: serde_json::Value = serde_json::from_str(&reply.body).expect("json");
    assert_eq!(problem["status"], 404);
    assert_eq!(problem["request_id"], reply.header("x-request-id"));
}

#[tokio::test]
async fn the_request_id_is_sent_on_and_back() {
    let (mut house, app) = (House::open().await, App::start("app").await);
    house.put(route("a.example", &[("app", app.address)])).await;
    let reply = send(
        house.address,
        empty(request("a.example", "/headers").header("x-request-id", "mine-1")),
    )
    .await;
    assert_eq!(reply.header("x-request-id"), "mine-1");
    assert!(
        reply.body.contains("x-request-id: mine-1\n"),
        "{}",
        reply.body
    );
    let made = get(house.address, "a.example", "/headers").await;
    assert!(
        made.body
            .contains(&format!("x-request-id: {}\n", made.header("x-request-id")))
    );
}

#[tokio::test]
async fn x14_the_upstream_learns_the_client_from_us_and_not_from_the_client() {
    let (mut house, app) = (House::open().await, App::start("app").await);
    house.put(route("a.example", &[("app", app.address)])).await;
    let spoofed = request("a.example", "/headers")
        .header("x-forwarded-for", "6.6.6.6")
        .header("forwarded", "for=6.6.6.6")
        .header("x-forwarded-proto", "https")
        .header("x-sealdock-cron", "6.6.6.6")
        .header("x-sealdock-signature", "t=6,v1=6.6.6.6")
        .header("connection", "close, x-forwarded-for");
    let seen = send(house.address, empty(spoofed)).await.body;
    for expected in [
        "host: a.example\n",
        "x-forwarded-for: 127.0.0.1\n",
        "x-forwarded-proto: http\n",
        "x-forwarded-host: a.example\n",
    ] {
        assert!(seen.contains(expected), "{expected} in {seen}");
    }
    assert!(seen.contains(&format!("x-forwarded-port: {}\n", house.address.port())));
    assert!(
        !seen.contains("6.6.6.6") && !seen.contains("connection:"),
        "{seen}"
    );
}

#[tokio::test]
async fn fields_of_one_hop_do_not_reach_the_client() {
    let (mut house, app) = (House::open().await, App::start("app").await);
    house.put(route("a.example", &[("app", app.address)])).await;
    let reply = get(house.address, "a.example", "/hop").await;
    assert_eq!(reply.body, "hop");
    assert_eq!(
        (
            reply.header("x-internal"),
            reply.header("keep-alive"),
            reply.header("connection")
        ),
        ("", "", "")
    );
}

#[tokio::test]
async fn the_absolute_form_is_asked_of_the_upstream_in_origin_form() {
    let (mut house, app) = (House::open().await, App::start("app").await);
    house.put(route("a.example", &[("app", app.address)])).await;
    let answer = ask::raw(
        house.address,
        "GET http://a.example/line?q=1 HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.ends_with("GET /line?q=1"), "{answer}");
}

#[tokio::test]
async fn p22_answers_are_counted_by_route_class_and_bytes() {
    let (mut house, app) = (House::open().await, App::start("app").await);
    house.put(route("a.example", &[("app", app.address)])).await;
    let mut caller = ask::Caller::connect(house.address).await;
    caller.get("a.example", "/").await;
    caller.send(ask::post("a.example", "/echo", "12345")).await;
    let status = house.status().await;
    let stats = &status.routes[0].stats;
    assert_eq!((stats.requests, stats.by_class), (2, [0, 2, 0, 0, 0]));
    assert_eq!(stats.bytes_out, 3 + 5);
    assert!(stats.quantile_us(0.99) > 0);
    assert_eq!(status.routes[0].deployment.as_deref(), Some("deployment"));
}
