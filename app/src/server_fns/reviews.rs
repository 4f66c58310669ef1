//! Previews of branches and pull requests, and where a Git host is told how it went.

use crate::answer::Answer;
use crate::error::Fault;
use domain::view::ReviewsView;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use {
    crate::{call, draft},
    domain::api::{Approve, Reply},
    domain::forge::NewForge,
    domain::hook::Provider,
    domain::refusal::Refusal,
    domain::review::Rules,
};

#[server(name = ReadPreviews, prefix = "/fn", endpoint = "previews", input = GetUrl)]
pub async fn previews(id: String) -> Result<Answer<ReviewsView>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.reviews(&caller, &call::id(&id, "project")?).await)
}

/// The form: an unticked box is not sent at all, numbers come as a person writes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesForm {
    #[serde(default)]
    pub pulls: Option<String>,
    pub branches: String,
    pub ttl_h: String,
    pub most: String,
    pub memory_mib: String,
    pub variables: String,
    pub secrets: String,
}

#[server(name = SetPreviews, prefix = "/fn", endpoint = "set-previews")]
pub async fn set_previews(id: String, rules: RulesForm) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let rules = call::said(read(rules))?;
    let project = call::id(&id, "project")?;
    call::said(api.set_reviews(&caller, &project, rules).await.map(drop))
}

#[cfg(feature = "ssr")]
fn read(form: RulesForm) -> Reply<Rules> {
    Ok(Rules {
        pulls: form.pulls.is_some(),
        branches: Some(form.branches),
        ttl_h: number("ttl_h", &form.ttl_h)?,
        most: number("most", &form.most)?,
        memory_mib: number("memory_mib", &form.memory_mib)?,
        variables: draft::env(&form.variables)?,
        secrets: form.secrets.split_whitespace().map(str::to_owned).collect(),
    })
}

#[cfg(feature = "ssr")]
fn number(place: &str, text: &str) -> Reply<u32> {
    let read = text.trim().parse();
    read.map_err(|_| Refusal::invalid(place, "That is no whole number."))
}

#[server(name = ApprovePreview, prefix = "/fn", endpoint = "approve-preview")]
pub async fn approve_preview(id: String, commit: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let review = call::id(&id, "preview")?;
    let approved = api.approve_review(&caller, &review, Approve { commit });
    call::said(approved.await.map(drop))
}

#[server(name = ClosePreview, prefix = "/fn", endpoint = "close-preview")]
pub async fn close_preview(id: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    call::said(api.close_review(&caller, &call::id(&id, "preview")?).await)
}

#[server(name = SetHost, prefix = "/fn", endpoint = "set-host")]
pub async fn set_host(
    id: String,
    provider: String,
    url: String,
    repository: String,
    token: String,
    release_key: String,
    known_key: String,
) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let unknown = || Refusal::invalid("provider", "That is no Git host that can be told.");
    let forge = NewForge {
        provider: call::said(Provider::sender(&provider).ok_or_else(unknown))?,
        url,
        repository,
        token: Some(token),
        // What nobody changed here may have been changed elsewhere meanwhile.
        release_key: (release_key.trim() != known_key).then_some(release_key),
    };
    let project = call::id(&id, "project")?;
    call::said(api.set_forge(&caller, &project, forge).await.map(drop))
}

#[server(name = RemoveHost, prefix = "/fn", endpoint = "remove-host")]
pub async fn remove_host(id: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    call::said(api.remove_forge(&caller, &call::id(&id, "project")?).await)
}
