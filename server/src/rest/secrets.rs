//! Secrets of the organization: they go in, and never come out (I-14).

use super::whole;
use crate::app::App;
use crate::problem::Answer;
use crate::reading::{Actor, Body, Id, Query};
use crate::router::{Endpoint, may};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Action;
use domain::api::NewSecret;
use domain::view::{Page, SecretView};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::Read, routes!(list)),
        may(Action::ManageSecrets, routes!(set)).takes_secret(),
        may(Action::Delete, routes!(delete)),
    ]
}

/// All secrets by name, with who uses them; never a value.
#[utoipa::path(get, path = "/v2/secrets", tag = "Secrets", responses((status = 200, body = Page<SecretView>)))]
async fn list(State(app): State<App>, actor: Actor) -> Answer<Json<Page<SecretView>>> {
    Ok(whole(app.api.secrets(&actor.0).await?))
}

/// Create a secret, or replace its value. What runs keeps the value that it was given, and is marked as stale.
#[utoipa::path(post, path = "/v2/secrets", tag = "Secrets", request_body = NewSecret, responses((status = 200, body = SecretView)))]
async fn set(
    State(app): State<App>,
    actor: Actor,
    Body(new): Body<NewSecret>,
) -> Answer<Json<SecretView>> {
    Ok(Json(app.api.set_secret(&actor.0, new).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Typed {
    /// The secret's name, typed.
    confirm: String,
}

/// Delete a secret that nothing uses.
#[utoipa::path(delete, path = "/v2/secrets/{name}", tag = "Secrets", params(("name" = String, Path), Typed), responses((status = 204)))]
async fn delete(
    State(app): State<App>,
    actor: Actor,
    Id(name): Id<String>,
    Query(typed): Query<Typed>,
) -> Answer<StatusCode> {
    let (caller, typed) = (&actor.0, &typed.confirm);
    app.api.delete_secret(caller, &name, typed).await?;
    Ok(StatusCode::NO_CONTENT)
}
