//! Every deployment, newest first. The filters are the address.

use super::query;
use crate::parts::dynamic::dynamic;
use crate::parts::empty::empty;
use crate::parts::filters::{Filters, filters};
use crate::parts::icon::{Icon, icon};
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::page_head::page_head;
use crate::parts::row::rows;
use crate::server_fns::deployments::deployments;
use crate::{live, paths};
use domain::api::DeploymentFilter;
use domain::hint::Topic;
use domain::view::{DeploymentSummary, Page};
use leptos::either::Either;
use leptos::prelude::*;

#[component]
pub fn Deployments() -> impl IntoView {
    let asked = Filters {
        status: query("status"),
        project: query("project"),
        text: query("text"),
    };
    let (cursor, limit) = (query("cursor"), query("limit"));
    let filter = move || DeploymentFilter {
        project: asked.project.get().and_then(|id| id.parse().ok()),
        environment: None,
        status: asked.status.get(),
        text: asked.text.get(),
        cursor: cursor.get(),
        limit: limit.get().and_then(|n| n.parse().ok()),
    };
    let about = |topic: &Topic| matches!(topic, Topic::Deployment(_) | Topic::Environment(_));
    let data = live::read(
        filter,
        deployments,
        about,
        |page: &Page<DeploymentSummary>| page.items.iter().any(|d| d.phase.is_moving()),
    );
    view! {
        {page_head(vec![], "Deployments", view! { <a class="btn btn-primary" href=paths::NEW_PROJECT>{icon(Icon::Plus)}"New project"</a> })}
        {filters(asked)}
        {loaded(data, Skeleton::Lines(10), move |page| list(page, asked))}
    }
}

fn list(page: Signal<Page<DeploymentSummary>>, asked: Filters) -> AnyView {
    let items = Memo::new(move |_| page.with(|p| p.items.clone()));
    let none = Memo::new(move |_| items.with(Vec::is_empty));
    let next = Memo::new(move |_| page.with(|p| p.next.clone()));
    let older = move || {
        next.get().map(|cursor| view! { <a class="btn" href=asked.address(Some(&cursor))>"Older"{icon(Icon::ChevronRight)}</a> })
    };
    let newest = query("cursor");
    (move || if none.get() {
        Either::Left(nothing(asked))
    } else {
        Either::Right(view! {
            <div class="panel">{rows(items.into(), true)}</div>
            <nav class="pager" aria-label="Pages">
                {dynamic(move || newest.get().is_some().then(|| view! { <a class="btn" href=asked.address(None)>"Newest"</a> }))}
                {older}
            </nav>
        })
    })
    .into_any()
}

fn nothing(asked: Filters) -> AnyView {
    if asked.any() {
        let action = view! { <a class="btn" href=paths::DEPLOYMENTS>"Show all deployments"</a> };
        return empty(
            "No deployment matches",
            "None of the deployments has what the filters ask for.",
            action,
            None,
        );
    }
    let action = view! { <a class="btn btn-primary" href=paths::NEW_PROJECT>{icon(Icon::Plus)}"New project"</a> };
    empty(
        "No deployments yet",
        "Each version that you deploy appears here, with its build, its log and who asked for it.",
        action,
        Some("sealdock deploy"),
    )
}
