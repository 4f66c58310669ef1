//! What opens private repositories (P-4) and registries (I-16). Secrets come in and never go out.

use super::{Created, created, whole};
use crate::app::App;
use crate::problem::Answer;
use crate::reading::{Actor, Body, Id};
use crate::router::{Endpoint, may};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Action;
use domain::credential::NewCredential;
use domain::id::CredentialId;
use domain::view::{CredentialView, Page};
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::Read, routes!(list)),
        may(Action::ManageCredentials, routes!(put)),
        may(Action::ManageCredentials, routes!(remove)),
    ]
}

/// What the organization has for Git hosts and registries, without the secrets.
#[utoipa::path(get, path = "/v2/credentials", tag = "Credentials", responses((status = 200, body = Page<CredentialView>)))]
async fn list(State(app): State<App>, actor: Actor) -> Answer<Json<Page<CredentialView>>> {
    Ok(whole(app.api.credentials(&actor.0).await?))
}

/// Set what opens a host; another one for the same place replaces it.
#[utoipa::path(post, path = "/v2/credentials", tag = "Credentials", request_body = NewCredential, responses((status = 201, body = CredentialView)))]
async fn put(
    State(app): State<App>,
    actor: Actor,
    Body(new): Body<NewCredential>,
) -> Answer<Created<CredentialView>> {
    let made = app.api.put_credential(&actor.0, new).await?;
    Ok(created("/v2/credentials".to_owned(), made))
}

/// Remove what opens a host.
#[utoipa::path(delete, path = "/v2/credentials/{id}", tag = "Credentials", params(("id" = String, Path)), responses((status = 204)))]
async fn remove(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<CredentialId>,
) -> Answer<StatusCode> {
    app.api.remove_credential(&actor.0, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
