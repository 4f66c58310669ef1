//! Domains of the organization: proofs, places and certificates (I-15).

use super::{Created, created, whole};
use crate::app::App;
use crate::problem::Answer;
use crate::reading::{Actor, Body, Id};
use crate::router::{Endpoint, may};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Action;
use domain::api::{DomainSettings, NewDomain, OwnCertificate};
use domain::id::DomainId;
use domain::view::{DomainView, Page};
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::Read, routes!(list)),
        may(Action::ManageDomains, routes!(add)),
        may(Action::Read, routes!(one)),
        may(Action::ManageDomains, routes!(verify)),
        may(Action::ManageDomains, routes!(set)),
        may(Action::ManageDomains, routes!(upload)).takes_secret(),
        may(Action::ManageDomains, routes!(remove)),
    ]
}

/// All domains by name: how each stands, the records that it takes, its certificate without its key.
#[utoipa::path(get, path = "/v2/domains", tag = "Domains", responses((status = 200, body = Page<DomainView>)))]
async fn list(State(app): State<App>, actor: Actor) -> Answer<Json<Page<DomainView>>> {
    Ok(whole(app.api.domains(&actor.0).await?))
}

/// Add a domain; the answer holds the record that proves it.
#[utoipa::path(post, path = "/v2/domains", tag = "Domains", request_body = NewDomain, responses((status = 201, body = DomainView)))]
async fn add(
    State(app): State<App>,
    actor: Actor,
    Body(new): Body<NewDomain>,
) -> Answer<Created<DomainView>> {
    let added = app.api.add_domain(&actor.0, new).await?;
    Ok(created(format!("/v2/domains/{}", added.id), added))
}

/// One domain.
#[utoipa::path(get, path = "/v2/domains/{id}", tag = "Domains", params(("id" = DomainId, Path)), responses((status = 200, body = DomainView)))]
async fn one(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DomainId>,
) -> Answer<Json<DomainView>> {
    Ok(Json(app.api.domain(&actor.0, &id).await?))
}

/// Look at DNS now.
#[utoipa::path(post, path = "/v2/domains/{id}/verify", tag = "Domains", params(("id" = DomainId, Path)), responses((status = 200, body = DomainView)))]
async fn verify(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DomainId>,
) -> Answer<Json<DomainView>> {
    Ok(Json(app.api.verify_domain(&actor.0, &id).await?))
}

/// Set where it leads, who provides its certificate, and what is asked of browsers.
#[utoipa::path(post, path = "/v2/domains/{id}/settings", tag = "Domains", params(("id" = DomainId, Path)), request_body = DomainSettings, responses((status = 200, body = DomainView)))]
async fn set(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DomainId>,
    Body(settings): Body<DomainSettings>,
) -> Answer<Json<DomainView>> {
    Ok(Json(app.api.set_domain(&actor.0, &id, settings).await?))
}

/// Upload a certificate of your own with its key, which is never shown again.
#[utoipa::path(post, path = "/v2/domains/{id}/certificate", tag = "Domains", params(("id" = DomainId, Path)), request_body = OwnCertificate, responses((status = 200, body = DomainView)))]
async fn upload(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<DomainId>,
    Body(own): Body<OwnCertificate>,
) -> Answer<Json<DomainView>> {
    let uploaded = app.api.upload_certificate(&actor.0, &id, own).await?;
    Ok(Json(uploaded))
}

/// Remove a domain that leads to no environment.
#[utoipa::path(delete, path = "/v2/domains/{id}", tag = "Domains", params(("id" = DomainId, Path)), responses((status = 204)))]
async fn remove(State(app): State<App>, actor: Actor, Id(id): Id<DomainId>) -> Answer<StatusCode> {
    app.api.remove_domain(&actor.0, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
