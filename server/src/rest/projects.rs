//! What a team deploys.

use super::{Created, created, whole};
use crate::app::App;
use crate::problem::Answer;
use crate::reading::{Actor, Body, Id, Query};
use crate::router::{Endpoint, may};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Action;
use domain::api::{NewEnvironment, NewProject};
use domain::id::ProjectId;
use domain::view::{
    DeletePreview, DeploymentView, EnvironmentView, OverviewView, Page, Preview, ProjectView,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::Read, routes!(overview)),
        may(Action::Read, routes!(list)),
        may(Action::CreateProject, routes!(create)),
        may(Action::CreateProject, routes!(plan)),
        may(Action::CreateProject, routes!(create_sample)),
        may(Action::Read, routes!(get)),
        may(Action::CreateProject, routes!(add_environment)),
        may(Action::Delete, routes!(delete)),
        may(Action::Delete, routes!(plan_delete)),
    ]
}

/// Is everything fine? What needs somebody, what moves, what is live.
#[utoipa::path(get, path = "/v2/overview", tag = "Projects", responses((status = 200, body = OverviewView)))]
async fn overview(State(app): State<App>, actor: Actor) -> Answer<Json<OverviewView>> {
    Ok(Json(app.api.overview(&actor.0).await?))
}

/// All projects with their environments.
#[utoipa::path(get, path = "/v2/projects", tag = "Projects", responses((status = 200, body = Page<ProjectView>)))]
async fn list(State(app): State<App>, actor: Actor) -> Answer<Json<Page<ProjectView>>> {
    Ok(whole(app.api.projects(&actor.0).await?))
}

/// Create a project and deploy it.
#[utoipa::path(post, path = "/v2/projects", tag = "Projects", request_body = NewProject, responses((status = 201, body = DeploymentView)))]
async fn create(
    State(app): State<App>,
    actor: Actor,
    Body(new): Body<NewProject>,
) -> Answer<Created<DeploymentView>> {
    Ok(deployed(app.api.create_project(&actor.0, new).await?))
}

/// What creating it would do, or the refusal that it would meet. Changes nothing.
#[utoipa::path(post, path = "/v2/projects/plan", tag = "Projects", request_body = NewProject, responses((status = 200, body = Preview)))]
async fn plan(
    State(app): State<App>,
    actor: Actor,
    Body(new): Body<NewProject>,
) -> Answer<Json<Preview>> {
    Ok(Json(app.api.preview_project(&actor.0, &new).await?))
}

/// Create the sample project, which needs no network.
#[utoipa::path(post, path = "/v2/projects/sample", tag = "Projects", responses((status = 201, body = DeploymentView)))]
async fn create_sample(State(app): State<App>, actor: Actor) -> Answer<Created<DeploymentView>> {
    Ok(deployed(app.api.create_sample(&actor.0).await?))
}

/// Add an environment, with nothing in it yet.
#[utoipa::path(post, path = "/v2/projects/{id}/environments", tag = "Projects", params(("id" = String, Path)), request_body = NewEnvironment, responses((status = 201, body = EnvironmentView)))]
async fn add_environment(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ProjectId>,
    Body(new): Body<NewEnvironment>,
) -> Answer<Created<EnvironmentView>> {
    let made = app.api.create_environment(&actor.0, &id, new).await?;
    Ok(created(format!("/v2/environments/{}", made.id), made))
}

/// One project.
#[utoipa::path(get, path = "/v2/projects/{id}", tag = "Projects", params(("id" = String, Path)), responses((status = 200, body = ProjectView)))]
async fn get(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ProjectId>,
) -> Answer<Json<ProjectView>> {
    Ok(Json(app.api.project(&actor.0, &id).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    /// The name of what goes, typed.
    pub confirm: String,
}

/// Delete a project with everything that belongs to it.
#[utoipa::path(delete, path = "/v2/projects/{id}", tag = "Projects", params(("id" = String, Path), Typed), responses((status = 204)))]
async fn delete(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ProjectId>,
    Query(typed): Query<Typed>,
) -> Answer<StatusCode> {
    app.api
        .delete_project(&actor.0, &id, &typed.confirm)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What would disappear. Changes nothing.
#[utoipa::path(get, path = "/v2/projects/{id}/delete-plan", tag = "Projects", params(("id" = String, Path)), responses((status = 200, body = DeletePreview)))]
async fn plan_delete(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ProjectId>,
) -> Answer<Json<DeletePreview>> {
    Ok(Json(app.api.preview_delete(&actor.0, &id).await?))
}

pub fn deployed(view: DeploymentView) -> Created<DeploymentView> {
    created(format!("/v2/deployments/{}", view.summary.id), view)
}
