//! The whole server as one service: routes, pages, and the layers around both.

use crate::app::App;
use crate::problem::{self, No};
use crate::{caller, headers, host, origin, router, session, ssr, trace};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use domain::refusal::{Kind, Refusal};
use engine::boot::Engine;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;

/// `pages` is what the console serves: its routes, server functions and assets.
pub fn service(app: &App, pages: Router) -> Router {
    let inner = router::routes(app)
        .route("/v2/{*rest}", any(no_such_route))
        .route("/live/{*rest}", any(no_such_route))
        .route("/hooks/{provider}", any(no_such_route))
        .route("/hooks/{provider}/{id}/{*rest}", any(no_such_route))
        .merge(pages.layer(RequestBodyLimitLayer::new(app.limits.json_bytes)));
    let session = session::layer(
        app.sessions.clone(),
        app.reach.behind_tls,
        app.limits.session_days,
    );
    // From the inside out.
    inner
        .layer(DefaultBodyLimit::max(app.limits.form_bytes))
        .layer(from_fn_with_state(app.clone(), origin::same))
        .layer(from_fn_with_state(app.clone(), caller::identify))
        .layer(session)
        .layer(from_fn_with_state(app.clone(), host::known))
        .layer(from_fn(problem::render))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(app.clone(), headers::secure))
        .layer(from_fn(trace::requests))
}

/// The console.
pub fn pages(engine: &Engine) -> Router {
    ssr::routes(engine.api.clone())
}

async fn no_such_route() -> Response {
    let refusal = Refusal::new(Kind::NotFound, "no_such_route", "The API has no such path.");
    No::from(refusal.way_out("The list of paths is at /v2.")).into_response()
}
