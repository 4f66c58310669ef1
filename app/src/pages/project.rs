//! One project: where it runs, what serves, its deployments, what happened.

use super::param;
use crate::boot::caller;
use crate::parts::dynamic::{dynamic, each};
use crate::parts::environment_card::EnvironmentCard;
use crate::parts::icon::{Icon, icon};
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::page_head::page_head;
use crate::parts::row::rows;
use crate::parts::{feed::feed, origin::origin, refused::last_fault};
use crate::server_fns::deployments::deployments;
use crate::server_fns::projects::{CreateEnvironment, events, project};
use crate::{live, paths};
use domain::access::Action;
use domain::api::DeploymentFilter;
use domain::source::Origin;
use domain::view::{DeploymentSummary, EnvironmentView, EventView, Page, ProjectView};
use leptos::either::Either;
use leptos::form::ActionForm;
use leptos::prelude::*;

/// Deployments shown here; the list has the rest.
const NEWEST: u32 = 10;

#[component]
pub fn Project() -> impl IntoView {
    let id = param("id");
    let data = live::read(
        move || id.get(),
        project,
        |_| true,
        |p: &ProjectView| p.environments.iter().any(|e| e.candidate.is_some()),
    );
    loaded(data, Skeleton::Cards(2), page)
}

fn page(view: Signal<ProjectView>) -> AnyView {
    let (id, name) = view.with_untracked(|p| (p.id.clone(), p.name.clone()));
    let crumbs = vec![(paths::PROJECTS.to_owned(), "Projects".to_owned())];
    let update = view.with_untracked(|p| p.environments.first().map(|e| paths::update(&e.id)));
    let environments = Memo::new(move |_| view.with(|p| p.environments.clone()));
    let alone = Memo::new(move |_| view.with(|p| p.environments.len() < 2));
    view! {
        {page_head(crumbs, name, view! {
            {git_link(view)}
            <a class="btn" href=paths::SERVICES>"Services"</a>
            <a class="btn" href=paths::crons(&id)>"Crons"</a>
            {update.map(|href| view! { <a class="btn btn-primary" href=href>"Update"</a> })}
        })}
        <p class="origin muted">{dynamic(move || view.with(|p| origin(&p.origin)))}</p>
        <section class="block">
            <h2>"Environments"</h2>
            <div class="cards">
                {each(environments, |e| e.id.to_string(), move |one| environment(one, alone))}
            </div>
            {new_environment(id.to_string())}
        </section>
        {newest(id.to_string())}
        {happened(id.to_string())}
        <section class="block danger">
            <h2>"Delete this project"</h2>
            <p class="muted">"Its containers, routes, configuration and history disappear. You see the list before anything happens."</p>
            {delete_link(paths::delete_project(&id))}
        </section>
    }
    .into_any()
}

/// One more slot, for trying things before they go to production.
fn new_environment(id: String) -> AnyView {
    let action = ServerAction::<CreateEnvironment>::new();
    let no = caller().and_then(|c| c.may(Action::CreateProject).err());
    view! {
        <details class="more-fields">
            <summary>"Add an environment"</summary>
            {last_fault::<()>(action.value())}
            <ActionForm action>
                <input type="hidden" name="id" value=id/>
                <div class="field">
                    <label for="environment-name">"Name"</label>
                    <div class="joined">
                        <input class="input" id="environment-name" name="name" required maxlength="40" placeholder="staging" autocomplete="off" autocapitalize="off" spellcheck="false" aria-describedby="environment-hint"/>
                        <button class="btn" disabled=no.is_some()>"Add"</button>
                    </div>
                    <label class="check"><input type="checkbox" name="debug" value="yes" aria-describedby="environment-debug"/>"For debugging"</label>
                    <p class="hint" id="environment-debug">"Its instances have a terminal, here and by `sealdock exec`. It stays so; production never is."</p>
                    <p class="hint" id="environment-hint">{no.map_or_else(|| "It gets an address and a configuration of its own. Then deploy a version to it, or promote one.".to_owned(), |no| no.sentence)}</p>
                </div>
            </ActionForm>
        </details>
    }
    .into_any()
}

/// The last one goes with its project.
fn environment(one: Memo<EnvironmentView>, alone: Memo<bool>) -> AnyView {
    let may = caller().is_some_and(|c| c.may(Action::Delete).is_ok());
    let gone = one.with_untracked(|e| paths::delete_environment(&e.id));
    let label = one.with_untracked(|e| format!("Delete the environment {}", e.name));
    let delete_one = dynamic(move || {
        let shown = may && !alone.get();
        shown.then(|| view! { <a class="env-config" href=gone.clone() aria-label=label.clone()>{icon(Icon::Trash2)}"Delete"</a> })
    });
    let href = one.with_untracked(|e| paths::edit_config(&e.id));
    view! {
        <div class="env-slot">
            <EnvironmentCard environment=one with_project=false/>
            <a class="env-config" href=href>{icon(Icon::SlidersHorizontal)}"Edit configuration"</a>
            {delete_one}
        </div>
    }
    .into_any()
}

fn newest(id: String) -> AnyView {
    let all = format!(
        "{}{}",
        paths::DEPLOYMENTS,
        paths::query(&[("project", Some(&id))])
    );
    let filter = DeploymentFilter {
        project: id.parse().ok(),
        limit: Some(NEWEST),
        ..Default::default()
    };
    let data = live::read(
        move || filter.clone(),
        deployments,
        |_| true,
        |page: &Page<DeploymentSummary>| page.items.iter().any(|d| d.phase.is_moving()),
    );
    let list = |page: Signal<Page<DeploymentSummary>>| {
        let items = Memo::new(move |_| page.with(|p| p.items.clone()));
        view! { <div class="panel">{rows(items.into(), false)}</div> }
    };
    view! {
        <section class="block">
            <div class="block-head"><h2>"Deployments"</h2><a class="link" href=all>"All deployments"</a></div>
            {loaded(data, Skeleton::Lines(5), list)}
        </section>
    }
    .into_any()
}

fn happened(id: String) -> AnyView {
    let data = live::read(
        move || id.clone(),
        |id| events(Some(id), None),
        |_| true,
        |_: &Page<EventView>| false,
    );
    let list = |page: Signal<Page<EventView>>| {
        move || feed(&page.with(|p| p.items.iter().take(8).cloned().collect::<Vec<_>>()))
    };
    view! { <section class="block"><h2>"Activity"</h2>{loaded(data, Skeleton::Lines(4), list)}</section> }.into_any()
}

/// Where versions come from a repository: which branch is followed, and the webhook.
fn git_link(view: Signal<ProjectView>) -> Option<AnyView> {
    let of_git = view.with_untracked(|p| matches!(p.origin, Origin::Git { .. }));
    let href = view.with_untracked(|p| paths::git_push(&p.id));
    let no = caller().and_then(|c| c.may(Action::ManageHooks).err());
    of_git.then(|| match no {
        None => view! { <a class="btn" href=href>{icon(Icon::GitBranch)}"Git push"</a> }.into_any(),
        Some(no) => view! {
            <span class="why-not" id="why-git">{no.sentence}</span>
            <button class="btn" disabled aria-describedby="why-git">{icon(Icon::GitBranch)}"Git push"</button>
        }
        .into_any(),
    })
}

fn delete_link(href: String) -> AnyView {
    let no = caller().and_then(|c| c.may(Action::Delete).err());
    match no {
        None => Either::Left(view! { <a class="btn" href=href>{icon(Icon::Trash2)}"Delete…"</a> }),
        Some(no) => Either::Right(view! {
            <button class="btn" disabled aria-describedby="why-delete">{icon(Icon::Trash2)}"Delete…"</button>
            <p class="why-not" id="why-delete">{no.sentence}</p>
        }),
    }
    .into_any()
}
