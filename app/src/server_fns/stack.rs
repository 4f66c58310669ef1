//! Stack traces and the source maps that read them.

use crate::answer::Answer;
use crate::error::Fault;
use domain::view::{DeploymentSummary, SourceMapView, TraceView};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use {crate::call, domain::job::JobKind, domain::view::DeploymentView};

/// What the page begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapsNow {
    pub deployment: DeploymentSummary,
    pub maps: Vec<SourceMapView>,
    /// Where there are none: why.
    pub why: String,
}

#[server(prefix = "/fn", endpoint = "source-maps", input = GetUrl)]
pub async fn source_maps(id: String) -> Result<Answer<MapsNow>, Fault> {
    let (api, caller) = call::signed()?;
    let id = call::id(&id, "deployment")?;
    let maps = call::said(api.source_maps(&caller, &id).await)?;
    let view = call::said(api.deployment(&caller, &id).await)?;
    Answer::of(MapsNow {
        why: why(&view),
        deployment: view.summary,
        maps,
    })
}

#[server(name = ReadStackTrace, prefix = "/fn", endpoint = "stack-trace")]
pub async fn stack_trace(id: String, text: String) -> Result<TraceView, Fault> {
    let (api, caller) = call::signed()?;
    let id = call::id(&id, "deployment")?;
    call::said(api.stack_trace(&caller, &id, &text).await)
}

#[cfg(feature = "ssr")]
fn why(view: &DeploymentView) -> String {
    let is_capture = |kind: JobKind| kind == JobKind::CaptureSourceMapsJob;
    let job = view.jobs.iter().find(|j| is_capture(j.kind));
    match job {
        None => "This deployment was made before source maps were kept; deploy again to have them."
            .into(),
        Some(job) => job.error.clone().unwrap_or_else(|| {
            "Source maps are looked for once the deployment serves; there are none yet.".into()
        }),
    }
}
