//! Secrets of the organization. Nothing in here answers a value.

use crate::answer::Answer;
use crate::error::Fault;
use domain::secret::SecretText;
use domain::view::SecretView;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[cfg(feature = "ssr")]
use {crate::call, domain::api::NewSecret};

#[server(prefix = "/fn", endpoint = "secrets", input = GetUrl)]
pub async fn secrets() -> Result<Answer<Vec<SecretView>>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.secrets(&caller).await)
}

/// A form's lines end in CR LF, whatever was typed.
#[server(prefix = "/fn", endpoint = "set-secret")]
pub async fn set_secret(name: String, value: SecretText) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let new = NewSecret {
        name: name.trim().to_owned(),
        value: value.reveal().replace("\r\n", "\n").into(),
    };
    call::said(api.set_secret(&caller, new).await.map(drop))
}

#[server(prefix = "/fn", endpoint = "delete-secret")]
pub async fn delete_secret(name: String, typed: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    call::said(api.delete_secret(&caller, &name, typed.trim()).await)
}
