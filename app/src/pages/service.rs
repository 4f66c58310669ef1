//! One service: how it is, who uses it, its backups, its settings.

use super::param;
use crate::boot::caller;
use crate::live;
use crate::parts::backups::backups;
use crate::parts::dynamic::{dynamic, flag};
use crate::parts::icon::{Icon, icon};
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::page_head::page_head;
use crate::parts::prose::prose;
use crate::parts::refused::last_fault;
use crate::parts::service_links::service_links;
use crate::parts::service_state::service_state;
use crate::paths;
use crate::server_fns::services::{ServiceNow, SetService, service};
use domain::access::Action;
use domain::hint::Topic;
use domain::service::ServiceState;
use domain::view::{ManagedView, ServiceView};
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Service() -> impl IntoView {
    let id = param("id");
    let about = |topic: &Topic| {
        matches!(
            topic,
            Topic::Service(_) | Topic::Environment(_) | Topic::Deployment(_)
        )
    };
    let moves = |now: &ServiceNow| {
        now.service.state != ServiceState::Ready || now.backups.iter().any(|b| !b.status.is_final())
    };
    let data = live::read(move || id.get(), service, about, moves);
    loaded(data, Skeleton::Cards(2), page)
}

fn page(now: Signal<ServiceNow>) -> AnyView {
    let (id, name) = now.with_untracked(|n| (n.service.id.clone(), n.service.name.clone()));
    let crumbs = vec![(paths::SERVICES.to_owned(), "Services".to_owned())];
    view! {
        {page_head(crumbs, name, dynamic(move || now.with(|n| service_state(n.service.state))))}
        <p class="sentence">{dynamic(move || now.with(|n| prose(&n.service.sentence)))}</p>
        {dynamic(move || now.with(|n| n.service.note.as_deref().map(note)))}
        {dynamic(move || now.with(|n| facts(&n.service)))}
        {service_links(now)}
        {backups(now)}
        {settings(now)}
        <section class="block danger">
            <h2>"Delete this service"</h2>
            <p class="muted">{now.with_untracked(|n| what_goes(&n.service))}</p>
            {delete_link(paths::delete_service(&id))}
        </section>
    }
    .into_any()
}

fn note(text: &str) -> AnyView {
    view! { <div class="notice notice-warning">{icon(Icon::TriangleAlert)}<p>{prose(text)}</p></div> }.into_any()
}

fn what_goes(service: &ServiceView) -> &'static str {
    match service.managed {
        Some(_) => {
            "Its container, its volume with all the data, and its backups disappear. It can't be deleted while anybody uses it."
        }
        None => {
            "What Sealdock knows of it disappears; the data stays where it is. It can't be deleted while anybody uses it."
        }
    }
}

fn facts(service: &ServiceView) -> AnyView {
    let managed = service.managed.clone().map(|managed| {
        view! {
            <div><dt>"Image"</dt><dd class="mono">{managed.image}</dd></div>
            <div><dt>"Memory"</dt><dd>{format!("{} MiB", managed.memory_mib)}</dd></div>
            <div><dt>"Reached"</dt><dd>"only in the private networks of who uses it"</dd></div>
        }
    });
    view! {
        <dl class="pairs mb-3">
            <div><dt>"Kind"</dt><dd>{service.kind.title()}</dd></div>
            <div><dt>"Address"</dt><dd class="mono clip" title=service.address.clone()>{service.address.clone()}</dd></div>
            {managed}
        </dl>
    }
    .into_any()
}

/// Filled in once: what a person types is never replaced under them.
fn settings(now: Signal<ServiceNow>) -> AnyView {
    let set = ServerAction::<SetService>::new();
    let no = caller().and_then(|c| c.may(Action::ManageServices).err());
    let barred = no.is_some();
    let (id, managed) =
        now.with_untracked(|n| (n.service.id.to_string(), n.service.managed.clone()));
    let fields = match managed {
        Some(managed) => of_managed(managed),
        None => of_external(),
    };
    view! {
        <section class="block">
            <h2>"Settings"</h2>
            {last_fault::<()>(set.value())}
            <ActionForm action=set>
                <div class="fields form-card">
                    <input type="hidden" name="id" value=id/>
                    {fields}
                    {no.map(|no| view! { <p class="why-not" id="why-set">{no.sentence}</p> })}
                    <div class="form-foot"><button class="btn" disabled=flag(move || barred || set.pending().get()) aria-describedby=barred.then_some("why-set")>"Save the settings"</button></div>
                </div>
            </ActionForm>
        </section>
    }
    .into_any()
}

fn of_external() -> AnyView {
    view! {
        <div class="field">
            <label for="url">"Another URL"</label>
            <input class="input" id="url" name="url" type="password" required maxlength="2048" autocomplete="off" spellcheck="false" aria-describedby="url-hint"/>
            <p class="hint" id="url-hint">"In the place of the one that is kept, which is not shown. What runs gets it with its next deployment."</p>
        </div>
    }
    .into_any()
}

fn of_managed(managed: ManagedView) -> AnyView {
    view! {
        <div class="field">
            <label for="image">"Image"</label>
            <input class="input" id="image" name="image" required maxlength="512" autocomplete="off" autocapitalize="off" spellcheck="false" value=managed.image aria-describedby="image-hint"/>
            <p class="hint" id="image-hint">"Another image or memory makes the container anew, on the same volume: it is away for that moment. A new major version of PostgreSQL does not read the old one’s data; restore a backup into a new service instead."</p>
        </div>
        <div class="field">
            <label for="memory_mib">"Memory, in MiB"</label>
            <input class="input" id="memory_mib" name="memory_mib" required inputmode="numeric" autocomplete="off" value=managed.memory_mib.to_string()/>
        </div>
        <div class="field">
            <label for="schedule">"Backups at"</label>
            <input class="input" id="schedule" name="schedule" placeholder="@daily" autocomplete="off" spellcheck="false" value=managed.schedule.unwrap_or_default() aria-describedby="schedule-hint"/>
            <p class="hint" id="schedule-hint">"As crons write it, in UTC: "<code>"@daily"</code>" or "<code>"30 3 * * *"</code>". Empty: only when somebody asks for one."</p>
        </div>
        <div class="field">
            <label for="keep">"Backups kept"</label>
            <input class="input" id="keep" name="keep" required inputmode="numeric" autocomplete="off" value=managed.keep.to_string()/>
        </div>
    }
    .into_any()
}

fn delete_link(href: String) -> AnyView {
    let no = caller().and_then(|c| c.may(Action::ReplaceData).err());
    match no {
        None => view! { <a class="btn" href=href>{icon(Icon::Trash2)}"Delete…"</a> }.into_any(),
        Some(no) => view! {
            <button class="btn" disabled aria-describedby="why-delete">{icon(Icon::Trash2)}"Delete…"</button>
            <p class="why-not" id="why-delete">{no.sentence}</p>
        }
        .into_any(),
    }
}
