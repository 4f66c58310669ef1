//! One build-and-deploy cycle, and its logs.

use crate::answer::Answer;
use crate::error::Fault;
use domain::api::{DeploymentFilter, LogFind, LogQuery};
use domain::view::{DeploymentSummary, DeploymentView, LogFound, LogPage, Page, StopPreview};
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Json};

#[cfg(feature = "ssr")]
use {crate::call, crate::paths, domain::dialect::MOVING};

#[server(prefix = "/fn", endpoint = "deployments", input = Json)]
pub async fn deployments(
    filter: DeploymentFilter,
) -> Result<Answer<Page<DeploymentSummary>>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.deployments(&caller, &filter).await)
}

#[server(prefix = "/fn", endpoint = "deployment", input = GetUrl)]
pub async fn deployment(id: String) -> Result<Answer<DeploymentView>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.deployment(&caller, &call::id(&id, "deployment")?).await)
}

/// The deployments on their way, for the mark that every page shows.
#[server(prefix = "/fn", endpoint = "moving", input = GetUrl)]
pub async fn moving() -> Result<Answer<Vec<DeploymentSummary>>, Fault> {
    let (api, caller) = call::signed()?;
    let filter = DeploymentFilter {
        status: Some(MOVING.to_owned()),
        limit: Some(20),
        ..DeploymentFilter::default()
    };
    call::answer(
        api.deployments(&caller, &filter)
            .await
            .map(|page| page.items),
    )
}

#[server(prefix = "/fn", endpoint = "promote")]
pub async fn promote(id: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    call::said(
        api.promote(&caller, &call::id(&id, "deployment")?)
            .await
            .map(drop),
    )
}

#[server(prefix = "/fn", endpoint = "cancel")]
pub async fn cancel(id: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    call::said(
        api.cancel(&caller, &call::id(&id, "deployment")?)
            .await
            .map(drop),
    )
}

#[server(prefix = "/fn", endpoint = "pause")]
pub async fn pause(id: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    call::said(
        api.pause(&caller, &call::id(&id, "deployment")?)
            .await
            .map(drop),
    )
}

#[server(prefix = "/fn", endpoint = "resume")]
pub async fn resume(id: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    call::said(
        api.resume(&caller, &call::id(&id, "deployment")?)
            .await
            .map(drop),
    )
}

#[server(prefix = "/fn", endpoint = "stop-plan", input = GetUrl)]
pub async fn stop_plan(id: String) -> Result<Answer<StopPreview>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(
        api.preview_stop(&caller, &call::id(&id, "deployment")?)
            .await,
    )
}

#[server(prefix = "/fn", endpoint = "stop")]
pub async fn stop(id: String, typed: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let id = call::id(&id, "deployment")?;
    call::said(api.stop(&caller, &id, &typed).await)?;
    leptos_axum::redirect(&paths::deployment(&id));
    Ok(())
}

#[server(prefix = "/fn", endpoint = "outline", input = Json)]
pub async fn outline(stream: String) -> Result<Answer<domain::build_log::Outline>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.outline(&caller, &stream).await)
}

#[server(prefix = "/fn", endpoint = "log", input = Json)]
pub async fn log(stream: String, query: LogQuery) -> Result<Answer<LogPage>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.log(&caller, &stream, &query).await)
}

#[server(prefix = "/fn", endpoint = "find-in-log", input = Json)]
pub async fn find_in_log(stream: String, find: LogFind) -> Result<Answer<LogFound>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.find_in_log(&caller, &stream, &find).await)
}
