//! What a person looks at before there is a project.

use crate::app::App;
use crate::problem::Answer;
use crate::reading::{Actor, Query};
use crate::router::{Endpoint, may};
use axum::Json;
use axum::extract::State;
use domain::access::Action;
use domain::view::RepositoryView;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![may(Action::CreateProject, routes!(repository))]
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Address {
    /// `https://…`, `ssh://…`, `git@host:path`, `file://…` or a path.
    url: String,
}

/// The tags and branches of a Git repository.
#[utoipa::path(get, path = "/v2/repository", tag = "Sources", params(Address), responses((status = 200, body = RepositoryView)))]
async fn repository(
    State(app): State<App>,
    actor: Actor,
    Query(at): Query<Address>,
) -> Answer<Json<RepositoryView>> {
    Ok(Json(app.api.repository(&actor.0, &at.url).await?))
}
