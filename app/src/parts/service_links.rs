//! Who uses a service, and linking more.

use super::dynamic::{dynamic, each, flag, when};
use super::prose::prose;
use super::refused::last_fault;
use crate::boot::caller;
use crate::paths;
use crate::server_fns::services::{LinkService, ServiceNow, UnlinkService};
use domain::access::Action;
use domain::view::LinkView;
use leptos::form::ActionForm;
use leptos::prelude::*;

pub fn service_links(now: Signal<ServiceNow>) -> AnyView {
    let (link, unlink) = (
        ServerAction::<LinkService>::new(),
        ServerAction::<UnlinkService>::new(),
    );
    let links = Memo::new(move |_| now.with(|n| n.service.links.clone()));
    let id = now.with_untracked(|n| n.service.id.to_string());
    let unlinking = id.clone();
    view! {
        <section class="block">
            <h2>"Used by"</h2>
            <p class="muted mb-3">"An environment gets the credentials as variables, and this service into its private network. Linking and unlinking take effect with its next deployment; until then what runs keeps what it has."</p>
            {last_fault::<()>(unlink.value())}
            {when(move || links.with(Vec::is_empty), || view! { <p class="muted mb-3">"Nobody uses it yet."</p> })}
            <div class="cards">{each(links, |l| l.environment.to_string(), move |one| entry(one, unlinking.clone(), unlink))}</div>
            {form(now, id, link)}
        </section>
    }
    .into_any()
}

fn entry(one: Memo<LinkView>, id: String, unlink: ServerAction<UnlinkService>) -> AnyView {
    let (environment, project, name) = one.with_untracked(|l| {
        let name = format!("{} / {}", l.project_name, l.environment_name);
        (l.environment.clone(), paths::project(&l.project), name)
    });
    let may = caller().is_some_and(|c| c.may(Action::ManageServices).is_ok());
    let linked = Memo::new(move |_| one.with(|l| !l.unlinked));
    let redeploy = paths::update(&environment);
    let (label, environment) = (format!("Unlink {name}"), environment.to_string());
    view! {
        <article class="card">
            <header class="env-head"><h3><a class="link" href=project>{name}</a></h3></header>
            <p class="sentence">{dynamic(move || one.with(|l| prose(&l.sentence)))}</p>
            <p class="mono muted break">{dynamic(move || one.with(|l| l.variables.join(", ")))}</p>
            <footer class="env-foot">
                <a class="btn" href=redeploy>"Redeploy…"</a>
                {dynamic(move || (may && linked.get()).then(|| unlink_form(unlink, id.clone(), environment.clone(), label.clone())))}
            </footer>
        </article>
    }
    .into_any()
}

fn unlink_form(
    unlink: ServerAction<UnlinkService>,
    id: String,
    environment: String,
    label: String,
) -> AnyView {
    let busy = unlink.pending();
    view! {
        <ActionForm action=unlink>
            <input type="hidden" name="id" value=id/>
            <input type="hidden" name="environment" value=environment/>
            <button class="btn" aria-label=label disabled=flag(move || busy.get())>"Unlink"</button>
        </ActionForm>
    }
    .into_any()
}

fn form(now: Signal<ServiceNow>, id: String, link: ServerAction<LinkService>) -> AnyView {
    let no = caller().and_then(|c| c.may(Action::ManageServices).err());
    let barred = no.is_some();
    let choices = now.with_untracked(|n| n.environments.clone());
    if choices.is_empty() {
        return view! { <p class="muted">"There is no environment to link it to yet: deploy something first."</p> }.into_any();
    }
    let options = choices
        .into_iter()
        .map(|c| view! { <option value=c.id.to_string()>{c.name}</option> });
    view! {
        <ActionForm action=link>
            <div class="fields form-card">
                <input type="hidden" name="id" value=id/>
                <div class="field">
                    <label for="environment">"Link it to"</label>
                    <select class="input" id="environment" name="environment">{options.collect_view()}</select>
                </div>
                <div class="field">
                    <label for="prefix">"Prefix"</label>
                    <input class="input" id="prefix" name="prefix" maxlength="24" placeholder="CACHE" autocomplete="off" spellcheck="false" aria-describedby="prefix-hint"/>
                    <p class="hint" id="prefix-hint">"Empty gives the plain names, such as "<code>"DATABASE_URL"</code>"; "<code>"CACHE"</code>" gives "<code>"CACHE_REDIS_URL"</code>". A name that the environment sets itself is refused."</p>
                </div>
                {last_fault::<()>(link.value())}
                {no.map(|no| view! { <p class="why-not" id="why-link">{no.sentence}</p> })}
                <div class="form-foot"><button class="btn btn-primary" disabled=flag(move || barred || link.pending().get()) aria-describedby=barred.then_some("why-link")>"Link"</button></div>
            </div>
        </ActionForm>
    }
    .into_any()
}
