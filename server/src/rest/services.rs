//! Databases and stores that environments use (P-23), and their backups.

use super::{Created, created, whole};
use crate::app::App;
use crate::problem::{Answer, internal};
use crate::reading::{Actor, Body, Id, Query};
use crate::router::{Endpoint, may};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use domain::access::Action;
use domain::api::{Link, NewService, Restore, ServiceSettings};
use domain::id::{BackupId, EnvironmentId, ServiceId};
use domain::view::{BackupView, DeletePreview, Page, RestorePreview, ServiceView};
use serde::Deserialize;
use tokio_util::io::ReaderStream;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

const CHUNK_BYTES: usize = 64 * 1024;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::Read, routes!(list)),
        may(Action::ManageServices, routes!(create)),
        may(Action::Read, routes!(get)),
        may(Action::ManageServices, routes!(set)),
        may(Action::ManageServices, routes!(link)),
        may(Action::ManageServices, routes!(unlink)),
        may(Action::ManageServices, routes!(delete_backup)),
        may(Action::ReplaceData, routes!(plan_delete)),
        may(Action::ReplaceData, routes!(delete)),
        may(Action::Read, routes!(backups)),
        may(Action::ManageServices, routes!(back_up)),
        may(Action::ManageServices, routes!(file)).long(),
        may(Action::ReplaceData, routes!(plan_restore)),
        may(Action::ReplaceData, routes!(restore)),
    ]
}

/// All services with who uses them; nothing in it opens any.
#[utoipa::path(get, path = "/v2/services", tag = "Services", responses((status = 200, body = Page<ServiceView>)))]
async fn list(State(app): State<App>, actor: Actor) -> Answer<Json<Page<ServiceView>>> {
    Ok(whole(app.api.services(&actor.0).await?))
}

/// Add a service: one that Sealdock runs, or with a `url` one that runs elsewhere.
#[utoipa::path(post, path = "/v2/services", tag = "Services", request_body = NewService, responses((status = 201, body = ServiceView)))]
async fn create(
    State(app): State<App>,
    actor: Actor,
    Body(new): Body<NewService>,
) -> Answer<Created<ServiceView>> {
    let made = app.api.create_service(&actor.0, new).await?;
    Ok(created(format!("/v2/services/{}", made.id), made))
}

/// One service.
#[utoipa::path(get, path = "/v2/services/{id}", tag = "Services", params(("id" = String, Path)), responses((status = 200, body = ServiceView)))]
async fn get(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ServiceId>,
) -> Answer<Json<ServiceView>> {
    Ok(Json(app.api.service(&actor.0, &id).await?))
}

/// Change its settings; what is not said stays.
#[utoipa::path(post, path = "/v2/services/{id}", tag = "Services", params(("id" = String, Path)), request_body = ServiceSettings, responses((status = 200, body = ServiceView)))]
async fn set(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ServiceId>,
    Body(settings): Body<ServiceSettings>,
) -> Answer<Json<ServiceView>> {
    Ok(Json(app.api.set_service(&actor.0, &id, settings).await?))
}

/// Link it to an environment, which is given it with its next deployment.
#[utoipa::path(post, path = "/v2/services/{id}/link", tag = "Services", params(("id" = String, Path)), request_body = Link, responses((status = 200, body = ServiceView)))]
async fn link(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ServiceId>,
    Body(link): Body<Link>,
) -> Answer<Json<ServiceView>> {
    Ok(Json(app.api.link(&actor.0, &id, link).await?))
}

/// Who is to use it no longer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Unlink {
    /// One that is linked to it.
    environment: EnvironmentId,
}

/// Unlink it from an environment; what runs there keeps it until the next deployment.
#[utoipa::path(post, path = "/v2/services/{id}/unlink", tag = "Services", params(("id" = String, Path)), request_body = Unlink, responses((status = 200, body = ServiceView)))]
async fn unlink(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ServiceId>,
    Body(unlink): Body<Unlink>,
) -> Answer<Json<ServiceView>> {
    let view = app.api.unlink(&actor.0, &id, &unlink.environment).await?;
    Ok(Json(view))
}

/// What would disappear, or who uses it still. Changes nothing.
#[utoipa::path(get, path = "/v2/services/{id}/delete-plan", tag = "Services", params(("id" = String, Path)), responses((status = 200, body = DeletePreview)))]
async fn plan_delete(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ServiceId>,
) -> Answer<Json<DeletePreview>> {
    Ok(Json(app.api.preview_delete_service(&actor.0, &id).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Typed {
    /// The service's name, typed.
    confirm: String,
}

/// Delete a service with its data and its backups.
#[utoipa::path(delete, path = "/v2/services/{id}", tag = "Services", params(("id" = String, Path), Typed), responses((status = 204)))]
async fn delete(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ServiceId>,
    Query(typed): Query<Typed>,
) -> Answer<StatusCode> {
    app.api
        .delete_service(&actor.0, &id, &typed.confirm)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Its backups and restores, the newest first.
#[utoipa::path(get, path = "/v2/services/{id}/backups", tag = "Services", params(("id" = String, Path)), responses((status = 200, body = Page<BackupView>)))]
async fn backups(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ServiceId>,
) -> Answer<Json<Page<BackupView>>> {
    Ok(Json(app.api.backups(&actor.0, &id).await?))
}

/// Make a backup; it begins after the answer.
#[utoipa::path(post, path = "/v2/services/{id}/backups", tag = "Services", params(("id" = String, Path)), responses((status = 201, body = BackupView)))]
async fn back_up(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<ServiceId>,
) -> Answer<Created<BackupView>> {
    let made = app.api.back_up(&actor.0, &id).await?;
    Ok(created(format!("/v2/services/{id}/backups"), made))
}

/// The file of a backup: what `pg_restore` or a Redis reads.
#[utoipa::path(get, path = "/v2/backups/{id}/file", tag = "Services", params(("id" = String, Path)), responses((status = 200, body = String, content_type = "application/octet-stream")))]
async fn file(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<BackupId>,
) -> Answer<impl IntoResponse> {
    let found = app.api.backup_file(&actor.0, &id).await?;
    let file = tokio::fs::File::open(&found.path).await;
    let file = file.map_err(|error| internal("opening a backup", error))?;
    let name = format!("attachment; filename=\"{}\"", found.name);
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CONTENT_LENGTH, found.size_bytes.to_string()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    let pieces = ReaderStream::with_capacity(file, CHUNK_BYTES);
    Ok((headers, axum::body::Body::from_stream(pieces)))
}

/// What putting a backup back would do, with the digest that confirms it. Changes nothing.
#[utoipa::path(get, path = "/v2/backups/{id}/restore-plan", tag = "Services", params(("id" = String, Path)), responses((status = 200, body = RestorePreview)))]
async fn plan_restore(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<BackupId>,
) -> Answer<Json<RestorePreview>> {
    Ok(Json(app.api.preview_restore(&actor.0, &id).await?))
}

/// Put a backup in the place of what is there now; it begins after the answer.
#[utoipa::path(post, path = "/v2/backups/{id}/restore", tag = "Services", params(("id" = String, Path)), request_body = Restore, responses((status = 201, body = BackupView)))]
async fn restore(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<BackupId>,
    Body(restore): Body<Restore>,
) -> Answer<Created<BackupView>> {
    let made = app.api.restore(&actor.0, &id, restore).await?;
    let list = format!("/v2/services/{}/backups", made.service);
    Ok(created(list, made))
}

/// Delete a backup, file and entry.
#[utoipa::path(delete, path = "/v2/backups/{id}", tag = "Services", params(("id" = String, Path)), responses((status = 204)))]
async fn delete_backup(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<BackupId>,
) -> Answer<StatusCode> {
    app.api.delete_backup(&actor.0, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
