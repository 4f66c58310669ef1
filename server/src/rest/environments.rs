//! A slot of a project, and replacing what serves there (I-3 … I-7).

use super::Created;
use super::projects::{Typed, deployed};
use crate::app::App;
use crate::problem::Answer;
use crate::reading::{Actor, Body, Id, Query};
use crate::router::{Endpoint, may};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Action;
use domain::api::{Confirm, Update};
use domain::id::EnvironmentId;
use domain::view::{
    DeletePreview, DeploymentView, EnvironmentView, Preview, UpdateOptions, VersionsView,
};
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::Read, routes!(get)),
        may(Action::Deploy, routes!(options)),
        may(Action::Deploy, routes!(versions)),
        may(Action::Deploy, routes!(plan)),
        may(Action::Deploy, routes!(update)),
        may(Action::Delete, routes!(delete)),
        may(Action::Delete, routes!(plan_delete)),
    ]
}

/// One environment.
#[utoipa::path(get, path = "/v2/environments/{id}", tag = "Environments", params(("id" = String, Path)), responses((status = 200, body = EnvironmentView)))]
async fn get(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<EnvironmentId>,
) -> Answer<Json<EnvironmentView>> {
    Ok(Json(app.api.environment(&actor.0, &id).await?))
}

/// What it can be updated to: the tags, the live one, today's configuration.
#[utoipa::path(get, path = "/v2/environments/{id}/update-options", tag = "Environments", params(("id" = String, Path)), responses((status = 200, body = UpdateOptions)))]
async fn options(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<EnvironmentId>,
) -> Answer<Json<UpdateOptions>> {
    Ok(Json(app.api.update_options(&actor.0, &id).await?))
}

/// What can be rolled back to, or promoted from the project's other environments.
#[utoipa::path(get, path = "/v2/environments/{id}/versions", tag = "Environments", params(("id" = String, Path)), responses((status = 200, body = VersionsView)))]
async fn versions(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<EnvironmentId>,
) -> Answer<Json<VersionsView>> {
    Ok(Json(app.api.versions(&actor.0, &id).await?))
}

/// What an update would do, with the digest that confirms it. Changes nothing.
#[utoipa::path(post, path = "/v2/environments/{id}/update/plan", tag = "Environments", params(("id" = String, Path)), request_body = Update, responses((status = 200, body = Preview)))]
async fn plan(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<EnvironmentId>,
    Body(update): Body<Update>,
) -> Answer<Json<Preview>> {
    Ok(Json(app.api.preview_update(&actor.0, &id, &update).await?))
}

/// Carry out the plan that was shown; `plan_changed` when it is not today's any more.
#[utoipa::path(post, path = "/v2/environments/{id}/update", tag = "Environments", params(("id" = String, Path)), request_body = Confirm, responses((status = 201, body = DeploymentView)))]
async fn update(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<EnvironmentId>,
    Body(confirm): Body<Confirm>,
) -> Answer<Created<DeploymentView>> {
    Ok(deployed(app.api.update(&actor.0, &id, confirm).await?))
}

/// Delete one environment with everything that belongs to it; the last one goes with its project.
#[utoipa::path(delete, path = "/v2/environments/{id}", tag = "Environments", params(("id" = String, Path), Typed), responses((status = 204)))]
async fn delete(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<EnvironmentId>,
    Query(typed): Query<Typed>,
) -> Answer<StatusCode> {
    app.api
        .delete_environment(&actor.0, &id, &typed.confirm)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What would disappear. Changes nothing.
#[utoipa::path(get, path = "/v2/environments/{id}/delete-plan", tag = "Environments", params(("id" = String, Path)), responses((status = 200, body = DeletePreview)))]
async fn plan_delete(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<EnvironmentId>,
) -> Answer<Json<DeletePreview>> {
    Ok(Json(
        app.api.preview_delete_environment(&actor.0, &id).await?,
    ))
}
