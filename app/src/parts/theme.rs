//! Light, dark, or as the system has it. A plain form that sets a cookie; with wasm the page
//! changes at once and nothing is loaded again.

use super::dynamic::dynamic;
use super::icon::{Icon, icon};
use leptos::prelude::*;
use leptos::web_sys::SubmitEvent;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;
use web_sys::HtmlDocument;

pub const COOKIE: &str = "theme";
const YEAR_S: u32 = 31_536_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    pub const fn word(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    pub fn parse(word: &str) -> Theme {
        Self::ALL
            .into_iter()
            .find(|t| t.word() == word)
            .unwrap_or_default()
    }

    const fn next(self) -> Theme {
        match self {
            Theme::System => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::System,
        }
    }

    const fn icon(self) -> Icon {
        match self {
            Theme::System => Icon::Monitor,
            Theme::Light => Icon::Sun,
            Theme::Dark => Icon::Moon,
        }
    }

    /// What the server and the browser store.
    pub fn cookie(self) -> String {
        kept(COOKIE, self.word())
    }
}

/// One button: each press is the next of the three.
#[component]
pub fn ThemeToggle() -> AnyView {
    let theme = expect_context::<RwSignal<Theme>>();
    let label = move || {
        format!(
            "Theme: {}. Change to {}.",
            theme.get().word(),
            theme.get().next().word()
        )
    };
    let change = move |event: SubmitEvent| {
        event.prevent_default();
        choose(theme, theme.get_untracked().next());
    };
    view! {
        <form method="post" action="/theme" on:submit=change>
            <input type="hidden" name="theme" value=move || theme.get().next().word()/>
            <button class="btn-icon" aria-label=label title=label>{dynamic(move || icon(theme.get().icon()))}</button>
        </form>
    }
    .into_any()
}

pub fn choose(theme: RwSignal<Theme>, new: Theme) {
    theme.set(new);
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-theme", new.word());
    }
    keep(COOKIE, new.word());
}

/// Remembers a choice in this browser, where the server sees it too.
pub fn keep(name: &str, word: &str) {
    if let Ok(document) = document().dyn_into::<HtmlDocument>() {
        let _ = document.set_cookie(&kept(name, word));
    }
}

fn kept(name: &str, word: &str) -> String {
    format!("{name}={word}; Path=/; Max-Age={YEAR_S}; SameSite=Lax")
}
