//! Files sent ahead: `POST /v2/uploads?name=site.zip`, the body as it is.

use super::{Created, created};
use crate::app::App;
use crate::problem::Answer;
use crate::reading::{Actor, Id, Query};
use crate::receive::receive;
use crate::router::{Endpoint, may};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use domain::access::Action;
use domain::id::UploadId;
use domain::view::UploadView;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::Deploy, routes!(create)).long(),
        may(Action::Read, routes!(get)),
    ]
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Named {
    /// As the file is called: `site.zip`, `site.tar.gz`.
    name: String,
}

/// Send a bundle ahead of the deployment that will use it; up to 2 GiB.
#[utoipa::path(post, path = "/v2/uploads", tag = "Sources", params(Named), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 201, body = UploadView)))]
async fn create(
    State(app): State<App>,
    actor: Actor,
    Query(named): Query<Named>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Created<UploadView>> {
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok()?.parse().ok());
    let view = receive(
        &app,
        &actor.0,
        &named.name,
        declared,
        body.into_data_stream(),
    )
    .await?;
    Ok(created(format!("/v2/uploads/{}", view.id), view))
}

/// One upload.
#[utoipa::path(get, path = "/v2/uploads/{id}", tag = "Sources", params(("id" = String, Path)), responses((status = 200, body = UploadView)))]
async fn get(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<UploadId>,
) -> Answer<Json<UploadView>> {
    Ok(Json(app.api.upload(&actor.0, &id).await?))
}
