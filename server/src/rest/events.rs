//! What happened, and word of what happens.

use crate::app::App;
use crate::caller::Credential;
use crate::live;
use crate::problem::Answer;
use crate::reading::{Actor, Query};
use crate::router::{Endpoint, may};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::{Extension, Json};
use domain::access::Action;
use domain::id::ProjectId;
use domain::view::{EventView, Page};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::Read, routes!(list)),
        may(Action::Read, routes!(stream)).long(),
    ]
}

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
struct Which {
    project: Option<ProjectId>,
    cursor: Option<String>,
}

/// What happened, the newest first.
#[utoipa::path(get, path = "/v2/events", tag = "Events", params(Which), responses((status = 200, body = Page<EventView>)))]
async fn list(
    State(app): State<App>,
    actor: Actor,
    Query(which): Query<Which>,
) -> Answer<Json<Page<EventView>>> {
    Ok(Json(
        app.api
            .events(&actor.0, which.project.as_ref(), which.cursor.as_deref())
            .await?,
    ))
}

/// Server-sent hints: where to look again. Resumes after `Last-Event-ID`; `reset` says that something may have been missed.
#[utoipa::path(get, path = "/v2/events/stream", tag = "Events", responses((status = 200, body = domain::hint::Hint, content_type = "text/event-stream")))]
async fn stream(
    State(app): State<App>,
    actor: Actor,
    Extension(credential): Extension<Credential>,
    headers: HeaderMap,
) -> Answer<Response> {
    Ok(live::hints::open(&app, actor.0, credential, &headers)?)
}
