//! Text that is there to be copied.

use super::dynamic::dynamic;
use super::icon::{Icon, icon};
use leptos::prelude::*;
use std::time::Duration;

/// A button that copies `text`; without wasm the text beside it can be selected by hand.
#[component]
pub fn Copy(#[prop(into)] text: Signal<String>, what: &'static str) -> AnyView {
    let done = RwSignal::new(false);
    let copy = move |_| {
        let _ = window()
            .navigator()
            .clipboard()
            .write_text(&text.get_untracked());
        done.set(true);
        set_timeout(
            move || done.try_set(false).map_or((), |_| ()),
            Duration::from_millis(1600),
        );
    };
    view! {
        <button type="button" class="btn-icon copy" aria-label=format!("Copy {what}") title=format!("Copy {what}") on:click=copy>
            {dynamic(move || if done.get() { icon(Icon::Check) } else { icon(Icon::Copy) })}
        </button>
    }
    .into_any()
}

/// One line for a terminal.
pub fn command(line: &'static str) -> AnyView {
    view! {
        <span class="command"><code>{line}</code><Copy text=line.to_owned() what="the command"/></span>
    }
    .into_any()
}
