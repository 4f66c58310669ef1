//! Streams: hints that say *look again*, and logs as they are written. For a session or a token, of
//! its own organization, for as long as it may read.

pub mod hints;
pub mod hub;
pub mod logs;
pub mod pump;
pub mod slots;
pub mod terminal;

use crate::app::App;
use crate::caller::Credential;
use crate::problem::Answer;
use crate::reading::{Actor, Id, Query};
use crate::rest::From;
use crate::router::{Endpoint, may};
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::access::Action;
use domain::view::LogPage;
use utoipa_axum::routes;

/// The pages' own names for what `/v2` streams too.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::Read, routes!(live_hints)).long(),
        may(Action::ReadLogs, routes!(live_log)).long(),
    ]
}

/// Server-sent hints, for the console.
#[utoipa::path(get, path = "/live/hints", tag = "Live", responses((status = 200, body = domain::hint::Hint, content_type = "text/event-stream")))]
async fn live_hints(
    State(app): State<App>,
    actor: Actor,
    Extension(credential): Extension<Credential>,
    headers: HeaderMap,
) -> Answer<Response> {
    Ok(hints::open(&app, actor.0, credential, &headers)?)
}

/// A log as it is written, for the console; its name may be written with its slash.
#[utoipa::path(get, path = "/live/logs/{*stream}", tag = "Live", params(("stream" = String, Path), From), responses((status = 200, body = LogPage, content_type = "text/event-stream")))]
async fn live_log(
    State(app): State<App>,
    actor: Actor,
    Extension(credential): Extension<Credential>,
    Id(stream): Id<String>,
    Query(which): Query<From>,
    headers: HeaderMap,
) -> Answer<Response> {
    Ok(logs::open(&app, actor.0, credential, stream, which, &headers).await?)
}
