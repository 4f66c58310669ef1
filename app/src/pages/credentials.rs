//! What opens private repositories and registries: the list, and setting one. Secrets go in only.

use crate::boot::caller;
use crate::parts::dynamic::{dynamic, flag};
use crate::parts::empty::empty;
use crate::parts::loaded::{Skeleton, loaded};
use crate::parts::refused::last_fault;
use crate::parts::settings_tabs::settings_head;
use crate::parts::times::ago;
use crate::read::Read;
use crate::server_fns::credentials::{PutCredential, RemoveCredential, credentials};
use domain::access::Action;
use domain::credential::CredentialKind;
use domain::view::CredentialView;
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn Credentials() -> impl IntoView {
    let (put, remove) = (
        ServerAction::<PutCredential>::new(),
        ServerAction::<RemoveCredential>::new(),
    );
    let data = Read::new(
        move || (put.version().get(), remove.version().get()),
        |_| credentials(),
    );
    view! {
        {settings_head("Settings")}
        <div class="two">
            <section>
                <h2 class="mb-3">"Git and registries"</h2>
                <p class="muted mb-3">"Sealdock clones private repositories and pulls private images with these. A secret goes in and never comes out again: it is sent to its own host, over https, and to nobody else."</p>
                {last_fault::<()>(remove.value())}
                {loaded(data, Skeleton::Lines(4), move |list| dynamic(move || list.with(|l| table(l, remove))))}
            </section>
            {form(put)}
        </div>
    }
}

fn form(put: ServerAction<PutCredential>) -> AnyView {
    let no = caller().and_then(|c| c.may(Action::ManageCredentials).err());
    let barred = no.is_some();
    let kinds = CredentialKind::ALL
        .map(|kind| view! { <option value=kind.word()>{kind.title()}</option> })
        .into_iter();
    view! {
        <div class="form-card">
            <h2>"Set a credential"</h2>
            {last_fault::<()>(put.value())}
            <ActionForm action=put>
                <div class="fields">
                    <div class="field"><label for="kind">"For a"</label><select class="input" id="kind" name="kind" disabled=barred>{kinds.collect_view()}</select></div>
                    {text("place", "Host", "git.example.com/team", "off", barred)}
                    {text("username", "User name", "token", "off", barred)}
                    <div class="field"><label for="secret">"Password or access token"</label><input class="input" id="secret" name="secret" type="password" required autocomplete="new-password" disabled=barred/><p class="hint">"It replaces the one that the same host has."</p></div>
                    <div class="field">
                        <label for="expires_in_days">"Expires"</label>
                        <select class="input" id="expires_in_days" name="expires_in_days" disabled=barred>
                            <option value="">"never"</option><option value="30">"in 30 days"</option><option value="90">"in 90 days"</option><option value="365">"in a year"</option>
                        </select>
                    </div>
                    {no.map(|no| view! { <p class="why-not" id="why-put">{no.sentence}</p> })}
                    <button class="btn btn-primary" disabled=flag(move || barred || put.pending().get()) aria-describedby=barred.then_some("why-put")>"Set it"</button>
                </div>
            </ActionForm>
        </div>
    }
    .into_any()
}

fn text(
    name: &'static str,
    label: &'static str,
    example: &'static str,
    complete: &'static str,
    barred: bool,
) -> AnyView {
    view! { <div class="field"><label for=name>{label}</label><input class="input" id=name name=name required autocomplete=complete autocapitalize="off" spellcheck="false" placeholder=example disabled=barred/></div> }
        .into_any()
}

fn table(list: &[CredentialView], remove: ServerAction<RemoveCredential>) -> AnyView {
    if list.is_empty() {
        return empty(
            "No credentials yet",
            "Public repositories and images need none; ssh URLs go by the deploy key.",
            (),
            Some("sealdock registry add registry.example.com < token.txt"),
        );
    }
    let may = caller().is_some_and(|c| c.may(Action::ManageCredentials).is_ok());
    let rows = list.iter().cloned().map(|one| row(one, may, remove));
    view! {
        <div class="panel scroll-x" tabindex="0" role="region" aria-label="Credentials"><table class="table">
            <thead><tr><th scope="col">"For"</th><th scope="col">"User name"</th><th scope="col">"Set"</th><th scope="col">"Expires"</th><th><span class="sr-only">"Actions"</span></th></tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table></div>
    }
    .into_any()
}

fn row(one: CredentialView, may: bool, remove: ServerAction<RemoveCredential>) -> AnyView {
    let expires = match one.expires_at {
        None => "never".to_owned(),
        Some(at) if one.expired => format!("{} (expired)", crate::format::absolute(at)),
        Some(at) => crate::format::absolute(at),
    };
    let (id, label) = (one.id.to_string(), format!("Remove {}", one.place));
    let button = may.then(|| {
        view! {
            <ActionForm action=remove>
                <input type="hidden" name="id" value=id/>
                <button class="btn" aria-label=label>"Remove"</button>
            </ActionForm>
        }
    });
    view! {
        <tr>
            <td class="break"><b>{one.place}</b>" "<span class="muted">{one.kind.title()}</span></td>
            <td class="break">{one.username}</td>
            <td>{ago(one.set_at)}{one.set_by.map(|by| format!(" by {by}"))}</td>
            <td>{expires}</td>
            <td class="right">{button}</td>
        </tr>
    }
    .into_any()
}
