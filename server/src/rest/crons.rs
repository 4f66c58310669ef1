//! What happens at set times (P-12).

use crate::app::App;
use crate::problem::Answer;
use crate::reading::{Actor, Id, Query};
use crate::router::{Endpoint, may};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Action;
use domain::id::{CronId, ProjectId};
use domain::view::{CronRunView, CronView, Page};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::Read, routes!(list)),
        may(Action::ReadLogs, routes!(runs)),
        may(Action::Deploy, routes!(run)),
    ]
}

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
struct Which {
    /// `next` of the page before.
    cursor: Option<String>,
}

/// The crons of a project's environments, each with its newest runs.
#[utoipa::path(get, path = "/v2/projects/{id}/crons", tag = "Crons", params(("id" = String, Path)), responses((status = 200, body = Page<CronView>)))]
async fn list(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ProjectId>,
) -> Answer<Json<Page<CronView>>> {
    Ok(super::whole(app.api.crons(&actor.0, &id).await?))
}

/// The runs of one cron with their output, the newest first.
#[utoipa::path(get, path = "/v2/crons/{id}/runs", tag = "Crons", params(("id" = String, Path), Which), responses((status = 200, body = Page<CronRunView>)))]
async fn runs(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<CronId>,
    Query(which): Query<Which>,
) -> Answer<Json<Page<CronRunView>>> {
    let cursor = which.cursor.as_deref();
    Ok(Json(app.api.cron_runs(&actor.0, &id, cursor).await?))
}

/// Run it besides its schedule, by its rule for overlapping runs.
#[utoipa::path(post, path = "/v2/crons/{id}/run", tag = "Crons", params(("id" = String, Path)), responses((status = 201, body = CronRunView)))]
async fn run(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<CronId>,
) -> Answer<(StatusCode, Json<CronRunView>)> {
    Ok((
        StatusCode::CREATED,
        Json(app.api.run_cron(&actor.0, &id).await?),
    ))
}
