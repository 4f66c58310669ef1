//! Which deployment once more, and whose configuration it runs with. A plain GET form; with wasm
//! each choice goes to its address and the plan follows.

use super::icon::{Icon, icon};
use super::times::ago;
use super::version_form::chooser;
use crate::paths;
use domain::view::{VersionView, VersionsView};
use leptos::prelude::*;
use std::sync::Arc;

type Choose = Arc<dyn Fn(&[(&str, Option<&str>)])>;

pub fn earlier_form(
    id: &str,
    view: VersionsView,
    of: Memo<Option<String>>,
    settings: Memo<Option<String>>,
) -> AnyView {
    let go = chooser(format!("/environments/{id}/versions"));
    let choose: Choose = Arc::new(go);
    let back = !view.earlier.is_empty();
    let nothing = view
        .earlier
        .iter()
        .chain(&view.elsewhere)
        .chain(&view.failed)
        .all(|v| v.refused.is_some() || serves_here(v, &view));
    let none = nothing.then(|| {
        view! { <div class="notice">{icon(Icon::CircleAlert)}<p>"There is no earlier version to go back to yet. It appears here as soon as another one took over."</p></div> }
    });
    view! {
        <form method="get" class="fields">
            {none}
            {list("Failed here, and never served", view.failed.into_iter().collect(), of, settings, &choose)}
            {list("Served here", view.earlier, of, settings, &choose)}
            {list("Runs in another environment", view.elsewhere, of, settings, &choose)}
            {back.then(|| settings_field(of, settings, choose))}
            <div class="form-foot"><button class="btn">"Show the plan"</button></div>
        </form>
    }
    .into_any()
}

/// It can only be restarted, which is no way back.
fn serves_here(v: &VersionView, view: &VersionsView) -> bool {
    v.deployment.live && v.deployment.environment == view.environment.id
}

fn list(
    legend: &'static str,
    versions: Vec<VersionView>,
    of: Memo<Option<String>>,
    settings: Memo<Option<String>>,
    choose: &Choose,
) -> Option<AnyView> {
    if versions.is_empty() {
        return None;
    }
    let items = versions
        .into_iter()
        .map(|v| version(v, of, settings, choose.clone()))
        .collect_view();
    let list =
        view! { <fieldset><legend>{legend}</legend><div class="tag-list">{items}</div></fieldset> };
    Some(list.into_any())
}

fn version(
    VersionView {
        deployment,
        refused,
    }: VersionView,
    of: Memo<Option<String>>,
    settings: Memo<Option<String>>,
    choose: Choose,
) -> AnyView {
    let id = deployment.id.to_string();
    let (value, picked) = (id.clone(), id.clone());
    let about = refused.clone().unwrap_or_else(|| {
        let said = deployment
            .source
            .commit()
            .map(|c| format!("{} · {}", c.author, c.subject));
        said.unwrap_or_else(|| deployment.sentence.clone())
    });
    let chosen = move |_| {
        let settings = settings.get_untracked();
        choose(&[("of", Some(&value)), ("config", settings.as_deref())]);
    };
    view! {
        <label class="tag">
            <input
                type="radio"
                name="of"
                value=id.clone()
                disabled=refused.is_some()
                checked=of.get_untracked().as_deref() == Some(&id)
                prop:checked=move || of.with(|o| o.as_deref() == Some(&picked))
                on:change=chosen
            />
            <span class="tag-main">
                <span class="tag-name">
                    <span class="mono">{deployment.source.label()}</span>
                    <a class="muted" href=paths::deployment(&deployment.id)>{format!("#{}", deployment.number)}</a>
                    {deployment.live.then(|| view! { <span class="badge badge-live">{format!("Live in {}", deployment.environment_name)}</span> })}
                </span>
                <span class="tag-sub clip" title=about.clone()>{about.clone()}</span>
            </span>
            {ago(deployment.created_at)}
        </label>
    }
    .into_any()
}

/// A promotion takes the environment's own configuration, whatever is said here.
fn settings_field(
    of: Memo<Option<String>>,
    settings: Memo<Option<String>>,
    choose: Choose,
) -> AnyView {
    let current = settings.get_untracked().as_deref() == Some("current");
    let chosen = move |event: leptos::ev::Targeted<
        leptos::web_sys::Event,
        leptos::web_sys::HtmlSelectElement,
    >| {
        let (of, value) = (of.get_untracked(), event.target().value());
        choose(&[("of", of.as_deref()), ("config", Some(&value))]);
    };
    view! {
        <div class="field">
            <label for="config">"Configuration of a version that served here"</label>
            <select class="input" id="config" name="config" aria-describedby="config-hint" on:change:target=chosen>
                <option value="own" selected=!current>"As it was when that version ran"</option>
                <option value="current" selected=current>"As it is set now"</option>
            </select>
            <p class="hint" id="config-hint">"A version from another environment always runs with what is set for this one."</p>
        </div>
    }
    .into_any()
}
