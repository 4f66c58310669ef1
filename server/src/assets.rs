//! The site's files, inside the one executable (read from disk in debug builds).
//!
//! An address carries its content's hash, so a browser may keep it for ever; where a brotli copy
//! was made at build time it is sent as it is.

use ::app::document::Assets;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use std::sync::OnceLock;

/// What `cargo leptos build` leaves: `pkg/` and the contents of `public/`.
#[derive(RustEmbed)]
#[folder = "../target/site"]
#[exclude = "*.d.ts*"]
#[exclude = "*.gz"]
struct Site;

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// Where pages find their script, their wasm and their style.
pub fn addresses() -> Assets {
    static ADDRESSES: OnceLock<Assets> = OnceLock::new();
    let make = || Assets {
        css: address("sealdock.css"),
        js: address("sealdock.js"),
        wasm: address("sealdock.wasm"),
    };
    ADDRESSES.get_or_init(make).clone()
}

fn address(name: &str) -> String {
    let path = format!("pkg/{name}");
    match Site::get(&path) {
        Some(file) => format!("/{path}?v={}", version(&file)),
        None => format!("/{path}"),
    }
}

fn version(file: &EmbeddedFile) -> String {
    file.metadata
        .sha256_hash()
        .iter()
        .take(8)
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// The file at this address, if there is one.
pub fn serve(uri: &Uri, headers: &HeaderMap) -> Option<Response> {
    let path = uri.path().trim_start_matches('/');
    let file = Site::get(path)?;
    let version = version(&file);
    let etag = format!("\"{version}\"");
    let fixed = uri.query() == Some(&format!("v={version}"));
    let caching = if fixed { FOR_EVER } else { ASK_AGAIN };
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|tag| tag.as_bytes() == etag.as_bytes())
    {
        return Some((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let mut response = body(path, file, headers);
    let own = response.headers_mut();
    own.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(content_type(path)),
    );
    own.insert(header::CACHE_CONTROL, caching);
    own.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    own.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    own.extend(HeaderValue::from_str(&etag).map(|tag| (header::ETAG, tag)));
    Some(response)
}

fn body(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let accepts = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let wants_br = accepts
        .split(',')
        .any(|e| e.trim() == "br" || e.trim().starts_with("br;"));
    match wants_br.then(|| Site::get(&format!("{path}.br"))).flatten() {
        Some(packed) => (
            [(header::CONTENT_ENCODING, "br")],
            Body::from(packed.data.into_owned()),
        )
            .into_response(),
        None => Body::from(file.data.into_owned()).into_response(),
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}
