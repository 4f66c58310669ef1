//! The keyboard: go somewhere, find, and the list of all that. Nothing on a single key changes
//! anything.

use super::palette::Palette;
use crate::paths;
use leptos::html;
use leptos::prelude::*;
use leptos::web_sys::KeyboardEvent;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The second key waits this long for its first.
const TOGETHER_MS: i64 = 1_200;

const GO: [(&str, &str, &str); 7] = [
    ("o", "Overview", paths::OVERVIEW),
    ("p", "Projects", paths::PROJECTS),
    ("d", "Deployments", paths::DEPLOYMENTS),
    ("v", "Services", paths::SERVICES),
    ("r", "Runtimes", paths::RUNTIMES),
    ("a", "Activity", paths::EVENTS),
    ("s", "Settings", paths::SETTINGS),
];

/// The palette, the list of keys, and the one listener behind both.
#[component]
pub fn Keys() -> impl IntoView {
    let (palette, keys) = (
        NodeRef::<html::Dialog>::new(),
        NodeRef::<html::Dialog>::new(),
    );
    let opens = RwSignal::new(0_u32);
    let navigate = use_navigate();
    let went = StoredValue::new(0_i64);
    let open_palette = move || {
        if let Some(dialog) = palette.get_untracked() {
            opens.update(|n| *n += 1);
            let _ = dialog.show_modal();
        }
    };
    let press = move |event: KeyboardEvent| {
        let key = event.key();
        if (event.ctrl_key() || event.meta_key()) && key == "k" {
            event.prevent_default();
            return open_palette();
        }
        if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(&event) {
            return;
        }
        let now = crate::live::js_now();
        let place = GO
            .iter()
            .find(|(k, ..)| *k == key)
            .filter(|_| now - went.get_value() < TOGETHER_MS);
        went.set_value(if key == "g" { now } else { 0 });
        match (key.as_str(), place) {
            (_, Some((_, _, path))) => navigate(path, Default::default()),
            ("/", _) => focus_filter(&event),
            ("?", _) => drop(keys.get_untracked().map(|dialog| dialog.show_modal())),
            _ => {}
        }
    };
    Effect::new(move |_| {
        let handle = window_event_listener(leptos::ev::keydown, press.clone());
        on_cleanup(move || handle.remove());
        let handle = window_event_listener(leptos::ev::click, move |event| {
            let target = event
                .target()
                .and_then(|t| t.dyn_into::<web_sys::Element>().ok());
            if target
                .and_then(|t| t.closest("[data-opens=palette]").ok().flatten())
                .is_some()
            {
                open_palette();
            }
        });
        on_cleanup(move || handle.remove());
    });
    view! {
        <dialog class="palette" node_ref=palette aria-label="Go to"><Palette opens dialog=palette/></dialog>
        <dialog class="keys" node_ref=keys aria-labelledby="keys-title">
            <div class="keys-body">
                <h2 id="keys-title">"Keys"</h2>
                <dl>
                    {key_line("Go to, update, deploy", &["Ctrl", "K"])}
                    {key_line("Focus the filter", &["/"])}
                    {GO.into_iter().map(|(key, name, _)| key_line(name, &["g", key])).collect_view()}
                    {key_line("This list", &["?"])}
                </dl>
                <form method="dialog" class="form-foot mt-4"><button class="btn">"Close"</button></form>
            </div>
        </dialog>
    }
}

fn key_line(what: &'static str, keys: &[&'static str]) -> AnyView {
    let keys = keys
        .iter()
        .map(|key| view! { <kbd>{*key}</kbd> })
        .collect_view();
    view! { <dt>{what}</dt><dd>{keys}</dd> }.into_any()
}

/// Letters that a person types are theirs.
fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event
        .target()
        .and_then(|t| t.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|t| {
        matches!(t.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            || t.closest("dialog").ok().flatten().is_some()
    })
}

fn focus_filter(event: &KeyboardEvent) {
    let filter = document()
        .query_selector("main [data-filter], main input[type=search]")
        .ok()
        .flatten();
    if let Some(filter) = filter.and_then(|f| f.dyn_into::<HtmlElement>().ok()) {
        event.prevent_default();
        let _ = filter.focus();
    }
}
