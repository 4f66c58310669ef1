//! A terminal in an instance of a debug environment (I-10).

use crate::app::App;
use crate::caller::Credential;
use crate::problem::{Answer, No};
use crate::reading::{Actor, Id, Query};
use crate::router::{Endpoint, may};
use crate::{live, origin};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use domain::access::Action;
use domain::id::EnvironmentId;
use domain::refusal::{Kind, Refusal};
use domain::terminal::OpenTerminal;
use domain::view::TerminalView;
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![may(Action::Exec, routes!(terminal)).long()]
}

/// As a WebSocket: a command in what serves a debug environment. Otherwise: whether there can be one.
///
/// Binary messages are what is typed and printed. Text messages are JSON: `{"columns":80,"rows":24}`
/// and `{"end":true}` go in, `{"code":0,"sentence":"…"}` comes out last.
#[utoipa::path(get, path = "/v2/environments/{id}/terminal", tag = "Environments", params(("id" = String, Path), OpenTerminal), responses((status = 101, description = "The WebSocket"), (status = 200, body = TerminalView)))]
async fn terminal(
    State(app): State<App>,
    actor: Actor,
    credential: Option<Extension<Credential>>,
    Id(id): Id<EnvironmentId>,
    Query(wanted): Query<OpenTerminal>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> Answer<Response> {
    let (parts, _) = request.into_parts();
    let (Ok(upgrade), Some(Extension(credential))) = (upgrade, credential) else {
        return Ok(Json(app.api.terminal(&actor.0, &id).await?).into_response());
    };
    ours(&app, &parts, &credential)?;
    match app.api.open_terminal(&actor.0, &id, wanted).await {
        Ok(terminal) => {
            let line = (app, actor.0, credential);
            Ok(live::terminal::carry(line, terminal, upgrade))
        }
        Err(no) if is_said_inside(&no, &credential) => Ok(live::terminal::refuse(upgrade, &no)),
        Err(no) => Err(no.into()),
    }
}

/// A page's script learns nothing of an answer that is no socket, so the reason goes through one.
fn is_said_inside(no: &Refusal, credential: &Credential) -> bool {
    let by_page = matches!(credential, Credential::Session { .. });
    by_page && matches!(no.kind, Kind::Conflict | Kind::Invalid | Kind::Unavailable)
}

/// No other site's page opens a socket with our cookie; a token is no cookie.
fn ours(app: &App, parts: &Parts, credential: &Credential) -> Result<(), No> {
    match credential {
        Credential::Token(_) => Ok(()),
        Credential::Session { .. } => Ok(origin::of_socket(app, parts)?),
    }
}
