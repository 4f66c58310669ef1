//! The pages before one is signed in: one card, one form, plain HTML.

use super::refused::refused;
use super::shell::mark;
use crate::boot::flash;
use leptos::prelude::*;
use leptos_meta::Title;

pub fn door(
    title: &'static str,
    sentence: &'static str,
    action: &'static str,
    fields: impl IntoView + 'static,
    button: &'static str,
) -> AnyView {
    view! {
        <Title text=title/>
        <form method="post" action=action class="form-card">
            {mark()}
            <div><h1>{title}</h1><p class="muted">{sentence}</p></div>
            {flash().map(|no| refused(&no))}
            {fields}
            <button class="btn btn-primary btn-large btn-wide">{button}</button>
        </form>
    }
    .into_any()
}

/// One labelled input.
pub fn field(
    label: &'static str,
    name: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
    hint: Option<&'static str>,
) -> AnyView {
    let hint_id = format!("{name}-hint");
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                class="input"
                id=name
                name=name
                type=kind
                autocomplete=autocomplete
                required
                aria-describedby=hint.is_some().then(|| hint_id.clone())
            />
            {hint.map(|hint| view! { <p class="hint" id=hint_id.clone()>{hint}</p> })}
        </div>
    }
    .into_any()
}
