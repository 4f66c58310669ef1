//! The document around the app, as the server writes it.

use crate::App;
use crate::parts::log_time::{self, Times};
use crate::parts::theme::{COOKIE, Theme};
use axum::http::{header, request::Parts};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;

/// Where the browser gets what the page is made of; each address changes with its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assets {
    pub css: String,
    pub js: String,
    pub wasm: String,
}

pub fn document() -> impl IntoView {
    let assets = use_context::<Assets>().unwrap_or_default();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme().word()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=assets.css.clone()/>
                {start(&assets)}
                <MetaTags/>
            </head>
            <body><App/></body>
        </html>
    }
}

/// Loads the wasm. `nonce` lets it run under the content security policy.
fn start(assets: &Assets) -> impl IntoView + use<> {
    let Assets { js, wasm, .. } = assets.clone();
    let nonce = use_nonce();
    let script = format!(
        "import({js:?}).then(m => m.default({{ module_or_path: {wasm:?} }}).then(() => m.hydrate()))"
    );
    view! {
        <link rel="modulepreload" href=js nonce=nonce.clone()/>
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
        <script type="module" nonce=nonce>{script}</script>
    }
}

/// The stored choice: known before the first byte, so that nothing flashes.
pub fn theme() -> Theme {
    chosen(COOKIE).map_or(Theme::System, |word| Theme::parse(&word))
}

/// How the times of a log were wanted last.
pub fn log_times() -> Times {
    chosen(log_time::COOKIE).map_or(Times::Off, |word| Times::parse(&word))
}

fn chosen(cookie: &str) -> Option<String> {
    let parts = use_context::<Parts>()?;
    let cookies = parts
        .headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'));
    let mut pairs = cookies.filter_map(|c| c.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == cookie)
        .map(|(_, word)| word.to_owned())
}
