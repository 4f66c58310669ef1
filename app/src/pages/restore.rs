//! What a restore does, then the service's name, then the button.

use super::param;
use crate::parts::icon::{Icon, icon};
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::page_head::page_head;
use crate::parts::refused::last_fault;
use crate::parts::typed::typed;
use crate::paths;
use crate::read::Read;
use crate::server_fns::services::{RestoreBackup, restore_plan};
use domain::view::RestorePreview;
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Restore() -> impl IntoView {
    let id = param("id");
    let data = Read::new(move || id.get(), restore_plan);
    loaded(data, Skeleton::Lines(6), move |view| {
        page(id.get_untracked(), view.get_untracked())
    })
}

fn page(id: String, plan: RestorePreview) -> AnyView {
    let restore = ServerAction::<RestoreBackup>::new();
    let (name, back) = (plan.name.clone(), paths::service(&plan.service));
    let crumbs = vec![
        (paths::SERVICES.to_owned(), "Services".to_owned()),
        (back.clone(), name.clone()),
    ];
    let lines = plan.lines.into_iter();
    view! {
        {page_head(crumbs, format!("Restore {name}"), ())}
        <div class="form-card">
            <p>"This is what happens:"</p>
            <ul class="delete-list">
                {lines.map(|line| view! { <li>{icon(Icon::TriangleAlert)}<span>{line}</span></li> }).collect_view()}
            </ul>
            <ActionForm action=restore>
                <div class="fields">
                    <input type="hidden" name="id" value=id/>
                    <input type="hidden" name="digest" value=plan.digest/>
                    {last_fault::<()>(restore.value())}
                    {typed(name.clone(), format!("Replace the data of {name}"), restore.pending(), back)}
                </div>
            </ActionForm>
        </div>
    }
    .into_any()
}
