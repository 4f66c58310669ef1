//! Where Git hosts tell of pushes (P-17). Nobody is signed in here: the signature over the body says
//! who it is, so neither a cookie nor an origin counts.

use crate::app::App;
use crate::limits::ms;
use crate::problem::Answer;
use crate::router::{Endpoint, public};
use crate::{clock, peer, reading};
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use domain::api::{Incoming, Reply};
use domain::hook::{HEADERS, Provider};
use domain::id::HookId;
use domain::refusal::{Kind, Refusal};
use domain::view::Received;
use utoipa_axum::routes;

/// Everything below is known by its signature alone.
pub const PREFIX: &str = "/hooks/";

pub fn endpoints() -> Vec<Endpoint> {
    vec![public(routes!(receive))]
}

/// Tell of a push: the address of a project's webhook. The body is at most 5 MiB, and the answer comes before the deployment.
#[utoipa::path(post, path = "/hooks/{provider}/{id}", tag = "Git push",
    params(("provider" = String, Path, description = "`github`, `gitlab`, `gitea` or `generic`"), ("id" = String, Path)),
    request_body(content = Object, description = "As the provider sends it; `generic` needs `ref` and `after`, and the headers `X-Sealdock-Timestamp`, `X-Sealdock-Signature: sha256=` with the HMAC-SHA256 of the timestamp, a dot and the body, and `X-Sealdock-Delivery`, an id of its own"),
    responses((status = 202, body = Received)))]
async fn receive(
    State(app): State<App>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Answer<(StatusCode, Json<Received>)> {
    let address = peer::address(&app, request.headers(), request.extensions());
    let (provider, hook) = named(path.ok())?;
    let attempts = &app.attempts_by_address;
    if let Err(unknown) = app.api.knock(&hook).await {
        attempts.take(&format!("hooks {address}"), clock::now())?;
        return Err(unknown.into());
    }
    // Per hook: a sender with an old secret, or without a hook, does not close the others.
    let key = format!("hook {address} {hook}");
    attempts.check(&key, clock::now())?;
    let received = take(&app, provider, hook, request).await;
    if matches!(&received, Err(no) if no.kind == Kind::SignedOut) {
        attempts.take(&key, clock::now())?;
    }
    Ok((StatusCode::ACCEPTED, Json(received?)))
}

/// What is no address of a hook is nothing, exactly like a hook that never was.
fn named(path: Option<Path<(String, String)>>) -> Reply<(Provider, HookId)> {
    let nothing = || Refusal::not_found("webhook");
    let Path((provider, hook)) = path.ok_or_else(nothing)?;
    let provider = Provider::sender(&provider).ok_or_else(nothing)?;
    Ok((provider, hook.parse().map_err(|_| nothing())?))
}

/// The body is read by few at a time, and not for long.
async fn take(app: &App, provider: Provider, hook: HookId, request: Request) -> Reply<Received> {
    let (parts, body) = request.into_parts();
    let read = async {
        // The semaphore is never closed.
        let room = app.hook_bodies.acquire().await.ok();
        let body = reading::whole(body, app.limits.hook_bytes).await;
        body.map(|body| (body, room))
    };
    let read = tokio::time::timeout(ms(app.limits.hook_read_ms), read).await;
    let (body, _room) = read.map_err(|_| slow(app.limits.hook_read_ms))??;
    let incoming = Incoming {
        provider,
        hook,
        headers: known(&parts.headers),
        body: body.into(),
    };
    app.api.receive(incoming).await
}

/// Only the headers that mean something, and only as text.
fn known(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |name: &&str| headers.get(*name)?.to_str().ok().map(str::to_owned);
    HEADERS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), text(name)?)))
        .collect()
}

fn slow(limit_ms: u64) -> Refusal {
    let sentence = format!("The body did not come within {} s.", limit_ms / 1000);
    Refusal::unavailable("too_slow", sentence).way_out("Send it again.")
}
