//! What a team deploys: its list, its page, how it begins and how it ends.

use crate::answer::Answer;
use crate::draft::NewDraft;
use crate::error::Fault;
use domain::view::{
    DeletePreview, EventView, OverviewView, Page, ProjectView, RepositoryView, UploadView,
};
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Json};

#[cfg(feature = "ssr")]
use {crate::call, crate::paths, domain::api::NewEnvironment};

#[server(prefix = "/fn", endpoint = "overview", input = GetUrl)]
pub async fn overview() -> Result<Answer<OverviewView>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.overview(&caller).await)
}

#[server(prefix = "/fn", endpoint = "projects", input = GetUrl)]
pub async fn projects() -> Result<Answer<Vec<ProjectView>>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.projects(&caller).await)
}

#[server(prefix = "/fn", endpoint = "project", input = GetUrl)]
pub async fn project(id: String) -> Result<Answer<ProjectView>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.project(&caller, &call::id(&id, "project")?).await)
}

#[server(prefix = "/fn", endpoint = "events", input = Json)]
pub async fn events(
    project: Option<String>,
    cursor: Option<String>,
) -> Result<Answer<Page<EventView>>, Fault> {
    let (api, caller) = call::signed()?;
    let project = project.map(|id| call::id(&id, "project")).transpose()?;
    call::answer(
        api.events(&caller, project.as_ref(), cursor.as_deref())
            .await,
    )
}

#[server(prefix = "/fn", endpoint = "repository", input = GetUrl)]
pub async fn repository(url: String) -> Result<Answer<RepositoryView>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.repository(&caller, url.trim()).await)
}

#[server(prefix = "/fn", endpoint = "upload", input = GetUrl)]
pub async fn upload(id: String) -> Result<Answer<UploadView>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.upload(&caller, &call::id(&id, "upload")?).await)
}

#[server(prefix = "/fn", endpoint = "create-environment")]
pub async fn create_environment(
    id: String,
    name: String,
    debug: Option<String>,
) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let new = NewEnvironment {
        name: name.trim().to_owned(),
        runtime: None,
        debug: debug.is_some(),
    };
    let id = call::id(&id, "project")?;
    call::said(api.create_environment(&caller, &id, new).await)?;
    leptos_axum::redirect(&paths::project(&id));
    Ok(())
}

#[server(prefix = "/fn", endpoint = "create-project")]
pub async fn create_project(new: NewDraft) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let made = call::said(
        api.create_project(&caller, call::said(new.project())?)
            .await,
    )?;
    leptos_axum::redirect(&paths::deployment(&made.summary.id));
    Ok(())
}

#[server(prefix = "/fn", endpoint = "create-sample")]
pub async fn create_sample() -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let made = call::said(api.create_sample(&caller).await)?;
    leptos_axum::redirect(&paths::deployment(&made.summary.id));
    Ok(())
}

#[server(prefix = "/fn", endpoint = "delete-plan", input = GetUrl)]
pub async fn delete_plan(id: String) -> Result<Answer<DeletePreview>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(
        api.preview_delete(&caller, &call::id(&id, "project")?)
            .await,
    )
}

#[server(prefix = "/fn", endpoint = "delete-project")]
pub async fn delete_project(id: String, typed: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    call::said(
        api.delete_project(&caller, &call::id(&id, "project")?, typed.trim())
            .await,
    )?;
    leptos_axum::redirect(paths::PROJECTS);
    Ok(())
}

#[server(prefix = "/fn", endpoint = "environment-delete-plan", input = GetUrl)]
pub async fn environment_delete_plan(id: String) -> Result<Answer<DeletePreview>, Fault> {
    let (api, caller) = call::signed()?;
    let id = call::id(&id, "environment")?;
    call::answer(api.preview_delete_environment(&caller, &id).await)
}

#[server(prefix = "/fn", endpoint = "delete-environment")]
pub async fn delete_environment(id: String, typed: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let id = call::id(&id, "environment")?;
    let project = call::said(api.environment(&caller, &id).await)?.project;
    call::said(api.delete_environment(&caller, &id, typed.trim()).await)?;
    leptos_axum::redirect(&paths::project(&project));
    Ok(())
}
