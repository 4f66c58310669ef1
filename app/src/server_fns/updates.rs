//! Replacing what serves: what can be chosen, the plan, and the confirmation.

use crate::answer::Answer;
use crate::draft::Choice;
use crate::error::Fault;
use domain::config::{Config, ConfigPatch};
use domain::view::{EnvironmentView, Preview, TrafficView, UpdateOptions, VersionsView};
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Json};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use {
    crate::call,
    crate::paths,
    domain::access::Caller,
    domain::api::{Confirm, Sealdock, Update},
    domain::id::EnvironmentId,
};

/// What *Edit config* starts from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigNow {
    pub environment: EnvironmentView,
    /// What it runs with now; the defaults where nothing ran yet.
    pub config: Config,
    pub overrides: ConfigPatch,
}

#[server(prefix = "/fn", endpoint = "environment", input = GetUrl)]
pub async fn environment(id: String) -> Result<Answer<EnvironmentView>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(
        api.environment(&caller, &call::id(&id, "environment")?)
            .await,
    )
}

#[server(name = ReadUpdateOptions, prefix = "/fn", endpoint = "update-options", input = GetUrl)]
pub async fn update_options(id: String) -> Result<Answer<UpdateOptions>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(
        api.update_options(&caller, &call::id(&id, "environment")?)
            .await,
    )
}

#[server(name = ReadTraffic, prefix = "/fn", endpoint = "traffic", input = GetUrl)]
pub async fn traffic(id: String) -> Result<Answer<TrafficView>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.traffic(&caller, &call::id(&id, "environment")?).await)
}

#[server(name = ReadVersions, prefix = "/fn", endpoint = "versions", input = GetUrl)]
pub async fn versions(id: String) -> Result<Answer<VersionsView>, Fault> {
    let (api, caller) = call::signed()?;
    call::answer(api.versions(&caller, &call::id(&id, "environment")?).await)
}

#[server(prefix = "/fn", endpoint = "config-form", input = GetUrl)]
pub async fn config_form(id: String) -> Result<Answer<ConfigNow>, Fault> {
    let (api, caller) = call::signed()?;
    let id = call::id(&id, "environment")?;
    config_of(&*api, &caller, &id).await.and_then(Answer::of)
}

/// Read-only: what confirming this choice would do.
#[server(prefix = "/fn", endpoint = "plan", input = Json)]
pub async fn plan(id: String, choice: Choice) -> Result<Answer<Preview>, Fault> {
    let (api, caller) = call::signed()?;
    let id = call::id(&id, "environment")?;
    let update = update_of(&*api, &caller, &id, &choice).await?;
    call::answer(api.preview_update(&caller, &id, &update).await)
}

#[server(prefix = "/fn", endpoint = "update")]
pub async fn confirm_update(
    id: String,
    #[server(default)] choice: Choice,
    digest: String,
    typed: Option<String>,
    hold: Option<String>,
) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    let id = call::id(&id, "environment")?;
    let update = update_of(&*api, &caller, &id, &choice).await?;
    let made = call::said(
        api.update(
            &caller,
            &id,
            Confirm {
                update,
                digest,
                typed,
                hold: hold.is_some(),
            },
        )
        .await,
    )?;
    leptos_axum::redirect(&paths::deployment(&made.summary.id));
    Ok(())
}

#[cfg(feature = "ssr")]
async fn config_of(
    api: &dyn Sealdock,
    caller: &Caller,
    id: &EnvironmentId,
) -> Result<ConfigNow, Fault> {
    let environment = call::said(api.environment(caller, id).await)?;
    let newest = environment
        .active
        .as_ref()
        .or(environment.candidate.as_ref())
        .or(environment.latest.as_ref());
    let Some(newest) = newest.map(|summary| summary.id.clone()) else {
        return Ok(ConfigNow {
            environment,
            config: Config::default(),
            overrides: ConfigPatch::default(),
        });
    };
    let view = call::said(api.deployment(caller, &newest).await)?;
    Ok(ConfigNow {
        environment,
        config: view.config,
        overrides: view.overrides,
    })
}

#[cfg(feature = "ssr")]
async fn update_of(
    api: &dyn Sealdock,
    caller: &Caller,
    id: &EnvironmentId,
    choice: &Choice,
) -> Result<Update, Fault> {
    let origin = match choice.names_git() {
        true => Some(project_origin(api, caller, id).await?),
        false => None,
    };
    let config = match &choice.config {
        None => None,
        Some(fields) => {
            let form = config_of(api, caller, id).await?;
            Some(call::said(fields.patch(&form.config, &form.overrides))?)
        }
    };
    Ok(Update {
        source: call::said(choice.wanted(origin.as_ref()))?,
        config,
        reuse: call::said(choice.reuse())?,
    })
}

#[cfg(feature = "ssr")]
async fn project_origin(
    api: &dyn Sealdock,
    caller: &Caller,
    id: &EnvironmentId,
) -> Result<domain::source::Origin, Fault> {
    let environment = call::said(api.environment(caller, id).await)?;
    Ok(call::said(api.project(caller, &environment.project).await)?.origin)
}
