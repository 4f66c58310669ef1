//! Databases and stores that environments use, and their backups.

use crate::answer::Answer;
use crate::error::Fault;
use domain::id::EnvironmentId;
use domain::view::{BackupView, DeletePreview, RestorePreview, ServiceView};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use {
    crate::{call, draft::number, paths},
    domain::api::{Link, NewService, Restore, ServiceSettings},
    domain::id::ServiceId,
    domain::refusal::Refusal,
    domain::service::Kind,
};

/// The page of one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceNow {
    pub service: ServiceView,
    /// The newest first.
    pub backups: Vec<BackupView>,
    /// What it can be linked to.
    pub environments: Vec<Choice>,
}

/// An environment in a list to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub id: EnvironmentId,
    /// `web / production`
    pub name: String,
}

#[server(prefix = "/fn", endpoint = "services", input = GetUrl)]
pub async fn services() -> Result<Answer<Vec<ServiceView>>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.services(&caller).await)
}

#[server(prefix = "/fn", endpoint = "service", input = GetUrl)]
pub async fn service(id: String) -> Result<Answer<ServiceNow>, Fault> {
    let (api, caller) = call::signed()?;
    let id = call::id(&id, "service")?;
    let service = call::said(api.service(&caller, &id).await)?;
    let backups = call::said(api.backups(&caller, &id).await)?.items;
    let projects = call::said(api.projects(&caller).await)?;
    let all = projects.into_iter().flat_map(|p| p.environments);
    let environments = all.map(|e| Choice {
        name: format!("{} / {}", e.project_name, e.name),
        id: e.id,
    });
    Answer::of(ServiceNow {
        service,
        backups,
        environments: environments.collect(),
    })
}

/// An empty field is one that was not filled in.
#[cfg(feature = "ssr")]
fn said(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

#[server(prefix = "/fn", endpoint = "create-service")]
pub async fn create_service(
    name: String,
    kind: String,
    url: Option<String>,
    image: Option<String>,
    memory_mib: Option<String>,
    schedule: Option<String>,
    keep: Option<String>,
) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let unknown = || Refusal::invalid("kind", "That is not a kind of service.");
    let new = NewService {
        name,
        kind: call::said(Kind::parse(&kind).ok_or_else(unknown))?,
        url: said(url),
        image: said(image),
        memory_mib: call::said(number("memory_mib", memory_mib.as_deref()))?,
        schedule: said(schedule),
        keep: call::said(number("keep", keep.as_deref()))?,
        runtime: None,
    };
    let made = call::said(api.create_service(&caller, new).await)?;
    leptos_axum::redirect(&paths::service(&made.id));
    Ok(())
}

/// A field that the form does not have is not changed.
#[server(prefix = "/fn", endpoint = "set-service")]
pub async fn set_service(
    id: String,
    url: Option<String>,
    image: Option<String>,
    memory_mib: Option<String>,
    schedule: Option<String>,
    keep: Option<String>,
) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let settings = ServiceSettings {
        url: said(url),
        image: said(image),
        memory_mib: call::said(number("memory_mib", memory_mib.as_deref()))?,
        schedule,
        keep: call::said(number("keep", keep.as_deref()))?,
    };
    let id: ServiceId = call::id(&id, "service")?;
    call::said(api.set_service(&caller, &id, settings).await.map(drop))
}

#[server(prefix = "/fn", endpoint = "link-service")]
pub async fn link_service(id: String, environment: String, prefix: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let id: ServiceId = call::id(&id, "service")?;
    let environment = call::id(&environment, "environment")?;
    let link = Link {
        environment,
        prefix,
    };
    call::said(api.link(&caller, &id, link).await.map(drop))
}

#[server(prefix = "/fn", endpoint = "unlink-service")]
pub async fn unlink_service(id: String, environment: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let id: ServiceId = call::id(&id, "service")?;
    let environment = call::id(&environment, "environment")?;
    call::said(api.unlink(&caller, &id, &environment).await.map(drop))
}

#[server(prefix = "/fn", endpoint = "back-up")]
pub async fn back_up(id: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let id: ServiceId = call::id(&id, "service")?;
    call::said(api.back_up(&caller, &id).await.map(drop))
}

#[server(prefix = "/fn", endpoint = "delete-backup")]
pub async fn delete_backup(id: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    call::said(api.delete_backup(&caller, &call::id(&id, "backup")?).await)
}

#[server(prefix = "/fn", endpoint = "restore-plan", input = GetUrl)]
pub async fn restore_plan(id: String) -> Result<Answer<RestorePreview>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(
        api.preview_restore(&caller, &call::id(&id, "backup")?)
            .await,
    )
}

#[server(prefix = "/fn", endpoint = "restore-backup")]
pub async fn restore_backup(id: String, digest: String, typed: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let restore = Restore { digest, typed };
    let id = call::id(&id, "backup")?;
    let begun = call::said(api.restore(&caller, &id, restore).await)?;
    leptos_axum::redirect(&paths::service(&begun.service));
    Ok(())
}

#[server(prefix = "/fn", endpoint = "service-delete-plan", input = GetUrl)]
pub async fn service_delete_plan(id: String) -> Result<Answer<DeletePreview>, Fault> {
    let (api, caller) = call::signed()?;
    let id: ServiceId = call::id(&id, "service")?;
    call::answer(api.preview_delete_service(&caller, &id).await)
}

#[server(prefix = "/fn", endpoint = "delete-service")]
pub async fn delete_service(id: String, typed: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let id: ServiceId = call::id(&id, "service")?;
    call::said(api.delete_service(&caller, &id, typed.trim()).await)?;
    leptos_axum::redirect(paths::SERVICES);
    Ok(())
}
