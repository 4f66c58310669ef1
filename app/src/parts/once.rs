//! A secret that is shown once.

use super::copy::Copy;
use super::icon::{Icon, icon};
use leptos::prelude::*;

pub fn once(sentence: &'static str, secret: String) -> AnyView {
    view! {
        <div class="notice notice-ok" role="status">
            {icon(Icon::KeyRound)}
            <div class="min-w-0">
                <p class="font-medium">{sentence}</p>
                <div class="with-copy mt-2"><code class="key">{secret.clone()}</code><Copy text=secret what="it"/></div>
            </div>
        </div>
    }
    .into_any()
}
