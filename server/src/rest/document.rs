//! The API's own description, for machines and for people.

use crate::router::{Endpoint, public};
use crate::{clock, openapi};
use axum::Json;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use std::fmt::Write;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        public(routes!(page)),
        public(routes!(json)),
        public(routes!(schema)),
    ]
}

/// This document.
#[utoipa::path(get, path = "/v2/openapi.json", tag = "Document", responses((status = 200, body = Object)))]
async fn json() -> Json<OpenApi> {
    Json(openapi::document())
}

/// The JSON Schema of `sealdock.yml`, for editors.
#[utoipa::path(get, path = "/v2/schema/sealdock.yml", tag = "Document", responses((status = 200, body = Object)))]
async fn schema() -> Json<serde_json::Value> {
    Json(domain::config::schema())
}

/// This document as a page.
#[utoipa::path(get, path = "/v2", tag = "Document", responses((status = 200, body = String, content_type = "text/html")))]
async fn page() -> Response {
    let nonce = clock::random_word();
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    );
    (
        [(header::CONTENT_SECURITY_POLICY, policy)],
        Html(html(&openapi::document(), &nonce)),
    )
        .into_response()
}

const STYLE: &str = "
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 18%,transparent)}
body{font:14px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}
code,summary{font-family:ui-monospace,monospace;font-size:13px}
details{border:1px solid var(--line);border-radius:6px;margin:.4rem 0;padding:.4rem .7rem}
summary{cursor:pointer;min-height:24px}summary span{font-family:system-ui,sans-serif;margin-left:.6rem;opacity:.8}
pre{overflow:auto;border-top:1px solid var(--line);padding-top:.5rem;margin-bottom:0}";

fn html(document: &OpenApi, nonce: &str) -> String {
    let about = document.info.description.as_deref().unwrap_or_default();
    let mut page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>Sealdock API</title><style nonce={nonce}>{STYLE}</style><main><h1>Sealdock API {}</h1><p>{}</p>\
         <p><a href=/v2/openapi.json>openapi.json</a> (OpenAPI 3.1)</p>",
        escape(&document.info.version),
        escape(about),
    );
    for (tag, operations) in by_tag(document) {
        let _ = write!(page, "<h2>{}</h2>", escape(&tag));
        operations
            .iter()
            .for_each(|(method, path, operation)| entry(&mut page, method, path, operation));
    }
    page.push_str("<h2>Schemas</h2>");
    for (name, schema) in document.components.iter().flat_map(|c| &c.schemas) {
        let _ = write!(
            page,
            "<details id=\"{0}\"><summary>{0}</summary>{1}</details>",
            escape(name),
            pretty(schema)
        );
    }
    page + "</main></html>"
}

type Row<'a> = (&'static str, &'a str, &'a Operation);

/// Tags in the order of their first appearance.
fn by_tag(document: &OpenApi) -> Vec<(String, Vec<Row<'_>>)> {
    let mut tags: Vec<(String, Vec<Row<'_>>)> = Vec::new();
    for (path, item) in &document.paths.paths {
        for (method, operation) in operations(item) {
            let tag = operation
                .tags
                .as_ref()
                .and_then(|t| t.first())
                .cloned()
                .unwrap_or_default();
            match tags.iter_mut().find(|(name, _)| *name == tag) {
                Some((_, rows)) => rows.push((method, path, operation)),
                None => tags.push((tag, vec![(method, path, operation)])),
            }
        }
    }
    tags
}

fn operations(item: &PathItem) -> impl Iterator<Item = (&'static str, &Operation)> {
    let all = [
        ("GET", &item.get),
        ("POST", &item.post),
        ("DELETE", &item.delete),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

fn entry(page: &mut String, method: &str, path: &str, operation: &Operation) {
    let summary = operation.summary.as_deref().unwrap_or_default();
    let (path, summary, whole) = (escape(path), escape(summary), pretty(operation));
    let _ = write!(
        page,
        "<details><summary><b>{method}</b> {path}<span>{summary}</span></summary>{whole}</details>"
    );
}

fn pretty(value: &impl serde::Serialize) -> String {
    format!(
        "<pre>{}</pre>",
        escape(&serde_json::to_string_pretty(value).unwrap_or_default())
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_path_and_runs_nothing() {
        let document = openapi::document();
        let page = html(&document, "n");
        assert!(
            document
                .paths
                .paths
                .keys()
                .all(|path| page.contains(path.as_str()))
        );
        assert!(
            !page.contains("<script") && !page.contains("http://") && !page.contains("https://c")
        );
    }
}
