//! P-17: what reaches a hook's address, and what does not.

use crate::support::client::{Said, Server, request};
use crate::support::real::World;
use crate::support::views::hook_id;
use axum::body::{Body, Bytes};
use axum::http::header;
use serde_json::Value;
use server::app::Reach;
use server::limits::Limits;
use std::io::Error;
use std::sync::atomic::Ordering;
use tower::ServiceExt;

fn address() -> String {
    format!("/hooks/gitlab/{}", hook_id())
}

async fn send(server: &Server, path: &str, token: &str, body: Body) -> Said {
    let builder = request("POST", path)
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-gitlab-token", token);
    server.send(builder.body(body).unwrap()).await
}

#[tokio::test]
async fn p17_a_delivery_needs_a_signature_and_neither_session_nor_origin() {
    let server = Server::start().await;
    let said = send(&server, &address(), "secret", Body::from("{}")).await;
    assert_eq!(
        (said.status.as_u16(), said.json()["effect"].as_str()),
        (202, Some("2 bytes.")),
        "{said:?}"
    );
    let said = send(&server, &address(), "guessed", Body::from("{}")).await;
    assert_eq!(
        (said.status.as_u16(), said.json()["code"].as_str()),
        (401, Some("wrong_signature"))
    );
    // Some hosts send an `Authorization` that their administrator chose.
    let builder = request("POST", &address())
        .header("x-gitlab-token", "secret")
        .header("origin", "https://gitlab.example")
        .header(header::AUTHORIZATION, "Bearer not-one-of-ours");
    let said = server.send(builder.body(Body::empty()).unwrap()).await;
    assert_eq!(said.status, 202);
}

#[tokio::test]
async fn p17_what_is_no_hook_is_nothing() {
    let server = Server::start().await;
    let unknown = "hook_01h00000000000000000000009";
    let mut said = Vec::new();
    for path in [
        format!("/hooks/gitlab/{unknown}"),
        format!("/hooks/bitbucket/{}", hook_id()),
        format!("/hooks/poll/{}", hook_id()),
        "/hooks/gitlab/x".to_owned(),
        "/hooks/gitlab/%ff".to_owned(),
    ] {
        let answer = send(&server, &path, "secret", Body::from("{}")).await;
        let json = answer.json();
        said.push((
            answer.status.as_u16(),
            json["code"].clone(),
            json["detail"].clone(),
        ));
    }
    assert!(
        said.iter().all(|one| *one == said[0] && one.0 == 404),
        "{said:?}"
    );
    let said = send(&server, "/hooks/gitlab", "secret", Body::empty()).await;
    assert_eq!(said.status, 404);
    let get = request("GET", &address()).body(Body::empty()).unwrap();
    let said = server.send(get).await;
    assert_eq!((said.status.as_u16(), said.header("allow")), (405, "POST"));
}

#[tokio::test]
async fn p17_a_body_is_limited_in_size_and_time() {
    let limits = Limits {
        hook_bytes: 1000,
        hook_read_ms: 50,
        ..Limits::default()
    };
    let server = Server::with(limits, Reach::default()).await;
    let fits = send(&server, &address(), "secret", Body::from(vec![b' '; 1000])).await;
    assert_eq!(fits.status, 202);
    let huge = send(&server, &address(), "secret", Body::from(vec![b' '; 1001])).await;
    assert_eq!(
        (huge.status.as_u16(), huge.json()["code"].as_str()),
        (413, Some("too_large"))
    );
    let first = futures_util::stream::iter([Ok::<_, Error>(Bytes::from_static(b"{"))]);
    let endless = futures_util::StreamExt::chain(first, futures_util::stream::pending());
    let slow = send(&server, &address(), "secret", Body::from_stream(endless)).await;
    assert_eq!(slow.status, 503);
    assert_eq!(server.product.created.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn p17_five_mebibytes_are_taken() {
    let server = Server::start().await;
    let said = send(
        &server,
        &address(),
        "secret",
        Body::from(vec![b' '; 5 << 20]),
    )
    .await;
    assert_eq!(said.status, 202);
    let said = send(
        &server,
        &address(),
        "secret",
        Body::from(vec![b' '; (5 << 20) + 1]),
    )
    .await;
    assert_eq!(said.status, 413);
}

#[tokio::test]
async fn p17_guesses_are_slowed_down_and_right_ones_are_not() {
    let limits = Limits {
        attempts_per_address: 3,
        ..Limits::default()
    };
    let server = Server::with(limits, Reach::default()).await;
    for _ in 0..20 {
        assert_eq!(
            send(&server, &address(), "secret", Body::empty())
                .await
                .status,
            202
        );
    }
    for _ in 0..3 {
        assert_eq!(
            send(&server, &address(), "guess", Body::empty())
                .await
                .status,
            401
        );
    }
    assert_eq!(
        send(&server, &address(), "guess", Body::empty())
            .await
            .status,
        429
    );
}

/// The real engine, from the address to the list.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p17_a_delivery_is_listed_with_its_effect_and_the_secret_is_shown_once() {
    let world = World::start().await;
    let project = world.ids["git projects"].clone();
    let path = format!("/v2/projects/{project}/git");
    let made = world
        .send("POST", &format!("{path}/hook"), "developer", Value::Null)
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    let secret = made["secret"].as_str().unwrap();
    let address = made["hook"]["paths"][1]["path"].as_str().unwrap();
    assert!(
        secret.len() > 40 && address.starts_with("/hooks/gitlab/hook_"),
        "{made}"
    );
    let builder = request("POST", address)
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-gitlab-event", "Issue Hook")
        .header("idempotency-key", "one")
        .header("x-gitlab-token", secret);
    let answer = world
        .router
        .clone()
        .oneshot(builder.body(Body::from("{}")).unwrap())
        .await;
    assert_eq!(answer.unwrap().status(), 202);
    let list = world
        .send(
            "GET",
            &format!("{path}/deliveries"),
            "developer",
            Value::Null,
        )
        .await;
    let newest = &list.json()["items"][0];
    assert_eq!(
        (&newest["provider"], &newest["effect"]),
        (
            &"gitlab".into(),
            &"Ignored: `Issue Hook` is not a push.".into()
        )
    );
    let id = newest["id"].as_str().unwrap();
    let again = world
        .send(
            "POST",
            &format!("/v2/deliveries/{id}/redeliver"),
            "developer",
            Value::Null,
        )
        .await;
    assert_eq!(
        (again.status.as_u16(), again.json()["code"].as_str()),
        (409, Some("not_redelivered"))
    );
    let shown = world.send("GET", &path, "developer", Value::Null).await;
    assert!(
        shown.status == 200 && !shown.text.contains(secret),
        "{shown:?}"
    );
    assert_eq!(
        world.send("GET", &path, "viewer", Value::Null).await.status,
        403
    );
    world.engine.stop().await;
}
