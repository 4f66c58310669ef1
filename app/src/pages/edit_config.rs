//! *Edit config*: the same version with other settings. Untouched, it is a redeploy.

use super::param;
use crate::draft::{Choice, Fields};
use crate::parts::config_form::config_form;
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::plan_panel::{Confirmation, plan_panel, planned};
use crate::parts::update_head::update_head;
use crate::read::Read;
use crate::server_fns::updates::{self, ConfigNow, ConfirmUpdate};
use leptos::prelude::*;

#[component]
pub fn EditConfig() -> impl IntoView {
    let id = param("id");
    let posted = SharedValue::new(posted).into_inner();
    let data = Read::new(move || id.get(), updates::config_form);
    loaded(data, Skeleton::Lines(10), move |now| {
        page(id.get_untracked(), now.get_untracked(), posted.clone())
    })
}

fn page(id: String, now: ConfigNow, posted: Option<Fields>) -> AnyView {
    let fields = RwSignal::new(posted.unwrap_or_else(|| Fields::of(&now.config)));
    let choice = Signal::derive(move || Choice {
        config: Some(fields.get()),
        ..Choice::default()
    });
    let confirm = ServerAction::<ConfirmUpdate>::new();
    let plan = planned(id.clone(), choice, confirm);
    view! {
        {update_head(&now.environment)}
        <div class="two">
            {config_form(fields, builds(&now))}
            {plan_panel(plan, Confirmation { id, choice, action: confirm })}
        </div>
    }
    .into_any()
}

/// What it runs, or ran last, came from a repository.
fn builds(now: &ConfigNow) -> bool {
    let of = &now.environment;
    let newest = of.active.as_ref().or(of.latest.as_ref());
    newest.is_some_and(|d| d.source.commit().is_some())
}

/// What *Show the plan* posted to this page, without wasm.
#[cfg(feature = "ssr")]
fn posted() -> Option<Fields> {
    Fields::posted(&use_context::<crate::call::Posted>()?.0)
}

#[cfg(not(feature = "ssr"))]
fn posted() -> Option<Fields> {
    None
}
