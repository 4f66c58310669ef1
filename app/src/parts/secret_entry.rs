//! One secret: which value it has, who uses it, and what may be done with it.

use super::dynamic::{dynamic, flag};
use super::secret_form::replace_value;
use super::times::ago;
use crate::boot::caller;
use crate::paths;
use crate::server_fns::secrets::{DeleteSecret, SetSecret};
use domain::access::Action;
use domain::secret;
use domain::view::{SecretUse, SecretView};
use leptos::form::ActionForm;
use leptos::prelude::*;

pub fn secret_entry(
    one: Memo<SecretView>,
    set: ServerAction<SetSecret>,
    delete: ServerAction<DeleteSecret>,
) -> AnyView {
    let name = one.with_untracked(|s| s.name.clone());
    // A new version: the form for the next one is empty again.
    let version = Memo::new(move |_| one.with(|s| s.version));
    let used_by = Memo::new(move |_| one.with(|s| s.used_by.clone()));
    let again = name.clone();
    let replace = move || {
        version.get();
        replace_value(set, &again)
    };
    let title = name.clone();
    view! {
        <article class="panel panel-body mb-3">
            <h3><code>{title}</code></h3>
            {dynamic(move || one.with(facts))}
            {dynamic(replace)}
            {dynamic(move || used_by.with(|users| deletion(delete, &name, users)))}
        </article>
    }
    .into_any()
}

fn facts(s: &SecretView) -> AnyView {
    let by = s.rotated_by.clone().or_else(|| s.created_by.clone());
    let users = s.used_by.iter().map(user).collect_view();
    view! {
        <dl class="pairs">
            <div><dt>"Value"</dt><dd>{format!("version {}, set ", s.version)}{ago(s.rotated_at.unwrap_or(s.created_at))}{by.map(|by| format!(" by {by}"))}</dd></div>
            <div><dt>"Used by"</dt><dd>{match s.used_by.is_empty() { true => "nothing".into_any(), false => users.into_any() }}</dd></div>
        </dl>
    }
    .into_any()
}

fn user(place: &SecretUse) -> AnyView {
    let redeploy = paths::edit_config(&place.environment);
    let stale = place.stale.then(|| {
        view! { <span class="muted">" has an older value: "</span><a class="link" href=redeploy>"redeploy"</a> }
    });
    view! { <div><a class="link" href=paths::project(&place.project)>{place.title()}</a>{stale}</div> }
        .into_any()
}

fn deletion(delete: ServerAction<DeleteSecret>, name: &str, users: &[SecretUse]) -> AnyView {
    let may = caller().and_then(|c| c.may(Action::Delete).err());
    let bound = (!users.is_empty()).then(|| secret::bound(name, users));
    let no = may.or(bound);
    let (barred, name) = (no.is_some(), name.to_owned());
    let (typed, why) = (format!("typed-{name}"), format!("why-{name}"));
    view! {
        <details class="more-fields mt-3">
            <summary>"Delete"</summary>
            <ActionForm action=delete>
                <div class="fields">
                    <input type="hidden" name="name" value=name.clone()/>
                    <div class="field">
                        <label for=typed.clone()>"Type "<code>{name.clone()}</code>" to confirm"</label>
                        <input class="input" id=typed name="typed" required autocomplete="off" autocapitalize="off" spellcheck="false" disabled=barred/>
                    </div>
                    {no.map(|no| view! { <p class="why-not" id=why.clone()>{no.to_string()}</p> })}
                    <div class="form-foot"><button class="btn btn-danger" disabled=flag(move || barred || delete.pending().get()) aria-describedby=barred.then(|| why.clone()) aria-label=format!("Delete the secret {name}")>"Delete the secret"</button></div>
                </div>
            </ActionForm>
        </details>
    }
    .into_any()
}
