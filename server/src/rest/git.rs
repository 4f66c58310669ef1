//! Deploying what is pushed: what is tracked, the webhook, and its deliveries (P-17).

use super::{Created, created};
use crate::app::App;
use crate::problem::Answer;
use crate::reading::{Actor, Body, Id, Query};
use crate::router::{Endpoint, may};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Action;
use domain::api::Track;
use domain::id::{DeliveryId, EnvironmentId, ProjectId};
use domain::view::{DeliveryView, GitView, NewHookView, Page, TrackingView};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::ManageHooks, routes!(get)),
        may(Action::ManageHooks, routes!(track)),
        may(Action::ManageHooks, routes!(rotate)).shows_secret(),
        may(Action::ManageHooks, routes!(remove)),
        may(Action::ManageHooks, routes!(deliveries)),
        may(Action::ManageHooks, routes!(redeliver)),
    ]
}

/// What of a repository is tracked, and where its host tells of pushes.
#[utoipa::path(get, path = "/v2/projects/{id}/git", tag = "Git push", params(("id" = String, Path)), responses((status = 200, body = GitView)))]
async fn get(State(app): State<App>, actor: Actor, Id(id): Id<ProjectId>) -> Answer<Json<GitView>> {
    Ok(Json(app.api.git(&actor.0, &id).await?))
}

/// Deploy what is pushed to a branch from now on; without one, nothing.
#[utoipa::path(post, path = "/v2/environments/{id}/tracking", tag = "Git push", params(("id" = String, Path)), request_body = Track, responses((status = 200, body = TrackingView)))]
async fn track(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<EnvironmentId>,
    Body(track): Body<Track>,
) -> Answer<Json<TrackingView>> {
    Ok(Json(app.api.track(&actor.0, &id, track).await?))
}

/// Make the webhook, or replace its secret; it is shown this once, and kept sealed.
#[utoipa::path(post, path = "/v2/projects/{id}/git/hook", tag = "Git push", params(("id" = String, Path)), responses((status = 201, body = NewHookView)))]
async fn rotate(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ProjectId>,
) -> Answer<Created<NewHookView>> {
    let made = app.api.rotate_hook(&actor.0, &id).await?;
    Ok(created(format!("/v2/projects/{id}/git"), made))
}

/// Remove the webhook; its address takes nothing any more.
#[utoipa::path(delete, path = "/v2/projects/{id}/git/hook", tag = "Git push", params(("id" = String, Path)), responses((status = 204)))]
async fn remove(State(app): State<App>, actor: Actor, Id(id): Id<ProjectId>) -> Answer<StatusCode> {
    app.api.remove_hook(&actor.0, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct After {
    /// `next` of the page before.
    cursor: Option<String>,
}

/// What came in, the newest first, with its effect; kept for 90 days.
#[utoipa::path(get, path = "/v2/projects/{id}/git/deliveries", tag = "Git push", params(("id" = String, Path), After), responses((status = 200, body = Page<DeliveryView>)))]
async fn deliveries(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ProjectId>,
    Query(after): Query<After>,
) -> Answer<Json<Page<DeliveryView>>> {
    let cursor = after.cursor.as_deref();
    Ok(Json(app.api.deliveries(&actor.0, &id, cursor).await?))
}

/// Handle a delivery again: the branch's head of today is deployed, unless it is there.
#[utoipa::path(post, path = "/v2/deliveries/{id}/redeliver", tag = "Git push", params(("id" = String, Path)), responses((status = 200, body = DeliveryView)))]
async fn redeliver(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DeliveryId>,
) -> Answer<Json<DeliveryView>> {
    Ok(Json(app.api.redeliver(&actor.0, &id).await?))
}
