//! What happens at set times.

use crate::answer::Answer;
use crate::error::Fault;
use domain::view::CronView;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::call;

/// The page of a project's crons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CronsNow {
    /// For the way back.
    pub project_name: String,
    pub crons: Vec<CronView>,
}

#[server(prefix = "/fn", endpoint = "crons", input = GetUrl)]
pub async fn crons(id: String) -> Result<Answer<CronsNow>, Fault> {
    let (api, caller) = call::signed()?;
    let id = call::id(&id, "project")?;
    let project_name = call::said(api.project(&caller, &id).await)?.name;
    let crons = call::said(api.crons(&caller, &id).await)?;
    Answer::of(CronsNow {
        project_name,
        crons,
    })
}

#[server(prefix = "/fn", endpoint = "run-cron")]
pub async fn run_cron(id: String) -> Result<(), Fault> {
    let (api, caller) = call::signed()?;
    call::said(
        api.run_cron(&caller, &call::id(&id, "cron")?)
            .await
            .map(drop),
    )
}
