//! An empty state: one sentence, one primary action, and the command line for the same.

use super::copy::command;
use leptos::prelude::*;

pub fn empty(
    title: &'static str,
    sentence: &'static str,
    action: impl IntoView + 'static,
    line: Option<&'static str>,
) -> AnyView {
    view! {
        <section class="empty">
            <h2>{title}</h2>
            <p>{sentence}</p>
            <div class="empty-action">{action}</div>
            {line.map(|line| view! {
                <div class="empty-line"><span class="muted">"or from a terminal"</span>{command(line)}</div>
            })}
        </section>
    }
    .into_any()
}
