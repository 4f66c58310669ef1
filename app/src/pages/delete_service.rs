//! What disappears with a service, then its name, then the button that says the noun.

use super::param;
use crate::parts::icon::{Icon, icon};
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::page_head::page_head;
use crate::parts::refused::last_fault;
use crate::parts::typed::typed;
use crate::paths;
use crate::read::Read;
use crate::server_fns::services::{DeleteService as Delete, service_delete_plan};
use domain::view::DeletePreview;
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn DeleteService() -> impl IntoView {
    let id = param("id");
    let data = Read::new(move || id.get(), service_delete_plan);
    loaded(data, Skeleton::Lines(6), move |view| {
        page(id.get_untracked(), view.get_untracked())
    })
}

fn page(id: String, preview: DeletePreview) -> AnyView {
    let delete = ServerAction::<Delete>::new();
    let name = preview.name.clone();
    let back = format!("{}/{id}", paths::SERVICES);
    let crumbs = vec![
        (paths::SERVICES.to_owned(), "Services".to_owned()),
        (back.clone(), name.clone()),
    ];
    let lines = preview.lines.into_iter();
    view! {
        {page_head(crumbs, format!("Delete {name}"), ())}
        <div class="form-card">
            <p>"This disappears, for good:"</p>
            <ul class="delete-list">
                {lines.map(|line| view! { <li>{icon(Icon::Trash2)}<span>{line}</span></li> }).collect_view()}
            </ul>
            <ActionForm action=delete>
                <div class="fields">
                    <input type="hidden" name="id" value=id/>
                    {last_fault::<()>(delete.value())}
                    {typed(name.clone(), format!("Delete the service {name}"), delete.pending(), back)}
                </div>
            </ActionForm>
        </div>
    }
    .into_any()
}
