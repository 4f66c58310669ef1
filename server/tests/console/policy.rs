//! What may not be in a page, and what nobody reaches without a session.

use crate::browser::{nobody, owner, viewer};
use crate::every_page;
use crate::world::World;
use ::app::server_fns;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use std::collections::BTreeSet;

#[tokio::test]
async fn x14_a_page_has_no_inline_handler_and_no_inline_style() {
    for path in every_page() {
        let html = owner(World::Full).get(&path).await.html;
        for (tag, attributes) in tags(&html) {
            let bad = attributes
                .iter()
                .find(|name| name.starts_with("on") || **name == "style");
            assert_eq!(bad, None, "<{tag}> in {path}");
        }
    }
}

/// Each start tag with the names of its attributes.
fn tags(html: &str) -> Vec<(&str, Vec<&str>)> {
    let starts = html
        .split('<')
        .filter(|t| t.starts_with(|c: char| c.is_ascii_alphabetic()));
    starts
        .map(|t| t.split('>').next().unwrap_or(t))
        .map(|t| (t.split_whitespace().next().unwrap_or(t), names(t)))
        .collect()
}

fn names(tag: &str) -> Vec<&str> {
    // every second piece between quotes is a value
    let outside = tag.split('"').step_by(2);
    outside
        .flat_map(str::split_whitespace)
        .map(|word| word.trim_end_matches('='))
        .skip(1)
        .collect()
}

#[tokio::test]
async fn x14_every_script_carries_the_nonce_of_the_policy() {
    for path in every_page() {
        let page = owner(World::Full).get(&path).await;
        let policy = page.headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
            .to_owned();
        let nonce = policy
            .split_once("'nonce-")
            .and_then(|(_, rest)| rest.split_once('\''))
            .unwrap()
            .0
            .to_owned();
        assert!(
            nonce.len() >= 16 && !policy.contains("unsafe-inline"),
            "{policy}"
        );
        let scripts = page.html.matches("<script").count();
        assert!(scripts > 0);
        assert_eq!(
            page.html.matches(&format!("nonce=\"{nonce}\"")).count(),
            scripts + 1,
            "{path}: each script, and the preload"
        );
    }
}

#[tokio::test]
async fn the_policy_is_new_for_each_page() {
    let policy =
        async || owner(World::Live).get("/").await.headers[header::CONTENT_SECURITY_POLICY].clone();
    assert_ne!(policy().await, policy().await);
}

#[tokio::test]
async fn x11_every_server_function_is_in_the_list_and_none_is_open() {
    let listed: BTreeSet<_> = server_fns::ALL.iter().map(|(path, _)| *path).collect();
    let there: BTreeSet<_> = leptos::server_fn::axum::server_fn_paths()
        .map(|(path, _)| path)
        .collect();
    assert_eq!(listed, there);
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .unwrap();
        assert_eq!(
            nobody().send(request).await.status,
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
}

#[tokio::test]
async fn x11_a_refusal_has_its_status() {
    let request = Request::post("/fn/create-sample")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let page = viewer(World::Full)
        .send(request.body(Body::empty()).unwrap())
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(
        page.html.contains("\"code\":\"forbidden\""),
        "{}",
        page.html
    );
}

#[tokio::test]
async fn only_pages_that_take_forms_take_them() {
    let page = owner(World::Full).post("/runtimes", "/runtimes", &[]).await;
    assert_eq!(page.status, StatusCode::METHOD_NOT_ALLOWED);
}
