//! Stop what serves (I-13): what ends, what stays, and the yes that downtime asks for.

use super::param;
use crate::parts::delete_fields::Fields;
use crate::parts::icon::{Icon, icon};
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::page_head::page_head;
use crate::parts::refused::last_fault;
use crate::paths;
use crate::read::Read;
use crate::server_fns::deployments::{Stop as Halt, stop_plan};
use domain::view::StopPreview;
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Stop() -> impl IntoView {
    let id = param("id");
    let data = Read::new(move || id.get(), stop_plan);
    loaded(data, Skeleton::Lines(6), move |plan| {
        page(plan.get_untracked())
    })
}

fn page(plan: StopPreview) -> AnyView {
    let stop = ServerAction::<Halt>::new();
    let d = &plan.deployment;
    let title = format!("Stop {} / {}", d.project_name, d.environment_name);
    let crumbs = vec![
        (paths::PROJECTS.to_owned(), "Projects".to_owned()),
        (paths::project(&d.project), d.project_name.clone()),
    ];
    let line = |line: String| view! { <li>{icon(Icon::CircleAlert)}<span>{line}</span></li> };
    let urls = plan.urls.iter().map(|url| format!("{url} answers 404"));
    let ends = plan.ends.iter().cloned().chain(urls).map(line);
    let fields = Fields {
        id: d.id.to_string(),
        button: format!("Stop #{}", d.number),
        back: paths::deployment(&d.id),
        pending: stop.pending().into(),
        fault: last_fault::<()>(stop.value()).into_any(),
    };
    view! {
        {page_head(crumbs, title, ())}
        <div class="form-card">
            <p>{format!("#{} ends, until you start it again:", d.number)}</p>
            <ul class="delete-list">{ends.collect_view()}</ul>
            <p class="muted">"What it made, its configuration, secrets, domains and logs stay: "<b>"Start"</b>" brings it back without a build."</p>
            <ActionForm action=stop>{fields.view(plan.typed)}</ActionForm>
        </div>
    }
    .into_any()
}
