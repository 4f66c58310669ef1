//! The head that both ways of updating share: each is a URL of its own.

use super::page_head::page_head;
use crate::paths;
use domain::view::EnvironmentView;
use leptos::prelude::*;
use leptos_router::components::A;

pub fn update_head(environment: &EnvironmentView) -> AnyView {
    let crumbs = vec![
        (paths::PROJECTS.to_owned(), "Projects".to_owned()),
        (
            paths::project(&environment.project),
            environment.project_name.clone(),
        ),
    ];
    let title = format!("Update {}", environment.name);
    view! {
        {page_head(crumbs, title, ())}
        <nav class="tabs-in" aria-label="What to change">
            <A href=paths::update(&environment.id) exact=true attr:class="tab-in">"New version"</A>
            <A href=paths::versions(&environment.id) attr:class="tab-in">"Earlier version"</A>
            <A href=paths::edit_config(&environment.id) attr:class="tab-in">"Edit config"</A>
        </nav>
    }
    .into_any()
}
