//! Deploying what is pushed: the tracked branches, the webhook, and what came in.

use crate::answer::Answer;
use crate::error::Fault;
use domain::view::{DeliveryView, GitView, NewHookView, Page};
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Json};

#[cfg(feature = "ssr")]
use {crate::call, domain::api::Track};

#[server(name = ReadGit, prefix = "/fn", endpoint = "git", input = GetUrl)]
pub async fn git(id: String) -> Result<Answer<GitView>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.git(&caller, &call::id(&id, "project")?).await)
}

#[server(prefix = "/fn", endpoint = "deliveries", input = Json)]
pub async fn deliveries(
    id: String,
    cursor: Option<String>,
) -> Result<Answer<Page<DeliveryView>>, Fault> {
    let (api, caller) = call::signed()?;
    let project = call::id(&id, "project")?;
    call::answer(api.deliveries(&caller, &project, cursor.as_deref()).await)
}

/// An unticked box is not sent at all.
#[server(name = TrackBranch, prefix = "/fn", endpoint = "track")]
pub async fn track(id: String, branch: String, poll: Option<String>) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let track = Track {
        branch: Some(branch),
        poll: poll.is_some(),
    };
    let environment = call::id(&id, "environment")?;
    call::said(api.track(&caller, &environment, track).await.map(drop))
}

#[server(prefix = "/fn", endpoint = "rotate-hook")]
pub async fn rotate_hook(id: String) -> Result<NewHookView, Fault> {
    let (api, caller) = call::signed()?;
    call::said(api.rotate_hook(&caller, &call::id(&id, "project")?).await)
}

#[server(prefix = "/fn", endpoint = "remove-hook")]
pub async fn remove_hook(id: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    call::said(api.remove_hook(&caller, &call::id(&id, "project")?).await)
}

#[server(prefix = "/fn", endpoint = "redeliver")]
pub async fn redeliver(id: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    call::said(
        api.redeliver(&caller, &call::id(&id, "delivery")?)
            .await
            .map(drop),
    )
}
