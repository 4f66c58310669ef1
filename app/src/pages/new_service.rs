//! A service to add: one form, whether Sealdock runs it or somebody else does.

use crate::boot::caller;
use crate::parts::dynamic::flag;
use crate::parts::page_head::page_head;
use crate::parts::refused::{last_fault, refused};
use crate::paths;
use crate::server_fns::services::CreateService;
use domain::access::Action;
use domain::service::Kind;
use leptos::form::ActionForm;
use leptos::prelude::*;

#[component]
pub fn NewService() -> impl IntoView {
    let create = ServerAction::<CreateService>::new();
    let no = caller().and_then(|c| c.may(Action::ManageServices).err());
    let barred = no.is_some();
    let crumbs = vec![(paths::SERVICES.to_owned(), "Services".to_owned())];
    view! {
        {page_head(crumbs, "Add a service", ())}
        <div class="form-card">
            <ActionForm action=create>
                <div class="fields">
                    {what()}
                    {elsewhere()}
                    {here()}
                    {no.as_ref().map(refused)}
                    {last_fault::<()>(create.value())}
                    <div class="form-foot"><button class="btn btn-primary btn-large" disabled=flag(move || barred || create.pending().get())>"Add the service"</button></div>
                </div>
            </ActionForm>
        </div>
    }
}

fn what() -> AnyView {
    let options = Kind::ALL.map(|kind| {
        let note = if kind.image().is_some() {
            ""
        } else {
            ", by its URL"
        };
        view! { <option value=kind.word()>{format!("{}{note}", kind.title())}</option> }
    });
    view! {
        <div class="field">
            <label for="kind">"Kind"</label>
            <select class="input" id="kind" name="kind">{options.into_iter().collect_view()}</select>
        </div>
        <div class="field">
            <label for="name">"Name"</label>
            <input class="input" id="name" name="name" required maxlength="40" placeholder="db" autocomplete="off" autocapitalize="off" spellcheck="false" aria-describedby="name-hint"/>
            <p class="hint" id="name-hint">"Lower case, digits and hyphens. Apps reach a service that Sealdock runs by this name."</p>
        </div>
    }
    .into_any()
}

fn elsewhere() -> AnyView {
    view! {
        <div class="field">
            <label for="url">"URL, if it runs elsewhere"</label>
            <input class="input" id="url" name="url" type="password" maxlength="2048" autocomplete="off" spellcheck="false" aria-describedby="url-hint"/>
            <p class="hint" id="url-hint">"With its credentials: "<code>"postgres://user:password@host/database"</code>", "<code>"redis://:password@host/0"</code>", "<code>"https://KEY:SECRET@host/bucket"</code>". It is not shown again. Empty: Sealdock runs it."</p>
        </div>
    }
    .into_any()
}

fn here() -> AnyView {
    view! {
        <details class="more-fields">
            <summary>"Image, memory, backups, if Sealdock runs it"</summary>
            <div class="fields">
                <div class="field">
                    <label for="image">"Image"</label>
                    <input class="input" id="image" name="image" maxlength="512" placeholder="postgres:17" autocomplete="off" autocapitalize="off" spellcheck="false" aria-describedby="image-hint"/>
                    <p class="hint" id="image-hint">"Of PostgreSQL or Redis, understanding what their official images understand. Empty: "<code>{Kind::Postgres.image()}</code>" or "<code>{Kind::Redis.image()}</code>"."</p>
                </div>
                <div class="field">
                    <label for="memory_mib">"Memory, in MiB"</label>
                    <input class="input" id="memory_mib" name="memory_mib" inputmode="numeric" placeholder="512" autocomplete="off"/>
                </div>
                <div class="field">
                    <label for="schedule">"Backups at"</label>
                    <input class="input" id="schedule" name="schedule" placeholder="@daily" autocomplete="off" spellcheck="false" aria-describedby="schedule-hint"/>
                    <p class="hint" id="schedule-hint">"As crons write it, in UTC. Empty: only when somebody asks for one."</p>
                </div>
                <div class="field">
                    <label for="keep">"Backups kept"</label>
                    <input class="input" id="keep" name="keep" inputmode="numeric" placeholder="7" autocomplete="off"/>
                </div>
            </div>
        </details>
    }
    .into_any()
}
