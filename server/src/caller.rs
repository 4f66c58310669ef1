//! Who calls: a bearer token, or else the session's cookie, or nobody.

use crate::app::App;
use crate::problem::{No, internal};
use crate::{clock, hooks, peer, session};
use ::app::call::{Flash, Signed};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::access::Caller;
use domain::api::Reply;
use domain::id::UserId;
use domain::refusal::{Kind, Refusal};
use tower_sessions::Session;
use tower_sessions::session::Id;

/// What proved it; a stream asks with it again.
#[derive(Clone)]
pub enum Credential {
    Token(String),
    Session { id: Option<Id>, user: UserId },
}

impl Credential {
    /// Who it stands for now: a member may have been removed, a token revoked.
    pub async fn caller(&self, app: &App) -> Reply<Caller> {
        match self {
            Credential::Token(token) => app.api.caller_by_token(token).await,
            Credential::Session { id, user } => {
                let holds = match id {
                    Some(id) => app.sessions.holds(id, user).await?,
                    None => false,
                };
                if holds {
                    app.api.caller_of(user).await
                } else {
                    Err(Refusal::signed_out())
                }
            }
        }
    }
}

pub async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if is_asset(request.uri().path()) {
        return next.run(request).await;
    }
    let session = request.extensions().get::<Session>().cloned();
    let found = match bearer(request.headers()) {
        Some(token) => {
            let address = peer::address(&app, request.headers(), request.extensions());
            by_token(&app, token, &format!("token {address}")).await
        }
        None => by_session(&app, session.as_ref()).await,
    };
    let (caller, credential) = match found {
        Ok(Some((caller, credential))) => (Some(caller), Some(credential)),
        Ok(None) => (None, None),
        Err(refusal) => return No::from(refusal).into_response(),
    };
    let flash = if is_page(&request) {
        flash(session.as_ref()).await
    } else {
        None
    };
    let extensions = request.extensions_mut();
    extensions.insert(Signed(caller));
    extensions.insert(Flash(flash));
    if let Some(credential) = credential {
        extensions.insert(credential);
    }
    next.run(request).await
}

/// Nobody asks who calls there. A Git host may send an `Authorization` of its own, which is no token.
fn is_asset(path: &str) -> bool {
    path.starts_with("/pkg/")
        || path.starts_with(hooks::PREFIX)
        || matches!(path, "/healthz" | "/readyz")
}

fn is_page(request: &Request) -> bool {
    let path = request.uri().path();
    let other = ["/v2", "/live/", "/fn/"]
        .iter()
        .any(|p| path.starts_with(p));
    request.method() == Method::GET && !other
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .unwrap_or_default();
    let token = value
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map_or("", |(_, t)| t.trim());
    Some(token.to_owned())
}

type Found = Reply<Option<(Caller, Credential)>>;

/// A wrong token counts against the address; a right one does not.
async fn by_token(app: &App, token: String, address: &str) -> Found {
    app.attempts_by_address.take(address, clock::now())?;
    let reply = app.api.caller_by_token(&token).await;
    if !matches!(&reply, Err(refusal) if refusal.kind == Kind::SignedOut) {
        app.attempts_by_address.give_back(address);
    }
    Ok(Some((reply?, Credential::Token(token))))
}

async fn by_session(app: &App, session: Option<&Session>) -> Found {
    let Some(session) = session else {
        return Ok(None);
    };
    let broken = |error| internal("reading a session", error);
    let Some(user) = session::user(session).await.map_err(broken)? else {
        return Ok(None);
    };
    match app.api.caller_of(&user).await {
        Ok(caller) => {
            session::touch(session).await.map_err(broken)?;
            Ok(Some((
                caller,
                Credential::Session {
                    id: session.id(),
                    user,
                },
            )))
        }
        Err(refusal)
            if matches!(
                refusal.kind,
                Kind::SignedOut | Kind::NotFound | Kind::Forbidden
            ) =>
        {
            session.flush().await.map_err(broken)?;
            Ok(None)
        }
        Err(refusal) => Err(refusal),
    }
}

async fn flash(session: Option<&Session>) -> Option<Refusal> {
    let session = session?;
    session::take(session)
        .await
        .unwrap_or_else(|error| Some(internal("reading a message for the next page", error)))
}
