//! One environment: is it fine, what serves, where.

use super::dynamic::dynamic;
use super::icon::{Icon, icon};
use super::prose::prose;
use super::row::changed;
use super::screenshot::screenshot;
use super::sparkline::sparkline;
use super::status::{Tone, deployment_status, instance_word, status};
use super::times::ago;
use crate::{format, paths};
use domain::id::DeploymentId;
use domain::view::{DeploymentSummary, EnvironmentView};
use leptos::either::Either;
use leptos::prelude::*;

#[component]
pub fn EnvironmentCard(
    #[prop(into)] environment: Signal<EnvironmentView>,
    with_project: bool,
) -> AnyView {
    let highlight = changed(Signal::derive(move || {
        environment.with(|e| instance_word(e.status).to_owned())
    }));
    view! {
        <article class="card env-card" class:changed=highlight>
            <header class="env-head">
                <h3>{dynamic(move || environment.with(|e| title(e, with_project)))}</h3>
                {dynamic(move || environment.with(|e| status(Tone::of_instance(e.status), instance_word(e.status))))}
            </header>
            {dynamic(move || environment.with(|e| screenshot(e.active.as_ref())))}
            <p class="sentence">{dynamic(move || environment.with(|e| prose(&e.sentence)))}</p>
            {dynamic(move || environment.with(held))}
            {dynamic(move || environment.with(stopped))}
            {dynamic(move || environment.with(stale))}
            {dynamic(move || environment.with(|e| e.urls.first().cloned()).map(url))}
            <div class="env-versions">
                {dynamic(move || environment.with(|e| version("Serving", e.active.as_ref())))}
                {dynamic(move || environment.with(|e| e.candidate.as_ref().map(|c| version("Next", Some(c)))))}
                {dynamic(move || environment.with(|e| e.latest.as_ref().map(|l| version("Last", Some(l)))))}
            </div>
            <footer class="env-foot">
                {dynamic(move || environment.with(requests))}
                {dynamic(move || environment.with(terminal))}
                {dynamic(move || environment.with(back_button))}
                {dynamic(move || environment.with(update_button))}
            </footer>
        </article>
    }
    .into_any()
}

fn title(e: &EnvironmentView, with_project: bool) -> impl IntoView + use<> {
    let name = e.name.clone();
    if with_project {
        let (href, project) = (paths::project(&e.project), e.project_name.clone());
        Either::Left(view! { <a href=href>{project}</a><span class="muted">" / "{name}</span> })
    } else {
        Either::Right(name)
    }
}

/// Where a browser reaches it.
pub fn url(url: String) -> AnyView {
    let shown = url
        .trim_start_matches("https://")
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    view! {
        <a class="url" href=url rel="external noopener" target="_blank">
            <span class="clip">{shown}</span>{icon(Icon::ArrowUpRight)}<span class="sr-only">" (opens in a new tab)"</span>
        </a>
    }
    .into_any()
}

/// It waits for a person.
fn held(e: &EnvironmentView) -> Option<AnyView> {
    let waiting = e.candidate.as_ref().filter(|c| c.held)?;
    let (label, href) = (waiting.source.label(), paths::deployment(&waiting.id));
    let said = view! {
        <p class="notice">
            {icon(Icon::CircleAlert)}
            <span><span class="mono">{label}</span>" is held at ready. "<a class="link" href=href>"Review, promote or cancel"</a></span>
        </p>
    };
    Some(said.into_any())
}

/// Nothing serves, and nothing starts by itself: a person says which.
fn stopped(e: &EnvironmentView) -> Option<AnyView> {
    let link = |of: &DeploymentId, label: &'static str| {
        view! { <a class="btn" href=paths::version(&e.id, of)>{label}</a> }.into_any()
    };
    let may = e.can.update.is_none();
    let retry = e.retry.as_ref().map(|of| link(of, "Retry"));
    let again = if e.stopped { "Start" } else { "Redeploy" };
    let redeploy = e.redeploy.as_ref().map(|of| link(of, again));
    let ways = match (&retry, &redeploy) {
        (None, None) => return None,
        _ if e.stopped => "Start it again: you see the plan first, and nothing is built.",
        (Some(_), None) => "Try the failed version again: you see the plan first.",
        (None, Some(_)) => "Deploy the version before it again: you see the plan first.",
        _ => "Try the failed version again, or deploy the one before it: you see the plan first.",
    };
    Some(
        view! {
            <div class="notice" class:notice-failed=!e.stopped>
                {icon(Icon::CircleAlert)}
                <div>
                    <p>"Nothing serves here, and nothing starts by itself. "{may.then_some(ways)}</p>
                    {may.then(|| view! { <p class="row mt-2">{retry}{redeploy}</p> })}
                </div>
            </div>
        }
        .into_any(),
    )
}

/// It serves with values that are no longer the ones of today.
fn stale(e: &EnvironmentView) -> Option<AnyView> {
    let names = e.stale_secrets.join(", ");
    (!names.is_empty()).then(|| {
        view! {
            <p class="notice notice-warning">
                {icon(Icon::TriangleAlert)}
                <span>"Secrets changed since: "<code>{names}</code>". "<a class="link" href=paths::edit_config(&e.id)>"Redeploy"</a></span>
            </p>
        }
        .into_any()
    })
}

fn version(label: &'static str, summary: Option<&DeploymentSummary>) -> impl IntoView + use<> {
    match summary.cloned() {
        None => Either::Left(
            view! { <p class="env-version"><span class="env-label">{label}</span><span class="muted">"nothing"</span></p> },
        ),
        Some(d) => Either::Right(view! {
            <p class="env-version">
                <span class="env-label">{label}</span>
                <a class="mono clip" href=paths::deployment(&d.id) title=d.source.label()>{d.source.label()}</a>
                {(!d.live).then(|| deployment_status(&d))}
                <span class="muted env-age">{ago(d.created_at)}</span>
            </p>
        }),
    }
}

fn requests(e: &EnvironmentView) -> AnyView {
    let said = match e.requests_last_minute {
        Some(1) => "1 request in the last minute".to_owned(),
        Some(n) => format!("{} requests in the last minute", format::count(n)),
        None => "Traffic".to_owned(),
    };
    view! {
        <a class="env-traffic muted num" href=paths::traffic(&e.id)>{sparkline(&e.requests_by_minute)}<span>{said}</span></a>
    }
    .into_any()
}

/// The page says why, where there is none now.
fn terminal(e: &EnvironmentView) -> Option<AnyView> {
    let shown = e.debug && e.active.is_some();
    shown.then(|| {
        view! { <a class="btn btn-quiet" href=paths::terminal(&e.id)>"Terminal"</a> }.into_any()
    })
}

/// Nothing to go back from, nothing to press.
fn back_button(e: &EnvironmentView) -> Option<AnyView> {
    let shown = e.can.update.is_none() && (e.active.is_some() || e.latest.is_some());
    shown.then(|| {
        view! { <a class="btn btn-quiet" href=paths::versions(&e.id)>"Roll back"</a> }.into_any()
    })
}

pub fn update_button(e: &EnvironmentView) -> impl IntoView + use<> {
    match e.can.update.clone() {
        None => Either::Left(view! { <a class="btn" href=paths::update(&e.id)>"Update"</a> }),
        Some(why) => Either::Right(view! {
            <span class="why-not">{why}</span>
            <button class="btn" disabled>"Update"</button>
        }),
    }
}
