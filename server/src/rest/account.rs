//! Who is there: oneself, tokens, members, invitations, settings.

use super::{Created, created, whole};
use crate::app::App;
use crate::problem::Answer;
use crate::reading::{Actor, Body, Id};
use crate::router::{Endpoint, may};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::access::{Action, Caller, Role};
use domain::api::NewToken;
use domain::id::{TokenId, UserId};
use domain::view::{InvitationView, MemberView, NewTokenView, Page, SettingsView, TokenView};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        may(Action::Read, routes!(me)),
        may(Action::Read, routes!(settings)),
        may(Action::ManageTokens, routes!(tokens)),
        may(Action::ManageTokens, routes!(create_token)).shows_secret(),
        may(Action::ManageTokens, routes!(revoke_token)),
        may(Action::Read, routes!(members)),
        may(Action::ManageMembers, routes!(remove_member)),
        may(Action::ManageMembers, routes!(invite)).shows_secret(),
    ]
}

/// Who the token or the session stands for.
#[utoipa::path(get, path = "/v2/me", tag = "Account", responses((status = 200, body = Caller)))]
async fn me(actor: Actor) -> Json<Caller> {
    Json(actor.0)
}

/// What this installation is.
#[utoipa::path(get, path = "/v2/settings", tag = "Account", responses((status = 200, body = SettingsView)))]
async fn settings(State(app): State<App>, actor: Actor) -> Answer<Json<SettingsView>> {
    Ok(Json(app.api.settings(&actor.0).await?))
}

/// One's own API tokens.
#[utoipa::path(get, path = "/v2/tokens", tag = "Account", responses((status = 200, body = Page<TokenView>)))]
async fn tokens(State(app): State<App>, actor: Actor) -> Answer<Json<Page<TokenView>>> {
    Ok(whole(app.api.tokens(&actor.0).await?))
}

/// Make an API token; it is shown this once.
#[utoipa::path(post, path = "/v2/tokens", tag = "Account", request_body = NewToken, responses((status = 201, body = NewTokenView)))]
async fn create_token(
    State(app): State<App>,
    actor: Actor,
    Body(new): Body<NewToken>,
) -> Answer<Created<NewTokenView>> {
    let made = app.api.create_token(&actor.0, new).await?;
    Ok(created(format!("/v2/tokens/{}", made.view.id), made))
}

/// Revoke an API token.
#[utoipa::path(delete, path = "/v2/tokens/{id}", tag = "Account", params(("id" = String, Path)), responses((status = 204)))]
async fn revoke_token(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<TokenId>,
) -> Answer<StatusCode> {
    app.api.revoke_token(&actor.0, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who belongs to the organization.
#[utoipa::path(get, path = "/v2/members", tag = "Account", responses((status = 200, body = Page<MemberView>)))]
async fn members(State(app): State<App>, actor: Actor) -> Answer<Json<Page<MemberView>>> {
    Ok(whole(app.api.members(&actor.0).await?))
}

/// Remove a member: sessions, tokens and open streams end.
#[utoipa::path(delete, path = "/v2/members/{id}", tag = "Account", params(("id" = String, Path)), responses((status = 204)))]
async fn remove_member(
    State(app): State<App>,
    actor: Actor,
    Id(id): Id<UserId>,
) -> Answer<StatusCode> {
    app.api.remove_member(&actor.0, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewInvitation {
    email: String,
    role: Role,
}

/// Invite somebody; the link's token is shown this once and is good for seven days.
#[utoipa::path(post, path = "/v2/invitations", tag = "Account", request_body = NewInvitation, responses((status = 201, body = InvitationView)))]
async fn invite(
    State(app): State<App>,
    actor: Actor,
    Body(new): Body<NewInvitation>,
) -> Answer<Created<InvitationView>> {
    let made = app.api.invite(&actor.0, &new.email, new.role).await?;
    Ok(created("/v2/members".to_owned(), made))
}
