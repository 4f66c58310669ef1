//! How does it begin? Five ways.

use crate::boot::caller;
use crate::parts::dynamic::flag;
use crate::parts::icon::{Icon, icon};
use crate::parts::page_head::page_head;
use crate::parts::refused::{last_fault, refused};
use crate::paths;
use crate::server_fns::projects::CreateSample;
use domain::access::Action;
use leptos::form::ActionForm;
use leptos::prelude::*;

const WAYS: [(&str, Icon, &str, &str); 4] = [
    (
        "/projects/new/git",
        Icon::GitBranch,
        "Git repository",
        "A Dockerfile, or Node.js, Vite, Python, Go, Rust, plain HTML: built at a branch, tag or commit.",
    ),
    (
        "/projects/new/image",
        Icon::Container,
        "Container image",
        "Pulled from a registry, or one that is already on the runtime’s machine.",
    ),
    (
        "/projects/new/bundle",
        Icon::Archive,
        "A file",
        "A static site as zip or tar.gz, served by Sealdock itself without a container; or an image that `docker save` wrote.",
    ),
    (
        paths::IMPORT,
        Icon::LayoutGrid,
        "compose.yaml",
        "Each of its services becomes a project. What has no place here is listed with its line.",
    ),
];

#[component]
pub fn NewProject() -> impl IntoView {
    let sample = ServerAction::<CreateSample>::new();
    let no = caller().and_then(|c| c.may(Action::CreateProject).err());
    view! {
        {page_head(vec![(paths::PROJECTS.into(), "Projects".into())], "New project", ())}
        {no.as_ref().map(refused)}
        {last_fault::<()>(sample.value())}
        <div class="cards cards-2">
            {WAYS.into_iter().map(way).collect_view()}
            {sample_card(sample, no.is_some())}
        </div>
    }
}

fn way((href, mark, title, sentence): (&'static str, Icon, &'static str, &'static str)) -> AnyView {
    view! {
        <article class="card choice">{icon(mark)}<h2><a class="card-link" href=href>{title}</a></h2><p class="sentence">{sentence}</p></article>
    }
    .into_any()
}

fn sample_card(sample: ServerAction<CreateSample>, barred: bool) -> AnyView {
    view! {
        <article class="card choice choice-sample">
            {icon(Icon::Sparkles)}
            <h2>"The sample"</h2>
            <p class="sentence">"A small web app that needs no network. It builds, starts, and can be updated: a good first minute."</p>
            <ActionForm action=sample><button class="btn" disabled=flag(move || barred || sample.pending().get())>"Deploy the sample"</button></ActionForm>
        </article>
    }
    .into_any()
}
