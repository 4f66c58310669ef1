//! The organization: its settings, tokens and members.

use crate::answer::Answer;
use crate::error::Fault;
use domain::access::Role;
use domain::view::{InvitationView, MemberView, NewTokenView, SettingsView, TokenView};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[cfg(feature = "ssr")]
use {crate::call, crate::draft, domain::api::NewToken};

#[server(prefix = "/fn", endpoint = "settings", input = GetUrl)]
pub async fn settings() -> Result<Answer<SettingsView>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.settings(&caller).await)
}

#[server(prefix = "/fn", endpoint = "tokens", input = GetUrl)]
pub async fn tokens() -> Result<Answer<Vec<TokenView>>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.tokens(&caller).await)
}

#[server(prefix = "/fn", endpoint = "create-token")]
pub async fn create_token(
    name: String,
    role: Role,
    expires_in_days: Option<String>,
) -> Result<NewTokenView, Fault> {
    let (api, caller) = call::signed()?;
    let expires_in_days = call::said(draft::number("expires_in_days", expires_in_days.as_deref()))?;
    call::said(
        api.create_token(
            &caller,
            NewToken {
                name,
                role,
                expires_in_days,
            },
        )
        .await,
    )
}

#[server(prefix = "/fn", endpoint = "revoke-token")]
pub async fn revoke_token(id: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    call::said(api.revoke_token(&caller, &call::id(&id, "token")?).await)
}

#[server(prefix = "/fn", endpoint = "members", input = GetUrl)]
pub async fn members() -> Result<Answer<Vec<MemberView>>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.members(&caller).await)
}

#[server(prefix = "/fn", endpoint = "invite")]
pub async fn invite(email: String, role: Role) -> Result<InvitationView, Fault> {
    let (api, caller) = call::signed()?;
    call::said(api.invite(&caller, email.trim(), role).await)
}

#[server(prefix = "/fn", endpoint = "remove-member")]
pub async fn remove_member(user: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    call::said(
        api.remove_member(&caller, &call::id(&user, "member")?)
            .await,
    )
}
