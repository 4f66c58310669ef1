//! One build-and-deploy cycle.

use crate::app::App;
use crate::problem::Answer;
use crate::reading::{Actor, Id, Query};
use crate::router::{Endpoint, may};
use axum::Json;
use axum::extract::State;
use domain::access::Action;
use domain::api::DeploymentFilter;
use domain::id::DeploymentId;
use domain::view::{DeploymentSummary, DeploymentView, Page};
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::Read, routes!(list)),
        may(Action::Read, routes!(get)),
        may(Action::Deploy, routes!(cancel)),
        may(Action::Deploy, routes!(pause)),
        may(Action::Deploy, routes!(resume)),
    ]
}

/// Deployments, the newest first.
#[utoipa::path(get, path = "/v2/deployments", tag = "Deployments", params(DeploymentFilter), responses((status = 200, body = Page<DeploymentSummary>)))]
async fn list(
    State(app): State<App>,
    actor: Actor,
    Query(filter): Query<DeploymentFilter>,
) -> Answer<Json<Page<DeploymentSummary>>> {
    Ok(Json(app.api.deployments(&actor.0, &filter).await?))
}

/// One deployment: its timeline, jobs, configuration, instances.
#[utoipa::path(get, path = "/v2/deployments/{id}", tag = "Deployments", params(("id" = String, Path)), responses((status = 200, body = DeploymentView)))]
async fn get(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DeploymentId>,
) -> Answer<Json<DeploymentView>> {
    Ok(Json(app.api.deployment(&actor.0, &id).await?))
}

/// End it before it serves; what serves now goes on.
#[utoipa::path(post, path = "/v2/deployments/{id}/cancel", tag = "Deployments", params(("id" = String, Path)), responses((status = 200, body = DeploymentView)))]
async fn cancel(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DeploymentId>,
) -> Answer<Json<DeploymentView>> {
    Ok(Json(app.api.cancel(&actor.0, &id).await?))
}

/// Answer its requests with 503 on purpose.
#[utoipa::path(post, path = "/v2/deployments/{id}/pause", tag = "Deployments", params(("id" = String, Path)), responses((status = 200, body = DeploymentView)))]
async fn pause(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DeploymentId>,
) -> Answer<Json<DeploymentView>> {
    Ok(Json(app.api.pause(&actor.0, &id).await?))
}

/// Serve again.
#[utoipa::path(post, path = "/v2/deployments/{id}/resume", tag = "Deployments", params(("id" = String, Path)), responses((status = 200, body = DeploymentView)))]
async fn resume(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DeploymentId>,
) -> Answer<Json<DeploymentView>> {
    Ok(Json(app.api.resume(&actor.0, &id).await?))
}
