//! All services: how each is, and who uses it.

use crate::boot::caller;
use crate::parts::dynamic::{dynamic, each, when};
use crate::parts::empty::empty;
use crate::parts::icon::{Icon, icon};
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::page_head::page_head;
use crate::parts::prose::prose;
use crate::parts::service_state::service_state;
use crate::server_fns::services::services;
use crate::{live, paths};
use domain::access::Action;
use domain::hint::Topic;
use domain::service::ServiceState;
use domain::view::ServiceView;
use leptos::prelude::*;

#[component]
pub fn Services() -> impl IntoView {
    let about = |topic: &Topic| matches!(topic, Topic::Service(_));
    let moves = |all: &Vec<ServiceView>| all.iter().any(|s| s.state != ServiceState::Ready);
    let data = live::read(|| (), |()| services(), about, moves);
    view! {
        {page_head(vec![], "Services", new_link())}
        {loaded(data, Skeleton::Cards(2), list)}
    }
}

fn new_link() -> AnyView {
    let no = caller().and_then(|c| c.may(Action::ManageServices).err());
    match no {
        None => {
            view! { <a class="btn btn-primary" href=paths::NEW_SERVICE>{icon(Icon::Plus)}"Add a service"</a> }.into_any()
        }
        Some(no) => view! {
            <span class="why-not" id="why-add">{no.sentence}</span>
            <button class="btn" disabled aria-describedby="why-add">{icon(Icon::Plus)}"Add a service"</button>
        }
        .into_any(),
    }
}

fn list(all: Signal<Vec<ServiceView>>) -> AnyView {
    view! {
        {when(move || all.with(Vec::is_empty), nothing)}
        <div class="cards">{each(all, |s| s.id.to_string(), card)}</div>
    }
    .into_any()
}

fn nothing() -> AnyView {
    empty(
        "No services yet",
        "A PostgreSQL, a Redis or an S3-compatible store, run here or elsewhere. Link it to an environment, and its next deployment gets the credentials as variables.",
        view! { <a class="btn btn-primary" href=paths::NEW_SERVICE>"Add a service"</a> },
        Some("sealdock service add db --kind postgres"),
    )
}

fn card(service: Memo<ServiceView>) -> AnyView {
    let href = service.with_untracked(|s| paths::service(&s.id));
    view! {
        <article class="card">
            <header class="env-head">
                <h2><a class="link" href=href>{dynamic(move || service.with(|s| s.name.clone()))}</a></h2>
                {dynamic(move || service.with(|s| service_state(s.state)))}
            </header>
            <p class="sentence">{dynamic(move || service.with(|s| prose(&s.sentence)))}</p>
            {dynamic(move || service.with(facts))}
        </article>
    }
    .into_any()
}

fn facts(service: &ServiceView) -> AnyView {
    let users: Vec<_> = service
        .links
        .iter()
        .map(|l| format!("{} / {}", l.project_name, l.environment_name))
        .collect();
    let users = match users.is_empty() {
        true => "Nobody".to_owned(),
        false => users.join(", "),
    };
    let runs = match &service.managed {
        Some(managed) => managed.image.clone(),
        None => "elsewhere".to_owned(),
    };
    view! {
        <dl class="pairs">
            <div><dt>"Kind"</dt><dd>{service.kind.title()}</dd></div>
            <div><dt>"Runs"</dt><dd class="mono clip" title=runs.clone()>{runs.clone()}</dd></div>
            <div><dt>"Address"</dt><dd class="mono clip" title=service.address.clone()>{service.address.clone()}</dd></div>
            <div><dt>"Used by"</dt><dd>{users}</dd></div>
        </dl>
    }
    .into_any()
}
