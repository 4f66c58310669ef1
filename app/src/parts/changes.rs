//! What differs: one line each, before and after.

use domain::config::Change;
use leptos::either::EitherOf3;
use leptos::prelude::*;

pub fn changes(list: &[Change]) -> AnyView {
    let rows = list.iter().cloned().map(change).collect_view();
    view! { <ul class="changes">{rows}</ul> }.into_any()
}

fn change(Change { path, from, to }: Change) -> AnyView {
    let (class, sign, word) = match (&from, &to) {
        (None, _) => ("change change-added", "+", "added"),
        (_, None) => ("change change-removed", "−", "removed"),
        _ => ("change change-changed", "~", "changed"),
    };
    let values = match (from, to) {
        (Some(from), Some(to)) => EitherOf3::A(view! { <del>{from}</del>" → "<ins>{to}</ins> }),
        (None, Some(to)) => EitherOf3::B(view! { <ins>{to}</ins> }),
        (from, None) => EitherOf3::C(view! { <del>{from}</del> }),
    };
    view! {
        <li class=class>
            <span class="sign" aria-hidden="true">{sign}</span>
            <span class="sr-only">{word}" "</span>
            <code class="change-path">{path}</code>
            <span class="change-values mono">{values}</span>
        </li>
    }
    .into_any()
}
