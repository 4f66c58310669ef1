//! The installation and the organization: what a person needs to know about them.

use crate::parts::copy::Copy;
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::settings_tabs::settings_head;
use crate::read::Read;
use crate::server_fns::accounts::settings;
use domain::view::SettingsView;
use leptos::prelude::*;

#[component]
pub fn Settings() -> impl IntoView {
    let data = Read::new(|| (), |()| settings());
    view! {
        {settings_head("Settings")}
        {loaded(data, Skeleton::Lines(6), |view| page(view.get_untracked()))}
    }
}

fn page(view: SettingsView) -> AnyView {
    let example = format!("production-shop.{}:{}", view.base_domain, view.proxy_port);
    view! {
        <section class="panel panel-body">
            <h2 class="mb-2">"Organization"</h2>
            <dl class="pairs">
                <div><dt>"Name"</dt><dd>{view.org_name}</dd></div>
                <div><dt>"Id"</dt><dd class="with-copy"><code class="clip">{view.org.to_string()}</code><Copy text=view.org.to_string() what="the organization’s id"/></dd></div>
            </dl>
        </section>
        <section class="panel panel-body block">
            <h2 class="mb-2">"This installation"</h2>
            <dl class="pairs">
                <div><dt>"Version"</dt><dd>{view.version}</dd></div>
                <div><dt>"Base domain"</dt><dd><code>{view.base_domain}</code><p class="hint">"Apps answer below it, for example "<code>{example}</code></p></dd></div>
                <div><dt>"Data"</dt><dd><code>{view.data_dir}</code></dd></div>
                <div><dt>"Master key"</dt><dd>{view.master_key}<p class="hint">"Everything secret in the database is sealed with it. Back it up, and not together with the data."</p></dd></div>
            </dl>
        </section>
        {view.deploy_key.map(deploy_key)}
    }
    .into_any()
}

fn deploy_key(key: String) -> AnyView {
    view! {
        <section class="panel panel-body block">
            <h2 class="mb-2">"Deploy key"</h2>
            <p class="muted mb-3">"Add this public key to a private repository, with read access, and its ssh:// address works here."</p>
            <div class="with-copy"><code class="key">{key.clone()}</code><Copy text=key what="the deploy key"/></div>
        </section>
    }
    .into_any()
}
