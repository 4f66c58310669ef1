//! *Git push*: which branch each environment follows, where the Git host tells of pushes, and what
//! came in.

use super::{param, query};
use crate::live;
use crate::parts::deliveries::deliveries_of;
use crate::parts::hook_panel::hook_panel;
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::origin::origin;
use crate::parts::page_head::page_head;
use crate::parts::previews::previews_of;
use crate::parts::tracking::trackings;
use crate::paths;
use crate::server_fns::hooks::git;
use domain::hint::Topic;
use domain::source::Origin;
use domain::view::GitView;
use leptos::prelude::*;

#[component]
pub fn GitPush() -> impl IntoView {
    let id = param("id");
    let data = live::read(
        move || id.get(),
        git,
        |topic| matches!(topic, Topic::Project(_)),
        |_: &GitView| false,
    );
    loaded(data, Skeleton::Cards(2), page)
}

fn page(view: Signal<GitView>) -> AnyView {
    let first = view.get_untracked();
    let crumbs = vec![
        (paths::PROJECTS.to_owned(), "Projects".to_owned()),
        (paths::project(&first.project), first.project_name.clone()),
    ];
    view! {
        {page_head(crumbs, "Git push", ())}
        <p class="origin muted">{origin(&Origin::Git { url: first.url })}</p>
        {trackings(view)}
        {previews_of(&first.project)}
        {hook_panel(view)}
        {deliveries_of(first.project, query("cursor"))}
    }
    .into_any()
}
