//! The console's gallery: every page over canned worlds, without an engine. It is what the design
//! is looked at in, what the screenshots are taken of, and what the SSR tests render.
//!
//! `cargo run -p server --example gallery`, then `http://full.localhost:4700/`. The first label
//! of the host chooses the world (`empty full building failed live draining refused`), a
//! second word the role: `full-viewer.localhost`. `out.localhost` is nobody, `new.localhost`
//! an installation without an owner.

mod streams;
// The SSR tests and this gallery each use their own part of it.
#[allow(dead_code)]
mod world;

use app::call::{Flash, Signed};
use axum::extract::Request;
use axum::http::header::HOST;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use domain::time::Time;
use server::ssr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use world::{Gallery, World};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let now = Time(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as i64);
    let gallery = Arc::new(Gallery::at(now));
    let app = ssr::routes(gallery)
        .merge(streams::routes(now))
        .layer(from_fn(sign_in));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:4700").await?;
    println!("the gallery is at http://full.localhost:4700/");
    axum::serve(listener, app).await?;
    Ok(())
}

/// Puts the person on the request whom the host names.
async fn sign_in(mut request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|h| h.to_str().ok())
        .unwrap_or_default();
    let label = host.split(['.', ':']).next().unwrap_or_default().to_owned();
    let (world, role) = label.split_once('-').unwrap_or((&label, "owner"));
    let caller = World::named(world).map(|world| world::caller(world, role));
    request.extensions_mut().insert(Signed(caller));
    request.extensions_mut().insert(Flash::default());
    next.run(request).await
}
