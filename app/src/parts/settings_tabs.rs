//! The head that the settings pages share.

use super::page_head::page_head;
use crate::paths;
use leptos::prelude::*;
use leptos_router::components::A;

pub fn settings_head(title: &'static str) -> AnyView {
    view! {
        {page_head(vec![], title, ())}
        <nav class="tabs-in" aria-label="Settings">
            <A href=paths::SETTINGS exact=true attr:class="tab-in">"General"</A>
            <A href=paths::MEMBERS attr:class="tab-in">"Members"</A>
            <A href=paths::CREDENTIALS attr:class="tab-in">"Git and registries"</A>
            <A href=paths::SECRETS attr:class="tab-in">"Secrets"</A>
            <A href=paths::DOMAINS attr:class="tab-in">"Domains"</A>
            <A href=paths::DISK attr:class="tab-in">"Disk"</A>
            <A href=paths::TOKENS attr:class="tab-in">"API tokens"</A>
        </nav>
    }
    .into_any()
}
