//! Previews of branches and pull requests, and where a Git host is told how it went (P-15).

use crate::app::App;
use crate::problem::Answer;
use crate::reading::{Actor, Body, Id};
use crate::router::{Endpoint, may};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Action;
use domain::api::Approve;
use domain::forge::NewForge;
use domain::id::{ProjectId, ReviewId};
use domain::review::Rules;
use domain::view::{ReviewView, ReviewsView};
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::ManageHooks, routes!(list)),
        may(Action::ManageHooks, routes!(set)),
        may(Action::Deploy, routes!(approve)),
        may(Action::Deploy, routes!(close)),
        may(Action::ManageHooks, routes!(set_host)),
        may(Action::ManageHooks, routes!(remove_host)),
    ]
}

/// What gets a preview, and those there are.
#[utoipa::path(get, path = "/v2/projects/{id}/previews", tag = "Previews", params(("id" = String, Path)), responses((status = 200, body = ReviewsView)))]
async fn list(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ProjectId>,
) -> Answer<Json<ReviewsView>> {
    Ok(Json(app.api.reviews(&actor.0, &id).await?))
}

/// Set what gets a preview; those that are not taken any more are removed.
#[utoipa::path(post, path = "/v2/projects/{id}/previews", tag = "Previews", params(("id" = String, Path)), request_body = Rules, responses((status = 200, body = ReviewsView)))]
async fn set(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ProjectId>,
    Body(rules): Body<Rules>,
) -> Answer<Json<ReviewsView>> {
    Ok(Json(app.api.set_reviews(&actor.0, &id, rules).await?))
}

/// Run a fork's head: this commit, and no later one.
#[utoipa::path(post, path = "/v2/previews/{id}/approve", tag = "Previews", params(("id" = String, Path)), request_body = Approve, responses((status = 200, body = ReviewView)))]
async fn approve(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ReviewId>,
    Body(approve): Body<Approve>,
) -> Answer<Json<ReviewView>> {
    Ok(Json(app.api.approve_review(&actor.0, &id, approve).await?))
}

/// Remove a preview with all it made; a push makes it again.
#[utoipa::path(post, path = "/v2/previews/{id}/close", tag = "Previews", params(("id" = String, Path)), responses((status = 204)))]
async fn close(State(app): State<App>, actor: Actor, Id(id): Id<ReviewId>) -> Answer<StatusCode> {
    app.api.close_review(&actor.0, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tell a Git host how deployments went: commit statuses, and a comment on pull requests. The token is never shown.
#[utoipa::path(post, path = "/v2/projects/{id}/git/host", tag = "Previews", params(("id" = String, Path)), request_body = NewForge, responses((status = 200, body = ReviewsView)))]
async fn set_host(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ProjectId>,
    Body(forge): Body<NewForge>,
) -> Answer<Json<ReviewsView>> {
    Ok(Json(app.api.set_forge(&actor.0, &id, forge).await?))
}

/// Tell the Git host nothing more, and forget its token.
#[utoipa::path(delete, path = "/v2/projects/{id}/git/host", tag = "Previews", params(("id" = String, Path)), responses((status = 204)))]
async fn remove_host(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ProjectId>,
) -> Answer<StatusCode> {
    app.api.remove_forge(&actor.0, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
