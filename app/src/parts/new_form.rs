//! What every new project is asked, whatever it is made from.

use super::dynamic::flag;
use super::loaded::{Skeleton, loaded};
use super::refused::{last_fault, refused};
use crate::boot::caller;
use crate::read::Read;
use crate::server_fns::places::runtimes;
use crate::server_fns::projects::CreateProject;
use domain::access::Action;
use domain::view::RuntimeView;
use leptos::form::ActionForm;
use leptos::prelude::*;

/// `own`: the fields that say the source. `container`: it runs, so it has a port and an environment.
pub fn new_form(own: impl IntoView + 'static, name: String, container: bool) -> AnyView {
    let create = ServerAction::<CreateProject>::new();
    let no = caller().and_then(|c| c.may(Action::CreateProject).err());
    let barred = no.is_some();
    view! {
        <ActionForm action=create>
            <div class="fields">
                {own}
                <div class="field">
                    <label for="name">"Name"</label>
                    <input class="input" id="name" name="new[name]" required maxlength="40" pattern="[a-z0-9]([a-z0-9\\-]*[a-z0-9])?" autocomplete="off" autocapitalize="off" spellcheck="false" value=name aria-describedby="name-hint"/>
                    <p class="hint" id="name-hint">"Lower case, digits and hyphens. It becomes part of the address."</p>
                </div>
                {container.then(container_fields)}
                {no.as_ref().map(refused)}
                {last_fault::<()>(create.value())}
                <div class="form-foot"><button class="btn btn-primary btn-large" disabled=flag(move || barred || create.pending().get())>"Deploy"</button></div>
            </div>
        </ActionForm>
    }
    .into_any()
}

fn container_fields() -> AnyView {
    let places = Read::new(|| (), |()| runtimes());
    view! {
        <details class="more-fields">
            <summary>"Port, environment, runtime"</summary>
            <div class="fields">
                <div class="field">
                    <label for="port">"Port"</label>
                    <input class="input" id="port" name="new[port]" inputmode="numeric" placeholder="8080" autocomplete="off" aria-describedby="port-hint"/>
                    <p class="hint" id="port-hint">"Where the app listens; it gets this as PORT. Empty: what sealdock.yml says, else 8080."</p>
                </div>
                <div class="field">
                    <label for="env">"Environment"</label>
                    <textarea class="input" id="env" name="new[env]" rows="4" spellcheck="false" placeholder="LOG_LEVEL=info" aria-describedby="env-hint"></textarea>
                    <p class="hint" id="env-hint">"One NAME=value on each line."</p>
                </div>
                {loaded(places, Skeleton::Lines(1), |list| runtime_field(list.get_untracked()))}
            </div>
        </details>
    }
    .into_any()
}

fn runtime_field(list: Vec<RuntimeView>) -> AnyView {
    let options = list.into_iter().map(|r| {
        let label = if r.reachable {
            r.name.clone()
        } else {
            format!("{} (not reachable)", r.name)
        };
        view! { <option value=r.name.clone() disabled=!r.reachable>{label}</option> }
    });
    view! {
        <div class="field">
            <label for="runtime">"Runtime"</label>
            <select class="input" id="runtime" name="new[runtime]"><option value="">"The first that answers"</option>{options.collect_view()}</select>
        </div>
    }
    .into_any()
}

/// `https://git.example.com/acme/My_Shop.git` suggests `my-shop`.
pub fn name_from(source: &str) -> String {
    let last = source
        .trim_end_matches('/')
        .rsplit(['/', ':'])
        .find(|part| part.contains(|c: char| c.is_ascii_alphabetic()))
        .unwrap_or_default();
    let stem = last
        .split(['.', '@'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let plain: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    plain.trim_matches('-').chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::name_from;

    #[test]
    fn a_source_suggests_a_name() {
        assert_eq!(
            name_from("https://git.example.com/acme/My_Shop.git"),
            "my-shop"
        );
        assert_eq!(name_from("git@example.com:acme/shop"), "shop");
        assert_eq!(
            name_from("registry.example.com/acme/vision-api"),
            "vision-api"
        );
        assert_eq!(name_from("handbook-2026-11.zip"), "handbook-2026-11");
    }
}
