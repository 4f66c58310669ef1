//! What the team deploys.

use crate::parts::dynamic::{dynamic, each, text};
use crate::parts::empty::empty;
use crate::parts::environment_card::url;
use crate::parts::icon::{Icon, icon};
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::origin::origin;
use crate::parts::page_head::page_head;
use crate::parts::row::changed;
use crate::parts::screenshot::screenshot;
use crate::parts::status::{Tone, instance_word, status};
use crate::server_fns::projects::projects;
use crate::{live, paths};
use domain::view::{EnvironmentView, InstanceStatus, ProjectView};
use leptos::either::Either;
use leptos::prelude::*;

#[component]
pub fn Projects() -> AnyView {
    let data = live::read(
        || (),
        |()| projects(),
        |_| true,
        |list: &Vec<ProjectView>| list.iter().any(is_moving),
    );
    view! {
        {page_head(vec![], "Projects", view! { <a class="btn btn-primary" href=paths::NEW_PROJECT>{icon(Icon::Plus)}"New project"</a> })}
        {loaded(data, Skeleton::Cards(3), page)}
    }
    .into_any()
}

fn is_moving(project: &ProjectView) -> bool {
    project
        .environments
        .iter()
        .any(|e| e.candidate.is_some() || e.status == InstanceStatus::Deploying || e.deleting)
}

fn page(list: Signal<Vec<ProjectView>>) -> impl IntoView {
    let none = Memo::new(move |_| list.with(Vec::is_empty));
    move || {
        if none.get() {
            Either::Left(nothing())
        } else {
            Either::Right(cards(list))
        }
    }
}

fn nothing() -> impl IntoView {
    let action = view! { <a class="btn btn-primary" href=paths::NEW_PROJECT>{icon(Icon::Plus)}"New project"</a> };
    empty(
        "No projects yet",
        "A project is what you deploy: a Git repository, an image, or a file that you send.",
        action,
        Some("sealdock deploy"),
    )
}

fn cards(list: Signal<Vec<ProjectView>>) -> AnyView {
    view! {
        <div class="cards">
            {each(list, |p| p.id.to_string(), |project| view! { <Card project/> }.into_any())}
        </div>
    }
    .into_any()
}

#[component]
fn Card(project: Memo<ProjectView>) -> AnyView {
    let highlight = changed(Signal::derive(move || {
        project.with(|p| {
            p.environments
                .iter()
                .map(|e| instance_word(e.status))
                .collect()
        })
    }));
    view! {
        <article class="card project-card" class:changed=highlight>
            <header class="env-head">
                <h2><a class="card-link" href=text(move || project.with(|p| paths::project(&p.id)))>{dynamic(move || project.with(|p| p.name.clone()))}</a></h2>
                {dynamic(move || project.with(|p| p.environments.first().map(|e| status(Tone::of_instance(e.status), instance_word(e.status)))))}
            </header>
            {dynamic(move || project.with(|p| screenshot(p.environments.iter().find_map(|e| e.active.as_ref()))))}
            <p class="origin muted">{dynamic(move || project.with(|p| origin(&p.origin)))}</p>
            <div class="project-envs">{dynamic(move || project.with(|p| p.environments.iter().map(environment).collect_view()))}</div>
        </article>
    }
    .into_any()
}

fn environment(e: &EnvironmentView) -> AnyView {
    let serving = e.active.as_ref().map(|d| d.source.label());
    view! {
        <div class="project-env">
            <span class="env-label">{e.name.clone()}</span>
            {match serving {
                Some(label) => Either::Left(view! { <span class="mono clip" title=label.clone()>{label.clone()}</span> }),
                None => Either::Right(view! { <span class="muted">"nothing serves"</span> }),
            }}
            {e.urls.first().cloned().map(url)}
        </div>
    }
    .into_any()
}
