//! What confidential instances proved of themselves (I-18).

use crate::app::App;
use crate::problem::Answer;
use crate::reading::{Actor, Id, Query};
use crate::router::{Endpoint, may};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use domain::access::Action;
use domain::attest::command::file_name;
use domain::id::DeploymentId;
use domain::view::AttestationView;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::Read, routes!(card)),
        may(Action::Read, routes!(evidence)),
        may(Action::Read, routes!(expected)),
    ]
}

/// One of several instances.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// From 0; the first when not said.
    #[serde(default)]
    replica: u32,
}

/// The newest verdict over each instance's evidence, and those before.
#[utoipa::path(get, path = "/v2/deployments/{id}/attestation", tag = "Deployments", params(("id" = String, Path)), responses((status = 200, body = AttestationView)))]
async fn card(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DeploymentId>,
) -> Answer<Json<AttestationView>> {
    Ok(Json(app.api.attestation(&actor.0, &id).await?))
}

/// The newest evidence of an instance, as it came: for `sealdock verify FILE`.
#[utoipa::path(get, path = "/v2/deployments/{id}/attestation/evidence", tag = "Deployments", params(("id" = String, Path), Which), responses((status = 200, body = Object, content_type = "application/json")))]
async fn evidence(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DeploymentId>,
    Query(which): Query<Which>,
) -> Answer<impl IntoResponse> {
    let shown = app.api.evidence(&actor.0, &id, which.replica).await?;
    Ok((file("evidence", which.replica), shown))
}

/// What an instance must measure as, signed before it booted: for `sealdock verify --expected`.
#[utoipa::path(get, path = "/v2/deployments/{id}/attestation/expected.json", tag = "Deployments", params(("id" = String, Path), Which), responses((status = 200, body = Object, content_type = "application/json")))]
async fn expected(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DeploymentId>,
    Query(which): Query<Which>,
) -> Answer<impl IntoResponse> {
    let signed = app.api.expected(&actor.0, &id, which.replica).await?;
    Ok((file("expected", which.replica), signed))
}

/// To be kept beside the command that reads it, and beside those of other instances.
fn file(stem: &str, replica: u32) -> [(HeaderName, String); 2] {
    let name = file_name(stem, replica);
    let kept = format!("attachment; filename=\"{name}\"");
    [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, kept),
    ]
}
