//! Projects from a `compose.yaml`.

use crate::app::App;
use crate::problem::Answer;
use crate::reading::{Actor, Body};
use crate::rest::whole;
use crate::router::{Endpoint, may};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Action;
use domain::api::{ComposeFile, ConfirmImport};
use domain::view::{DeploymentSummary, ImportPlan, Page};
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::CreateProject, routes!(plan)),
        may(Action::CreateProject, routes!(import)),
    ]
}

/// Which projects a `compose.yaml` would make, and what of it has no place here. Changes nothing.
#[utoipa::path(post, path = "/v2/compose/plan", tag = "Projects", request_body = ComposeFile, responses((status = 200, body = ImportPlan)))]
async fn plan(
    State(app): State<App>,
    actor: Actor,
    Body(file): Body<ComposeFile>,
) -> Answer<Json<ImportPlan>> {
    Ok(Json(app.api.plan_import(&actor.0, &file).await?))
}

/// Create all projects of a `compose.yaml` and deploy them, or none.
#[utoipa::path(post, path = "/v2/compose", tag = "Projects", request_body = ConfirmImport, responses((status = 201, body = Page<DeploymentSummary>)))]
async fn import(
    State(app): State<App>,
    actor: Actor,
    Body(confirm): Body<ConfirmImport>,
) -> Answer<(StatusCode, Json<Page<DeploymentSummary>>)> {
    let made = app.api.import(&actor.0, confirm).await?;
    Ok((StatusCode::CREATED, whole(made)))
}
