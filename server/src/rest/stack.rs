//! Source maps of a deployment, and stack traces that are read with them.

use crate::app::App;
use crate::problem::Answer;
use crate::reading::{Actor, Body, Id};
use crate::rest::whole;
use crate::router::{Endpoint, may};
use axum::Json;
use axum::extract::State;
use domain::access::Action;
use domain::id::DeploymentId;
use domain::view::{Page, SourceMapView, TraceView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::Read, routes!(source_maps)),
        may(Action::ReadLogs, routes!(stack_trace)),
    ]
}

/// A stack trace as it was written.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// Of V8, Firefox or Safari; at most 50 kB and 200 frames.
    pub text: String,
}

/// The source maps that its artifact had.
#[utoipa::path(get, path = "/v2/deployments/{id}/source-maps", tag = "Deployments", params(("id" = String, Path)), responses((status = 200, body = Page<SourceMapView>)))]
async fn source_maps(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DeploymentId>,
) -> Answer<Json<Page<SourceMapView>>> {
    Ok(whole(app.api.source_maps(&actor.0, &id).await?))
}

/// A minified stack trace with its original places; nothing is kept of it.
#[utoipa::path(post, path = "/v2/deployments/{id}/stack-trace", tag = "Deployments", params(("id" = String, Path)), request_body = Trace, responses((status = 200, body = TraceView)))]
async fn stack_trace(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DeploymentId>,
    Body(trace): Body<Trace>,
) -> Answer<Json<TraceView>> {
    Ok(Json(app.api.stack_trace(&actor.0, &id, &trace.text).await?))
}
