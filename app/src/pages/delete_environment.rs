//! One environment, without its project.

use super::param;
use crate::parts::delete_fields::{Fields, disappears};
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::page_head::page_head;
use crate::parts::refused::last_fault;
use crate::paths;
use crate::read::Read;
use crate::server_fns::projects::{DeleteEnvironment as Delete, environment_delete_plan};
use domain::view::DeletePreview;
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn DeleteEnvironment() -> impl IntoView {
    let id = param("id");
    let data = Read::new(move || id.get(), environment_delete_plan);
    loaded(data, Skeleton::Lines(8), move |view| {
        page(id.get_untracked(), view.get_untracked())
    })
}

fn page(id: String, preview: DeletePreview) -> AnyView {
    let delete = ServerAction::<Delete>::new();
    let name = preview.name.clone();
    let crumbs = vec![(paths::PROJECTS.to_owned(), "Projects".to_owned())];
    let fields = Fields {
        id,
        button: format!("Delete the environment {name}"),
        back: paths::PROJECTS.to_owned(),
        pending: delete.pending().into(),
        fault: last_fault::<()>(delete.value()).into_any(),
    };
    view! {
        {page_head(crumbs, format!("Delete the environment {name}"), ())}
        <div class="form-card">
            {disappears(&preview)}
            <ActionForm action=delete>{fields.view(name)}</ActionForm>
        </div>
    }
    .into_any()
}
