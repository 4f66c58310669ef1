//! Forms that a secret's value goes into. It is typed, sent, and forgotten here.

use super::dynamic::{dynamic, flag};
use crate::boot::caller;
use crate::server_fns::secrets::SetSecret;
use domain::access::Action;
use leptos::form::ActionForm;
use leptos::prelude::*;

/// One that is not there yet; empty again once it was taken.
pub fn new_secret(set: ServerAction<SetSecret>) -> AnyView {
    let taken = Memo::new(move |last: Option<&usize>| match set.value().get() {
        Some(Ok(())) => set.version().get(),
        _ => last.copied().unwrap_or_default(),
    });
    dynamic(move || {
        taken.get();
        fresh(set)
    })
}

fn fresh(set: ServerAction<SetSecret>) -> AnyView {
    let no = caller().and_then(|c| c.may(Action::ManageSecrets).err());
    let barred = no.is_some();
    view! {
        <div class="form-card">
            <h2>"New secret"</h2>
            <ActionForm action=set>
                <div class="fields">
                    <div class="field">
                        <label for="secret-name">"Name"</label>
                        <input class="input" id="secret-name" name="name" required maxlength="256" pattern="[A-Za-z_][A-Za-z0-9_]*" placeholder="DATABASE_PASSWORD" autocomplete="off" autocapitalize="off" spellcheck="false" disabled=barred/>
                    </div>
                    {value_field("secret-value".to_owned(), barred)}
                    <p class="hint">"Up to 64 KiB of text; the longest ones with "<code>"sealdock secret set --from-file"</code>". A value of less than 4 bytes can’t be hidden in logs."</p>
                    {no.map(|no| view! { <p class="why-not" id="why-set">{no.sentence}</p> })}
                    <button class="btn btn-primary" disabled=flag(move || barred || set.pending().get()) aria-describedby=barred.then_some("why-set")>"Save the secret"</button>
                </div>
            </ActionForm>
        </div>
    }
    .into_any()
}

/// Another value for one that is there.
pub fn replace_value(set: ServerAction<SetSecret>, name: &str) -> AnyView {
    let no = caller().and_then(|c| c.may(Action::ManageSecrets).err());
    let (barred, name) = (no.is_some(), name.to_owned());
    view! {
        <details class="more-fields mt-3">
            <summary>"Replace the value"</summary>
            <ActionForm action=set>
                <div class="fields">
                    <input type="hidden" name="name" value=name.clone()/>
                    {value_field(format!("value-{name}"), barred)}
                    {no.map(|no| view! { <p class="why-not">{no.sentence}</p> })}
                    <div class="form-foot"><button class="btn" disabled=flag(move || barred || set.pending().get()) aria-label=format!("Replace the value of {name}")>"Replace the value"</button></div>
                </div>
            </ActionForm>
        </details>
    }
    .into_any()
}

/// Several lines, since keys have them.
fn value_field(id: String, barred: bool) -> AnyView {
    view! {
        <div class="field">
            <label for=id.clone()>"Value"</label>
            <textarea class="input" id=id name="value" rows="3" required autocomplete="off" autocapitalize="off" spellcheck="false" disabled=barred></textarea>
        </div>
    }
    .into_any()
}
