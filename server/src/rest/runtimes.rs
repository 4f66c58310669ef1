//! Places where instances run.

use super::whole;
use crate::app::App;
use crate::problem::Answer;
use crate::reading::Actor;
use crate::router::{Endpoint, may};
use axum::Json;
use axum::extract::State;
use domain::access::Action;
use domain::view::{DiskView, Page, RuntimeView};
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::Read, routes!(list)),
        may(Action::Read, routes!(disk)),
    ]
}

/// The runtimes: reachable or not, their version and capacity, and what to do if not.
#[utoipa::path(get, path = "/v2/runtimes", tag = "Runtimes", responses((status = 200, body = Page<RuntimeView>)))]
async fn list(State(app): State<App>, actor: Actor) -> Answer<Json<Page<RuntimeView>>> {
    Ok(whole(app.api.runtimes(&actor.0).await?))
}

/// What the organization's deployments hold on disk, and why it is still there.
#[utoipa::path(get, path = "/v2/disk", tag = "Runtimes", responses((status = 200, body = DiskView)))]
async fn disk(State(app): State<App>, actor: Actor) -> Answer<Json<DiskView>> {
    Ok(Json(app.api.disk(&actor.0).await?))
}
