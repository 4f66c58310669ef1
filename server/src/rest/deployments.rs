//! One build-and-deploy cycle.

use crate::app::App;
use crate::problem::Answer;
use crate::reading::{Actor, Body, Id, Query};
use crate::router::{Endpoint, may};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use domain::access::Action;
use domain::api::DeploymentFilter;
use domain::id::DeploymentId;
use domain::view::{DeploymentSummary, DeploymentView, Page, StopPreview};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::Read, routes!(list)),
        may(Action::Read, routes!(get)),
        may(Action::Deploy, routes!(promote)),
        may(Action::Deploy, routes!(cancel)),
        may(Action::Deploy, routes!(pause)),
        may(Action::Deploy, routes!(resume)),
        may(Action::Deploy, routes!(plan_stop)),
        may(Action::Deploy, routes!(stop)),
        may(Action::Read, routes!(screenshot)),
        may(Action::Read, routes!(sbom)),
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

/// Let what is held at ready take the traffic.
#[utoipa::path(post, path = "/v2/deployments/{id}/promote", tag = "Deployments", params(("id" = String, Path)), responses((status = 200, body = DeploymentView)))]
async fn promote(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DeploymentId>,
) -> Answer<Json<DeploymentView>> {
    Ok(Json(app.api.promote(&actor.0, &id).await?))
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

/// What would end. Changes nothing.
#[utoipa::path(get, path = "/v2/deployments/{id}/stop-plan", tag = "Deployments", params(("id" = String, Path)), responses((status = 200, body = StopPreview)))]
async fn plan_stop(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DeploymentId>,
) -> Answer<Json<StopPreview>> {
    Ok(Json(app.api.preview_stop(&actor.0, &id).await?))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Confirmed {
    /// `yes`: there is downtime.
    typed: String,
}

/// End what serves, once its requests have finished; its address answers 404 until it is started again, by an update that reuses it.
#[utoipa::path(post, path = "/v2/deployments/{id}/stop", tag = "Deployments", params(("id" = String, Path)), request_body = Confirmed, responses((status = 200, body = DeploymentView)))]
async fn stop(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DeploymentId>,
    Body(confirmed): Body<Confirmed>,
) -> Answer<Json<DeploymentView>> {
    Ok(Json(app.api.stop(&actor.0, &id, &confirmed.typed).await?))
}

/// It never changes once it is there, so a browser asks for it once.
const FOR_A_WEEK: &str = "private, max-age=604800, immutable";

/// A picture of its front page, 1280 by 800.
#[utoipa::path(get, path = "/v2/deployments/{id}/screenshot", tag = "Deployments", params(("id" = String, Path)), responses((status = 200, body = String, content_type = "image/png")))]
async fn screenshot(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DeploymentId>,
) -> Answer<impl IntoResponse> {
    let picture = app.api.screenshot(&actor.0, &id).await?;
    let kind = (header::CONTENT_TYPE, "image/png");
    Ok(([kind, (header::CACHE_CONTROL, FOR_A_WEEK)], picture))
}

/// What its artifact is made of, as CycloneDX.
#[utoipa::path(get, path = "/v2/deployments/{id}/sbom", tag = "Deployments", params(("id" = String, Path)), responses((status = 200, body = Object, content_type = "application/vnd.cyclonedx+json")))]
async fn sbom(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DeploymentId>,
) -> Answer<impl IntoResponse> {
    let list = app.api.sbom(&actor.0, &id).await?;
    let kind = (
        header::CONTENT_TYPE,
        "application/vnd.cyclonedx+json".to_owned(),
    );
    let name = (
        header::CONTENT_DISPOSITION,
        format!("attachment; filename=\"{id}.cdx.json\""),
    );
    Ok(([kind, name], list))
}
