//! One deployment: the one true sentence, its stages and jobs, its log, and what it is.

use super::{param, query};
use crate::parts::attestation::attestation;
use crate::parts::deployment_actions::actions;
use crate::parts::deployment_facts::facts;
use crate::parts::dynamic::{dynamic, flag};
use crate::parts::environment_card::url;
use crate::parts::job_graph::job_graph;
use crate::parts::job_list::{Selected, beside, job_list, selected};
use crate::parts::lines::{self, Anchor};
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::log::Log;
use crate::parts::page_head::trail;
use crate::parts::prose::prose;
use crate::parts::replacing::replacing;
use crate::parts::status::{Tone, deployment_word, live_badge};
use crate::parts::timeline::timeline;
use crate::parts::times::{Left, ago};
use crate::server_fns::deployments::deployment;
use crate::{format, live, paths};
use domain::hint::Topic;
use domain::view::{DeploymentSummary, DeploymentView, DrainView};
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn Deployment() -> impl IntoView {
    let id = param("id");
    let about = |topic: &Topic| matches!(topic, Topic::Deployment(_) | Topic::Environment(_));
    let moves = |view: &DeploymentView| {
        let after = view.summary.live && view.jobs.iter().any(|j| !j.status.is_final());
        view.summary.phase.is_moving() || view.drain.is_some() || after
    };
    let data = live::read(move || id.get(), deployment, about, moves);
    loaded(data, Skeleton::Lines(12), page)
}

fn page(view: Signal<DeploymentView>) -> AnyView {
    let picked = query("job");
    let log = Memo::new(move |_| view.with(|v| selected(v, picked.get().as_deref())));
    view! {
        {head(view)}
        {timeline(view)}
        {replacing(view)}
        {job_graph(view, log)}
        <div class="deployment">
            <div class="deployment-main">
                {attestation(view)}
                {job_list(view, log)}
                {logs(view, log)}
            </div>
            {facts(view)}
        </div>
    }
    .into_any()
}

fn head(view: Signal<DeploymentView>) -> AnyView {
    let summary = Memo::new(move |_| view.with(|v| v.summary.clone()));
    let name = |s: &DeploymentSummary| format!("{} #{}", s.project_name, s.number);
    // The server writes the title last, when this part of the page may be gone already.
    let first = summary.with_untracked(name);
    let title = move || summary.try_with(name).unwrap_or_else(|| first.clone());
    let crumbs = summary.with_untracked(|s| {
        vec![
            (paths::PROJECTS.to_owned(), "Projects".to_owned()),
            (paths::project(&s.project), s.project_name.clone()),
        ]
    });
    view! {
        <Title text=title/>
        <header class="page-head">
            <div class="min-w-0">
                {trail(crumbs)}
                <h1>
                    {dynamic(move || summary.with(|s| format!("#{}", s.number)))}
                    <span class="h1-sub mono clip">{dynamic(move || summary.with(|s| s.source.label()))}</span>
                    {dynamic(move || summary.with(|s| live_badge(s.live)))}
                </h1>
                <p class="byline muted">
                    {dynamic(move || summary.with(|s| s.environment_name.clone()))}" · "
                    {dynamic(move || summary.with(|s| s.trigger.word()))}
                    {dynamic(move || summary.with(|s| s.created_by.clone().map(|who| format!(" by {who}"))))}" · "
                    {dynamic(move || ago(summary.with(|s| s.created_at)))}
                </p>
            </div>
            {actions(view)}
        </header>
        <section class="verdict" aria-live="polite">
            {dynamic(move || summary.with(|s| {
                let class = format!("verdict-status {}", Tone::of_phase(s.phase).class());
                view! { <p class=class><span class="dot" aria-hidden="true"></span><b>{deployment_word(s)}</b><span>{prose(&s.sentence)}</span></p> }
            }))}
            {dynamic(move || view.with(|v| v.review_url.clone()).map(url))}
            {dynamic(move || view.with(|v| v.drain.clone()).map(drain))}
            {dynamic(move || view.with(|v| v.urls.first().cloned().filter(|_| v.summary.live)).map(url))}
        </section>
    }
    .into_any()
}

/// "12 requests finishing, 18 s left"
fn drain(drain: DrainView) -> AnyView {
    let finishing = match drain.in_flight {
        1 => "1 request finishing, ".to_owned(),
        n => format!("{} requests finishing, ", format::count(n)),
    };
    view! { <p class="drain">{finishing}<Left until=drain.deadline/></p> }.into_any()
}

/// While two versions run, the log of the old one stands beside that of the new one, and stays
/// until another log is chosen: what is being read does not vanish with the old version.
fn logs(view: Signal<DeploymentView>, log: Memo<Option<Selected>>) -> AnyView {
    let old = Memo::new(move |last: Option<&(Option<Selected>, Option<Selected>)>| {
        let open = log.get();
        let now = view.with(|v| open.as_ref().and_then(|open| beside(v, open)));
        let kept = last.filter(|(of, _)| *of == open);
        let old = now.or_else(|| kept.and_then(|(_, old)| old.clone()));
        (open, old)
    });
    let old = Memo::new(move |_| old.with(|(_, old)| old.clone()));
    view! {
        <div class="logs" class:logs-two=flag(move || old.with(Option::is_some))>
            {log_of(log, lines::MAIN)}
            {log_of(old, lines::BEFORE)}
        </div>
    }
    .into_any()
}

/// Rebuilt only when another log is chosen.
fn log_of(log: Memo<Option<Selected>>, anchor: Anchor) -> AnyView {
    dynamic(move || {
        log.get()
            .map(|s| view! { <Log stream=s.stream title=s.title anchor/> })
    })
}
