//! *Earlier version*: what ran here, or runs elsewhere, once more (P-13, P-14). The newest that
//! can be rolled back to is chosen already: from the environment's card it takes two clicks.

use super::{param, query};
use crate::draft::Choice;
use crate::parts::earlier_form::earlier_form;
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::plan_panel::{Confirmation, plan_panel, planned};
use crate::parts::update_head::update_head;
use crate::read::Read;
use crate::server_fns::updates::{ConfirmUpdate, versions};
use domain::view::{VersionView, VersionsView};
use leptos::prelude::*;

#[component]
pub fn Versions() -> impl IntoView {
    let id = param("id");
    let data = Read::new(move || id.get(), versions);
    loaded(data, Skeleton::Lines(10), move |view| {
        page(id.get_untracked(), view.get_untracked())
    })
}

fn page(id: String, view: VersionsView) -> AnyView {
    let (of, settings) = (query("of"), query("config"));
    let first = first(&view);
    let of = Memo::new(move |_| of.get().or_else(|| first.clone()));
    let choice = Memo::new(move |_| Choice {
        of: of.get(),
        settings: settings.get(),
        ..Choice::default()
    });
    let action = ServerAction::<ConfirmUpdate>::new();
    let plan = planned(id.clone(), choice.into(), action);
    view! {
        {update_head(&view.environment)}
        <div class="two">
            {earlier_form(&id, view, of, settings)}
            {plan_panel(plan, Confirmation { id, choice: choice.into(), action })}
        </div>
    }
    .into_any()
}

fn first(view: &VersionsView) -> Option<String> {
    let can = |v: &&VersionView| v.refused.is_none();
    let found = view.earlier.iter().find(|v| v.is_earlier());
    let found = found.or_else(|| view.elsewhere.iter().find(can));
    found.map(|v| v.deployment.id.to_string())
}
