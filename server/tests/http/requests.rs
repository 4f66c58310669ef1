//! How requests are read and answered: problems, limits, ETags, keys, headers, hosts.

use crate::support::client::{Server, as_who, request};
use crate::support::views::*;
use axum::body::Body;
use axum::http::header;
use server::app::Reach;
use server::limits::Limits;
use std::sync::atomic::Ordering;

const NEW: &str = r#"{"name":"new","source":{"kind":"image","reference":"a:1"}}"#;

async fn keyed(server: &Server, path: &str, key: &str, json: &str) -> crate::support::client::Said {
    let builder = as_who(request("POST", path), "owner").header("idempotency-key", key);
    server
        .send(builder.body(Body::from(json.to_owned())).unwrap())
        .await
}

#[tokio::test]
async fn x20_a_refusal_is_a_problem_with_a_code_a_place_and_a_way_out() {
    let server = Server::start().await;
    let said = server
        .post(
            "/v2/projects",
            "owner",
            r#"{"name":"taken","source":{"kind":"image","reference":"a:1"}}"#,
        )
        .await;
    let json = said.json();
    assert_eq!(
        (said.status.as_u16(), said.header("content-type")),
        (409, "application/problem+json")
    );
    assert_eq!(
        (&json["code"], &json["place"], &json["status"]),
        (&"name_taken".into(), &"name".into(), &409.into())
    );
    assert_eq!(json["request_id"], said.header("x-request-id"));

    let said = server.get("/v2/projects", "").await;
    assert_eq!(
        (said.status.as_u16(), said.header("www-authenticate")),
        (401, "Bearer")
    );
    assert!(
        said.json()["way_out"]
            .as_str()
            .is_some_and(|s| s.contains("API token"))
    );
}

#[tokio::test]
async fn what_the_framework_refuses_is_a_problem_too() {
    let server = Server::start().await;
    for (method, path, status, code) in [
        ("GET", "/v2/nothing/here", 404, "no_such_route"),
        ("PUT", "/v2/projects", 405, "wrong_method"),
        ("GET", "/v2/projects/prj_nonsense", 404, "not_found"),
        ("GET", "/v2/deployments?projct=1", 422, "invalid"),
        ("GET", "/v2/deployments?limit=-1", 422, "invalid"),
    ] {
        let said = server
            .send(
                as_who(request(method, path), "owner")
                    .body(Body::empty())
                    .unwrap(),
            )
            .await;
        assert_eq!(
            (said.status.as_u16(), &said.json()["code"]),
            (status, &code.into()),
            "{method} {path}"
        );
    }
    let said = server.get("/v2/deployments?projct=1", "owner").await;
    assert!(
        said.json()["detail"].as_str().unwrap().contains("`projct`"),
        "{}",
        said.text
    );
}

#[tokio::test]
async fn a_body_over_the_limit_or_of_another_kind_is_refused() {
    let server = Server::with(
        Limits {
            json_bytes: 200,
            ..Limits::default()
        },
        Reach::default(),
    )
    .await;
    let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(300));
    assert_eq!(
        server.post("/v2/projects", "owner", &long).await.status,
        413
    );
    let builder =
        as_who(request("POST", "/v2/projects"), "owner").header(header::CONTENT_TYPE, "text/plain");
    let said = server.send(builder.body(Body::from(NEW)).unwrap()).await;
    assert_eq!(
        (said.status.as_u16(), &said.json()["code"]),
        (422, &"not_json".into())
    );
}

#[tokio::test]
async fn x20_a_repeated_key_gets_the_same_answer_and_does_nothing() {
    let server = Server::start().await;
    let (first, second) = (
        keyed(&server, "/v2/projects", "k1", NEW).await,
        keyed(&server, "/v2/projects", "k1", NEW).await,
    );
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 201));
    assert_eq!(
        (&first.text, first.header("location")),
        (&second.text, second.header("location"))
    );
    assert_eq!(
        (
            first.header("idempotent-replay"),
            second.header("idempotent-replay")
        ),
        ("", "true")
    );
    assert_eq!(server.product.created.load(Ordering::SeqCst), 1);
    let other = keyed(
        &server,
        "/v2/projects",
        "k1",
        r#"{"name":"x","source":{"kind":"image","reference":"a:1"}}"#,
    )
    .await;
    assert_eq!(
        (other.status.as_u16(), &other.json()["code"]),
        (422, &"key_reused".into())
    );
}

#[tokio::test]
async fn x20_keys_side_by_side_do_it_once() {
    let server = Server::start().await;
    let all =
        futures_util::future::join_all((0..8).map(|_| keyed(&server, "/v2/projects", "k2", NEW)))
            .await;
    assert!(
        all.iter()
            .all(|said| matches!(said.status.as_u16(), 201 | 409)),
        "{all:?}"
    );
    assert_eq!(server.product.created.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn x20_a_refused_key_may_try_again_and_a_secret_is_not_kept() {
    let server = Server::start().await;
    let taken = NEW.replace("new", "taken");
    assert_eq!(
        keyed(&server, "/v2/projects", "k3", &taken).await.status,
        409
    );
    assert_eq!(keyed(&server, "/v2/projects", "k3", NEW).await.status, 201);
    let token = r#"{"name":"ci","role":"viewer"}"#;
    assert_eq!(keyed(&server, "/v2/tokens", "k4", token).await.status, 201);
    let again = keyed(&server, "/v2/tokens", "k4", token).await;
    assert_eq!(
        (again.status.as_u16(), &again.json()["code"]),
        (409, &"shown_once".into())
    );
}

#[tokio::test]
async fn x20_what_has_not_changed_is_not_sent_again() {
    let server = Server::start().await;
    let path = format!("/v2/projects/{}", project_id());
    let tag = server.get(&path, "owner").await.header("etag").to_owned();
    assert!(tag.starts_with("W/\""));
    let builder = as_who(request("GET", &path), "owner").header(header::IF_NONE_MATCH, &tag);
    let said = server.send(builder.body(Body::empty()).unwrap()).await;
    assert_eq!(
        (
            said.status.as_u16(),
            said.text.as_str(),
            said.header("etag")
        ),
        (304, "", tag.as_str())
    );
}

#[tokio::test]
async fn x14_every_answer_carries_its_headers() {
    let reach = Reach {
        behind_tls: true,
        public_url: Some("https://deploy.example".into()),
    };
    let server = Server::with(Limits::default(), reach).await;
    for path in ["/v2/projects", "/healthz", "/v2/nothing"] {
        let said = server.get(path, "owner").await;
        assert_eq!(said.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(said.header("x-frame-options"), "DENY");
        assert!(
            said.header("content-security-policy")
                .starts_with("default-src 'none'")
        );
        assert!(
            said.header("strict-transport-security")
                .starts_with("max-age=")
        );
    }
    let page = server.get("/v2", "").await;
    assert!(
        page.header("content-security-policy")
            .contains("style-src 'nonce-")
    );
}

#[tokio::test]
async fn x14_a_foreign_host_name_is_refused() {
    let server = Server::start().await;
    let request = axum::http::Request::builder()
        .uri("/v2/projects")
        .header(header::HOST, "evil.example");
    let said = server
        .send(as_who(request, "owner").body(Body::empty()).unwrap())
        .await;
    assert_eq!(
        (said.status.as_u16(), &said.json()["code"]),
        (404, &"unknown_host".into())
    );
}

#[tokio::test]
async fn x14_wrong_tokens_are_slowed_down_and_right_ones_never() {
    let limits = Limits {
        attempts_per_address: 3,
        ..Limits::default()
    };
    let server = Server::with(limits, Reach::default()).await;
    for _ in 0..10 {
        assert_eq!(server.get("/v2/me", "owner").await.status, 200);
    }
    let statuses = [(); 4].map(|()| server.get("/v2/me", "nobody"));
    let statuses = futures_util::future::join_all(statuses).await;
    let statuses: Vec<_> = statuses.iter().map(|s| s.status.as_u16()).collect();
    assert_eq!(statuses, [401, 401, 401, 429]);
}

#[tokio::test]
async fn p2_the_seeds_own_paths_deploy_to_production() {
    let server = Server::start().await;
    let path = format!("/v2/projects/{}/trigger-pipeline", project_id());
    let said = server.post(&path, "developer", r#"{"tag":"v2"}"#).await;
    assert_eq!(said.status, 201);
    assert_eq!(
        said.header("location"),
        format!("/v2/deployments/{}", deployment_id())
    );
    let both = server
        .post(&path, "developer", r#"{"tag":"v2","branch":"main"}"#)
        .await;
    assert_eq!(both.status, 422);
}
