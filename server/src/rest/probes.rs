//! For whatever watches over this process.

use crate::app::App;
use crate::problem::Answer;
use crate::router::{Endpoint, public};
use axum::extract::State;
use domain::refusal::Refusal;
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![public(routes!(healthz)), public(routes!(readyz))]
}

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "Probes", responses((status = 200, body = String, content_type = "text/plain")))]
async fn healthz() -> &'static str {
    "ok\n"
}

/// The process can serve: its store answers, and it is not about to stop.
#[utoipa::path(get, path = "/readyz", tag = "Probes", responses((status = 200, body = String, content_type = "text/plain")))]
async fn readyz(State(app): State<App>) -> Answer<&'static str> {
    if app.stop.is_cancelled() {
        return Err(Refusal::unavailable("stopping", "The server is stopping.").into());
    }
    app.api.needs_setup().await?;
    Ok("ready\n")
}
