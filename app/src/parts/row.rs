//! One deployment in a list: a row of a table on a desk, a card on a phone.

use super::dynamic::{dynamic, each};
use super::status::{deployment_status, live_badge};
use super::times::ago;
use crate::{format, paths};
use domain::source::Source;
use domain::view::{DeploymentSummary, Durations};
use leptos::prelude::*;

pub fn rows(items: Signal<Vec<DeploymentSummary>>, with_project: bool) -> AnyView {
    view! {
        <table class="table deployments">
            <thead>
                <tr>
                    <th scope="col">"Deployment"</th>
                    <th scope="col">"Status"</th>
                    <th scope="col">"Source"</th>
                    <th scope="col">"Trigger"</th>
                    <th scope="col" class="right">"Duration"</th>
                    <th scope="col" class="right">"Created"</th>
                </tr>
            </thead>
            <tbody>
                {each(items, |d| d.id.to_string(), move |row| view! { <Row row with_project/> }.into_any())}
            </tbody>
        </table>
    }
    .into_any()
}

#[component]
fn Row(row: Memo<DeploymentSummary>, with_project: bool) -> AnyView {
    let changed = changed(Signal::derive(move || row.with(|d| d.status.clone())));
    view! {
        <tr class="row-link" class:changed=changed>{dynamic(move || row.with(|d| cells(d, with_project)))}</tr>
    }
    .into_any()
}

/// Plain once built: a page of a thousand rows has one thing to watch in each, not ten.
fn cells(d: &DeploymentSummary, with_project: bool) -> impl IntoView + use<> {
    view! {
        <td data-label="Deployment">
            <a class="row-main" href=paths::deployment(&d.id)>{name(d, with_project)}</a>
            <span class="row-sub">{d.environment_name.clone()}{live_badge(d.live)}</span>
        </td>
        <td data-label="Status">
            {deployment_status(d)}
            <span class="row-sub clip" title=d.sentence.clone()>{d.sentence.clone()}</span>
        </td>
        <td data-label="Source">{source(&d.source)}</td>
        <td data-label="Trigger">
            {d.trigger.word()}
            <span class="row-sub clip">{d.created_by.clone()}</span>
        </td>
        <td data-label="Duration" class="right num">{took(&d.durations)}</td>
        <td data-label="Created" class="right num">{ago(d.created_at)}</td>
    }
}

fn name(d: &DeploymentSummary, with_project: bool) -> String {
    if with_project {
        format!("{} #{}", d.project_name, d.number)
    } else {
        format!("#{}", d.number)
    }
}

/// `v1.4.2` over the subject of its commit.
pub fn source(source: &Source) -> impl IntoView + use<> {
    let label = source.label();
    let subject = source.commit().map(|c| c.subject.clone());
    let title = source.commit().map_or(label.clone(), |c| {
        format!("{} · {} · {}", c.sha, c.author, c.subject)
    });
    view! {
        <span class="mono clip" title=title>{label}</span>
        <span class="row-sub clip">{subject}</span>
    }
}

fn took(durations: &Durations) -> String {
    let parts = [durations.queue_ms, durations.build_ms, durations.deploy_ms];
    if parts.iter().all(Option::is_none) {
        return "–".into();
    }
    format::duration(parts.into_iter().flatten().sum::<i64>() / 100 * 100)
}

/// True for a moment after `what` became something else: the row is highlighted once.
pub fn changed(what: Signal<String>) -> Signal<bool> {
    let on = RwSignal::new(false);
    Effect::new(move |before: Option<String>| {
        let now = what.get();
        if before.is_some_and(|before| before != now) {
            on.set(true);
            set_timeout(
                move || on.try_set(false).map_or((), |_| ()),
                std::time::Duration::from_millis(1500),
            );
        }
        now
    });
    on.into()
}
