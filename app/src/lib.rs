//! What a person sees. This screen holds every URL; `pages/` has one file for each, `parts/` what
//! they are made of, `server_fns/` how they reach the product.
//!
//! Every page is rendered on the server, works as plain HTML and forms, and becomes live when
//! its wasm has loaded. The route holds the state: a filter, a chosen tag, an open job is a URL.

#![recursion_limit = "256"]

pub mod answer;
pub mod draft;
pub mod error;
pub mod format;
pub mod live;
pub mod pages;
pub mod parts;
pub mod paths;
pub mod read;
pub mod server_fns;

#[cfg(feature = "ssr")]
pub mod call;
#[cfg(feature = "ssr")]
pub mod document;

mod boot;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::path;
use pages::*;
use parts::loaded::not_found;
use parts::{shell::Shell, toasts};

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let boot = boot::provide();
    live::provide(boot.caller.is_some());
    toasts::provide();
    let page = move || match boot.caller.clone() {
        Some(caller) => view! { <Shell caller>{pages()}</Shell> }.into_any(),
        None => view! { <main id="main" class="door">{pages()}</main> }.into_any(),
    };
    view! {
        <Title formatter=|text: String| if text.is_empty() { "Sealdock".into() } else { format!("{text} · Sealdock") }/>
        <Router>{page()}</Router>
    }
}

fn pages() -> impl IntoView {
    view! {
        <FlatRoutes fallback=|| not_found().into_any()>
            <Route path=path!("/") view=|| view! { <Overview/> }.into_any()/>
            <Route path=path!("/projects") view=|| view! { <Projects/> }.into_any()/>
            <Route path=path!("/projects/new") view=|| view! { <NewProject/> }.into_any()/>
            <Route path=path!("/projects/new/git") view=|| view! { <NewGit/> }.into_any()/>
            <Route path=path!("/projects/new/image") view=|| view! { <NewImage/> }.into_any()/>
            <Route path=path!("/projects/new/bundle") view=|| view! { <NewBundle/> }.into_any()/>
            <Route path=path!("/projects/import") view=|| view! { <ImportCompose/> }.into_any()/>
            <Route path=path!("/projects/:id") view=|| view! { <Project/> }.into_any()/>
            <Route path=path!("/projects/:id/git") view=|| view! { <GitPush/> }.into_any()/>
            <Route path=path!("/projects/:id/delete") view=|| view! { <DeleteProject/> }.into_any()/>
            <Route path=path!("/projects/:id/crons") view=|| view! { <Crons/> }.into_any()/>
            <Route path=path!("/deployments") view=|| view! { <Deployments/> }.into_any()/>
            <Route path=path!("/deployments/:id") view=|| view! { <Deployment/> }.into_any()/>
            <Route path=path!("/deployments/:id/stop") view=|| view! { <Stop/> }.into_any()/>
            <Route path=path!("/deployments/:id/stack-trace") view=|| view! { <StackTrace/> }.into_any()/>
            <Route path=path!("/environments/:id/update") view=|| view! { <Update/> }.into_any()/>
            <Route path=path!("/environments/:id/update/config") view=|| view! { <EditConfig/> }.into_any()/>
            <Route path=path!("/environments/:id/traffic") view=|| view! { <Traffic/> }.into_any()/>
            <Route path=path!("/environments/:id/terminal") view=|| view! { <Terminal/> }.into_any()/>
            <Route path=path!("/environments/:id/versions") view=|| view! { <Versions/> }.into_any()/>
            <Route path=path!("/environments/:id/delete") view=|| view! { <DeleteEnvironment/> }.into_any()/>
            <Route path=path!("/services") view=|| view! { <Services/> }.into_any()/>
            <Route path=path!("/services/new") view=|| view! { <NewService/> }.into_any()/>
            <Route path=path!("/services/:id") view=|| view! { <Service/> }.into_any()/>
            <Route path=path!("/services/:id/delete") view=|| view! { <DeleteService/> }.into_any()/>
            <Route path=path!("/backups/:id/restore") view=|| view! { <Restore/> }.into_any()/>
            <Route path=path!("/runtimes") view=|| view! { <Runtimes/> }.into_any()/>
            <Route path=path!("/events") view=|| view! { <Events/> }.into_any()/>
            <Route path=path!("/settings") view=|| view! { <Settings/> }.into_any()/>
            <Route path=path!("/settings/secrets") view=|| view! { <Secrets/> }.into_any()/>
            <Route path=path!("/settings/domains") view=|| view! { <Domains/> }.into_any()/>
            <Route path=path!("/settings/disk") view=|| view! { <Disk/> }.into_any()/>
            <Route path=path!("/settings/credentials") view=|| view! { <Credentials/> }.into_any()/>
            <Route path=path!("/settings/tokens") view=|| view! { <Tokens/> }.into_any()/>
            <Route path=path!("/settings/members") view=|| view! { <Members/> }.into_any()/>
            <Route path=path!("/setup") view=|| view! { <Setup/> }.into_any()/>
            <Route path=path!("/sign-in") view=|| view! { <SignIn/> }.into_any()/>
            <Route path=path!("/join") view=|| view! { <Join/> }.into_any()/>
        </FlatRoutes>
    }
}
