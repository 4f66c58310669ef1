//! What opens private repositories and registries.

use crate::answer::Answer;
use crate::error::Fault;
use domain::credential::CredentialKind;
use domain::view::CredentialView;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[cfg(feature = "ssr")]
use {crate::call, crate::draft, crate::paths, domain::credential::NewCredential};

#[server(prefix = "/fn", endpoint = "credentials", input = GetUrl)]
pub async fn credentials() -> Result<Answer<Vec<CredentialView>>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.credentials(&caller).await)
}

#[server(prefix = "/fn", endpoint = "put-credential")]
pub async fn put_credential(
    kind: CredentialKind,
    place: String,
    username: String,
    secret: String,
    expires_in_days: Option<String>,
) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let expires_in_days = call::said(draft::number("expires_in_days", expires_in_days.as_deref()))?;
    let new = NewCredential {
        kind,
        place,
        username: username.trim().to_owned(),
        secret: secret.trim().to_owned(),
        expires_in_days,
    };
    call::said(api.put_credential(&caller, new).await)?;
    leptos_axum::redirect(paths::CREDENTIALS);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "remove-credential")]
pub async fn remove_credential(id: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    call::said(
        api.remove_credential(&caller, &call::id(&id, "credential")?)
            .await,
    )?;
    leptos_axum::redirect(paths::CREDENTIALS);
    Ok(())
}
