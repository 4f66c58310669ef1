//! The settings of an environment. It posts to its own page, so that values never stand in an
//! address; with wasm the plan follows as soon as typing rests.

use super::env_editor::env_editor;
use super::preset_field::preset_field;
use crate::draft::Fields;
use crate::paths;
use domain::route::MOST_HELD_S;
use leptos::prelude::*;
use std::time::Duration;

/// Typing rests when nothing came for this long.
const REST: Duration = Duration::from_millis(350);

/// `builds`: there is a repository, so there is a choice of what builds it.
pub fn config_form(fields: RwSignal<Fields>, builds: bool) -> AnyView {
    let draft = RwSignal::new(fields.get_untracked());
    let turn = StoredValue::new(0_u32);
    let touched = move || {
        let mine = turn.get_value() + 1;
        turn.set_value(mine);
        let rest = move || {
            if turn.try_get_value() == Some(mine) {
                fields.set(draft.get_untracked());
            }
        };
        set_timeout(rest, REST);
    };
    let preset = move |word: String| {
        draft.update(|f| f.preset = word);
        touched();
    };
    let chosen = draft.with_untracked(|f| f.preset.clone());
    let build = builds.then(|| preset_field("choice[config][preset]", &chosen, preset));
    view! {
        <form method="post" class="fields">
            {env_editor(draft, touched)}
            {secrets(draft, touched)}
            {build}
            <fieldset>
                <legend>"Scale and limits"</legend>
                <div class="fields-2">
                    {number("Replicas", "replicas", draft, |f| &mut f.replicas, touched)}
                    {number("CPUs each", "cpus", draft, |f| &mut f.cpus, touched)}
                    {number("Memory each, MiB", "memory_mib", draft, |f| &mut f.memory_mib, touched)}
                </div>
            </fieldset>
            <fieldset>
                <legend>"Traffic"</legend>
                <div class="fields-2">
                    {number("Port", "port", draft, |f| &mut f.port, touched)}
                    {number("Health path", "health_path", draft, |f| &mut f.health_path, touched)}
                    {number("Drain, seconds", "drain_s", draft, |f| &mut f.drain_s, touched)}
                    {number("Hold at most, seconds", "max_hold_s", draft, |f| &mut f.max_hold_s, touched)}
                </div>
                <p class="hint" id="max_hold_s-hint">{held()}</p>
            </fieldset>
            <div class="form-foot"><button class="btn" on:click=move |event| { event.prevent_default(); fields.set(draft.get_untracked()) }>"Show the plan"</button></div>
        </form>
    }
    .into_any()
}

/// Only a `replace` has the gap that this is about.
fn held() -> String {
    format!(
        "Hold: while an update has to stop the old version first, each request waits this long for the new one, 0 to {MOST_HELD_S} seconds, and is then answered 503. 0 answers 503 at once."
    )
}

/// By their names; their values are set elsewhere, and never shown.
fn secrets(draft: RwSignal<Fields>, touched: impl Fn() + Copy + 'static) -> AnyView {
    let names = draft.with_untracked(|f| f.secrets.clone());
    let typed = move |text: String| {
        draft.update(|f| f.secrets = Some(text));
        touched();
    };
    view! {
        <div class="field">
            <label for="secrets">"Secrets"</label>
            <input class="input" id="secrets" name="choice[config][secrets]" autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="DATABASE_PASSWORD" aria-describedby="secrets-hint" value=names on:input:target=move |event| typed(event.target().value())/>
            <p class="hint" id="secrets-hint">"Names, with spaces between them. Their values are set under "<a class="link" href=paths::SECRETS>"Settings, Secrets"</a>"."</p>
        </div>
    }
    .into_any()
}

fn number(
    label: &'static str,
    name: &'static str,
    draft: RwSignal<Fields>,
    part: fn(&mut Fields) -> &mut String,
    touched: impl Fn() + Copy + 'static,
) -> AnyView {
    let mut start = draft.get_untracked();
    let value = std::mem::take(part(&mut start));
    let hint = (name == "max_hold_s").then_some("max_hold_s-hint");
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                class="input num"
                id=name
                name=format!("choice[config][{name}]")
                autocomplete="off"
                inputmode=(name != "health_path").then_some("decimal")
                aria-describedby=hint
                value=value
                on:input:target=move |event| {
                    draft.update(|f| *part(f) = event.target().value());
                    touched();
                }
            />
        </div>
    }
    .into_any()
}
